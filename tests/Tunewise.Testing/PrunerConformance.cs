using Tunewise.Pruners;

namespace Tunewise.Testing;

/// <summary>What every pruner must do. A pruner's test class derives from it and makes one.</summary>
public abstract class PrunerConformance
{
    protected abstract IPruner Create();

    [Theory]
    [InlineData(Direction.Minimize)]
    [InlineData(Direction.Maximize)]
    public void Decide_AnyReports_GivesAReasonAndDoesNotThrow(Direction direction)
    {
        var study = Study.InMemory(new StudyOptions { Objectives = [new Objective(direction)], Pruner = Create(), Seed = 1 });
        double[] values = [0.5, double.NaN, double.PositiveInfinity, double.NegativeInfinity, -3];
        for (var t = 0; t < 20; t++)
        {
            var trial = study.Ask();
            for (var step = 0; step < 6; step++)
            {
                var decision = trial.Report(step * (1 + t % 2), values[(t + step) % values.Length]);
                Assert.False(string.IsNullOrWhiteSpace(decision.Reason));
            }

            study.Tell(trial, t % 3 == 0 ? TrialResult.Pruned : 1.0);
        }
    }

    [Fact]
    public void Decide_FirstTrial_IsNeverPrunedForItsValue()
    {
        var study = Study.InMemory(new StudyOptions { Pruner = Create(), Seed = 1 });
        var trial = study.Ask();
        for (var step = 0; step < 10; step++) Assert.False(trial.Report(step, 1e9).ShouldPrune);
    }

    /// <summary>Whether smaller and larger reports are alike to it, apart from the direction.</summary>
    protected virtual bool HasNoSideOfItsOwn => true;

    /// <summary>Whether it prunes some of thirty trials that differ and all get better step by step.</summary>
    protected virtual bool PrunesTheWorse => true;

    [Fact]
    public void Decide_MirroredStudies_DecidesTheSame()
    {
        if (!HasNoSideOfItsOwn) return;
        var (size, accuracy) = (Objective.Minimize("size"), Objective.Maximize("accuracy"));
        var (lightness, error) = (Objective.Maximize("size"), Objective.Minimize("accuracy"));
        var decisions = Decisions([accuracy], 1, 1);
        Assert.Equal(PrunesTheWorse, decisions.Contains(true));
        Assert.Equal(decisions, Decisions([error], 1, -1));
        var ofTwo = Decisions([size, accuracy], 1, 1);
        Assert.Equal(ofTwo, Decisions([accuracy, size], 1, 1));
        Assert.Equal(ofTwo, Decisions([lightness, error], -1, -1));
        Assert.Equal(ofTwo, Decisions([error, lightness], -1, -1));
    }

    /// <summary>What the pruner says to every report of trials whose smaller ones are the worse ones.</summary>
    private List<bool> Decisions(Objective[] objectives, double sizeSign, double accuracySign)
    {
        var study = Study.InMemory(new StudyOptions
        {
            Objectives = objectives,
            Sampler = new Tunewise.Samplers.Random.RandomSampler(),
            Pruner = Create(),
            PruneBy = objectives.Length > 1 ? "accuracy" : null,
            Seed = 1,
        });
        var decisions = new List<bool>();
        for (var t = 0; t < 30; t++)
        {
            var trial = study.Ask();
            var size = t * 7 % 30 / 30.0;
            var pruned = false;
            for (var step = 1; step <= 12 && !pruned; step++)
            {
                var accuracy = 0.5 + 0.5 * size - Math.Exp(-0.5 * step) - 0.01 * ((t + step) % 3);
                pruned = trial.Report(step, accuracySign * accuracy).ShouldPrune;
                decisions.Add(pruned);
            }

            double[] values = [.. objectives.Select(o => o.Name == "size" ? sizeSign * size : accuracySign * (0.5 + 0.5 * size))];
            study.Tell(trial, pruned ? TrialResult.Pruned : TrialResult.Complete(values));
        }

        return decisions;
    }
}
