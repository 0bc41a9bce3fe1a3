using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace Tunewise.Hosting.Processes;

/// <summary>Process groups, and what Linux says under /proc and /sys/fs/cgroup.</summary>
internal sealed partial class UnixProcessTools : ProcessTools
{
    private const int SigKill = 9;
    private const int KilledBySignal = 128;

    /// <summary>What the kernel should prefer when it must kill for memory: trials before the supervisor.</summary>
    private const string FirstToGo = "500";

    private static readonly Dictionary<int, string> Signals = new()
    {
        [1] = "it was hung up (SIGHUP)",
        [2] = "it was interrupted (SIGINT)",
        [3] = "it was told to quit (SIGQUIT)",
        [4] = "illegal instruction (SIGILL)",
        [5] = "trap (SIGTRAP)",
        [6] = "it aborted (SIGABRT)",
        [7] = "bus error (SIGBUS)",
        [8] = "arithmetic error (SIGFPE)",
        [SigKill] = "it was killed (SIGKILL) by someone other than this supervisor",
        [11] = "segmentation fault (SIGSEGV)",
        [13] = "broken pipe (SIGPIPE)",
        [15] = "it was terminated (SIGTERM)",
        [24] = "CPU time limit (SIGXCPU)",
        [25] = "file size limit (SIGXFSZ)",
        [31] = "bad system call (SIGSYS)",
    };

    public override void SetApart()
    {
        _ = SetProcessGroup(0, 0);
        TryWrite("/proc/self/oom_score_adj", FirstToGo);
    }

    public override void Kill(int processId, string name)
    {
        _ = Signal(-processId, SigKill);
        _ = Signal(processId, SigKill);
        // What left the process group has the worker's name all the same. One may start another while this looks, so it
        // looks until there is none.
        for (var round = 0; round < 10 && KillNamed(name) > 0; round++)
        {
        }
    }

    public override bool WasGiven(int descriptor)
    {
        // What outlived the start of this program was not to be closed then; whatever the runtime opened since is.
        const int GetFlags = 1;
        const int CloseOnExec = 1;
        return Control(descriptor, GetFlags) is >= 0 and var flags && (flags & CloseOnExec) == 0;
    }

    public override void Say(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        _ = WriteTo(2, bytes, bytes.Length);
    }

    public override void ExitNow(int exitCode) => ExitProcess(exitCode);

    public override void KillSelf()
    {
        if (Environment.GetEnvironmentVariable(NameVariable) is { Length: > 0 } name) _ = KillNamed(name);
        _ = Signal(0, SigKill);
    }

    public override long MemoryOf(int processId)
    {
        // proc(5), statm: the second number is the resident set in pages.
        var fields = TryRead(string.Create(CultureInfo.InvariantCulture, $"/proc/{processId}/statm"))?.Split(' ');
        return fields is { Length: > 1 } && long.TryParse(fields[1], NumberStyles.None, CultureInfo.InvariantCulture, out var pages)
            ? pages * Environment.SystemPageSize
            : 0;
    }

    public override long? FreeMemory()
    {
        var machine = Field("/proc/meminfo", "MemAvailable:") * 1024;
        return LimitOfContainer() is { } container && (machine is null || container < machine) ? container : machine;
    }

    public override long? MemoryKills() => Field("/proc/vmstat", "oom_kill");

    public override string? DescribeExit(int exitCode) => exitCode <= KilledBySignal ? null
        : Signals.GetValueOrDefault(exitCode - KilledBySignal) is { } words ? words
        : exitCode < KilledBySignal + 65 ? $"signal {exitCode - KilledBySignal}" : null;

    /// <summary>What is left below the memory limit of the control group (version 2, then 1), or null without one.</summary>
    private static long? LimitOfContainer()
    {
        foreach (var (limit, used) in new[]
        {
            ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory.current"),
            ("/sys/fs/cgroup/memory/memory.limit_in_bytes", "/sys/fs/cgroup/memory/memory.usage_in_bytes"),
        })
        {
            if (long.TryParse(TryRead(limit), CultureInfo.InvariantCulture, out var most)
                && long.TryParse(TryRead(used), CultureInfo.InvariantCulture, out var now)
                && most < 1L << 60)
            {
                return Math.Max(0, most - now);
            }
        }

        return null;
    }

    private static int KillNamed(string name)
    {
        if (!Directory.Exists("/proc")) return 0;
        var wanted = Encoding.UTF8.GetBytes($"{NameVariable}={name}");
        var killed = 0;
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var id)
                || id == Environment.ProcessId)
            {
                continue;
            }

            // Empty for processes of others, for the kernel's own, and for those that have ended.
            if (TryReadBytes(folder + "/environ").AsSpan().IndexOf(wanted) < 0) continue;
            if (Signal(id, SigKill) == 0) killed++;
        }

        return killed;
    }

    private static long? Field(string path, string name)
    {
        foreach (var line in (TryRead(path) ?? "").Split('\n'))
        {
            var fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (fields.Length > 1
                && fields[0] == name
                && long.TryParse(fields[1], NumberStyles.None, CultureInfo.InvariantCulture, out var value))
            {
                return value;
            }
        }

        return null;
    }

    private static string? TryRead(string path) => TryReadBytes(path) is { Length: > 0 } bytes ? Encoding.UTF8.GetString(bytes) : null;

    private static byte[] TryReadBytes(string path)
    {
        try
        {
            return File.ReadAllBytes(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    private static void TryWrite(string path, string text)
    {
        try
        {
            File.WriteAllText(path, text);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // Not this system, or not allowed: it stays as it is.
        }
    }

    [LibraryImport("libc", EntryPoint = "write")]
    private static partial nint WriteTo(int descriptor, ReadOnlySpan<byte> bytes, nint count);

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Signal(int processId, int signal);

    [LibraryImport("libc", EntryPoint = "fcntl")]
    private static partial int Control(int descriptor, int command);

    [LibraryImport("libc", EntryPoint = "_exit")]
    private static partial void ExitProcess(int exitCode);

    [LibraryImport("libc", EntryPoint = "setpgid")]
    private static partial int SetProcessGroup(int processId, int group);
}
