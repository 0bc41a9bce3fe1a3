namespace Tunewise.Benchmarks.Curves;

/// <summary>What <see cref="SearchQuality"/> measures.</summary>
internal sealed record SearchQualityOptions
{
    /// <summary>Names of problems or families, comma-separated, or "all".</summary>
    public required string Problems { get; init; }

    /// <summary>Names of samplers, comma-separated; "default" is what a study without options has.</summary>
    public required string Samplers { get; init; }

    /// <summary>Names of pruners, comma-separated; "default" is what a study without options has.</summary>
    public required string Pruners { get; init; }

    public required int Seeds { get; init; }

    /// <summary>How many workers of one study are simulated.</summary>
    public required int Workers { get; init; }

    /// <summary>How many seeds run side by side.</summary>
    public required int Threads { get; init; }

    public required Disturbances Disturbances { get; init; }

    /// <summary>Print which pair is chosen without each problem, and how good it is there.</summary>
    public required bool LeaveOneOut { get; init; }

    /// <summary>Print how much worse it is than with one worker whom nothing disturbs.</summary>
    public required bool Ratio { get; init; }

    /// <exception cref="ArgumentException">An option is out of range.</exception>
    public void Validate()
    {
        foreach (var (name, value) in new[]
        {
            ("--seeds", Seeds), ("--workers", Workers), ("--threads", Threads), ("--iterations", Disturbances.Iterations),
        })
        {
            if (value < 1) throw new ArgumentException($"{name} must be at least 1, got {value}");
        }

        if (!Enum.IsDefined(Disturbances.Shape)) throw new ArgumentException($"there is no shape {Disturbances.Shape}");
        if (Disturbances.Outliers is < 0 or double.NegativeInfinity)
            throw new ArgumentException($"--outliers must be a bad loss, at least 0 or NaN, got {Disturbances.Outliers}");
        if (Ratio && Seeds < 2) throw new ArgumentException("--ratio needs at least 2 seeds for its interval");
        foreach (var list in new[] { Problems, Samplers, Pruners })
        {
            if (list.Split(',').GroupBy(n => n).FirstOrDefault(g => g.Count() > 1) is { } twice)
                throw new ArgumentException($"'{twice.Key}' is given twice");
        }
    }

    public FileInfo? Json { get; init; }

    /// <summary>A file for each seed's regrets, or null.</summary>
    public FileInfo? Each { get; init; }
}
