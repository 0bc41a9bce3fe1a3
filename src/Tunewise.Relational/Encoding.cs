using System.Globalization;
using System.Text.RegularExpressions;
using Tunewise.Storage;

namespace Tunewise.Relational;

/// <summary>How Optuna's columns spell states, directions, numbers and times.</summary>
internal static partial class Encoding
{
    private const string Finite = "FINITE";
    private const string PositiveInfinity = "INF_POS";
    private const string NegativeInfinity = "INF_NEG";
    private const string NotANumber = "NAN";
    private const string TimeFormat = "yyyy-MM-dd HH:mm:ss.ffffff";
    private const DateTimeStyles AsUniversal = DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal;

    /// <summary>Optuna's words for the states, in the order of <see cref="TrialState"/>, which is Optuna's, too.</summary>
    private static readonly string[] States = ["RUNNING", "COMPLETE", "PRUNED", "FAIL", "WAITING"];

    public static string Of(TrialState state) => States[(int)state];

    /// <summary>A state as a text within a statement.</summary>
    public static string Literal(TrialState state) => $"'{Of(state)}'";

    /// <summary>The state that a text stands for, or null when none does.</summary>
    public static TrialState? StateOf(string text) => Array.IndexOf(States, text) is >= 0 and var state ? (TrialState)state : null;

    /// <summary>The state that a text stands for; what is unknown can only have failed.</summary>
    public static TrialState ToState(string text) => StateOf(text) ?? TrialState.Failed;

    public static string Of(FailureKind kind) => kind.ToString();

    public static string Of(Direction direction) => direction == Direction.Maximize ? "MAXIMIZE" : "MINIMIZE";

    // NOT_SET, which Optuna has for studies that nobody optimised yet, minimises like a study without an objective here.
    public static Direction ToDirection(string text) => text == "MAXIMIZE" ? Direction.Maximize : Direction.Minimize;

    /// <summary>Whether a direction's text is one of Optuna's.</summary>
    public static bool IsDirection(string text) => text is "MINIMIZE" or "MAXIMIZE" or "NOT_SET";

    /// <summary>A number as a column and a type: infinities and NaN have a NULL column.</summary>
    public static (object? Value, string Type) Of(double value) =>
        double.IsFinite(value) ? (value, Finite)
        : double.IsNaN(value) ? (null, NotANumber)
        : (null, value > 0 ? PositiveInfinity : NegativeInfinity);

    /// <summary>The number of a column and a type; the type of finite ones may be left out.</summary>
    public static double ToNumber(double? value, string? type) => type switch
    {
        PositiveInfinity => double.PositiveInfinity,
        NegativeInfinity => double.NegativeInfinity,
        NotANumber => double.NaN,
        _ => value ?? double.NaN,
    };

    /// <summary>Whether the text is the type of a number; NaN is none of a trial's values.</summary>
    public static bool IsType(string text) => text is Finite or PositiveInfinity or NegativeInfinity or NotANumber;

    /// <summary>Six digits of a second and no zone: what every version of Optuna and SQLAlchemy can read.</summary>
    public static string Of(DateTimeOffset time) => time.UtcDateTime.ToString(TimeFormat, CultureInfo.InvariantCulture);

    /// <summary>Whether a time is one as the database's driver gives it, or the text of one that SQLAlchemy reads.</summary>
    public static bool IsTime(object value) =>
        value is DateTime || (value is string text && TimeText().IsMatch(text) && ToTime(text) is not null);

    [GeneratedRegex(@"^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}(\.\d{1,6})?$", RegexOptions.CultureInvariant)]
    private static partial Regex TimeText();

    /// <summary>Only what can mean one thing.</summary>
    [GeneratedRegex(
        @"^\d{4}-\d{2}-\d{2}([ T]\d{2}:\d{2}(:\d{2}([.,]\d{1,9})?)?( ?(Z|[+-]\d{2}(:?\d{2})?))?)?$", RegexOptions.CultureInvariant)]
    private static partial Regex IsoTime();

    /// <summary>A time as the database's driver gives it: a time of its own, or text. Null when it is no time.</summary>
    public static DateTimeOffset? ToTime(object value) => value switch
    {
        DateTime time => new DateTimeOffset(DateTime.SpecifyKind(time, DateTimeKind.Utc)),
        // Nearly all are written so.
        string text
            when DateTimeOffset.TryParseExact(text, TimeFormat, CultureInfo.InvariantCulture, AsUniversal, out var usual) => usual,
        string text
            when IsoTime().IsMatch(text) && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, AsUniversal, out var time) => time,
        _ => null,
    };

    public static string Prefix(AttributeKind kind) => kind == AttributeKind.User ? "user" : "system";

    /// <summary>
    /// A message from anywhere, without what a text column cannot hold: the character of code 0, and halves of characters.
    /// </summary>
    public static string? Printable(string? text)
    {
        if (text is null) return null;
        var clean = text.Contains('\0', StringComparison.Ordinal) ? text.Replace('\0', '\uFFFD') : text;
        var halves = false;
        for (var i = 0; i < clean.Length && !halves; i++)
        {
            if (!char.IsSurrogate(clean[i])) continue;
            if (i + 1 < clean.Length && char.IsSurrogatePair(clean[i], clean[i + 1])) i++;
            else halves = true;
        }

        return halves ? System.Text.Encoding.UTF8.GetString(System.Text.Encoding.UTF8.GetBytes(clean)) : clean;
    }
}
