namespace Tunewise.Hosting.Progress;

/// <summary>Something that happened in a run, for people and for programs.</summary>
/// <param name="Kind">What happened.</param>
internal sealed record RunEvent(RunEventKind Kind)
{
    /// <summary>Where: "gpu 0", "cpu 1"; null for the run as a whole.</summary>
    public string? Device { get; init; }

    /// <summary>The trial's number.</summary>
    public int? Trial { get; init; }

    /// <summary>The step of a report.</summary>
    public long? Step { get; init; }

    /// <summary>The value of a report.</summary>
    public double? Value { get; init; }

    /// <summary>A trial's parameters in words.</summary>
    public string? Parameters { get; init; }

    /// <summary>What happened, in words.</summary>
    public string? Message { get; init; }

    /// <summary>The trial as stored, when it ended.</summary>
    public FrozenTrial? Ended { get; init; }

    /// <summary>The process id of a worker.</summary>
    public int? Process { get; init; }
}
