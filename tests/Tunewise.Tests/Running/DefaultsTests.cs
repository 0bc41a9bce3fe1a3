using Tunewise.Pruners;
using Tunewise.Running;
using Tunewise.Samplers;
using Tunewise.Samplers.Grid;
using Tunewise.Samplers.Random;

namespace Tunewise.Tests.Running;

public class DefaultsTests
{
    [Fact]
    public void Replaces_MembersWithDefaults_AreToldApart()
    {
        Assert.False(Defaults.Replaces<IPruner>(new NoPruner(), nameof(IPruner.GroupOf)));
        Assert.False(Defaults.Replaces<IPruner>(new MedianPruner(), nameof(IPruner.NextToContinue)));
        Assert.True(Defaults.Replaces<IPruner>(new HyperbandPruner(), nameof(IPruner.GroupOf)));
        Assert.True(Defaults.Replaces<IPruner>(new PatientPruner(new HyperbandPruner(), 1), nameof(IPruner.NextToContinue)));
        Assert.False(Defaults.Replaces<ISampler>(new RandomSampler(), nameof(ISampler.IsExhausted)));
        Assert.True(Defaults.Replaces<ISampler>(new GridSampler(new Dictionary<string, IReadOnlyList<object?>> { ["x"] = [1] }), nameof(ISampler.IsExhausted)));
    }

    [Fact]
    public void Suggest_WithASamplerThatDoesNotLook_ReadsNoOtherTrials()
    {
        using var storage = new Tunewise.Storage.InMemoryStorage();
        var options = new StudyOptions { Sampler = new RandomSampler(), Pruner = new NoPruner() };
        var (one, other) = (Study.Open(storage, "s", options), Study.Open(storage, "s", options));
        void Tell(Study study)
        {
            var trial = study.Ask();
            trial.SuggestFloat("x", 0, 1);
            trial.Report(0, 1);
            study.Tell(trial, 1);
        }

        // The second trial looks whether the space is finite; from then on it is known to be not.
        Tell(one);
        Tell(one);
        for (var i = 0; i < 5; i++) Tell(other);
        Tell(one);
        Assert.Equal(1, one.WithHistory(2, one.Patient, history => history.Count));
        Assert.Equal(8, one.WithHistory(history => history.Count));
    }
}
