using System.CommandLine;
using System.CommandLine.Parsing;
using Tunewise.Relational;

namespace Tunewise.Hosting.Commands;

/// <summary>The options that every verb has: where the study is, and what it is called.</summary>
internal sealed class SharedOptions
{
    /// <summary>Whoever waits at a terminal is told soon that a database cannot be read for the moment.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private const string NoName = "--study must be a name, got nothing";

    public SharedOptions(StudyProgram program)
    {
        Storage = new Option<string>("--storage")
        {
            Description = "The database: a SQLite file, created by the first run, or postgresql://user@host/database.",
            HelpName = "STORAGE",
            DefaultValueFactory = _ => DefaultStorage(program),
        }.MustBe(StorageUrl.Check);
        Study = new Option<string>("--study")
        {
            Description = "The study's name.",
            HelpName = "NAME",
            DefaultValueFactory = _ => program.Name,
        };
        // What another program has called a study may still be read.
        Study.Validators.Add(result =>
        {
            if (result is { Implicit: false, Tokens: [var word], Parent: CommandResult { Command: var command } }
                && command is RootCommand or { Name: "run" or WorkerCommand.Name }
                && NameFault("--study", int.MaxValue)(word.Value) is { } fault)
            {
                result.AddError(fault);
            }
        });
    }

    /// <summary>Where a program keeps its study, unless the command line says otherwise.</summary>
    public static string DefaultStorage(StudyProgram program) => program.Name + ".db";

    public Option<string> Storage { get; }

    public Option<string> Study { get; }

    /// <summary>Does something with a study that must exist already, in a database that must exist already.</summary>
    public int WithStudy(ParseResult arguments, Func<Study, int> use) =>
        WithStorage(arguments, storage => use(Load(storage, arguments)));

    /// <summary>Looks at a study, and writes nothing.</summary>
    public int ReadStudy(ParseResult arguments, Func<Study, int> use) =>
        ReadStorage(arguments, storage => use(Load(storage, arguments)));

    private Study Load(RelationalStorage storage, ParseResult arguments)
    {
        var name = arguments.GetValue(Study)!;
        return string.IsNullOrWhiteSpace(name) && storage.FindStudy(name) is null
            ? throw new UsageException(NoName)
            : Tunewise.Study.Load(storage, name, new StudyOptions { StoragePatience = Patience });
    }

    /// <summary>A blank name may be one that another program has given; where there are no studies at all it is none.</summary>
    private RelationalStorage Open(ParseResult arguments, Func<string, RelationalStorage> open)
    {
        try
        {
            return open(arguments.GetValue(Storage)!);
        }
        catch (StorageException error) when (!error.IsTemporary
            && arguments.CommandResult.Command.Options.Contains(Study)
            && string.IsNullOrWhiteSpace(arguments.GetValue(Study)))
        {
            throw new UsageException(NoName);
        }
    }

    /// <summary>Looks at a database, and writes nothing.</summary>
    public int ReadStorage(ParseResult arguments, Func<RelationalStorage, int> use)
    {
        using var storage = Open(arguments, StorageUrl.OpenToRead);
        return use(storage);
    }

    /// <summary>Does something with a database that must exist already.</summary>
    public int WithStorage(ParseResult arguments, Func<RelationalStorage, int> use)
    {
        using var storage = Open(arguments, StorageUrl.OpenExisting);
        return use(storage);
    }

    /// <summary>An option with a study's new name, which must be one.</summary>
    public static Option<string?> NewName(string name, string description) =>
        new Option<string?>(name) { Description = description, HelpName = "NAME" }.Refuse(NameFault(name, StudyAttributes.LongestName));

    /// <summary>An option with a whole number that must be at least 1.</summary>
    public static Option<int> Positive(string name, string description, int standard) =>
        new Option<int>(name) { Description = description, HelpName = "N", DefaultValueFactory = _ => standard }.AtLeast(1);

    /// <summary>Says what is wrong with a study's name.</summary>
    private static Func<string, string?> NameFault(string option, int longest) => name =>
        string.IsNullOrWhiteSpace(name) ? $"{option} must be a name, got nothing"
        : name.Length > longest ? $"{option} takes a name of up to {longest} characters, got {name.Length}"
        : null;
}
