namespace Tunewise.Numerics;

/// <summary>Percentiles of numbers.</summary>
internal static class Percentile
{
    /// <summary>
    /// Linear interpolation between the order statistics, in the order of operations of numpy's <c>percentile</c>; NaN
    /// when there is no number.
    /// </summary>
    /// <param name="ascending">The numbers in ascending order, without NaN.</param>
    /// <param name="percentile">From 0 to 100.</param>
    public static double Of(ReadOnlySpan<double> ascending, double percentile)
    {
        if (ascending.Length == 0) return double.NaN;
        var position = (ascending.Length - 1) * (percentile / 100);
        var index = (int)Math.Floor(position);
        var share = position - index;
        var low = ascending[index];
        if (share == 0 || index + 1 == ascending.Length) return low;
        var high = ascending[index + 1];
        if (low == high) return low;
        return share < 0.5 ? low + (high - low) * share : high - (high - low) * (1 - share);
    }
}
