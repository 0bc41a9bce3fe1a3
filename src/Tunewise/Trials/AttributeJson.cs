using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Numerics;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Tunewise.Spaces;

namespace Tunewise;

/// <summary>
/// The JSON of attributes as Python writes and reads it: real numbers keep a decimal point, everything outside ASCII is escaped,
/// and NaN, Infinity and -Infinity stand bare, which strict JSON readers refuse.
/// </summary>
/// <remarks>
/// Values are null, bool, long (<see cref="BigInteger"/> beyond it), double, string, lists (<see cref="IReadOnlyList{T}"/> of such values)
/// and maps (<see cref="IReadOnlyDictionary{TKey, TValue}"/> from text to such values).
/// </remarks>
public static class AttributeJson
{
    // Stand-ins for the bare tokens while System.Text.Json reads: private-use characters that no real text starts with.
    private const string NaNText = "\uF8FENaN";
    private const string InfinityText = "\uF8FEInf";
    private const string MinusInfinityText = "\uF8FE-Inf";

    /// <summary>How deep Python's own reader goes, about.</summary>
    private const int MaxDepth = 1000;

    /// <summary>What a line of an exported study has around an attribute.</summary>
    private const int DepthAround = 8;

    /// <summary>Writes a value.</summary>
    /// <param name="value">null, bool, text, any number, an enum (by name), or lists and string-keyed maps of these.</param>
    /// <exception cref="ArgumentException">A value of another type is inside, or lists and maps are too deep in one another, as those that
    /// hold themselves.</exception>
    public static string Write(object? value)
    {
        var text = new StringBuilder();
        Write(text, value, 0);
        return text.ToString();
    }

    /// <summary>Reads a value.</summary>
    /// <param name="json">The text, with or without bare NaN and Infinity.</param>
    /// <exception cref="FormatException">The text is not JSON.</exception>
    public static object? Read(string json) => Parse(json, MaxDepth, (ref Utf8JsonReader reader) => Value(ref reader));

    /// <summary>
    /// Reads a value, or takes what is not JSON for the text that it is: one odd attribute of a stranger's must not hide the others.
    /// </summary>
    internal static object? ReadOrText(string json) => TryRead(json, out var value, out _) ? value : json;

    /// <summary>Reads a value; null also stands for what is not JSON.</summary>
    internal static object? ReadOrNull(string json) => TryRead(json, out var value, out _) ? value : null;

    /// <summary>Reads a value, or says why it cannot be read.</summary>
    internal static bool TryRead(string json, out object? value, [NotNullWhen(false)] out string? problem)
    {
        try
        {
            (value, problem) = (Read(json), null);
            return true;
        }
        catch (FormatException error)
        {
            (value, problem) = (null, error.Message);
            return false;
        }
    }

