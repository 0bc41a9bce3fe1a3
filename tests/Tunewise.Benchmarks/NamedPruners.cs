using System.Globalization;
using Tunewise.Pruners;

namespace Tunewise.Benchmarks;

/// <summary>The pruners that are compared.</summary>
internal static class NamedPruners
{
    /// <summary>The pruners of a comma-separated list, or all of them, for trainings of so many epochs.</summary>
    public static IReadOnlyList<(string Name, Func<IPruner> Create)> Parse(string names, int epochs)
    {
        var all = All(epochs);
        if (names == "all") return all;
        return
        [
            .. names.Split(',').Select(n => n.StartsWith("auto:", StringComparison.Ordinal) ? Auto(n)
                : Array.Find(all, p => p.Name == n) is { Create: not null } found ? found
                : throw new ArgumentException($"there is no pruner '{n}'; choose from {string.Join(", ", all.Select(p => p.Name))}")),
        ];
    }

    /// <summary>"auto:0.06:3": the default with another first rung and reduction factor.</summary>
    private static (string Name, Func<IPruner> Create) Auto(string name)
    {
        var parts = name.Split(':');
        var (first, factor) = (double.Parse(parts[1], CultureInfo.InvariantCulture), int.Parse(parts[2], CultureInfo.InvariantCulture));
        return (name, () => new AutoPruner { FirstRung = first, ReductionFactor = factor });
    }

    private static (string Name, Func<IPruner> Create)[] All(int epochs) =>
    [
        ("auto", () => new AutoPruner()),
        ("none", () => new NoPruner()),
        ("median", () => new MedianPruner()),
        ("median-after-3", () => new MedianPruner { WarmupSteps = 3 }),
        ("percentile-25", () => new PercentilePruner(25) { WarmupSteps = 3 }),
        ("halving", () => new SuccessiveHalvingPruner { MinResource = 1, ReductionFactor = 3 }),
        ("halving-promotes", () => new SuccessiveHalvingPruner { MinResource = 1, ReductionFactor = 3, Promotes = true }),
        ("hyperband", () => new HyperbandPruner { MinResource = 1, MaxResource = epochs }),
        ("hyperband-promotes", () => new HyperbandPruner { MinResource = 1, MaxResource = epochs, Promotes = true }),
        ("patient-median", () => new PatientPruner(new MedianPruner(), 2)),
        ("threshold", () => new ThresholdPruner { Lower = 0.5, WarmupSteps = 3 }),
        ("learning-curve", () => new LearningCurvePruner()),
    ];
}
