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
}
