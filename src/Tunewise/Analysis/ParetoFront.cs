using Tunewise.History;

namespace Tunewise.Analysis;

/// <summary>Finds the best trials of a history.</summary>
internal static class ParetoFront
{
    /// <summary>The number of the complete trial with the best value, feasible ones first, the oldest among equals; null when none is complete.</summary>
    public static int? Best(StudyHistory history) => BestRow(history) is { } row ? history.NumberOf(row) : null;

    /// <summary>The row of <see cref="Best"/>.</summary>
    public static int? BestRow(StudyHistory history)
    {
        var sign = Sign(history.Directions[0]);
        int? best = null;
        foreach (var row in history.Rows)
        {
            if (history.StateOf(row) != TrialState.Complete) continue;
            if (best is { } b)
            {
                var worse = history.IsFeasible(b) && !history.IsFeasible(row);
                var better = history.IsFeasible(row) && !history.IsFeasible(b);
                if (worse || (!better && sign * history.ValuesOf(row)[0] >= sign * history.ValuesOf(b)[0])) continue;
            }

            best = row;
        }

        return best;
    }

    /// <summary>The numbers of the feasible complete trials that no other one dominates, ascending.</summary>
    public static IReadOnlyList<int> Numbers(StudyHistory history)
    {
        var signs = history.Directions.Select(Sign).ToArray();
        // In lexicographic order a trial can be dominated only by one before it, and by transitivity by one of the front so far.
        var rows = history.Rows.Where(r => history.StateOf(r) == TrialState.Complete && history.IsFeasible(r)).ToList();
        rows.Sort((a, b) => Lexicographic(history.ValuesOf(a), history.ValuesOf(b), signs));
        var front = new List<int>();
        foreach (var row in rows)
        {
            if (!front.Exists(f => Dominates(history.ValuesOf(f), history.ValuesOf(row), signs))) front.Add(row);
        }

        return [.. front.Select(history.NumberOf).Order()];
    }

    private static int Sign(Direction direction) => direction == Direction.Maximize ? -1 : 1;

    private static int Lexicographic(ReadOnlySpan<double> a, ReadOnlySpan<double> b, int[] signs)
    {
        for (var i = 0; i < signs.Length; i++)
        {
            var order = (signs[i] * a[i]).CompareTo(signs[i] * b[i]);
            if (order != 0) return order;
        }

        return 0;
    }

    private static bool Dominates(ReadOnlySpan<double> a, ReadOnlySpan<double> b, int[] signs)
    {
        var better = false;
        for (var i = 0; i < signs.Length; i++)
        {
            if (signs[i] * a[i] > signs[i] * b[i]) return false;
            better |= signs[i] * a[i] < signs[i] * b[i];
        }

        return better;
    }
}
