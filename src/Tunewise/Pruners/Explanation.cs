using System.ComponentModel;
using System.Diagnostics.CodeAnalysis;
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
/// Real numbers are shown with five significant digits, whole numbers in full. Formats and alignments are those of .NET, such as
/// <c>{loss:F3}</c> or <c>{share:P0}</c>, always with the invariant culture; a whole number may also have what it counts for its format, in
/// two small letters or more and in the singular: <c>{count:trial}</c> is "1 trial" or "2 trials". Any other value stands among the words:
/// let it be one of few. Does not change once it is written; any thread may read it.
/// </remarks>
[InterpolatedStringHandler]
public sealed class Explanation : IEquatable<Explanation>
{
    private const string Real = "";
    private const string Whole = "#";

    /// <summary>Beyond this, not every whole number is one that 64 bits with a binary point have.</summary>
    private const long LargestExact = 1L << 53;

    private const int LongestKey = 500;

    private readonly StringBuilder? _written;
    private bool _isText;
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
    /// The words, with <c>{}</c> where a real number stands, <c>{#}</c> for a whole one and a noun in braces for one with the noun behind it.
    /// An alignment stands behind a comma, a format behind a colon. Braces among the words are doubled.
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
    /// <param name="alignment">How wide it is at least; below 0 with the spaces behind it.</param>
    /// <param name="format">A numeric format, or null for five significant digits.</param>
    /// <exception cref="FormatException">There is no such format.</exception>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public void AppendFormatted(double number, int alignment = 0, string? format = null) =>
        Add(number, new Place(Real, alignment, format ?? ""));

    /// <summary>Adds a real number.</summary>
    /// <param name="number">The number; may be infinite or NaN.</param>
    /// <param name="format">A numeric format, or null for five significant digits.</param>
    /// <exception cref="FormatException">There is no such format.</exception>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public void AppendFormatted(double number, string? format) => AppendFormatted(number, 0, format);

    /// <summary>Adds a whole number.</summary>
    /// <param name="number">The number.</param>
    /// <param name="alignment">How wide it is at least; below 0 with the spaces behind it.</param>
    /// <param name="format">What is counted, in the singular, or a numeric format, or null.</param>
    /// <exception cref="FormatException">There is no such format.</exception>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public void AppendFormatted(long number, int alignment = 0, string? format = null)
    {
        var place = IsNoun(format) ? new Place(format, alignment, "") : new Place(Whole, alignment, format ?? "");
        if (number is >= -LargestExact and <= LargestExact)
        {
            Add(number, place);
            return;
        }

        // Words that are others each time are no key.
        AppendLiteral(place.Show(number));
        _isText = true;
    }

    /// <summary>Adds a whole number.</summary>
    /// <param name="number">The number.</param>
    /// <param name="format">What is counted, in the singular, or a numeric format, or null.</param>
    /// <exception cref="FormatException">There is no such format.</exception>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public void AppendFormatted(long number, string? format) => AppendFormatted(number, 0, format);

    /// <summary>Adds another explanation with its numbers.</summary>
    /// <param name="inner">The other one.</param>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public void AppendFormatted(Explanation inner)
    {
        ArgumentNullException.ThrowIfNull(inner);
        _isText |= inner.IsText;
        _written!.Append(inner.Pattern);
        _numbers.AddRange(inner._numbers);
    }

    /// <summary>Adds a number of another type, which may be none, or any other value to the words.</summary>
    /// <typeparam name="T">Its type.</typeparam>
    /// <param name="value">The value.</param>
    /// <param name="alignment">How wide it is at least; below 0 with the spaces behind it.</param>
    /// <param name="format">Its format, or null.</param>
    /// <exception cref="FormatException">There is no such format.</exception>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public void AppendFormatted<T>(T value, int alignment = 0, string? format = null)
    {
        switch (value)
        {
            case double or float or Half or decimal:
                // Of a number with fewer bits the digits count that it is written with.
                var digits = Convert.ToString(value, CultureInfo.InvariantCulture)!;
                AppendFormatted(double.Parse(digits, CultureInfo.InvariantCulture), alignment, format);
                break;
            case long or int or short or sbyte or uint or ushort or byte:
                AppendFormatted(Convert.ToInt64(value, CultureInfo.InvariantCulture), alignment, format);
                break;
            case Explanation inner:
                AppendFormatted(inner);
                break;
            case ulong or nint or nuint or Int128 or UInt128 when IsNoun(format):
                AppendLiteral(Place.Aligned($"{AsText(value)} {format}{(AsText(value) == "1" ? "" : "s")}", alignment));
                break;
            case IFormattable formattable:
                AppendLiteral(Place.Aligned(formattable.ToString(format, CultureInfo.InvariantCulture), alignment));
                break;
            default:
                AppendLiteral(Place.Aligned(value?.ToString() ?? "", alignment));
                break;
        }
    }

