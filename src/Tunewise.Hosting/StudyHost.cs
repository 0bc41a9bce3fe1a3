using System.CommandLine;
using System.CommandLine.Parsing;
using System.Text.RegularExpressions;
using Tunewise.Hosting.Commands;
using Tunewise.Hosting.Processes;

namespace Tunewise.Hosting;

/// <summary>
/// Gives a study program its command line: <c>run</c> (the default), <c>worker</c>, <c>summarize</c>, <c>best</c>, <c>trials</c>,
/// <c>importance</c>, <c>export</c>, <c>import</c>, <c>copy</c>, <c>check</c>, <c>compact</c> and <c>delete</c>, and those of
/// <see cref="StudyProgram.Verbs"/>. Errors are one line on
/// standard error and exit status 1, wrong usage 2, an interrupted run 130.
/// </summary>
public static partial class StudyHost
{
    internal const int Failure = 1;
    internal const int WrongUsage = 2;
    internal const int Interrupted = 130;

    /// <summary>
    /// Reads the command line and does what it says. Until it returns, whatever is written to <see cref="Console"/> and cannot be,
    /// because a disk is full or a terminal is gone, is dropped instead of ending the run; if some of it was for standard output,
    /// the exit status is not 0.
    /// </summary>
    /// <param name="args">The program's arguments.</param>
    /// <param name="program">What the program searches.</param>
    /// <returns>The exit status.</returns>
    public static async Task<int> RunAsync(string[] args, StudyProgram program)
    {
        ArgumentNullException.ThrowIfNull(args);
        ArgumentNullException.ThrowIfNull(program);
        var (output, error) = (Console.Out, Console.Error);
        using var printed = new EnduringWriter(output, ProcessTools.Current.WasGiven(descriptor: 1));
        using var said = new EnduringWriter(error, ProcessTools.Current.WasGiven(descriptor: 2), ProcessTools.Current.Say);
        Console.SetOut(printed);
        Console.SetError(said);
        var end = new ProgramEnd(Console.Error, program.Logger);
        void EndNow(object sender, UnhandledExceptionEventArgs thrown) =>
            ProcessTools.Current.ExitNow(end.Of((Exception)thrown.ExceptionObject));
        AppDomain.CurrentDomain.UnhandledException += EndNow;
        try
        {
            var status = await RunAsync(args, program, Console.Out, Console.Error).ConfigureAwait(false);
            return end.Of(status, printed.Trouble);
        }
        finally
        {
            AppDomain.CurrentDomain.UnhandledException -= EndNow;
            Console.SetOut(output);
            Console.SetError(error);
        }
    }

    internal static Task<int> RunAsync(string[] args, StudyProgram program, TextWriter output, TextWriter error) =>
        new ProgramEnd(error, program.Logger).OfAsync(() =>
        {
            var parsed = Commands(args, program, output, error).Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
            if (parsed.Errors.Count > 0) throw new UsageException(InWords(parsed.Errors[0].Message));
            RefuseMisplaced(parsed);
            // Ctrl-C is the run's own business: the first one lets running trials stop at a report.
            var invocation = new InvocationConfiguration
            {
                Output = output,
                Error = error,
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = null,
            };
            return parsed.InvokeAsync(invocation);
        });

    private static RootCommand Commands(string[] args, StudyProgram program, TextWriter output, TextWriter error)
    {
        var shared = new SharedOptions(program);
        var root = new RootCommand(program.Description);
        var arguments = new RunArguments(program, shared);
        program.Check(arguments.OfEveryProgram.Concat(root.Options));
        var run = new RunCommand(program, arguments, args, output, error);
        run.AddTo(root);
        root.Subcommands.Add(run.Create());
        root.Subcommands.Add(new WorkerCommand(program, arguments, output, error).Create());
        root.Subcommands.Add(SummarizeCommand.Create(program, arguments, output));
        root.Subcommands.Add(BestCommand.Create(shared, output));
        root.Subcommands.Add(TrialsCommand.Create(shared, output));
        root.Subcommands.Add(ImportanceCommand.Create(shared, output));
        root.Subcommands.Add(BlobsCommand.Create(shared, output));
        root.Subcommands.Add(ExportCommand.Create(shared, output));
        root.Subcommands.Add(ImportCommand.Create(shared, output));
        root.Subcommands.Add(CopyCommand.Create(shared, output));
        root.Subcommands.Add(CheckCommand.Create(shared, output));
        root.Subcommands.Add(CompactCommand.Create(shared, output));
        root.Subcommands.Add(DeleteCommand.Create(shared, output));
        foreach (var verb in program.Verbs)
            root.Subcommands.Add(VerbCommand.Create(verb, program, shared, root.Subcommands.Select(c => c.Name), output));

        return root;
    }

    /// <summary>
    /// Options before a verb are those of a run without one. Where the verb has the same, it takes them; others
    /// would be read and forgotten.
    /// </summary>
    private static void RefuseMisplaced(ParseResult parsed)
    {
        var verb = parsed.CommandResult.Command;
        if (verb is RootCommand) return;
        var misplaced = parsed.RootCommandResult.Children.OfType<OptionResult>()
            .FirstOrDefault(o => !o.Implicit && !o.Option.Recursive && !verb.Options.Contains(o.Option));
        if (misplaced is not null)
        {
            throw new UsageException(
                $"{misplaced.Option.Name} before '{verb.Name}' would do nothing; put the verb first and its own options behind it");
        }
    }

    /// <summary>The parser names .NET's types, which people know by other names, and writes lists in lines.</summary>
    private static string InWords(string message)
    {
        var lines = message
            .Replace("as expected type 'System.Int32'.", "as a whole number", StringComparison.Ordinal)
            .Replace("as expected type 'System.Nullable`1[System.Int64]'.", "as a whole number", StringComparison.Ordinal)
            .Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return TypeName.Replace($"{lines[0]} {string.Join(", ", lines[1..])}".Trim(), "");
    }

    [GeneratedRegex(@" as expected type '[^']*'")]
    private static partial Regex TypeName { get; }
}
