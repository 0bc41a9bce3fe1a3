using Tunewise.Hosting.Devices;

namespace Tunewise.Hosting.Supervision;

/// <summary>What a supervisor reacts to, one after another.</summary>
internal abstract record SupervisorEvent
{
    private SupervisorEvent()
    {
    }

    /// <summary>A worker said something.</summary>
    public sealed record Told(WorkerProcess Worker, WorkerMessage Message) : SupervisorEvent;

    /// <summary>A worker process ended.</summary>
    public sealed record Exited(WorkerProcess Worker, int ExitCode) : SupervisorEvent;

    /// <summary>nvidia-smi answered.</summary>
    public sealed record GpusRead(IReadOnlyList<Gpu> Gpus, string? Trouble) : SupervisorEvent;

    /// <summary>Someone wants the run to stop: at the next reports, or at once.</summary>
    public sealed record Stop(bool AtOnce) : SupervisorEvent;
}
