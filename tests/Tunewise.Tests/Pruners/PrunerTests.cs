using Tunewise.Pruners;
using Tunewise.Samplers.Random;
using Tunewise.Testing;

namespace Tunewise.Tests.Pruners;

public sealed class SuccessiveHalvingConformance : PrunerConformance
{
    protected override IPruner Create() => new SuccessiveHalvingPruner { MinResource = 1 };
}

public sealed class HyperbandConformance : PrunerConformance
{
    protected override IPruner Create() => new HyperbandPruner { MaxResource = 9 };
}

public sealed class PatientConformance : PrunerConformance
{
    protected override IPruner Create() => new PatientPruner(new MedianPruner(), 2);

    protected override bool PrunesTheWorse => false;
}

public sealed class ThresholdConformance : PrunerConformance
{
    protected override IPruner Create() => new ThresholdPruner { Upper = 1e10 };

    protected override bool HasNoSideOfItsOwn => false;
}

public sealed class WilcoxonConformance : PrunerConformance
{
    protected override IPruner Create() => new WilcoxonPruner();
}

public sealed class LearningCurveConformance : PrunerConformance
{
    protected override IPruner Create() => new LearningCurvePruner { StartupTrials = 2 };
}

public sealed class UnfinishedMedianConformance : PrunerConformance
{
    protected override IPruner Create() => new MedianPruner { CountsUnfinished = true };
}

public sealed class PrunerTests
{
    private static Study NewStudy(IPruner pruner, params Objective[] objectives) => Study.InMemory(new StudyOptions
    {
        Objectives = objectives.Length == 0 ? null : objectives,
        Sampler = new RandomSampler(),
        Pruner = pruner,
        Seed = 1,
    });

    [Fact]
    public void Validate_OptionsOutOfRange_NamesThem()
    {
        IPruner[] wrong =
        [
            new SuccessiveHalvingPruner { MinResource = 0, ReductionFactor = 1, MinEarlyStoppingRate = -1, BootstrapCount = -1 },
            new SuccessiveHalvingPruner { BootstrapCount = 2 },
            new SuccessiveHalvingPruner { MinResource = 1, BootstrapCount = 2, Promotes = true },
            new HyperbandPruner { MinResource = 5, MaxResource = 3, ReductionFactor = 1 },
            new PatientPruner(new ThresholdPruner(), -1) { MinDelta = double.NaN },
            new ThresholdPruner { Lower = 2, Upper = 1, WarmupSteps = -1, IntervalSteps = 0 },
            new WilcoxonPruner { Threshold = 2, StartupSteps = -1 },
            new LearningCurvePruner { Threshold = 0, LastStep = 0, StartupTrials = 0, MinReports = 2 },
        ];
        int[] problems = [4, 1, 1, 2, 3, 3, 2, 4];
        Assert.Equal(problems, wrong.Select(p => p.Validate().Count()));
        Assert.All(wrong, p => Assert.Throws<ArgumentException>(() => NewStudy(p)));
    }

    [Fact]
    public void Report_FirstParallelWave_IsPrunedWhenUnfinishedTrialsCount()
    {
        int PrunedInFirstWave(bool countsUnfinished)
        {
            var study = NewStudy(new MedianPruner { StartupTrials = 3, CountsUnfinished = countsUnfinished });
            var wave = study.Ask(8);
            return wave.Count(t => t.Report(0, t.Number).ShouldPrune);
        }

        Assert.Equal(0, PrunedInFirstWave(countsUnfinished: false));
        Assert.Equal(5, PrunedInFirstWave(countsUnfinished: true));
    }

    [Fact]
    public void Report_SeveralObjectives_AreJudgedByTheNamedOne()
    {
        var study = Study.InMemory(new StudyOptions
        {
            Objectives = [Objective.Minimize("size"), Objective.Maximize("accuracy")],
            PruneBy = "accuracy",
            Sampler = new RandomSampler(),
            Pruner = new MedianPruner { StartupTrials = 2 },
        });
        foreach (var accuracy in new[] { 0.7, 0.8, 0.9 })
        {
            var trial = study.Ask();
            Assert.False(trial.Report(0, accuracy).ShouldPrune);
            study.Tell(trial, new[] { 1.0, accuracy });
        }

        var bad = study.Ask();
        var decision = bad.Report(0, 0.5);
        Assert.True(decision.ShouldPrune);
        Assert.Equal("step 0: 0.5, median of 3 trials 0.8", decision.Reason);
        study.Tell(bad, TrialResult.Pruned);
        Assert.Empty(study.FindTrial(3)!.Values);
    }

