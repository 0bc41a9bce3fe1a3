namespace Tunewise.Numerics;

/// <summary>Wilcoxon's signed-rank test; differences of zero count half for either side.</summary>
internal static class SignedRank
{
    private const int MostExact = 50;

    /// <summary>
    /// How likely sums of positive ranks at least this large are when signs are drawn by lot: exactly for up to 50 differences
    /// without zeros and ties, otherwise by the normal approximation with its correction for ties (scipy.stats.wilcoxon, alternative
    /// greater, zero_method zsplit).
    /// </summary>
    public static double PValueOfGreater(double[] differences)
    {
        var n = differences.Length;
        var order = differences.Select(Math.Abs).Order().ToArray();
        var (positive, ties) = (0.0, 0.0);
        foreach (var difference in differences)
        {
            var (first, count) = (Array.IndexOf(order, Math.Abs(difference)), order.Count(v => v == Math.Abs(difference)));
            var rank = first + 0.5 * (count + 1);
            if (difference >= 0) positive += difference == 0 ? 0.5 * rank : rank;
            // Each member of a tie of t adds its share of t³ − t.
            ties += ((double)count * count * count - count) / count;
        }

        if (n <= MostExact && ties == 0 && !differences.Contains(0)) return Exact(n, (int)positive);
        var mean = n * (n + 1) / 4.0;
        var variance = (n * (n + 1.0) * (2 * n + 1) - 0.5 * ties) / 24;
        return variance > 0 ? Normal.Cdf(-(positive - mean) / Math.Sqrt(variance)) : 0.5;
    }

    /// <summary>Counts the subsets of 1 to n with a sum of at least <paramref name="sum"/>.</summary>
    private static double Exact(int n, int sum)
    {
        var total = n * (n + 1) / 2;
        var counts = new double[total + 1];
        counts[0] = 1;
        for (var rank = 1; rank <= n; rank++)
        {
            for (var s = total; s >= rank; s--) counts[s] += counts[s - rank];
        }

        return counts[sum..].Sum() / Math.Pow(2, n);
    }
}
