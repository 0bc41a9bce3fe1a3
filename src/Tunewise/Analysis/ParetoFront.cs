using Tunewise.History;
using Tunewise.Numerics;

namespace Tunewise.Analysis;

/// <summary>Finds the best trials of a history.</summary>
internal static class ParetoFront
{
    /// <summary>
    /// The row of the complete trial with the best value of an objective among those that violate constraints least (not at all, mostly),
    /// the oldest among equals; null when none is complete.
    /// </summary>
    public static int? BestRow(StudyHistory history, int objective = 0)
    {
        int? best = null;
        foreach (var row in history.Rows)
        {
            if (history.StateOf(row) != TrialState.Complete) continue;
            if (best is { } b)
            {
                var (violation, least) = (history.ViolationOf(row), history.ViolationOf(b));
                if (violation > least || (violation == least && history.LossOf(row, objective) >= history.LossOf(b, objective))) continue;
            }

            best = row;
        }

        return best;
    }

    /// <summary>The numbers of the feasible complete trials that no other one dominates, ascending.</summary>
    public static IReadOnlyList<int> Numbers(StudyHistory history)
    {
        // In lexicographic order a trial can be dominated only by one before it, and by transitivity by one of the front so far.
        var points = history.CompleteRows.Where(history.IsFeasible)
            .Select(r => (Row: r, Losses: history.LossesOf(r)))
            .ToList();
        points.Sort((a, b) => NonDomination.Lexicographic(a.Losses, b.Losses));
        var front = new List<(int Row, double[] Losses)>();
        foreach (var point in points)
        {
            if (!front.Exists(f => NonDomination.Dominates(f.Losses, point.Losses))) front.Add(point);
        }

        return [.. front.Select(f => history.NumberOf(f.Row)).Order()];
    }
}
