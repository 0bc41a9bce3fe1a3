using System.CommandLine;

namespace Tunewise.Hosting;

/// <summary>What a study program is told about the command line.</summary>
public sealed class StudyContext
{
    private readonly ParseResult _arguments;

    internal StudyContext(ParseResult arguments, long seed)
    {
        _arguments = arguments;
        Seed = seed;
    }

    /// <summary>The seed of this run, for the program's own random choices.</summary>
    public long Seed { get; }

    /// <summary>The value of one of the program's own options.</summary>
    /// <typeparam name="T">The option's type.</typeparam>
    /// <param name="option">The option, one of <see cref="StudyProgram.Options"/>.</param>
    public T? GetValue<T>(Option<T> option) => _arguments.GetValue(option);
}
