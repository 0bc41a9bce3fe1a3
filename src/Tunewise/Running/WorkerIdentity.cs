using System.Diagnostics;
using System.Globalization;

namespace Tunewise.Running;

/// <summary>
/// Names the process that holds a lease, so that another process on the same machine can tell at once whether it still lives: machine,
/// boot, process-id namespace, process id and start time. What cannot be told (another machine, another container) is left to the
/// lease's expiry. A worker under a supervisor names that one too: while the supervisor lives, it alone says how its workers ended.
/// </summary>
internal static class WorkerIdentity
{
    private const char Separator = '|';

    /// <summary>Where a supervised worker finds its supervisor's process id and start.</summary>
    public const string SupervisorVariable = "TUNEWISE_SUPERVISOR";

    private static readonly string Self = string.Join(
        Separator,
        Environment.MachineName.Replace(Separator, '_'),
        Scope(),
        Environment.ProcessId.ToString(CultureInfo.InvariantCulture),
        StartOf(Environment.ProcessId) ?? "");

    /// <summary>This process.</summary>
    public static string Current { get; } = Environment.GetEnvironmentVariable(SupervisorVariable) is { Length: > 0 } supervisor ? Self + Separator + supervisor : Self;

    /// <summary>What a supervisor gives its workers in <see cref="SupervisorVariable"/>: its process id and start.</summary>
    public static string AsSupervisor { get; } = string.Join(Separator, Self.Split(Separator)[2..]);

    /// <summary>True when the worker is certain to be gone; false when it lives, when its supervisor lives, or when nothing is known.</summary>
    public static bool IsGone(string worker)
    {
        var (theirs, ours) = (worker.Split(Separator), Self.Split(Separator));
        if (theirs.Length is not (4 or 6) || theirs[0] != ours[0] || theirs[1] != ours[1]) return false;
        return IsGone(theirs[2], theirs[3]) && (theirs.Length == 4 || IsGone(theirs[4], theirs[5]));
    }

    /// <summary>Whether this process had a supervisor, and it is gone.</summary>
    public static bool IsSupervisorGone => Current.Split(Separator) is [_, _, _, _, var processId, var start] && IsGone(processId, start);

    /// <summary>Whether a worker is this process of this machine.</summary>
    public static bool IsProcess(string worker, int processId)
    {
        var (theirs, ours) = (worker.Split(Separator), Self.Split(Separator));
        return theirs.Length >= 4 && theirs[0] == ours[0] && theirs[1] == ours[1] && theirs[2] == processId.ToString(CultureInfo.InvariantCulture);
    }

    private static bool IsGone(string processId, string start) => int.TryParse(processId, CultureInfo.InvariantCulture, out var id) && StartOf(id) != start;

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
            return "-";
        }
    }

    /// <summary>When a process started, in the system's own units; null when there is no such process (a zombie is none).</summary>
    private static string? StartOf(int processId)
    {
        if (OperatingSystem.IsLinux()) return LinuxStartOf(processId);
        try
        {
            using var process = Process.GetProcessById(processId);
            return process.HasExited ? null : process.StartTime.ToFileTimeUtc().ToString(CultureInfo.InvariantCulture);
        }
        catch (ArgumentException)
        {
            return null;
        }
    }

    private static string? LinuxStartOf(int processId)
    {
        try
        {
            // proc(5): the command in parentheses may hold anything; after it come the state (field 3) and, 19 fields later, the start.
            var stat = File.ReadAllText($"/proc/{processId.ToString(CultureInfo.InvariantCulture)}/stat");
            var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            return fields[0] is "Z" or "X" ? null : fields[19];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
