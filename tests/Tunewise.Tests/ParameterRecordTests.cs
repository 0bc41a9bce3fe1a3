using Tunewise.Spaces;

namespace Tunewise.Tests;

public class ParameterRecordTests
{
    private sealed record Layered(
        [IntRange(1, 4)] long Layers,
        [FloatRange(0, 1), OnlyWhen(nameof(Layers), 2, 3)] double Dropout,
        [Choices(1u, 2u)] uint Heads,
        [FloatRange(0, 1), OnlyWhen(nameof(Heads), 2)] double Scale);

    private sealed record Misnamed([IntRange(1, 4)] long Layers, [FloatRange(0, 1), OnlyWhen("layers", 2)] double Dropout);

    private sealed record Never([IntRange(1, 4)] long Layers, [FloatRange(0, 1), OnlyWhen(nameof(Layers), 7)] double Dropout);

    private sealed record OtherKind([IntRange(1, 4)] long Layers, [FloatRange(0, 1), OnlyWhen(nameof(Layers), "two")] double Dropout);

    [Fact]
    public void OnlyWhen_NumbersOfAnotherType_Match()
    {
        var study = Study.InMemory(new StudyOptions { Sampler = new Tunewise.Samplers.Random.RandomSampler(), Seed = 1 });
        for (var i = 0; i < 40; i++)
        {
            var trial = study.Ask();
            var space = trial.Suggest<Layered>();
            Assert.Equal(space.Layers is 2 or 3, trial.Parameters.ContainsKey("Dropout"));
            Assert.Equal(space.Heads == 2, trial.Parameters.ContainsKey("Scale"));
            study.Tell(trial, 1);
        }

        Assert.Contains(study.GetTrials(), t => t.Parameters.ContainsKey("Dropout"));
        Assert.Contains(study.GetTrials(), t => !t.Parameters.ContainsKey("Dropout"));
    }

    [Fact]
    public void OnlyWhen_NamesAndValuesThatCannotBe_AreRefusedAtTheFirstUse()
    {
        var trial = Study.InMemory().Ask();
        Assert.Contains(
            "OnlyWhen names 'layers', which is no parameter before it; there are Layers",
            Assert.Throws<ArgumentException>(() => trial.Suggest<Misnamed>()).Message,
            StringComparison.Ordinal);
        Assert.Contains(
            "OnlyWhen asks for Layers = 7, which it never has",
            Assert.Throws<ArgumentException>(() => trial.Suggest<Never>()).Message,
            StringComparison.Ordinal);
        Assert.Contains(
            "OnlyWhen asks for Layers = 'two', which it never has",
            Assert.Throws<ArgumentException>(() => trial.Suggest<OtherKind>()).Message,
            StringComparison.Ordinal);
        Assert.Empty(trial.Parameters);
    }

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

    private static Study NewStudy() =>
        Study.InMemory(new StudyOptions { Seed = 4, Sampler = new Tunewise.Samplers.Random.RandomSampler() });

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
        Assert.Contains(
            "Wrong, parameter 'X'",
            Assert.Throws<ArgumentException>(() => NewStudy().Ask().Suggest<Wrong>()).Message,
            StringComparison.Ordinal);

    [Fact]
    public void As_ParameterMissing_NamesIt()
    {
        var study = NewStudy();
        study.Ask();
        Assert.Contains(
            "'lr'", Assert.Throws<KeyNotFoundException>(() => study.FindTrial(0)!.As<Space>()).Message, StringComparison.Ordinal);
    }
}
