using System.ComponentModel;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using Tunewise.Numerics;

namespace Tunewise.Pruners;

/// <summary>
/// Words with numbers in them, kept apart: the words are the same for every trial and are stored once per study, the numbers with each
/// verdict. Written as an interpolated string, such as <c>$"step {step}: {loss}, median of {others:trial} {limit}"</c>.
/// </summary>
/// <remarks>
/// Real numbers are shown with five significant digits, or with all of them as <c>{loss:R}</c>; whole numbers in full, and as
/// <c>{count:trial}</c> with the noun behind them ("1 trial", "2 trials"). Any other value stands among the words: let it be one of few.
/// Does not change once it is written; any thread may read it.
/// </remarks>
[InterpolatedStringHandler]
public sealed class Explanation : IEquatable<Explanation>
{
    private const string Real = "";
    private const string Exact = "R";
    private const string Whole = "#";

    private const int LongestKey = 500;

    private readonly StringBuilder? _written;
    private readonly bool _isText;
    private readonly List<double> _numbers = [];
    private string? _pattern;

    /// <summary>Begins an interpolated string; the compiler calls it.</summary>
    /// <param name="literalLength">How long its words are.</param>
    /// <param name="formattedCount">How many values stand between them.</param>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public Explanation(int literalLength, int formattedCount)
    {
        _written = new StringBuilder(literalLength + 3 * formattedCount);
        _isText = formattedCount == 0;
    }

    private Explanation(string pattern, IEnumerable<double> numbers, bool isText) =>
        (_pattern, _numbers, _isText) = (pattern, [.. numbers], isText);

    /// <summary>Words without numbers, as they are.</summary>
    /// <param name="text">The words.</param>
    public static Explanation Of(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return new Explanation(Escaped(text), [], isText: true);
    }

    /// <summary>Words without numbers, as they are.</summary>
    /// <param name="text">The words.</param>
    public static implicit operator Explanation(string text) => Of(text);

    /// <summary>
    /// The words, with <c>{}</c> where a real number stands, <c>{R}</c> for one with all its digits, <c>{#}</c> for a whole one and a noun
    /// in braces for one with the noun behind it. Braces among the words are doubled.
    /// </summary>
    public string Pattern => _pattern ??= _written!.ToString();

    /// <summary>The numbers in their order.</summary>
    public IReadOnlyList<double> Numbers => _numbers;

    /// <summary>
    /// Whether the words were given as one text, and may be different ones each time, or are too long or too odd to be a key.
    /// </summary>
    internal bool IsText => _isText || Pattern.Length > LongestKey || Pattern.Any(c => char.IsControl(c) || char.IsSurrogate(c));

    /// <summary>An explanation as it was stored.</summary>
    /// <exception cref="FormatException">The pattern has places for another number of numbers.</exception>
    internal static Explanation Stored(string pattern, IReadOnlyList<double> numbers, bool isText)
    {
        var stored = new Explanation(pattern, numbers, isText);
        return stored.Write() is null ? throw new FormatException($"'{pattern}' is no pattern of {numbers.Count} numbers") : stored;
    }

    /// <summary>Adds words.</summary>
    /// <param name="text">The words.</param>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public void AppendLiteral(string text) => _written!.Append(Escaped(text));

    /// <summary>Adds a real number.</summary>
    /// <param name="number">The number; may be infinite or NaN.</param>
    /// <param name="format">R for all its digits.</param>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public void AppendFormatted(double number, string? format = null) => Add(number, format is Exact or "r" ? Exact : Real);

    /// <summary>Adds a whole number.</summary>
    /// <param name="number">The number.</param>
    /// <param name="format">What is counted, in the singular, or null.</param>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public void AppendFormatted(long number, string? format = null) => Add(number, string.IsNullOrEmpty(format) ? Whole : format);

    /// <summary>Adds a whole number.</summary>
    /// <param name="number">The number.</param>
    /// <param name="format">What is counted, in the singular, or null.</param>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public void AppendFormatted(int number, string? format = null) => AppendFormatted((long)number, format);

    /// <summary>Adds a real number.</summary>
    /// <param name="number">The number.</param>
    /// <param name="format">R for all its digits.</param>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public void AppendFormatted(float number, string? format = null) => AppendFormatted((double)number, format);

    /// <summary>Adds a real number.</summary>
    /// <param name="number">The number.</param>
    /// <param name="format">R for all its digits.</param>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public void AppendFormatted(decimal number, string? format = null) => AppendFormatted((double)number, format);

    /// <summary>Adds another explanation with its numbers.</summary>
    /// <param name="inner">The other one.</param>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public void AppendFormatted(Explanation inner)
    {
        ArgumentNullException.ThrowIfNull(inner);
        _written!.Append(inner.Pattern);
        _numbers.AddRange(inner._numbers);
    }

    /// <summary>Adds any other value to the words.</summary>
    /// <typeparam name="T">Its type.</typeparam>
    /// <param name="value">The value.</param>
    /// <param name="format">Its format, or null.</param>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public void AppendFormatted<T>(T value, string? format = null) => AppendLiteral(
        value is IFormattable formattable ? formattable.ToString(format, CultureInfo.InvariantCulture) : value?.ToString() ?? "");

    /// <summary>The words with the numbers in their places.</summary>
    public override string ToString() => Write() ?? Pattern;

    /// <inheritdoc/>
    public bool Equals(Explanation? other) =>
        other is not null && Pattern == other.Pattern && _numbers.SequenceEqual(other._numbers);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as Explanation);

    /// <inheritdoc/>
    public override int GetHashCode() => Pattern.GetHashCode(StringComparison.Ordinal);

    private void Add(double number, string place)
    {
        // A brace would end the place.
        place = place.Replace("{", "", StringComparison.Ordinal).Replace("}", "", StringComparison.Ordinal);
        _written!.Append('{').Append(place).Append('}');
        _numbers.Add(number);
    }

    private static string Escaped(string text) => text.AsSpan().ContainsAny('{', '}')
        ? text.Replace("{", "{{", StringComparison.Ordinal).Replace("}", "}}", StringComparison.Ordinal)
        : text;

    /// <summary>The words with the numbers in their places; null when there are not as many places as numbers.</summary>
    private string? Write()
    {
        var (pattern, text, next) = (Pattern, new StringBuilder(), 0);
        for (var i = 0; i < pattern.Length; i++)
        {
            var c = pattern[i];
            if (c is not ('{' or '}'))
            {
                text.Append(c);
                continue;
            }

            if (i + 1 < pattern.Length && pattern[i + 1] == c)
            {
                text.Append(c);
                i++;
                continue;
            }

            var end = c == '{' ? pattern.IndexOf('}', i) : -1;
            if (end < 0 || next == _numbers.Count) return null;
            text.Append(Shown(_numbers[next++], pattern[(i + 1)..end]));
            i = end;
        }

        return next == _numbers.Count ? text.ToString() : null;
    }

    private static string Shown(double number, string place) => place switch
    {
        Real => Words.Of(number),
        Exact => Words.Exact(number),
        Whole => number.ToString("F0", CultureInfo.InvariantCulture),
        _ => $"{number.ToString("F0", CultureInfo.InvariantCulture)} {place}{(number == 1 ? "" : "s")}",
    };
}
