namespace Tunewise.Running;

/// <summary>How a worker stands to a trial that it claimed.</summary>
internal enum HoldState
{
    /// <summary>The trial is this worker's.</summary>
    Held,

    /// <summary>The lease is gone. What became of the trial is looked up at the next call.</summary>
    Doubtful,

    /// <summary>
    /// The trial was taken away, and nobody tries it again: it goes on here, remembered and not stored, and its result is
    /// kept as a trial of its own.
    /// </summary>
    Detached,

    /// <summary>The trial was ended or deleted elsewhere, or somebody tries it again. Nothing of it is wanted.</summary>
    Lost,
}
