namespace Tunewise.Storage;

/// <summary>What must be known of a trial to say what may be done to it.</summary>
/// <param name="State">Where it is in its life.</param>
/// <param name="Failure">Why it failed, or null.</param>
/// <param name="RetriedBy">The number of the trial that came in its place, or null.</param>
/// <param name="Worker">The worker that holds its lease, or null when nobody does.</param>
/// <param name="LeaseUntil">When the lease runs out (<see cref="TrialLease.Until"/>), or null when nobody holds one.</param>
internal readonly record struct TrialFacts(
    TrialState State, FailureKind? Failure = null, int? RetriedBy = null, string? Worker = null, long? LeaseUntil = null)
{
    /// <summary>What a trial as it was read says of itself; of its lease it says nothing.</summary>
    public static TrialFacts Of(FrozenTrial trial) => new(trial.State, trial.Failure, trial.RetriedBy);
}
