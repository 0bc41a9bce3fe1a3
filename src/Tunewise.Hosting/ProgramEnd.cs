using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;

namespace Tunewise.Hosting;

/// <summary>The one place that makes an exit status, and a line where one is needed, of whatever a program comes to.</summary>
internal sealed class ProgramEnd(TextWriter error, ILogger? logger)
{
    /// <summary>Set to 1, it shows where errors come from.</summary>
    public const string StackTraceVariable = "TUNEWISE_STACKTRACE";

    /// <summary>Runs to the end.</summary>
    /// <param name="run">Returns the exit status, or throws.</param>
    [SuppressMessage("Design", "CA1031:Do not catch general exception types", Justification = "Nothing may get past the one place.")]
    public async Task<int> OfAsync(Func<Task<int>> run)
    {
        try
        {
            return await run().ConfigureAwait(false);
        }
        catch (Exception problem)
        {
            return Of(problem);
        }
    }

    /// <summary>Says what an error was.</summary>
    /// <returns>The exit status.</returns>
    public int Of(Exception problem)
    {
        // Whoever asked for it knows.
        if (problem is OperationCanceledException { CancellationToken.IsCancellationRequested: true })
            return StudyHost.Interrupted;
        error.WriteLine($"error: {ErrorText.Of(problem)}{(problem is UsageException ? " (--help lists what there is)" : "")}");
        if (Environment.GetEnvironmentVariable(StackTraceVariable) == "1") error.WriteLine(problem);
        if (!ErrorText.IsForPeople(problem)) logger?.ProgramEnded(problem);
        return problem is UsageException ? StudyHost.WrongUsage : StudyHost.Failure;
    }

    /// <summary>An exit status, unless part of what should have been printed is missing.</summary>
    public int Of(int status, string? trouble)
    {
        if (trouble is null) return status;
        error.WriteLine($"error: part of the output is missing, because standard output cannot be written: {trouble}");
        return status == 0 ? StudyHost.Failure : status;
    }
}
