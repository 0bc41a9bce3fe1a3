using System.CommandLine;
using System.Globalization;

namespace Tunewise.Hosting;

/// <summary>
/// What the values of a program's own options must be. Others are refused in one line before anything begins, with exit status 2.
/// </summary>
public static class OptionRules
{
    /// <summary>Refuses values below a limit.</summary>
    /// <typeparam name="T">A type of numbers.</typeparam>
    /// <param name="option">The option.</param>
    /// <param name="least">The smallest value.</param>
    /// <returns>The option.</returns>
    public static Option<T> AtLeast<T>(this Option<T> option, T least)
        where T : IComparable<T>, IParsable<T>
    {
        ArgumentNullException.ThrowIfNull(option);
        return option.Refuse(word => T.TryParse(word, CultureInfo.InvariantCulture, out var value) && value.CompareTo(least) < 0
            ? string.Create(CultureInfo.InvariantCulture, $"{option.Name} must be at least {least}, got {word}")
            : null);
    }

    /// <summary>Refuses all but some words, and offers those for completion.</summary>
    /// <param name="option">The option.</param>
    /// <param name="words">The words.</param>
    /// <returns>The option.</returns>
    public static Option<string> OneOf(this Option<string> option, params string[] words)
    {
        ArgumentNullException.ThrowIfNull(option);
        ArgumentNullException.ThrowIfNull(words);
        option.CompletionSources.Add(words);
        return option.Refuse(word => words.Contains(word) ? null : $"{option.Name} must be {string.Join(" or ", words)}, got '{word}'");
    }

    /// <summary>Refuses what a function finds fault with.</summary>
    /// <param name="option">The option.</param>
    /// <param name="fault">Says what is wrong with a word, or null.</param>
    internal static T Refuse<T>(this T option, Func<string, string?> fault)
        where T : Option
    {
        option.Validators.Add(result =>
        {
            // What was not given is the program's own, and of two words the parser complains.
            if (result is { Implicit: false, Tokens: [var word] } && fault(word.Value) is { } message) result.AddError(message);
        });
        return option;
    }

    /// <summary>Refuses what cannot be read.</summary>
    /// <param name="option">The option.</param>
    /// <param name="read">Throws an <see cref="ArgumentException"/> that says what is wrong.</param>
    internal static T MustBe<T>(this T option, Action<string> read)
        where T : Option => option.Refuse(word =>
    {
        try
        {
            read(word);
            return null;
        }
        catch (ArgumentException error)
        {
            return error.Message;
        }
    });
}
