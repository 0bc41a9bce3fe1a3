using Tunewise.Pruners;

namespace Tunewise.Benchmarks;

/// <summary>The pruners that are compared.</summary>
internal static class NamedPruners
{
    /// <summary>The pruners of a comma-separated list, or all of them, for trainings of so many epochs.</summary>
    public static IReadOnlyList<(string Name, Func<IPruner> Create)> Parse(string names, int epochs)
    {
        var all = All(epochs);
        return names == "all" ? all : [.. names.Split(',').Select(n => Array.Find(all, p => p.Name == n) is { Create: not null } found
            ? found
            : throw new ArgumentException($"there is no pruner '{n}'; choose from {string.Join(", ", all.Select(p => p.Name))}"))];
    }

    private static (string Name, Func<IPruner> Create)[] All(int epochs) =>
    [
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
