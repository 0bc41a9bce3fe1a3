namespace Tunewise.Training.Fitting;

/// <summary>Why a training ended.</summary>
public enum FitEnd
{
    /// <summary>All epochs were trained.</summary>
    Completed,

    /// <summary>The metric had not improved for too long.</summary>
    EarlyStopped,

    /// <summary>The pruner said so.</summary>
    Pruned,

    /// <summary>The pruner paused the trial; it may be continued from its checkpoint.</summary>
    Paused,

    /// <summary>The loss became infinite or NaN: further epochs cannot help.</summary>
    Diverged,
}
