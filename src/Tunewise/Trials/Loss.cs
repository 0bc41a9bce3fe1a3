namespace Tunewise;

/// <summary>Values as losses, of which smaller ones are better, so that whoever compares need not know the direction.</summary>
internal static class Loss
{
    /// <summary>A value as a loss; and a loss as a value.</summary>
    public static double Of(Direction direction, double value) => direction == Direction.Maximize ? -value : value;

    /// <summary>The percentile of values as losses, computed from the values, whose last digit it has.</summary>
    /// <param name="direction">Which values are better.</param>
    /// <param name="ascending">The values in ascending order, without NaN.</param>
    /// <param name="percentile">The share of the better ones, from 0 to 100.</param>
    public static double Percentile(Direction direction, ReadOnlySpan<double> ascending, double percentile) =>
        Of(direction, Numerics.Percentile.Of(ascending, direction == Direction.Maximize ? 100 - percentile : percentile));
}
