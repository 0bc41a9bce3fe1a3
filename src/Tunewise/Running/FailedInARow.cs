namespace Tunewise.Running;

/// <summary>How many trials in a row failed in a way that says that the program is broken.</summary>
internal static class FailedInARow
{
    /// <summary>
    /// The count after one more trial ended: a trial that diverged or was interrupted neither adds to it nor ends the row.
    /// </summary>
    public static int After(int count, TrialState state, FailureKind? failure) => state != TrialState.Failed ? 0
        : failure is FailureKind.Diverged or FailureKind.Interrupted ? count
        : count + 1;
}
