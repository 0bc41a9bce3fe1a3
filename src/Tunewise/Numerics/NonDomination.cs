namespace Tunewise.Numerics;

/// <summary>Who dominates whom among points of several losses, smaller being better.</summary>
internal static class NonDomination
{
    /// <summary>At least as good in every loss.</summary>
    public static bool WeaklyDominates(double[] a, double[] b)
    {
        for (var m = 0; m < a.Length; m++)
        {
            if (!(a[m] <= b[m])) return false;
        }

        return true;
    }

    /// <summary>At least as good in every loss and better in one.</summary>
    public static bool Dominates(double[] a, double[] b)
    {
        var better = false;
        for (var m = 0; m < a.Length; m++)
        {
            if (!(a[m] <= b[m])) return false;
            better |= a[m] < b[m];
        }

        return better;
    }

    public static int Lexicographic(double[] a, double[] b)
    {
        for (var m = 0; m < a.Length; m++)
        {
            var order = a[m].CompareTo(b[m]);
            if (order != 0) return order;
        }

        return 0;
    }

    /// <summary>
    /// The front of every point: 0 for those that none dominates, 1 for those that only these dominate, and so on. Once at least
    /// <paramref name="enough"/> points are ranked, the others share the next rank.
    /// </summary>
    /// <param name="losses">The points; equal ones share their rank.</param>
    /// <param name="enough">How many points need their exact rank.</param>
    public static int[] Ranks(IReadOnlyList<double[]> losses, int enough = int.MaxValue)
    {
        var ranks = new int[losses.Count];
        if (losses.Count == 0) return ranks;
        // In lexicographic order a point is dominated only by points before it.
        var open = Enumerable.Range(0, losses.Count).ToList();
        open.Sort((a, b) => Lexicographic(losses[a], losses[b]) is not 0 and var order ? order : a.CompareTo(b));
        if (losses[0].Length == 2) return RanksOfPairs(losses, open, ranks);
        var (rank, ranked) = (0, 0);
        var front = new List<int>();
        while (open.Count > 0)
        {
            if (ranked >= enough)
            {
                foreach (var i in open) ranks[i] = rank;
                break;
            }

            front.Clear();
            var rest = new List<int>();
            foreach (var i in open)
            {
                var dominated = false;
                for (var f = front.Count - 1; f >= 0 && !dominated; f--) dominated = Dominates(losses[front[f]], losses[i]);
                if (dominated) rest.Add(i);
                else front.Add(i);
            }

            foreach (var i in front) ranks[i] = rank;
            ranked += front.Count;
            rank++;
            open = rest;
        }

        return ranks;
    }

    /// <summary>
    /// For two losses: in order of the first, a point belongs to the first front whose latest point has a worse second loss.
    /// </summary>
    private static int[] RanksOfPairs(IReadOnlyList<double[]> losses, List<int> order, int[] ranks)
    {
        var last = new List<double[]>();
        foreach (var i in order)
        {
            var point = losses[i];
            var (low, high) = (0, last.Count);
            while (low < high)
            {
                var middle = (low + high) / 2;
                if (Dominates(last[middle], point)) low = middle + 1;
                else high = middle;
            }

            ranks[i] = low;
            if (low == last.Count) last.Add(point);
            else last[low] = point;
        }

        return ranks;
    }
}
