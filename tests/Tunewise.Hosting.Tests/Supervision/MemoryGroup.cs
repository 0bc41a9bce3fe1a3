using System.Globalization;

namespace Tunewise.Hosting.Tests.Supervision;

/// <summary>A control group of the test's own with a limit on memory, in which the kernel kills what goes beyond it.</summary>
internal sealed class MemoryGroup : IDisposable
{
    private static readonly string Parent =
        File.Exists("/sys/fs/cgroup/cgroup.controllers") && !Directory.Exists("/sys/fs/cgroup/memory")
            ? "/sys/fs/cgroup"
            : "/sys/fs/cgroup/memory";
    private static readonly string Limit = Parent == "/sys/fs/cgroup" ? "memory.max" : "memory.limit_in_bytes";
    private readonly string _folder =
        Path.Combine(Parent, string.Create(CultureInfo.InvariantCulture, $"tunewise-test-{Environment.ProcessId}"));

    public MemoryGroup(long bytes)
    {
        Directory.CreateDirectory(_folder);
        File.WriteAllText(Path.Combine(_folder, Limit), bytes.ToString(CultureInfo.InvariantCulture));
    }

    /// <summary>Whether this system lets us make one.</summary>
    public static bool IsAvailable { get; } = Try();

    /// <summary>Starts the command that follows within the group.</summary>
    public string[] Starter => ["sh", "-c", $"echo $$ > {_folder}/cgroup.procs && exec \"$@\"", "sh"];

    public void Dispose()
    {
        // A group goes away like an empty folder, though it shows files.
        Directory.Delete(_folder, recursive: false);
    }

    private static bool Try()
    {
        if (!OperatingSystem.IsLinux()) return false;
        try
        {
            using var group = new MemoryGroup(1L << 30);
            return true;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
