namespace Tunewise.Hosting.Supervision;

/// <summary>Counts how the trials of a run ended.</summary>
internal sealed class RunTally
{
    private int _complete;
    private int _pruned;
    private int _failed;

    /// <summary>How many were stopped and queued again.</summary>
    public int Interrupted { get; private set; }

    /// <summary>How many failed since the last that did not; those that diverged are left out.</summary>
    public int FailedInARow { get; private set; }

    public void Add(FrozenTrial trial)
    {
        switch (trial)
        {
            case { State: TrialState.Complete }: _complete++; break;
            case { State: TrialState.Pruned }: _pruned++; break;
            case { Failure: FailureKind.Interrupted }: Interrupted++; return;
            default: _failed++; break;
        }

        FailedInARow = Running.FailedInARow.After(FailedInARow, trial.State, trial.Failure);
    }

    public RunReport ToReport(RunEnd end, TimeSpan elapsed, string? stopReason) =>
        new(end, elapsed, _complete, _pruned, _failed, Interrupted, null) { StopReason = stopReason };
}
