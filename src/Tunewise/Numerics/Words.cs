using System.Globalization;

namespace Tunewise.Numerics;

/// <summary>How numbers and texts are written in messages.</summary>
internal static class Words
{
    /// <summary>Five significant digits: enough to compare metrics by eye.</summary>
    public static string Of(double value) => value.ToString("G5", CultureInfo.InvariantCulture);

    public static string Exact(double value) => value.ToString("R", CultureInfo.InvariantCulture);

    /// <summary>"45 s", "2.5 min", "3 h": as short as it is exact to two digits.</summary>
    public static string Duration(TimeSpan time) => time.TotalSeconds < 90 ? $"{Short(time.TotalSeconds)} s"
        : time.TotalMinutes < 90 ? $"{Short(time.TotalMinutes)} min" : $"{Short(time.TotalHours)} h";

    private static string Short(double number) => number.ToString("0.##", CultureInfo.InvariantCulture);

    /// <summary>The first line that says something; native libraries put their stack behind it.</summary>
    public static string? FirstLine(string? text)
    {
        if (text is null) return null;
        foreach (var line in text.AsSpan().EnumerateLines())
        {
            if (line.Trim() is { IsEmpty: false } said) return said.Length == text.Length ? text : said.ToString();
        }

        return "";
    }

    public static string Count(int count, string singular) =>
        string.Create(CultureInfo.InvariantCulture, $"{count} {singular}{(count == 1 ? "" : "s")}");
}
