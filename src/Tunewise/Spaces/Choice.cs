using System.Globalization;
using System.Numerics;

namespace Tunewise.Spaces;

/// <summary>The values a categorical parameter may have, and how they compare.</summary>
internal static class Choice
{
    public static object? Normalize(object? value) => value switch
    {
        null or string or bool or long or double or ForeignChoice => value,
        int i => (long)i,
        short s => (long)s,
        byte b => (long)b,
        sbyte b => (long)b,
        ushort s => (long)s,
        uint i => (long)i,
        ulong l => Normalize((BigInteger)l),
        BigInteger i => i >= long.MinValue && i <= long.MaxValue ? (long)i : i,
        nint i => (long)i,
        decimal d => (double)d,
        Half h => (double)h,
        float f => (double)f,
        Enum e => e.ToString(),
        _ => throw new ArgumentException(
            $"a choice must be text, true or false, a number, an enum value or null, got a {value.GetType().Name}"),
    };

    public static bool IsChoice(object? value) =>
        value is null or string or bool or long or double or int or short or byte or sbyte or ushort or uint or ulong or nint or BigInteger
        or decimal or Half or float or Enum or ForeignChoice;

    /// <summary>Whether a choice is a user's value; the usual types without making an object of it.</summary>
    public static bool IsOf<T>(object? choice, T value) => value switch
    {
        int i => choice is long l && l == i,
        string s => choice is string text && text == s,
        _ => IsChoice(value) && Same(choice, Normalize(value)),
    };

    /// <summary>Equal value and equal type; NaN equals NaN.</summary>
    public static bool Same(object? a, object? b) => Equals(a, b);

    /// <summary>Python's equality, where 1, 1.0 and True are the same.</summary>
    public static bool EqualInPython(object? a, object? b) => Number(a) is { } x && Number(b) is { } y && x == y;

    public static string Describe(object? value) => value switch
    {
        null => "null",
        string s => $"'{s}'",
        bool b => b ? "true" : "false",
        double d => d.ToString("R", CultureInfo.InvariantCulture),
        ForeignChoice f => f.Json,
        IFormattable f => f.ToString(null, CultureInfo.InvariantCulture),
        _ => value.GetType().Name,
    };

    /// <summary>What kind of value a choice is, in words.</summary>
    public static string TypeOf(object? value) => value switch
    {
        null => "null",
        string => "text",
        bool => "truth value",
        double => "real number",
        long or BigInteger => "whole number",
        _ => "another program's value",
    };

    private static double? Number(object? value) =>
        value switch { bool b => b ? 1 : 0, long l => l, BigInteger i => (double)i, double d => d, _ => null };
}
