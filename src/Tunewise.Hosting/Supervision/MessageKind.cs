namespace Tunewise.Hosting.Supervision;

/// <summary>What a <see cref="WorkerMessage"/> is about.</summary>
internal enum MessageKind
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>From the worker: the objective is made and the study is open.</summary>
    Ready,

    /// <summary>From the worker: may it claim a trial?</summary>
    Ask,

    /// <summary>From the worker: a trial begins.</summary>
    Started,

    /// <summary>From the worker: a trial's latest report; not every report is told.</summary>
    Report,

    /// <summary>From the worker: a trial ended and is stored.</summary>
    Finished,

    /// <summary>From the worker: something a person should read.</summary>
    Warning,

    /// <summary>From the worker: the program cannot run as it was called; trying again will not help.</summary>
    Refused,

    /// <summary>From the worker: its run ended, and so will its process.</summary>
    Done,

    /// <summary>To the worker: it may claim a trial.</summary>
    Go,

    /// <summary>To the worker: its process should end instead of claiming a trial.</summary>
    Leave,

    /// <summary>To the worker: a trial should stop, and fail for a reason.</summary>
    StopTrial,

    /// <summary>To the worker: the run was cancelled.</summary>
    Cancel,
}
