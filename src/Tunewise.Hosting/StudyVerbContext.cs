using System.CommandLine;
using Tunewise.Hosting.Commands;
using Tunewise.Storage;

namespace Tunewise.Hosting;

/// <summary>What a verb of a package or a program is told.</summary>
public sealed class StudyVerbContext
{
    private readonly ParseResult _arguments;
    private readonly SharedOptions _shared;

    internal StudyVerbContext(StudyProgram program, SharedOptions shared, ParseResult arguments, TextWriter output)
    {
        (Program, _shared, _arguments, Output) = (program, shared, arguments, output);
    }

    /// <summary>The study program.</summary>
    public StudyProgram Program { get; }

    /// <summary>Where the study lives, as <see cref="StorageUrl.Open(string)"/> understands it.</summary>
    public string StorageAddress => _arguments.GetValue(_shared.Storage)!;

    /// <summary>The study's name.</summary>
    public string StudyName => _arguments.GetValue(_shared.Study)!;

    /// <summary>Where to print to.</summary>
    public TextWriter Output { get; }

    /// <summary>The value of one of the verb's own options.</summary>
    /// <typeparam name="T">The option's type.</typeparam>
    /// <param name="option">The option, one of <see cref="StudyVerb.Options"/>.</param>
    public T? GetValue<T>(Option<T> option) => _arguments.GetValue(option);

    /// <summary>Opens the database to look at it; nothing is written to it. The caller disposes it.</summary>
    /// <exception cref="StorageException">There is none, or it cannot be read.</exception>
    public IStudyStorage OpenToRead() => StorageUrl.OpenToRead(StorageAddress);

    /// <summary>Opens the database, which must exist already, also for writing. The caller disposes it.</summary>
    /// <exception cref="StorageException">There is none, or it cannot be opened.</exception>
    public IStudyStorage OpenExisting() => StorageUrl.OpenExisting(StorageAddress);
}
