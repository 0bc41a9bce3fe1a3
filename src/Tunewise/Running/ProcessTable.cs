using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;

namespace Tunewise.Running;

/// <summary>Looks for processes of this machine by their ids and starts. What it cannot see it does not take for gone.</summary>
/// <param name="processes">Where Linux shows them; another folder is for tests.</param>
internal sealed class ProcessTable(string processes = "/proc")
{
    /// <summary>
    /// When a process started, in the system's own units; null when there is no such process, or when that cannot be told.
    /// </summary>
    public string? StartOf(int processId) => Look(processId).Start;

    /// <summary>What became of the process that had this id and started then.</summary>
    public Liveness Find(int processId, string start)
    {
        var (liveness, found) = Look(processId);
        // A worker that could not tell its own start can be found by nobody.
        if (start.Length == 0) return liveness == Liveness.Gone ? Liveness.Gone : Liveness.Unknown;
        return liveness != Liveness.Alive ? liveness : found == start ? Liveness.Alive : Liveness.Gone;
    }

    private (Liveness Liveness, string? Start) Look(int processId) =>
        OperatingSystem.IsLinux() ? LookOnLinux(processId) : LookAnywhere(processId);

    private static (Liveness Liveness, string? Start) LookAnywhere(int processId)
    {
        try
        {
            using var process = Process.GetProcessById(processId);
            return process.HasExited
                ? (Liveness.Gone, null)
                : (Liveness.Alive, process.StartTime.ToFileTimeUtc().ToString(CultureInfo.InvariantCulture));
        }
        catch (ArgumentException)
        {
            return (Liveness.Gone, null);
        }
        catch (Exception error) when (error is Win32Exception or InvalidOperationException or NotSupportedException)
        {
            // Another user's, or it ended while it was looked at.
            return (Liveness.Unknown, null);
        }
    }

    private (Liveness Liveness, string? Start) LookOnLinux(int processId)
    {
        try
        {
            // proc(5): the command in parentheses may hold anything; after it come the state (field 3) and, 19 fields later, the start.
            var stat = File.ReadAllText(Path.Combine(processes, processId.ToString(CultureInfo.InvariantCulture), "stat"));
            var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            return fields[0] is "Z" or "X" ? (Liveness.Gone, null) : (Liveness.Alive, fields[19]);
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            // Where /proc is mounted with hidepid, other users' processes are not shown; the system still says whether they exist.
            return (Exists(processId) ? Liveness.Unknown : Liveness.Gone, null);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or IndexOutOfRangeException or ArgumentException)
        {
            // No file descriptors left, no permission, or a file in mid-change: that says nothing of the process.
            return (Liveness.Unknown, null);
        }
    }

    /// <summary>Whether the system knows a process of this id, whoever's it is; true also when it does not answer.</summary>
    private static bool Exists(int processId)
    {
        try
        {
            Process.GetProcessById(processId).Dispose();
            return true;
        }
        catch (ArgumentException)
        {
            return false;
        }
        catch (Exception error) when (error is Win32Exception or InvalidOperationException or IOException)
        {
            return true;
        }
    }
}
