using Tunewise.Numerics;
using Tunewise.Pruners;

namespace Tunewise.Running;

/// <summary>Turns what objectives return into what is stored.</summary>
internal static class Endings
{
    public static TrialEnding Conclude(
        IReadOnlyList<Objective> objectives, TrialResult result, IReadOnlyList<TrialReport> reports, ReportDecision decision)
    {
        switch (result.State)
        {
            case TrialState.Pruned:
                // As in Optuna: the last report is the value, unless it is NaN.
                var last = reports.Count == 0 || objectives.Count > 1 ? double.NaN : reports[^1].Value;
                return new TrialEnding(TrialState.Pruned, double.IsNaN(last) ? [] : [last])
                {
                    Reason = decision.ShouldPrune ? decision.Reason : "pruned by the objective",
                };
            case TrialState.Failed:
                return result.Failure == FailureKind.Diverged
                    ? Diverged(result.Reason, result.LastFiniteValue ?? LastFinite(reports))
                    : new TrialEnding(TrialState.Failed, [])
                    {
                        Failure = result.Failure,
                        Reason = result.Reason,
                        Detail = DetailOf(result.Reason),
                    };
            default:
                return result.Values.Any(double.IsNaN)
                    ? Diverged("the objective returned NaN", LastFinite(reports))
                    : new TrialEnding(TrialState.Complete, result.Values);
        }
    }

    public static TrialEnding Diverged(string? reason, double? lastFiniteValue) =>
        new(TrialState.Failed, [])
        {
            Failure = FailureKind.Diverged,
            Reason = reason,
            Detail = DetailOf(reason),
            LastFiniteValue = lastFiniteValue,
        };

    private static string? DetailOf(string? reason) => reason == Words.FirstLine(reason) ? null : reason;

    /// <summary>The last report that is a finite number, or null.</summary>
    public static double? LastFinite(IReadOnlyList<TrialReport> reports)
    {
        for (var i = reports.Count - 1; i >= 0; i--)
        {
            if (double.IsFinite(reports[i].Value)) return reports[i].Value;
        }

        return null;
    }
}
