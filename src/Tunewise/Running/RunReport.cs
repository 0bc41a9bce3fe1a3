using Tunewise.Numerics;

namespace Tunewise;

/// <summary>What one call of <c>RunAsync</c> did.</summary>
/// <param name="End">Why it ended.</param>
/// <param name="Elapsed">How long it took.</param>
/// <param name="Complete">How many trials it completed.</param>
/// <param name="Pruned">How many it pruned.</param>
/// <param name="Failed">How many failed in it.</param>
/// <param name="Interrupted">How many were stopped by the cancellation and queued again.</param>
/// <param name="LastFailure">The latest exception of an objective, or null.</param>
public sealed record RunReport(RunEnd End, TimeSpan Elapsed, int Complete, int Pruned, int Failed, int Interrupted, Exception? LastFailure)
{
    /// <summary>What the stop rule said that ended the run, or null.</summary>
    public string? StopReason { get; init; }

    /// <summary>Why the trial failed that failed last, as it is stored with it (<see cref="FrozenTrial.Reason"/>), or null.</summary>
    public string? LastReason { get; init; }

    /// <summary>Why it ended and what became of its trials, in one line.</summary>
    public override string ToString() =>
            $"{End} after {Words.Duration(Elapsed)}: {Complete} complete, {Pruned} pruned, {Failed} failed, {Interrupted} interrupted"
        + (StopReason is { } reason ? $" ({reason})" : "")
        + (Words.FirstLine(LastReason) is { Length: > 0 } why ? $"; last failure: {why}" : "");
}
