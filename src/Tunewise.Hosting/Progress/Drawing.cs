namespace Tunewise.Hosting.Progress;

/// <summary>Small pictures and short texts for a terminal.</summary>
internal static class Drawing
{
    private const string Bars = "▁▂▃▄▅▆▇█";

    /// <summary>The latest values as bars between the smallest and the largest of them.</summary>
    public static string Sparkline(IReadOnlyList<double> values, int width)
    {
        var shown = values.Where(double.IsFinite).TakeLast(width).ToArray();
        if (shown.Length == 0) return "";
        var (low, high) = (shown.Min(), shown.Max());
        return string.Concat(shown.Select(v => Bars[high > low ? (int)Math.Round((v - low) / (high - low) * (Bars.Length - 1)) : 0]));
    }

    /// <summary>The beginning of a text that is too long.</summary>
    public static string Crop(string text, int width) => text.Length <= width ? text : width < 1 ? "" : text[..(width - 1)] + "…";
}
