using Tunewise.History;
using Tunewise.Pruners;
using Tunewise.Samplers;
using Tunewise.Samplers.Grid;
using Tunewise.Samplers.PartialFixed;
using Tunewise.Samplers.Random;

namespace Tunewise.Tests.Running;

public class DefaultsTests
{
    [Fact]
    public void Capability_OfDecorators_IsTheInnerOnes()
    {
        static bool Groups(IPruner pruner) => pruner.Capability<IGroupingPruner>() is not null;
        static bool Promotes(IPruner pruner) => pruner.Capability<IPromotingPruner>() is not null;
        static bool Exhausts(ISampler sampler) => sampler.Capability<IExhaustibleSampler>() is not null;
        var grid = new GridSampler(new Dictionary<string, IReadOnlyList<object?>> { ["x"] = [1] });
        var fixedY = new Dictionary<string, object?> { ["y"] = 1 };

        Assert.Equal([false, false, true], new[] { new NoPruner(), new MedianPruner(), (IPruner)new HyperbandPruner() }.Select(Groups));
        Assert.Equal(
            [false, true, false],
            new[]
            {
                new PatientPruner(null, 1),
                new PatientPruner(new HyperbandPruner(), 1),
                (IPruner)new PatientPruner(new MedianPruner(), 1),
            }.Select(Groups));
        Assert.Equal([false, true, false, true], new IPruner[]
        {
            new SuccessiveHalvingPruner(), new SuccessiveHalvingPruner { Promotes = true }, new PatientPruner(new HyperbandPruner(), 1),
            new PatientPruner(new HyperbandPruner { Promotes = true }, 1),
        }.Select(Promotes));
        // One that holds values has nothing left when all combinations with them were tried.
        Assert.Equal([false, true, true, true], new ISampler[]
        {
            new RandomSampler(), grid, new PartialFixedSampler(new RandomSampler(), fixedY), new PartialFixedSampler(grid, fixedY),
        }.Select(Exhausts));
    }

    [Fact]
    public void Scope_OfDecorators_IsTheInnerOnes()
    {
        HistoryScope Of(IPruner pruner) => pruner.Scope;
        Assert.Equal(HistoryScope.None, Of(new PatientPruner(new ThresholdPruner(), 1)));
        Assert.Equal(HistoryScope.Finished, Of(new PatientPruner(new MedianPruner(), 1)));
        Assert.Equal(HistoryScope.Everything, Of(new PatientPruner(new MedianPruner { CountsUnfinished = true }, 1)));
        ISampler sampler = new PartialFixedSampler(new RandomSampler(), new Dictionary<string, object?>());
        Assert.Equal(HistoryScope.None, sampler.Scope);
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

        // A continuous parameter is no matter of what others tried.
        Tell(one);
        Tell(one);
        for (var i = 0; i < 5; i++) Tell(other);
        Tell(one);
        Assert.Equal(0, one.Engine.History.Known.Count);
        Assert.Equal(8, one.WithHistory(history => history.Count));
    }
}
