using System.CommandLine;

namespace Tunewise.Hosting;

/// <summary>
/// A verb that a package or a program adds to a study program's command line (<see cref="StudyProgram.Verbs"/>). It has <c>--storage</c>
/// and <c>--study</c> as the others have. Errors end it as they end the others: one line on standard error and exit status 1, or 2 for a
/// <see cref="UsageException"/>.
/// </summary>
public sealed record StudyVerb
{
    /// <summary>What is typed: letters, digits and hyphens.</summary>
    public required string Name { get; init; }

    /// <summary>What it does, in one line, for the help.</summary>
    public required string Description { get; init; }

    /// <summary>Options of its own; <see cref="OptionRules"/> say which values they take.</summary>
    public IReadOnlyList<Option> Options { get; init; } = [];

    /// <summary>Does it, and returns the exit status, 0 for success. The token is cancelled by Ctrl-C and SIGTERM.</summary>
    public required Func<StudyVerbContext, CancellationToken, Task<int>> RunAsync { get; init; }

    /// <summary>What keeps it from being added, or null.</summary>
    internal string? Fault(IEnumerable<string> taken, IEnumerable<Option> shared)
    {
        if (Name.Length == 0 || Name[0] == '-' || !Name.All(c => char.IsAsciiLetterOrDigit(c) || c == '-'))
            return $"a verb's name has letters, digits and hyphens, got '{Name}'";
        if (taken.Contains(Name, StringComparer.Ordinal)) return $"there are two verbs '{Name}'";
        var names = Options.Concat(shared).SelectMany(o => o.Aliases.Append(o.Name)).GroupBy(n => n).FirstOrDefault(g => g.Count() > 1);
        return names is null ? null : $"verb '{Name}' has two options {names.Key}";
    }
}