    /// <summary>
    /// The members of an object with their values as they are written; of members of one name the last one, as in Python.
    /// </summary>
    /// <exception cref="FormatException">The text is not a JSON object.</exception>
    /// <param name="json">The text.</param>
    /// <param name="once">Whether a name that comes twice is an error.</param>
    internal static Dictionary<string, string> Members(string json, bool once = false) =>
        Parse(json, MaxDepth + DepthAround, (ref Utf8JsonReader reader) =>
        {
            if (reader.TokenType != JsonTokenType.StartObject) throw new FormatException("a JSON object is expected");
            var members = new Dictionary<string, string>();
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var name = Text(ref reader);
                reader.Read();
                if (once && members.ContainsKey(name)) throw new FormatException($"'{name}' comes twice");
                members[name] = Raw(ref reader);
            }

            return members;
        });

    /// <summary>The items of a list as they are written.</summary>
    /// <exception cref="FormatException">The text is not a JSON list.</exception>
    internal static List<string> Items(string json) => Parse(json, MaxDepth + DepthAround, (ref Utf8JsonReader reader) =>
    {
        if (reader.TokenType != JsonTokenType.StartArray) throw new FormatException("a JSON list is expected");
        var items = new List<string>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray) items.Add(Raw(ref reader));
        return items;
    });

    private static void Write(StringBuilder text, object? value, int depth)
    {
        if (depth > MaxDepth + DepthAround)
            throw new ArgumentException($"lists and maps may be {MaxDepth} deep in one another; is this one that holds itself?");
        switch (value)
        {
            case null: text.Append("null"); break;
            case bool b: text.Append(b ? "true" : "false"); break;
            case string s: WriteText(text, s); break;
            case Enum e: WriteText(text, e.ToString()); break;
            case double d: WriteNumber(text, d); break;
            case float f: WriteNumber(text, f); break;
            case decimal m: WriteNumber(text, (double)m); break;
            case sbyte or byte or short or ushort or int or uint or long or ulong or BigInteger:
                text.Append(CultureInfo.InvariantCulture, $"{value}");
                break;
            case ForeignChoice foreign: text.Append(foreign.Json); break;
            case System.Collections.IDictionary map: WriteMap(text, map, depth + 1); break;
            case IReadOnlyDictionary<string, object?> map: WritePairs(text, map, depth + 1); break;
            case System.Collections.IEnumerable list: WriteList(text, list, depth + 1); break;
            default:
                throw new ArgumentException(
                    $"a value must be text, a number, true or false, null, or a list or map of these; got a {value.GetType().Name}");
        }
    }

    private static void WriteNumber(StringBuilder text, double value)
    {
        if (double.IsNaN(value)) text.Append("NaN");
        else if (double.IsInfinity(value)) text.Append(value > 0 ? "Infinity" : "-Infinity");
        else text.Append(Real(value));
    }

    /// <summary>A real number that stays one, as Python writes it: 1.0, 1e-07, and no exponent below 1e+16.</summary>
    internal static string Real(double value)
    {
        var digits = value.ToString("R", CultureInfo.InvariantCulture);
        if (digits.Contains('E', StringComparison.Ordinal)) return digits.Replace('E', 'e');
        const double FirstWithExponent = 1e16;
        if (Math.Abs(value) < FirstWithExponent) return digits.Contains('.', StringComparison.Ordinal) ? digits : digits + ".0";
        // Whole numbers that .NET still writes out.
        var sign = value < 0 ? "-" : "";
        var whole = digits.AsSpan(sign.Length);
        var mantissa = whole.TrimEnd('0');
        return string.Create(
            CultureInfo.InvariantCulture, $"{sign}{mantissa[..1]}{(mantissa.Length > 1 ? "." : "")}{mantissa[1..]}e+{whole.Length - 1}");
    }

    private static void WriteText(StringBuilder text, string value)
    {
        text.Append('"');
        foreach (var c in value)
        {
            switch (c)
            {
                case '"': text.Append("\\\""); break;
                case '\\': text.Append("\\\\"); break;
                case '\n': text.Append("\\n"); break;
                case '\r': text.Append("\\r"); break;
                case '\t': text.Append("\\t"); break;
                case < ' ' or > '~': text.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}"); break;
                default: text.Append(c); break;
            }
        }

        text.Append('"');
    }

    private static void WriteList(StringBuilder text, System.Collections.IEnumerable list, int depth)
    {
        text.Append('[');
        var first = true;
        foreach (var item in list)
        {
            if (!first) text.Append(", ");
            first = false;
            Write(text, item, depth);
        }

        text.Append(']');
    }

    private static void WriteMap(StringBuilder text, System.Collections.IDictionary map, int depth) =>
        WritePairs(text, map.Keys.Cast<object>().Select(key => new KeyValuePair<string, object?>(
            key as string ?? throw new ArgumentException("the keys of an attribute map must be text"), map[key])), depth);

    private static void WritePairs(StringBuilder text, IEnumerable<KeyValuePair<string, object?>> pairs, int depth)
    {
        text.Append('{');
        var first = true;
        foreach (var (key, value) in pairs)
        {
            if (!first) text.Append(", ");
            first = false;
            WriteText(text, key);
            text.Append(": ");
            Write(text, value, depth);
        }

        text.Append('}');
    }

    /// <summary>
    /// Whether a text is JSON as every reader takes it, not deep, and without long numbers. Another one may still be JSON as Python writes it.
    /// </summary>
    /// <param name="json">The text.</param>
    /// <param name="longest">How many characters a number may have.</param>
    internal static bool IsStrict(string json, int longest)
    {
        var rented = ArrayPool<byte>.Shared.Rent(Encoding.UTF8.GetMaxByteCount(json.Length));
        try
        {
            var reader = new Utf8JsonReader(rented.AsSpan(0, Encoding.UTF8.GetBytes(json, rented)));
            while (reader.Read())
            {
                if (reader.TokenType == JsonTokenType.Number && reader.ValueSpan.Length > longest) return false;
            }

            return true;
        }
        catch (JsonException)
        {
            return false;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    /// <summary>How deep lists and maps are in one another.</summary>
    internal static int DepthOf(string json)
    {
        var (depth, deepest) = (0, 0);
        for (var i = 0; i < json.Length; i++)
        {
            if (json[i] == '"') i = EndOfText(json, i) - 1;
            else if (json[i] is '[' or '{') deepest = Math.Max(deepest, ++depth);
            else if (json[i] is ']' or '}') depth--;
        }

        return deepest;
    }

    /// <summary>How many digits the longest whole number has.</summary>
    internal static int DigitsOf(string json)
    {
        var longest = 0;
        for (var i = 0; i < json.Length; i++)
        {
            if (json[i] == '"') i = EndOfText(json, i) - 1;
            if (i >= json.Length || !char.IsAsciiDigit(json[i])) continue;
            var start = i;
            while (i < json.Length && char.IsAsciiDigit(json[i])) i++;
            // Real numbers may be as long as they like.
            var isReal = i < json.Length && json[i] is '.' or 'e' or 'E';
            while (i < json.Length && json[i] is (>= '0' and <= '9') or '.' or 'e' or 'E' or '+' or '-') i++;
            if (!isReal) longest = Math.Max(longest, i - start);
            i--;
        }

        return longest;
    }

    private delegate T Reading<T>(ref Utf8JsonReader reader);

    private static T Parse<T>(string json, int depth, Reading<T> read)
    {
        try
        {
            var reader = new Utf8JsonReader(Encoding.UTF8.GetBytes(QuoteBareTokens(json)), new JsonReaderOptions { MaxDepth = depth });
            reader.Read();
            var value = read(ref reader);
            return reader.Read() ? throw new FormatException("an attribute is not JSON: something follows its end") : value;
        }
        catch (JsonException error)
        {
            // Where in its one line it is says nothing.
            var place = error.Message.IndexOf(" LineNumber: ", StringComparison.Ordinal);
            throw new FormatException(
                $"an attribute is not JSON: {(place < 0 ? error.Message : error.Message[..place]).TrimEnd('.')}", error);
        }
    }

    private static object? Value(ref Utf8JsonReader reader)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.Null: return null;
            case JsonTokenType.True: return true;
            case JsonTokenType.False: return false;
            case JsonTokenType.String: return TextOrNumber(Text(ref reader));
            case JsonTokenType.Number: return Number(Encoding.ASCII.GetString(reader.ValueSpan));
            case JsonTokenType.StartArray:
                var list = new List<object?>();
                while (reader.Read() && reader.TokenType != JsonTokenType.EndArray) list.Add(Value(ref reader));
                return list.ToArray();
            default:
                var map = new Dictionary<string, object?>();
                while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
                {
                    var name = Text(ref reader);
                    reader.Read();
                    map[name] = Value(ref reader);
                }

                return map;
        }
    }

    /// <summary>A value as it is written; the reader stands at its end afterwards.</summary>
    private static string Raw(ref Utf8JsonReader reader)
    {
        using var stream = new MemoryStream();
        // Names and texts keep their escapes; what stands between tokens is Python's.
        void Copy(ref Utf8JsonReader at)
        {
            switch (at.TokenType)
            {
                case JsonTokenType.String:
                    var text = Encoding.UTF8.GetString(at.ValueSpan);
                    Add(TextOrNumber(text) is double number ? Write(number) : $"\"{text}\"");
                    break;
                case JsonTokenType.StartArray or JsonTokenType.StartObject:
                    var isMap = at.TokenType == JsonTokenType.StartObject;
                    Add(isMap ? "{" : "[");
                    for (var first =
                        true; at.Read() && at.TokenType is not (JsonTokenType.EndArray or JsonTokenType.EndObject); first = false)
                    {
                        if (!first) Add(", ");
                        if (isMap)
                        {
                            Add($"\"{Encoding.UTF8.GetString(at.ValueSpan)}\": ");
                            at.Read();
                        }

                        Copy(ref at);
                    }

                    Add(isMap ? "}" : "]");
                    break;
                default: Add(Encoding.UTF8.GetString(at.ValueSpan)); break;
            }
        }

        void Add(string part) => stream.Write(Encoding.UTF8.GetBytes(part));
        Copy(ref reader);
        return Encoding.UTF8.GetString(stream.ToArray());
    }

    /// <summary>
    /// A text or a name, also one with half a surrogate pair, such as a character that was cut in the middle:
    /// Python writes and reads those.
    /// </summary>
    private static string Text(ref Utf8JsonReader reader)
    {
        if (!reader.ValueIsEscaped) return Encoding.UTF8.GetString(reader.ValueSpan);
        return Regex.Replace(Encoding.UTF8.GetString(reader.ValueSpan), @"\\(u[0-9a-fA-F]{4}|.)", escape => escape.Value[1] switch
        {
            'u' => ((char)int.Parse(escape.ValueSpan[2..], NumberStyles.HexNumber, CultureInfo.InvariantCulture)).ToString(),
            'n' => "\n",
            'r' => "\r",
            't' => "\t",
            'b' => "\b",
            'f' => "\f",
            var itself => itself.ToString(),
        });
    }

    private static object TextOrNumber(string text) => text switch
    {
        NaNText => double.NaN,
        InfinityText => double.PositiveInfinity,
        MinusInfinityText => double.NegativeInfinity,
        _ => text,
    };

    private static object Number(string digits) =>
        digits.AsSpan().ContainsAny('.', 'e', 'E') ? double.Parse(digits, CultureInfo.InvariantCulture)
        : long.TryParse(digits, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole) ? (object)whole
        : (object)BigInteger.Parse(digits, CultureInfo.InvariantCulture);

    private static string QuoteBareTokens(string json)
    {
        if (!json.Contains("NaN", StringComparison.Ordinal) && !json.Contains("Infinity", StringComparison.Ordinal)) return json;

        var text = new StringBuilder(json.Length + 16);
        for (var i = 0; i < json.Length;)
        {
            if (json[i] == '"')
            {
                var end = EndOfText(json, i);
                text.Append(json, i, end - i);
                i = end;
            }
            else if (!Take("-Infinity", MinusInfinityText) && !Take("Infinity", InfinityText) && !Take("NaN", NaNText))
            {
                text.Append(json[i++]);
            }

            bool Take(string token, string replacement)
            {
                if (string.CompareOrdinal(json, i, token, 0, token.Length) != 0) return false;
                text.Append('"').Append(replacement).Append('"');
                i += token.Length;
                return true;
            }
        }

        return text.ToString();
    }

    private static int EndOfText(string json, int start)
    {
        var i = start + 1;
        while (i < json.Length && json[i] != '"') i += json[i] == '\\' ? 2 : 1;
        return Math.Min(i + 1, json.Length);
    }
}
