namespace Tunewise.Hosting.Supervision;

/// <summary>How a place for a worker is.</summary>
internal enum SlotState
{
    /// <summary>No process; one will be started when it is time.</summary>
    Down,

    /// <summary>The process was started and is not ready yet.</summary>
    Starting,

    /// <summary>The process takes trials.</summary>
    Up,

    /// <summary>The process was told to leave, or is being killed.</summary>
    Leaving,

    /// <summary>No process, and none is needed any more.</summary>
    Finished,

    /// <summary>No process, and none can be started.</summary>
    GivenUp,
}
