using Tunewise.History;
using Tunewise.Numerics;

namespace Tunewise.Analysis;

/// <summary>What the complete trials of a history have come to.</summary>
internal static class Results
{
    /// <summary>The largest last step of the complete trials, or null.</summary>
    public static long? LongestComplete(StudyHistory history)
    {
        long? longest = null;
        foreach (var row in history.CompleteRows)
        {
            if (history.LastReportOf(row) is { } last && !(last.Step <= longest)) longest = last.Step;
        }

        return longest;
    }

    /// <summary>The best value of the first objective after each complete feasible trial, with the trial's number.</summary>
    public static IReadOnlyList<(int Number, double Best)> BestSoFar(StudyHistory history)
    {
        var (result, best) = (new List<(int, double)>(), double.NaN);
        foreach (var row in history.CompleteRows)
        {
            if (!history.IsFeasible(row)) continue;
            if (double.IsNaN(best) || history.LossOf(row) < best) best = history.LossOf(row);
            result.Add((history.NumberOf(row), Loss.Of(history.Directions[0], best)));
        }

        return result;
    }

    /// <summary>Each distinct value of an objective, ascending, with the share of complete trials at or below it.</summary>
    public static IReadOnlyList<(double Value, double Share)> EmpiricalDistribution(StudyHistory history, int objective)
    {
        var values = history.CompleteRows.Select(r => history.ValuesOf(r)[objective]).Order().ToArray();
        return [.. values.Select((v, i) => (Value: v, Share: (i + 1.0) / values.Length)).GroupBy(p => p.Value).Select(g => g.Last())];
    }

    /// <summary>The volume that the feasible complete trials dominate, up to a reference point in the objectives' own directions.</summary>
    public static double HypervolumeOf(StudyHistory history, IReadOnlyList<double> reference)
    {
        double[] losses = [.. reference.Select((v, m) => Loss.Of(history.Directions[m], v))];
        return Hypervolume.Compute(history.CompleteRows.Where(history.IsFeasible).Select(history.LossesOf), losses);
    }
}
