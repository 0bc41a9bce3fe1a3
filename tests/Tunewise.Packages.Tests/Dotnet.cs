using System.Diagnostics;

namespace Tunewise.Packages.Tests;

/// <summary>The SDK's commands, and the programs that they start, as processes.</summary>
internal static class Dotnet
{
    /// <summary>A process that hangs fails its test, and does not stop the others. Restoring may mean downloading.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(15);

    /// <summary>Runs a command to its end, which must be a good one, and returns what it printed.</summary>
    /// <param name="folder">Where.</param>
    /// <param name="variables">What is special to its environment.</param>
    /// <param name="arguments">The command.</param>
    public static string Run(string folder, IReadOnlyDictionary<string, string> variables, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        // What MSBuild told the test's own process is not meant for another one.
        foreach (var name in start.Environment.Keys.Where(n => n.StartsWith("MSBUILD", StringComparison.OrdinalIgnoreCase)).ToList())
            start.Environment.Remove(name);
        // Nothing that outlives the command may hold its output open.
        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        start.Environment["DOTNET_CLI_USE_MSBUILD_SERVER"] = "0";
        start.Environment["UseSharedCompilation"] = "false";
        foreach (var (name, value) in variables) start.Environment[name] = value;

        using var process = Process.Start(start)!;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        var ended = Task.WhenAll(output, error, process.WaitForExitAsync()).Wait(Patience);
        if (!ended) process.Kill(entireProcessTree: true);
        var command = $"dotnet {string.Join(' ', arguments)}";
        Assert.True(ended, $"{command} had not ended after {Patience}");
        Assert.True(process.ExitCode == 0, $"{command} ended with {process.ExitCode}:\n{output.Result}{error.Result}");
        return output.Result;
    }
}
