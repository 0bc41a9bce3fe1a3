using System.Globalization;

namespace Tunewise.Running;

/// <summary>
/// Names the process that holds a lease, so that another process on the same machine can tell at once whether it still lives: machine,
/// boot, process-id namespace, process id and start time. What cannot be told (another machine, another container, a process that may
/// not be looked at) is left to the lease's expiry. A worker under a supervisor names that one too: while the supervisor lives, it alone
/// says how its workers ended.
/// </summary>
internal static class WorkerIdentity
{
    private const char Separator = '|';
    private const string UnknownScope = "-";
    private static readonly ProcessTable Processes = new();

    /// <summary>Where a supervised worker finds its supervisor's process id and start.</summary>
    public const string SupervisorVariable = "TUNEWISE_SUPERVISOR";

    private static readonly string Self = string.Join(
        Separator,
        Environment.MachineName.Replace(Separator, '_'),
        Scope(),
        Environment.ProcessId.ToString(CultureInfo.InvariantCulture),
        Processes.StartOf(Environment.ProcessId) ?? "");

    /// <summary>This process.</summary>
    public static string Current { get; } =
        Environment.GetEnvironmentVariable(SupervisorVariable) is { Length: > 0 } supervisor ? Self + Separator + supervisor : Self;

    /// <summary>What a supervisor gives its workers in <see cref="SupervisorVariable"/>: its process id and start.</summary>
    public static string AsSupervisor { get; } = string.Join(Separator, Self.Split(Separator)[2..]);

    /// <summary>What is known of a worker; of one under a supervisor that lives, only what that one may say.</summary>
    public static Liveness LivenessOf(string worker) => LivenessOf(worker, Processes);

    internal static Liveness LivenessOf(string worker, ProcessTable processes)
    {
        var (theirs, ours) = (worker.Split(Separator), Self.Split(Separator));
        if (theirs.Length is not (4 or 6)
            || theirs[0] != ours[0]
            || theirs[1] != ours[1]
            || (theirs[1] == UnknownScope && OperatingSystem.IsLinux()))
        {
            return Liveness.Unknown;
        }

        var own = LivenessOf(theirs[2], theirs[3], processes);
        // Gone, but its supervisor may be about to say how it ended.
        return own == Liveness.Gone && theirs.Length == 6 ? LivenessOf(theirs[4], theirs[5], processes) : own;
    }

    /// <summary>Whether this process had a supervisor, and it is gone.</summary>
    public static bool IsSupervisorGone =>
        Current.Split(Separator) is [_, _, _, _, var processId, var start] && LivenessOf(processId, start, Processes) == Liveness.Gone;

    /// <summary>Whether a worker is this process of this machine.</summary>
    public static bool IsProcess(string worker, int processId)
    {
        var (theirs, ours) = (worker.Split(Separator), Self.Split(Separator));
        return theirs.Length >= 4
            && theirs[0] == ours[0]
            && theirs[1] == ours[1]
            && theirs[2] == processId.ToString(CultureInfo.InvariantCulture);
    }

    private static Liveness LivenessOf(string processId, string start, ProcessTable processes) =>
        int.TryParse(processId, CultureInfo.InvariantCulture, out var id) ? processes.Find(id, start) : Liveness.Unknown;

    /// <summary>Within which process ids mean the same: this boot of this machine, and on Linux this process-id namespace.</summary>
    private static string Scope()
    {
        try
        {
            var boot = File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim();
            return boot + "/" + File.ResolveLinkTarget("/proc/self/ns/pid", returnFinalTarget: false)?.Name;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return UnknownScope;
        }
    }
}
