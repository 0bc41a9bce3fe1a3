using Tunewise.Spaces;

namespace Tunewise.Tests;

public class ParameterRecordTests
{
    public enum Kind
    {
        Sgd,
        Adam,
    }

    public sealed record Space(
        [FloatRange(1e-4, 1e-1, Log = true, Name = "lr")] double LearningRate,
        [Choices(16, 32)] int Batch,
        Kind Optimizer,
        [FloatRange(0, 0.99), OnlyWhen(nameof(Optimizer), Kind.Sgd)] double Momentum,
        [IntRange(1, 5), OnlyWhen(nameof(Optimizer), Kind.Adam)] int Layers = 7,
        bool Bias = true);

    public sealed record Wrong([FloatRange(1, 0)] double X);

    private static Study NewStudy() => Study.InMemory(new StudyOptions { Seed = 4, Sampler = new Tunewise.Samplers.Random.RandomSampler() });

    [Fact]
    public void Suggest_GivesTheRecord_AndAsReadsItBack()
    {
        var study = NewStudy();
        var kinds = new HashSet<Kind>();
        for (var i = 0; i < 20; i++)
        {
            var trial = study.Ask();
            var space = trial.Suggest<Space>();
            kinds.Add(space.Optimizer);
            Assert.Equal(space, study.FindTrial(i)!.As<Space>());
            Assert.Equal(space.Optimizer == Kind.Sgd, trial.Parameters.ContainsKey("Momentum"));
            Assert.Equal(space.Optimizer == Kind.Adam, space.Layers <= 5);
            Assert.Contains("lr", trial.Parameters.Keys);
        }

        Assert.Equal(2, kinds.Count);
    }

    [Fact]
    public void EnqueueRecord_IsSuggestedAgain()
    {
        var study = NewStudy();
        var wanted = new Space(0.01, 32, Kind.Sgd, 0.9, 7, false);
        study.EnqueueRecord(wanted);
        Assert.Equal(wanted, study.Ask().Suggest<Space>());
    }

    [Fact]
    public void Suggest_WrongRange_NamesRecordAndParameter() =>
        Assert.Contains("Wrong, parameter 'X'", Assert.Throws<ArgumentException>(() => NewStudy().Ask().Suggest<Wrong>()).Message, StringComparison.Ordinal);

    [Fact]
    public void As_ParameterMissing_NamesIt()
    {
        var study = NewStudy();
        study.Ask();
        Assert.Contains("'lr'", Assert.Throws<KeyNotFoundException>(() => study.FindTrial(0)!.As<Space>()).Message, StringComparison.Ordinal);
    }
}
