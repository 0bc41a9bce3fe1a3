using System.Globalization;
using Tunewise.Pruners;
using Tunewise.Samplers.Random;

namespace Tunewise.Tests.Pruners;

/// <summary>
/// At which step Optuna 4.9.0 pruned each of 40 trials of a study named "golden" with the curves of <see cref="Value"/>, told one after
/// another; −1 where it did not. Recorded by running optuna.pruners.* on the same curves.
/// </summary>
public sealed class PrunerGoldenTests
{
    private static readonly Dictionary<string, (IPruner Pruner, string Steps)> Cases = new()
    {
        ["halving"] = (
            new SuccessiveHalvingPruner { MinResource = 1, ReductionFactor = 3 },
            "-1,1,1,1,1,3,1,1,3,1,3,1,1,3,1,1,1,3,1,1,1,1,3,1,1,1,1,3,1,1,3,1,3,1,3,1,1,1,1,3"),
        ["halving-auto"] =
            (new SuccessiveHalvingPruner(), "-1,-1,1,-1,1,-1,1,1,4,1,4,1,1,4,1,1,1,4,1,1,1,1,4,1,1,1,1,-1,1,1,1,1,4,1,4,1,1,1,1,4"),
        ["halving-late"] = (
            new SuccessiveHalvingPruner { MinResource = 2, ReductionFactor = 2, MinEarlyStoppingRate = 1, BootstrapCount = 3 },
            "4,4,4,8,4,8,4,4,8,4,8,4,4,-1,4,-1,4,8,4,4,-1,4,8,4,4,4,8,-1,8,4,8,4,-1,4,-1,8,4,-1,4,-1"),
        ["hyperband"] = (
            new HyperbandPruner { MinResource = 1, MaxResource = 12 },
            "-1,1,1,1,-1,3,1,9,1,-1,3,9,1,1,1,1,1,-1,1,1,-1,1,3,3,1,9,1,9,1,9,1,3,9,1,-1,1,1,1,3,3"),
        ["hyperband-auto"] =
            (new HyperbandPruner(), "-1,-1,1,-1,-1,9,1,9,3,-1,3,9,1,3,1,1,1,-1,1,1,-1,1,3,3,1,9,1,9,1,9,3,3,9,1,-1,1,1,1,3,3"),
        ["patient"] = (
            new PatientPruner(new MedianPruner { StartupTrials = 3 }, 2),
            "-1,-1,-1,-1,7,-1,9,11,-1,-1,-1,10,-1,6,10,-1,9,-1,5,11,-1,-1,-1,-1,-1,-1,-1,-1,-1,10,-1,-1,-1,-1,-1,-1,9,-1,-1,-1"),
        ["patient-alone"] = (
            new PatientPruner(null, 3) { MinDelta = 0.01 },
            "4,-1,-1,8,-1,9,10,-1,-1,-1,10,-1,-1,-1,11,6,10,-1,-1,-1,-1,-1,6,-1,-1,-1,-1,8,-1,11,-1,-1,9,-1,5,10,-1,-1,-1,-1"),
        ["threshold"] = (
            new ThresholdPruner { Upper = 0.6, Lower = -0.6, WarmupSteps = 2, IntervalSteps = 3 },
            "-1,-1,2,-1,-1,-1,-1,2,-1,-1,-1,-1,2,-1,-1,-1,-1,-1,-1,-1,-1,-1,-1,-1,-1,-1,2,-1,-1,2,-1,2,-1,-1,-1,-1,2,-1,2,-1"),
        ["percentile"] = (
            new PercentilePruner(25) { StartupTrials = 4, WarmupSteps = 1, IntervalSteps = 2 },
            "-1,-1,-1,-1,1,-1,1,1,1,1,3,1,1,1,1,1,1,-1,1,1,1,1,-1,1,1,1,1,1,1,1,1,1,3,1,-1,1,1,1,1,1"),
        ["wilcoxon"] = (new WilcoxonPruner(), "-1,3,3,3,3,-1,3,3,3,3,10,3,3,3,3,3,3,11,3,3,3,3,11,3,3,3,3,3,3,3,3,3,3,3,-1,3,3,3,3,3"),
    };

    public static TheoryData<string, Direction> Names
    {
        get
        {
            var data = new TheoryData<string, Direction>();
            foreach (var name in Cases.Keys)
            {
                data.Add(name, Direction.Minimize);
                data.Add(name, Direction.Maximize);
            }

            return data;
        }
    }

    private static double Value(int t, int s) =>
        (t * 6151 % 97) / 97.0 / (1 + 0.3 * s) + (t * 7919 + s * 104729 + t * s * 31) % 1000 / 4000.0;

    [Theory]
    [MemberData(nameof(Names))]
    public void Decide_SameCurves_PrunesWhereOptunaDoes(string name, Direction direction)
    {
        var (pruner, expected) = Cases[name];
        var sign = direction == Direction.Minimize ? 1 : -1;
        var study = Study.Open(new Tunewise.Storage.InMemoryStorage(), "golden", new StudyOptions
        {
            Objectives = [new Objective(direction)],
            Sampler = new RandomSampler(),
            Pruner = pruner,
            Seed = 1,
        });
        var steps = new List<int>();
        for (var t = 0; t < 40; t++)
        {
            var trial = study.Ask();
            var pruned = -1;
            for (var s = 0; s < 12 && pruned < 0; s++)
            {
                if (trial.Report(s, sign * Value(t, s)).ShouldPrune) pruned = s;
            }

            steps.Add(pruned);
            study.Tell(trial, pruned >= 0 ? TrialResult.Pruned : sign * Enumerable.Range(0, 12).Average(s => Value(t, s)));
        }

        Assert.Equal(expected, string.Join(',', steps.Select(s => s.ToString(CultureInfo.InvariantCulture))));
    }
}
