using System.Globalization;

namespace Tunewise.Hosting;

/// <summary>Sizes and durations as people write them.</summary>
internal static class Quantities
{
    private const long Kilo = 1024;
    private static readonly string[] Units = ["", "k", "M", "G", "T"];

    /// <summary>"8GB", "500 MB", "1.5g": bytes, in units of 1024.</summary>
    /// <exception cref="ArgumentException">It is no size.</exception>
    public static long ParseSize(string option, string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var unit = text.TrimEnd().TrimEnd('b', 'B').TrimEnd('i');
        var power = unit.Length == 0 ? -1 : Array.FindIndex(Units, 1, u => u.Equals(unit[^1..], StringComparison.OrdinalIgnoreCase));
        var number = power > 0 ? unit[..^1] : unit;
        if (double.TryParse(
                number, NumberStyles.AllowDecimalPoint | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out var value)
            && value > 0)
        {
            return (long)(value * Math.Pow(Kilo, Math.Max(power, 0)));
        }

        throw new ArgumentException($"{option} takes a size such as 500MB or 8GB, got '{text}'");
    }

    /// <summary>"90s", "30m", "2h", "1d", or a number of seconds.</summary>
    /// <exception cref="ArgumentException">It is no duration.</exception>
    public static TimeSpan ParseDuration(string option, string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var seconds = text.Length == 0
            ? 0
            : char.ToLowerInvariant(text[^1]) switch { 's' => 1, 'm' => 60, 'h' => 3600, 'd' => 86400, _ => 0 };
        var number = seconds > 0 ? text[..^1] : text;
        if (double.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value)
            && value > 0
            && value * Math.Max(seconds, 1) < 1e9)
        {
            return TimeSpan.FromSeconds(value * Math.Max(seconds, 1));
        }

        throw new ArgumentException($"{option} takes a duration such as 90s, 30m or 2h, got '{text}'");
    }

    /// <summary>"7.9 GB": two digits, in units of 1024.</summary>
    public static string Size(long bytes)
    {
        var power = bytes <= 0 ? 0 : Math.Min((int)Math.Log(bytes, Kilo), Units.Length - 1);
        var value = bytes / Math.Pow(Kilo, power);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{value.ToString(value < 10 && power > 0 ? "0.0" : "0", CultureInfo.InvariantCulture)} {Units[power]}B");
    }
}
