namespace Tunewise.Hosting.Progress;

/// <summary>What a <see cref="RunEvent"/> is about; with <c>--log json</c> the names are written in lower case with underscores.</summary>
internal enum RunEventKind
{
    /// <summary>The run begins.</summary>
    RunStarted,

    /// <summary>A worker process was started.</summary>
    WorkerStarted,

    /// <summary>A worker is ready for trials.</summary>
    WorkerReady,

    /// <summary>A worker waits for free memory.</summary>
    WorkerWaiting,

    /// <summary>A worker left as it should.</summary>
    WorkerEnded,

    /// <summary>A worker ended otherwise.</summary>
    WorkerFailed,

    /// <summary>A place for a worker was given up.</summary>
    WorkerGivenUp,

    /// <summary>A trial begins.</summary>
    TrialStarted,

    /// <summary>A trial reported.</summary>
    Report,

    /// <summary>A trial was asked to stop, or its process killed.</summary>
    TrialStopped,

    /// <summary>A trial ended.</summary>
    TrialEnded,

    /// <summary>Something a person should read.</summary>
    Warning,

    /// <summary>The run ended.</summary>
    RunEnded,
}
