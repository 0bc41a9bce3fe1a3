using System.Diagnostics;
using System.Globalization;

namespace Tunewise.Testing;

/// <summary>The test worker as a child process, with what it acknowledged so far.</summary>
public sealed class WorkerProcess : IDisposable
{
    private readonly Process _process;
    private readonly List<string> _lines = [];
    private readonly Task<string> _error;

    private WorkerProcess(Process process)
    {
        _process = process;
        _error = process.StandardError.ReadToEndAsync();
    }

    public IReadOnlyList<string> Lines => _lines;

    public static WorkerProcess Start(params string[] arguments) => StartUnder("dotnet", [Dll, .. arguments]);

    /// <summary>Starts it in a mount namespace of its own, after a command of the shell has prepared that.</summary>
    public static WorkerProcess StartAfter(string preparation, params string[] arguments) =>
        StartUnder("unshare", ["-rm", "sh", "-c", $"{preparation} && exec dotnet \"$@\"", "sh", Dll, .. arguments]);

    /// <summary>Starts it so that it can open few files.</summary>
    public static WorkerProcess StartWithDescriptors(int count, params string[] arguments) =>
        StartUnder(
            "sh", ["-c", $"ulimit -n {count.ToString(CultureInfo.InvariantCulture)} && exec dotnet \"$@\"", "sh", Dll, .. arguments]);

    public static bool HasNamespaces { get; } = OperatingSystem.IsLinux() && Try("unshare", "-rm", "sh", "-c", "mount -t tmpfs tmpfs /mnt");

    /// <summary>Reads lines until there are so many, or until the process ends.</summary>
    public void ReadLines(int count)
    {
        while (_lines.Count < count && _process.StandardOutput.ReadLine() is { } line) _lines.Add(line);
    }

    /// <summary>Reads lines up to the first that begins so.</summary>
    public string ReadUntil(string start)
    {
        while (_process.StandardOutput.ReadLine() is { } line)
        {
            _lines.Add(line);
            if (line.StartsWith(start, StringComparison.Ordinal)) return line;
        }

        throw new InvalidOperationException(
            $"the worker ended before '{start}': {_error.GetAwaiter().GetResult()} {string.Join("; ", _lines.TakeLast(5))}");
    }

    public void WriteLine(string line)
    {
        _process.StandardInput.WriteLine(line);
        _process.StandardInput.Flush();
    }

    public void EndInput() => _process.StandardInput.Close();

    /// <summary>Sends a signal, such as STOP or CONT.</summary>
    public void Signal(string name)
    {
        using var kill = Process.Start("kill", ["-s", name, _process.Id.ToString(CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
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
        ReadLines(int.MaxValue);
        _process.WaitForExit();
        return (_process.ExitCode, _error.GetAwaiter().GetResult());
    }

    public void Dispose()
    {
        if (!_process.HasExited) _process.Kill();
        _process.Dispose();
    }

    private static string Dll => Path.Combine(AppContext.BaseDirectory, "Tunewise.TestWorker.dll");

    private static WorkerProcess StartUnder(string program, IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(program)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        // Short lives: what compiling better would gain is never earned back.
        start.Environment["DOTNET_TieredPGO"] = "0";
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        return new WorkerProcess(Process.Start(start)!);
    }

    private static bool Try(string program, params string[] arguments)
    {
        try
        {
            var start = new ProcessStartInfo(program) { RedirectStandardOutput = true, RedirectStandardError = true };
            foreach (var argument in arguments) start.ArgumentList.Add(argument);
            using var process = Process.Start(start)!;
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }

    private static bool Whole(string line) => line.Split(' ') switch
    {
        ["claim" or "finish", _] => true,
        ["report", _, _] => true,
        ["suggest", _, _, var value] => value.Length > 10,
        _ => false,
    };
}
