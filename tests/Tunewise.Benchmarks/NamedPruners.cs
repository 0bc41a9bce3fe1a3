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

    /// <summary>"auto:0.06:3" or "auto:0.06:3:20": the default with another first rung, reduction factor and number that run to their ends.</summary>
    private static (string Name, Func<IPruner> Create) Auto(string name)
    {
        var parts = name.Split(':');
        var auto = new AutoPruner();
        if (parts.Length is not (3 or 4)
            || !double.TryParse(parts[1], CultureInfo.InvariantCulture, out var first)
            || !int.TryParse(parts[2], CultureInfo.InvariantCulture, out var factor)
            || !int.TryParse(parts.Length == 4 ? parts[3] : $"{auto.RunToTheirEnds}", CultureInfo.InvariantCulture, out var ends))
        {
            throw new ArgumentException($"'{name}' is no auto:FIRSTRUNG:FACTOR or auto:FIRSTRUNG:FACTOR:RUNTOTHEIRENDS");
        }

        auto = new AutoPruner { FirstRung = first, ReductionFactor = factor, RunToTheirEnds = ends };
        return auto.Validate().FirstOrDefault() is { } wrong ? throw new ArgumentException($"'{name}': {wrong}") : (name, () => auto);
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
