using System.Globalization;

namespace Tunewise;

/// <summary>How engine values are written in messages.</summary>
internal static class Words
{
    public static string Of(Direction direction) => direction == Direction.Minimize ? "minimize" : "maximize";

    public static string Of(IEnumerable<Direction> directions) => string.Join(", ", directions.Select(Of));

    /// <summary>Five significant digits: enough to compare metrics by eye.</summary>
    public static string Of(double value) => value.ToString("G5", CultureInfo.InvariantCulture);

    public static string Exact(double value) => value.ToString("R", CultureInfo.InvariantCulture);

    public static string Count(int count, string singular) =>
        string.Create(CultureInfo.InvariantCulture, $"{count} {singular}{(count == 1 ? "" : "s")}");
}
