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

    public FileInfo? Json { get; init; }

    /// <summary>A file for each seed's regrets, or null.</summary>
    public FileInfo? Each { get; init; }
}
