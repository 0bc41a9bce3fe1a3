using Tunewise.Samplers.Random;
using Tunewise.Spaces;

namespace Tunewise.Tests.Analysis;

public sealed class StudyAnalysisTests
{
    private static Study NewStudy(params Objective[] objectives) =>
        Study.InMemory(
            new StudyOptions { Objectives = objectives.Length == 0 ? null : objectives, Sampler = new RandomSampler(), Seed = 4 });

    /// <summary>The same 80 trials as in the recording.</summary>
    private static Study SixParameters()
    {
        var study = NewStudy();
        for (var t = 0; t < 80; t++)
        {
            double U(int k) => (t * (13 + 7 * k) + k * 29) % 83 / 83.0;
            var (x, lr, n) = (-5 + 10 * U(0), Math.Pow(10, -5 + 4 * U(1)), 1 + (int)(20 * U(2)));
            var (b, q, c) = ((int)Math.Round(8 * Math.Pow(64, U(3))), Math.Round(0.1 * (int)(11 * U(4)), 10), (int)(3 * U(5)));
            study.AddTrial(
                [
                    new("x", new FloatDistribution(-5, 5), x),
                    new("lr", new FloatDistribution(1e-5, 1e-1, log: true), lr),
                    new("n", new IntDistribution(1, 20), n),
                    new("b", new IntDistribution(8, 512, log: true), b),
                    new("q", new FloatDistribution(0, 1, step: 0.1), q),
                    new("c", new CategoricalDistribution(["a", "b", "c"]), c),
                ],
                x * x + 0.1 * n + 3 * Math.Pow(Math.Log10(lr) + 3, 2) + (c == 0 ? 2 : 0) + q);
        }

        return study;
    }

    /// <summary>Values of optuna.importance.PedAnovaImportanceEvaluator (4.9.0).</summary>
    [Theory]
    [InlineData(
        0.1,
        1.0,
        new[]
        {
            0.5681019014135653, 0.33761143772759905, 0.037560989954637386, 0.006701309982862129, 0.008907971348110796, 0.041116389573225366,
        })]
    [InlineData(
        0.2,
        0.6,
        new[]
        {
            0.5261393840724455, 0.3273360391080513, 0.031877531495528216, 0.04486309244078639, 0.055297491693731084, 0.014486461189457537,
        })]
    public void GetImportances_PedAnova_IsOptunas(double target, double region, double[] expected)
    {
        var importances = SixParameters().GetImportances(new ImportanceOptions { TargetQuantile = target, RegionQuantile = region })
            .ToDictionary(p => p.Name, p => p.Importance);
        string[] names = ["x", "lr", "n", "b", "q", "c"];
        for (var i = 0; i < names.Length; i++) Assert.Equal(expected[i], importances[names[i]], 9);
    }

    [Fact]
    public void GetImportances_Fanova_IsTheShareOfTheVariance()
    {
        var study = NewStudy();
        for (var i = 0; i < 300; i++)
        {
            var trial = study.Ask();
            // Variances 4/12, 1/12 and 0: shares 0.8, 0.2 and 0.
            study.Tell(trial, 2 * trial.SuggestFloat("a", 0, 1) + trial.SuggestFloat("b", 0, 1) + 0 * trial.SuggestInt("none", 0, 9));
        }

        var importances = study.GetImportances(new ImportanceOptions { Method = ImportanceMethod.Fanova });
        Assert.Equal(["a", "b", "none"], importances.Select(p => p.Name));
        Assert.InRange(importances[0].Importance, 0.75, 0.85);
        Assert.InRange(importances[1].Importance, 0.15, 0.25);
        Assert.InRange(importances[2].Importance, 0, 0.02);
        Assert.Equal(1, importances.Sum(p => p.Importance), 9);
    }

    [Theory]
    [InlineData(ImportanceMethod.Fanova)]
    [InlineData(ImportanceMethod.PedAnova)]
    public void GetImportances_ConditionalParameter_IsIncluded(ImportanceMethod method)
    {
        var study = NewStudy();
        for (var i = 0; i < 200; i++)
        {
            var trial = study.Ask();
            var noise = trial.SuggestFloat("noise", 0, 1);
            study.Tell(trial, trial.SuggestBool("deep") ? 3 * trial.SuggestFloat("rate", 0, 1) : 1.5 + 0.01 * noise);
        }

        var importances = study.GetImportances(new ImportanceOptions { Method = method });
        Assert.Equal("rate", importances[0].Name);
        Assert.InRange(importances[0].Trials, 60, 140);
        Assert.Equal("noise", importances[^1].Name);
    }

