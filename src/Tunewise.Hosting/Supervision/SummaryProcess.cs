using System.ComponentModel;
using System.Diagnostics;
using Tunewise.Hosting.Devices;
using Tunewise.Hosting.Processes;

namespace Tunewise.Hosting.Supervision;

/// <summary>Runs a program's summary in a process of its own, where it may use the device.</summary>
internal static class SummaryProcess
{
    /// <summary>The lines that it printed, or one that says why there are none: the trials are safe whatever a summary does.</summary>
    public static async Task<IReadOnlyList<string>> RunAsync(ProgramCommand command, IReadOnlyList<string> arguments, WorkerPlace place)
    {
        var start = new ProcessStartInfo(command.File) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in command.Arguments.Concat(arguments)) start.ArgumentList.Add(argument);
        place.Apply(start.Environment);
        Process process;
        try
        {
            process = Process.Start(start)!;
        }
        catch (Win32Exception problem)
        {
            return [$"The program's summary failed: {problem.Message}"];
        }

        using var ended = process;
        var (output, error) = (new OutputTail(), new OutputTail());
        await Task.WhenAll(
            output.PumpAsync(process.StandardOutput.BaseStream),
            error.PumpAsync(process.StandardError.BaseStream),
            process.WaitForExitAsync()).ConfigureAwait(false);
        return process.ExitCode == 0
            ? output.LastLines(int.MaxValue).Split('\n')
            : [$"The program's summary failed ({WorkerExit.InWords(process.ExitCode)}): {error.LastLines(1)}"];
    }
}
