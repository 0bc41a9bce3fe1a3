using System.Diagnostics;

namespace Tunewise.Hosting.Processes;

/// <summary>What a supervisor needs of the system and .NET does not offer; the one place where Unix and Windows differ.</summary>
internal abstract class ProcessTools
{
    /// <summary>Carries a worker's own name through the environment to all that it starts, so that nothing of it is left over.</summary>
    public const string NameVariable = "TUNEWISE_WORKER";

    /// <summary>Those of this system.</summary>
    public static ProcessTools Current { get; } = OperatingSystem.IsWindows() ? new WindowsProcessTools() : new UnixProcessTools();

    /// <summary>
    /// In a worker, at its start: sets it apart, so that the terminal's Ctrl-C is the supervisor's business and the
    /// whole of it can be ended.
    /// </summary>
    public abstract void SetApart();

    /// <summary>In the supervisor, before a worker is started.</summary>
    public virtual void Prepare(ProcessStartInfo start)
    {
    }

    /// <summary>In the supervisor, right after a worker was started.</summary>
    public virtual void Adopt(Process worker)
    {
    }

    /// <summary>Ends a worker and whatever it started, now.</summary>
    /// <param name="processId">The worker, which may have ended.</param>
    /// <param name="name">Its name in <see cref="NameVariable"/>.</param>
    public abstract void Kill(int processId, string name);

    /// <summary>
    /// Whether this process was started with a stream under this number. One that was closed is not merely missing: the runtime's own pipe
    /// may have got its number, and what is written there would be taken for signals.
    /// </summary>
    public virtual bool WasGiven(int descriptor) => true;

    /// <summary>Writes to standard error without the runtime's help, where that is possible.</summary>
    public virtual void Say(string text)
    {
    }

    /// <summary>Ends the process now, whatever its threads do.</summary>
    public abstract void ExitNow(int exitCode);

    /// <summary>In a worker: ends itself and whatever it started, now.</summary>
    public abstract void KillSelf();

    /// <summary>The memory that a process occupies, in bytes; 0 when it is not known.</summary>
    public abstract long MemoryOf(int processId);

    /// <summary>
    /// The memory that this machine, or the container around this process, has left, in bytes; null when it is not known.
    /// </summary>
    public abstract long? FreeMemory();

    /// <summary>How many processes the system has killed for want of memory since it started; null when it does not say.</summary>
    public virtual long? MemoryKills() => null;

    /// <summary>What an exit code says of a process that did not choose it, or null.</summary>
    public abstract string? DescribeExit(int exitCode);
}
