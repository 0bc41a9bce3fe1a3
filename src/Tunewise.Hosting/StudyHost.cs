using System.CommandLine;
using Tunewise.Hosting.Commands;

namespace Tunewise.Hosting;

/// <summary>
/// Gives a study program its command line: <c>run</c> (the default), <c>worker</c>, <c>summarize</c>, <c>best</c>, <c>trials</c>, <c>importance</c>,
/// <c>export</c>, <c>import</c>, <c>copy</c>, <c>check</c>, <c>compact</c> and <c>delete</c>. Errors are one line on standard
/// error and exit status 1, wrong usage 2, an interrupted run 130.
/// </summary>
public static class StudyHost
{
    internal const int Failure = 1;
    internal const int WrongUsage = 2;
    internal const int Interrupted = 130;

    /// <summary>Reads the command line and does what it says.</summary>
    /// <param name="args">The program's arguments.</param>
    /// <param name="program">What the program searches.</param>
    /// <returns>The exit status.</returns>
    public static Task<int> RunAsync(string[] args, StudyProgram program) => RunAsync(args, program, Console.Out, Console.Error);

    internal static async Task<int> RunAsync(string[] args, StudyProgram program, TextWriter output, TextWriter error)
    {
        ArgumentNullException.ThrowIfNull(args);
        ArgumentNullException.ThrowIfNull(program);
        var shared = new SharedOptions(program);
        var root = new RootCommand(program.Description);
        var arguments = new RunArguments(program, shared);
        var run = new RunCommand(program, arguments, args, output, error);
        run.AddTo(root);
        root.Subcommands.Add(run.Create());
        root.Subcommands.Add(new WorkerCommand(program, arguments, output, error).Create());
        root.Subcommands.Add(SummarizeCommand.Create(program, arguments, output));
        root.Subcommands.Add(BestCommand.Create(shared, output));
        root.Subcommands.Add(TrialsCommand.Create(shared, output));
        root.Subcommands.Add(ImportanceCommand.Create(shared, output));
        root.Subcommands.Add(ExportCommand.Create(shared, output));
        root.Subcommands.Add(ImportCommand.Create(shared, output));
        root.Subcommands.Add(CopyCommand.Create(shared, output));
        root.Subcommands.Add(CheckCommand.Create(shared, output));
        root.Subcommands.Add(CompactCommand.Create(shared, output));
        root.Subcommands.Add(DeleteCommand.Create(shared, output));

        var parsed = root.Parse(args);
        if (parsed.Errors.Count > 0)
        {
            await error.WriteLineAsync($"error: {InWords(parsed.Errors[0].Message)} (--help lists what there is)").ConfigureAwait(false);
            return WrongUsage;
        }

        try
        {
            // Ctrl-C is the run's own business: the first one lets running trials stop at a report.
            var invocation = new InvocationConfiguration { Output = output, Error = error, EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null };
            return await parsed.InvokeAsync(invocation).ConfigureAwait(false);
        }
        catch (Exception problem) when (problem is TunewiseException or ArgumentException)
        {
            await error.WriteLineAsync($"error: {problem.Message}").ConfigureAwait(false);
            return Failure;
        }
    }

    /// <summary>The parser names .NET's types; people know them by other names.</summary>
    private static string InWords(string message) => message
        .Replace("as expected type 'System.Int32'.", "as a whole number", StringComparison.Ordinal)
        .Replace("as expected type 'System.Nullable`1[System.Int64]'.", "as a whole number", StringComparison.Ordinal);
}
