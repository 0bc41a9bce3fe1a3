using Tunewise.Hosting.Devices;

namespace Tunewise.Hosting.Supervision;

/// <summary>A place and the worker that is there now, if any. Used by the supervisor's loop alone.</summary>
internal sealed class WorkerSlot(WorkerPlace place)
{
    public WorkerPlace Place { get; } = place;

    public SlotState State { get; set; } = SlotState.Down;

    /// <summary>The process, or null.</summary>
    public WorkerProcess? Worker { get; set; }

    /// <summary>The trial that runs there, or null.</summary>
    public WatchedTrial? Trial { get; set; }

    /// <summary>How many trials the process has begun.</summary>
    public int Trials { get; set; }

    /// <summary>The worker asked for leave to claim a trial and waits.</summary>
    public bool Asked { get; set; }

    /// <summary>Why the worker should be replaced before its next trial, or null.</summary>
    public string? ReplaceBecause { get; set; }

    /// <summary>How the worker said that its run ended, or null.</summary>
    public RunEnd? Done { get; set; }

    /// <summary>Why the program refused to run, or null.</summary>
    public TunewiseException? Refusal { get; set; }

    /// <summary>Why the supervisor killed the process, or null.</summary>
    public (FailureKind Kind, string Reason)? Killed { get; set; }

    /// <summary>How often in a row a worker failed to start here.</summary>
    public int FailedStarts { get; set; }

    /// <summary>When the next one is to be started.</summary>
    public long StartAt { get; set; }

    /// <summary>What it waits for, for people, or null.</summary>
    public string? WaitsFor { get; set; }

    /// <summary>The process's memory when it was last looked at, in bytes.</summary>
    public long Memory { get; set; }

    /// <summary>Forgets the process that ended.</summary>
    public void Clear()
    {
        Worker?.Dispose();
        (Worker, Trial, Trials, Asked, ReplaceBecause, Done, Killed, WaitsFor, Memory) = (null, null, 0, false, null, null, null, null, 0);
    }
}
