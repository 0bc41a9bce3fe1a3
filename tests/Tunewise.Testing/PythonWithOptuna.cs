using System.Diagnostics;

namespace Tunewise.Testing;

/// <summary>A Python that has Optuna, if this machine has one.</summary>
public static class PythonWithOptuna
{
    private static readonly string? Program =
        new[] { "/usr/bin/python3", "python3", "python" }.FirstOrDefault(python => Start(python, ["-c", "import optuna"]).ExitCode == 0);

    public static bool IsHere => Program is not null;

    public static bool HasPostgres => Program is not null && Start(Program, ["-c", "import psycopg2"]).ExitCode == 0;

    /// <summary>Runs a script to its end and returns what it printed.</summary>
    public static string Run(string script, params string[] arguments)
    {
        var (exitCode, output, error) = Start(Program!, ["-c", script, .. arguments]);
        Assert.True(exitCode == 0, error);
        return output;
    }

    private static (int ExitCode, string Output, string Error) Start(string python, string[] arguments)
    {
        var start = new ProcessStartInfo(python) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        try
        {
            using var process = Process.Start(start)!;
            var error = process.StandardError.ReadToEndAsync();
            var output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return (process.ExitCode, output, error.GetAwaiter().GetResult());
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return (-1, "", "there is no such program");
        }
    }
}