    [Fact]
    public void GetImportances_TooFewTrialsOrWrongOptions_IsAnError()
    {
        Assert.Throws<TunewiseException>(() => NewStudy().GetImportances());
        var error = Assert.Throws<ArgumentException>(
            () => NewStudy().GetImportances(new ImportanceOptions { Objective = 1, TargetQuantile = 0, Trees = 0 }));
        foreach (var part in new[] { "Objective", "TargetQuantile", "Trees" })
            Assert.Contains(part, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void GetBestSoFar_AndDistribution_AndBudget()
    {
        var study = NewStudy(Objective.Maximize("a"));
        foreach (var value in new[] { 1.0, 3, 2, 3, 5 })
        {
            var trial = study.Ask();
            trial.Report(0, value);
            study.Tell(trial, value);
        }

        var pruned = study.Ask();
        pruned.Report(0, 9);
        pruned.Report(1, 9);
        study.Tell(pruned, TrialResult.Pruned);

        Assert.Equal([(0, 1.0), (1, 3), (2, 3), (3, 3), (4, 5)], study.GetBestSoFar());
        Assert.Equal([(1.0, 0.2), (2, 0.4), (3, 0.8), (5, 1)], study.GetEmpiricalDistribution());
        Assert.Equal(
            [(TrialState.Complete, 5, 5), (TrialState.Pruned, 1, 2)], study.GetBudget().Select(b => (b.State, b.Trials, b.Reports)));
    }

    [Fact]
    public void GetHypervolume_UsesTheDirections()
    {
        var study = NewStudy(Objective.Minimize("cost"), Objective.Maximize("gain"));
        foreach (var (cost, gain) in new[] { (1.0, 1.0), (2.0, 3.0), (3.0, 2.0) })
        {
            study.Tell(study.Ask(), new[] { cost, gain });
        }

        // Up to cost 4 and gain 0: height 1 over costs 1 to 2 and height 3 over costs 2 to 4.
        Assert.Equal(7, study.GetHypervolume([4, 0]), 12);
        Assert.Throws<ArgumentException>(() => study.GetHypervolume([4]));
    }

    [Theory]
    [InlineData(ImportanceMethod.PedAnova)]
    [InlineData(ImportanceMethod.Fanova)]
    public void GetImportances_AVeryLargeRange_IsServed(ImportanceMethod method)
    {
        var study = NewStudy();
        for (var i = 0; i < 20; i++)
        {
            var trial = study.Ask();
            trial.SuggestInt("seed", 0, int.MaxValue);
            trial.SuggestInt("log", 1, int.MaxValue, log: true);
            trial.SuggestFloat("step", 0, 1e9, step: 1e-3);
            study.Tell(trial, trial.SuggestFloat("x", 0, 1));
        }

        Assert.Equal("x", study.GetImportances(new ImportanceOptions { Method = method })[0].Name);
    }

    [Theory]
    [InlineData(ImportanceMethod.PedAnova)]
    [InlineData(ImportanceMethod.Fanova)]
    public void GetImportances_PrunedTrials_CountAsTheWorseHalf(ImportanceMethod method)
    {
        // All that has a large x was pruned early: among the complete trials alone, y seems to be what matters.
        var study = Study.InMemory(
            new StudyOptions { Sampler = new RandomSampler(), Pruner = new Tunewise.Pruners.NoPruner(), Seed = 4 });
        for (var i = 0; i < 120; i++)
        {
            var trial = study.Ask();
            var (x, y) = (trial.SuggestFloat("x", 0, 1), trial.SuggestFloat("y", 0, 1));
            trial.Report(0, 5 + x);
            study.Tell(trial, x > 0.4 ? TrialResult.Pruned : 0.01 * x + 0.1 * y);
        }

        Assert.Equal("x", study.GetImportances(new ImportanceOptions { Method = method })[0].Name);
        Assert.Equal("y", study.GetImportances(new ImportanceOptions { Method = method, Pruned = false })[0].Name);
    }

    [Fact]
    public void BestTrial_NothingFeasible_IsTheOneThatViolatesLeast()
    {
        var study = NewStudy();
        foreach (var (value, violation) in new[] { (1.0, 3.0), (2.0, 0.5), (0.5, 4.0), (1.5, 0.5) })
        {
            var trial = study.Ask();
            trial.SetConstraint("c", violation);
            study.Tell(trial, value);
        }

        Assert.Equal(3, study.GetBestTrial()!.Number);
        Assert.Equal([3, 1, 0, 2], study.GetBestTrials(4).Select(t => t.Number));
    }
}
