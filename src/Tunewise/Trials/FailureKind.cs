namespace Tunewise;

/// <summary>Why a trial failed, in the classes that a retry policy tells apart.</summary>
public enum FailureKind
{
    /// <summary>The objective threw an exception.</summary>
    Exception,

    /// <summary>The objective said that it failed (<see cref="TrialResult.Failed(string)"/>).</summary>
    Reported,

    /// <summary>The objective returned the wrong number of values.</summary>
    InvalidResult,

    /// <summary>A device or the host ran out of memory.</summary>
    OutOfMemory,

    /// <summary>
    /// The worker that ran the trial is gone, and nobody knows why: its machine or process disappeared, or its lease ran out.
    /// </summary>
    Lost,

    /// <summary>The run was cancelled while the trial ran.</summary>
    Interrupted,

    /// <summary>The storage could not be written for longer than <see cref="StudyOptions.StoragePatience"/> while the trial ran.</summary>
    Storage,

    /// <summary>The process that ran the trial crashed or ended in mid-trial, and its supervisor saw how.</summary>
    Crash,

    /// <summary>The trial ran, or stayed silent, for longer than it may.</summary>
    TimedOut,

    /// <summary>
    /// The training diverged: its loss became infinite or NaN, or the objective returned NaN. A property of the parameters, not a broken
    /// program: it does not count towards <see cref="RunOptions.MaxConsecutiveFailures"/> and is not tried again unless <see cref="RetryPolicy.AfterDivergence"/> says so.
    /// </summary>
    Diverged,
}

/// <summary>What the classes of failures say.</summary>
internal static class FailureKinds
{
    /// <summary>
    /// Whether the trial tried its parameters, so that nobody needs to try them again; otherwise its machine, process or storage came
    /// between, or somebody who stopped it.
    /// </summary>
    public static bool IsOfParameters(this FailureKind kind) => kind is FailureKind.Exception or FailureKind.Reported
        or FailureKind.InvalidResult or FailureKind.OutOfMemory or FailureKind.TimedOut or FailureKind.Diverged;
}
