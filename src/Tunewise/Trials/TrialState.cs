namespace Tunewise;

/// <summary>Where a trial is in its life. The numbers are Optuna's.</summary>
public enum TrialState
{
    /// <summary>Claimed by a worker and not finished.</summary>
    Running = 0,

    /// <summary>Finished with its objective value or values.</summary>
    Complete = 1,

    /// <summary>Stopped early by a pruner; its value is the last report, when there is one.</summary>
    Pruned = 2,

    /// <summary>Ended without a usable value; samplers ignore it.</summary>
    Failed = 3,

    /// <summary>Queued, to be claimed by the next free worker.</summary>
    Waiting = 4,
}

/// <summary>Questions about <see cref="TrialState"/>.</summary>
public static class TrialStates
{
    /// <summary>
    /// True for <see cref="TrialState.Complete"/>, <see cref="TrialState.Pruned"/> and <see cref="TrialState.Failed"/>, the states
    /// that never change again.
    /// </summary>
    /// <param name="state">The state asked about.</param>
    public static bool IsFinished(this TrialState state) => state is TrialState.Complete or TrialState.Pruned or TrialState.Failed;
}
