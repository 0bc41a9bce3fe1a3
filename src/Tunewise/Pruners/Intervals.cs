namespace Tunewise.Pruners;

/// <summary>At which reports pruners judge.</summary>
internal static class Intervals
{
    /// <summary>Whether the latest report is the first one of its interval; intervals are counted from the end of the warm-up.</summary>
    public static bool IsFirstReport(IReadOnlyList<TrialReport> reports, long warmup, long interval)
    {
        var step = reports[^1].Step;
        var start = (step - warmup) / interval * interval + warmup;
        return reports.Count < 2 || reports[^2].Step < start;
    }
}