    [Fact]
    public void Open_PruneByUnknownObjective_IsAnError()
    {
        var error = Assert.Throws<ArgumentException>(
            () => Study.InMemory(new StudyOptions { Objectives = [Objective.Minimize("a"), Objective.Minimize("b")], PruneBy = "c" }));
        Assert.Contains("'c'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Sampler_UnderHyperband_SeesItsOwnRaceOnly()
    {
        var seen = new List<(int Trial, int[] Numbers)>();
        var pruner = new HyperbandPruner { MinResource = 1, MaxResource = 9 };
        var study = Study.Open(
            new Tunewise.Storage.InMemoryStorage(),
            "races",
            new StudyOptions { Sampler = new SpySampler(seen), Pruner = pruner, Seed = 1 });
        for (var i = 0; i < 30; i++)
        {
            var trial = study.Ask();
            study.Tell(trial, trial.SuggestFloat("x", 0, 1));
        }

        int Group(int number) => study.WithHistory(h => pruner.GroupOf("races", number, h))!.Value;
        Assert.Equal([0, 1, 2], Enumerable.Range(0, 30).Select(Group).Distinct().Order());
        Assert.All(seen, s => Assert.Equal(Enumerable.Range(0, s.Trial).Where(n => Group(n) == Group(s.Trial)), s.Numbers));
    }

    [Fact]
    public async Task Promotion_PausedTrials_AreContinuedInsteadOfNewOnes()
    {
        var study = NewStudy(new SuccessiveHalvingPruner { MinResource = 1, ReductionFactor = 2, Promotes = true });
        var epochs = new List<(int Root, long Step)>();
        var report = await study.RunAsync(
            (trial, _) =>
            {
                var x = trial.SuggestFloat("x", 0, 1);
                // A continued trial goes on after its last report, with the same parameters.
                var start = trial.Reports.Count == 0 ? 0 : trial.Reports[^1].Step + 1;
                for (var step = start; step < 5; step++)
                {
                    epochs.Add(((int)(x * 1e9), step));
                    if (trial.Report(step, x + 1.0 / (step + 1)).ShouldPrune) return TrialResult.Pruned;
                }

                return x;
            },
            new RunOptions { TotalTrials = 16 });

        Assert.Equal(RunEnd.BudgetReached, report.End);
        // No epoch was trained twice.
        Assert.Equal(epochs.Count, epochs.Distinct().Count());
        var trials = study.GetTrials();
        var roots = trials.Where(t => t.Continues is null).ToArray();
        Assert.Equal(16, roots.Length);
        Assert.All(trials.Where(t => t.Continues is not null), t =>
        {
            var paused = trials[t.Continues!.Value];
            Assert.Equal((TrialState.Pruned, t.Number), (paused.State, paused.RetriedBy));
            Assert.Equal(paused.Get<double>("x"), t.Get<double>("x"));
            Assert.Equal(paused.Reports, t.Reports.Take(paused.Reports.Count));
            Assert.False(paused.IsPaused);
        });
        // The best half of 16 passed the first rung, whenever they came: 8 promoted or more, as late ones may replace early ones.
        var passed = trials.Where(t => t.RetriedBy is null && t.Reports.Count > 2).Select(t => t.Get<double>("x")).ToArray();
        Assert.True(passed.Length >= 8, $"{passed.Length} passed");
        Assert.All(roots.Select(t => t.Get<double>("x")).Order().Take(4), x => Assert.Contains(x, passed));
        Assert.Contains("paused", trials.First(t => t.State == TrialState.Pruned).Reason!, StringComparison.Ordinal);
    }

    [Fact]
    public void LearningCurve_HopelessCurve_IsPrunedAndAPromisingOneIsNot()
    {
        var study = NewStudy(new LearningCurvePruner { StartupTrials = 3 }, Objective.Maximize("accuracy"));
        double Curve(double final, int step) => final * (1 - 0.8 * Math.Exp(-0.25 * step));
        foreach (var final in new[] { 0.9, 0.85, 0.88 })
        {
            var trial = study.Ask();
            for (var step = 0; step < 20; step++) trial.Report(step, Curve(final, step));
            study.Tell(trial, Curve(final, 19));
        }

        bool Pruned(double final)
        {
            var trial = study.Ask();
            var pruned = false;
            for (var step = 0; step < 8 && !pruned; step++) pruned = trial.Report(step, Curve(final, step)).ShouldPrune;
            study.Tell(trial, TrialResult.Pruned);
            return pruned;
        }

        Assert.True(Pruned(0.5));
        Assert.False(Pruned(0.95));
    }

    [Fact]
    public void Extrapolate_ExactPowerLaw_IsFound()
    {
        var steps = Enumerable.Range(0, 10).Select(i => (double)i).ToArray();
        var losses = steps.Select(t => 0.2 + 0.5 * Math.Pow(t + 1, -0.5)).ToArray();
        var (mean, deviation) = LearningCurvePruner.Extrapolate(steps, losses, 99);
        Assert.InRange(mean, 0.25 - 0.02, 0.25 + 0.02);
        Assert.True(deviation < 0.1);
    }

    [Theory]
    [InlineData(1, 0)]
    [InlineData(1000, 999)]
    [InlineData(1, 1_000_000)]
    public void Extrapolate_StepsInAnyUnit_PromisesTheSame(double unit, double first)
    {
        var losses = Enumerable.Range(0, 10).Select(t => 0.2 + 0.5 * Math.Exp(-0.3 * t)).ToArray();
        var steps = Enumerable.Range(0, 10).Select(t => first + unit * t).ToArray();
        var expected = LearningCurvePruner.Extrapolate([.. Enumerable.Range(0, 10).Select(t => (double)t)], losses, 30);
        var (mean, deviation) = LearningCurvePruner.Extrapolate(steps, losses, first + unit * 30);
        Assert.Equal((expected.Mean, expected.Deviation), (mean, deviation), (a, b) => Math.Abs(a.Item1 - b.Item1) < 1e-9);
        Assert.InRange(mean, 0.05, losses[^1]);
    }

    [Fact]
    public void Extrapolate_CurveThatHasTurned_GoesOnFromWhereItIs()
    {
        // Overfitting: down to 0.5, and up again to 0.9.
        var steps = Enumerable.Range(0, 12).Select(t => (double)t).ToArray();
        var losses = steps.Select(t => 0.5 + 0.4 * Math.Pow((t - 5) / 6, 2)).ToArray();
        var (mean, _) = LearningCurvePruner.Extrapolate(steps, losses, 30);
        Assert.True(mean > losses.Average() + 0.04, $"{mean} where the mean of all is {losses.Average()}");
        Assert.True(mean > losses[^4], $"{mean}");
    }

    private sealed class SpySampler(List<(int, int[])> seen) : Tunewise.Samplers.ISampler
    {
        public double Sample(Tunewise.Samplers.SamplingContext context, string name, Tunewise.Spaces.Distribution distribution)
        {
            seen.Add((context.TrialNumber, [.. context.History.Rows.Select(context.History.NumberOf)]));
            return context.Random.NextDouble();
        }
    }

    [Fact]
    public void LearningCurve_StepsThatAreOneNumber_AreNoReasonToFail()
    {
        using var study = NewStudy(new LearningCurvePruner { StartupTrials = 1 }, Objective.Minimize("loss"));
        for (var i = 0; i < 4; i++)
        {
            var trial = study.Ask();
            for (var step = 0; step < 6; step++) trial.Report((1L << 60) + step, 1.0 / (step + 1 + i));
            study.Tell(trial, 1);
        }

        Assert.Equal(4, study.GetTrials().Count(t => t.State == TrialState.Complete));
    }
}