    /// <summary>Adds a number of another type, which may be none, or any other value to the words.</summary>
    /// <typeparam name="T">Its type.</typeparam>
    /// <param name="value">The value.</param>
    /// <param name="format">Its format, or null.</param>
    /// <exception cref="FormatException">There is no such format.</exception>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public void AppendFormatted<T>(T value, string? format) => AppendFormatted(value, 0, format);

    /// <summary>The words with the numbers in their places.</summary>
    public override string ToString() => Write() ?? Pattern;

    /// <inheritdoc/>
    public bool Equals(Explanation? other) =>
        other is not null && Pattern == other.Pattern && _numbers.SequenceEqual(other._numbers);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as Explanation);

    /// <inheritdoc/>
    public override int GetHashCode() => Pattern.GetHashCode(StringComparison.Ordinal);

    private static string AsText<T>(T value) => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "";

    private void Add(double number, Place place)
    {
        // A format that there is not is told to who writes it.
        var shown = place.Show(number);
        var written = place.ToString();
        // A brace would end the place.
        if (written.AsSpan().ContainsAny('{', '}'))
        {
            AppendLiteral(shown);
            return;
        }

        _written!.Append('{').Append(written).Append('}');
        _numbers.Add(number);
    }

    private static bool IsNoun([NotNullWhen(true)] string? format) =>
        format is { Length: > 1 } && format.All(c => char.IsAsciiLetterLower(c) || c == ' ') && format[0] != ' ';

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
            if (Place.Of(pattern[(i + 1)..end]).TryShow(_numbers[next++]) is not { } shown) return null;
            text.Append(shown);
            i = end;
        }

        return next == _numbers.Count ? text.ToString() : null;
    }

    /// <summary>Where a number stands, and how it is shown.</summary>
    /// <param name="Kind">Real, whole, or the noun of what is counted.</param>
    /// <param name="Alignment">How wide it is at least; below 0 with the spaces behind it.</param>
    /// <param name="Format">A numeric format, or nothing.</param>
    private readonly record struct Place(string Kind, int Alignment, string Format)
    {
        private const int LongestFormat = 40;

        public static Place Of(string written)
        {
            var colon = written.IndexOf(':', StringComparison.Ordinal);
            var format = colon < 0 ? "" : written[(colon + 1)..];
            var before = colon < 0 ? written : written[..colon];
            var comma = before.IndexOf(',', StringComparison.Ordinal);
            return comma >= 0 && int.TryParse(before.AsSpan(comma + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var width)
                ? new Place(before[..comma], width, format)
                : new Place(before, 0, format);
        }

        public override string ToString() =>
            Kind + (Alignment == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $",{Alignment}")) + (Format.Length == 0 ? "" : ":" + Format);

        /// <exception cref="FormatException">There is no such format.</exception>
        public string Show(double number)
        {
            // A precision is two digits at most: a million would be a million characters.
            if (Format.Length > LongestFormat || (Format.Length > 3 && char.IsAsciiLetter(Format[0]) && Format.Skip(1).All(char.IsAsciiDigit)))
                throw new FormatException($"'{Format}' is no format of a number");
            return Aligned(
                Kind switch
                {
                    Real when Format is "R" or "r" => Words.Exact(number),
                    Real => Format.Length == 0 ? Words.Of(number) : number.ToString(Format, CultureInfo.InvariantCulture),
                    Whole => Shown(number, Format),
                    _ => $"{Shown(number, "")} {Kind}{(number == 1 ? "" : "s")}",
                },
                Alignment);
        }

        public string Show(long number) => Aligned(
            Kind == Whole
                ? number.ToString(Format, CultureInfo.InvariantCulture)
                : string.Create(CultureInfo.InvariantCulture, $"{number} {Kind}{(number == 1 ? "" : "s")}"),
            Alignment);

        public string? TryShow(double number)
        {
            try
            {
                return Show(number);
            }
            catch (FormatException)
            {
                return null;
            }
        }

        public static string Aligned(string text, int alignment) =>
            alignment < 0 ? text.PadRight(-Math.Max(alignment, -LongestKey)) : text.PadLeft(Math.Min(alignment, LongestKey));

        /// <summary>What is stored as a whole number may have been damaged.</summary>
        private static string Shown(double number, string format) => Math.Abs(number) <= LargestExact
            ? ((long)number).ToString(format, CultureInfo.InvariantCulture)
            : number.ToString("F0", CultureInfo.InvariantCulture);
    }
}
