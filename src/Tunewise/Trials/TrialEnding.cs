using Tunewise.Numerics;

namespace Tunewise;

/// <summary>How a trial ended.</summary>
/// <param name="State">Complete, Pruned or Failed.</param>
/// <param name="Values">One value per objective, or none.</param>
public sealed record TrialEnding(TrialState State, IReadOnlyList<double> Values)
{
    /// <summary>Why it failed, or null.</summary>
    public FailureKind? Failure { get; init; }

    /// <summary>
    /// Why it was pruned or failed, or null. Of several lines the first is kept; the others belong into <see cref="Detail"/>.
    /// </summary>
    public string? Reason { get; init => field = Words.FirstLine(value); }

    /// <summary>The longer story, or null.</summary>
    public string? Detail { get; init; }

    /// <summary>The last finite value of a training that diverged, or null.</summary>
    public double? LastFiniteValue { get; init; }

    /// <summary>Queue the same parameters again.</summary>
    public bool Retry { get; init; }

    /// <summary>Try again from the beginning, not from a checkpoint.</summary>
    public bool FromScratch { get; init; }

    /// <summary>End the trial only while this worker holds its lease, or null for whoever holds it.</summary>
    public string? OnlyIfHeldBy { get; init; }

    /// <summary>
    /// End the trial only if its lease was not renewed since it was read (<c>TrialLease.Until</c>), or null for whenever.
    /// </summary>
    public long? OnlyIfLeaseUntil { get; init; }

    /// <summary>
    /// When it was first tried to store it, in UTC, for a caller that tries again: a database that keeps it as the trial's end knows by it
    /// a try whose answer was lost.
    /// </summary>
    internal DateTimeOffset? FirstTry { get; init; }
}
