using System.Diagnostics;

namespace Tunewise.Sqlite.Tests;

/// <summary>The test worker as a child process, with what it acknowledged so far.</summary>
internal sealed class WorkerProcess : IDisposable
{
    private readonly Process _process;
    private readonly List<string> _lines = [];

    private WorkerProcess(Process process) => _process = process;

    public IReadOnlyList<string> Lines => _lines;

    public static WorkerProcess Start(params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true };
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "Tunewise.TestWorker.dll"));
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        return new WorkerProcess(Process.Start(start)!);
    }

    /// <summary>Reads lines until there are so many, or until the process ends.</summary>
    public void ReadLines(int count)
    {
        while (_lines.Count < count && _process.StandardOutput.ReadLine() is { } line) _lines.Add(line);
    }

    /// <summary>Kills the process with SIGKILL and reads what it had acknowledged.</summary>
    public void Kill()
    {
        _process.Kill();
        ReadLines(int.MaxValue);
        _process.WaitForExit();
        // A line that was cut off by the kill was not acknowledged.
        if (_lines.Count > 0 && !Whole(_lines[^1])) _lines.RemoveAt(_lines.Count - 1);
    }

    public (int ExitCode, string Error) WaitForExit()
    {
        var error = _process.StandardError.ReadToEndAsync();
        ReadLines(int.MaxValue);
        _process.WaitForExit();
        return (_process.ExitCode, error.GetAwaiter().GetResult());
    }

    public void Dispose()
    {
        if (!_process.HasExited) _process.Kill();
        _process.Dispose();
    }

    private static bool Whole(string line) => line.Split(' ') switch
    {
        ["claim" or "finish", _] => true,
        ["report", _, _] => true,
        ["suggest", _, _, var value] => value.Length > 10,
        _ => false,
    };
}
