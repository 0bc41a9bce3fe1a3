namespace Tunewise.Spaces;

/// <summary>A real number from a range.</summary>
/// <param name="low">The lower end, included.</param>
/// <param name="high">The upper end, included.</param>
public sealed class FloatRangeAttribute(double low, double high) : SearchAttribute
{
    /// <summary>The lower end, included.</summary>
    public double Low { get; } = low;

    /// <summary>The upper end, included.</summary>
    public double High { get; } = high;

    /// <summary>Search on a logarithmic scale. The default is false.</summary>
    public bool Log { get; init; }

    /// <summary>The distance of the grid points, or 0 for a continuous range. The default is 0.</summary>
    public double Step { get; init; }

    internal override Distribution ToDistribution(Type type) => new FloatDistribution(Low, High, Log, Step == 0 ? null : Step);
}
