namespace Tunewise.Spaces;

/// <summary>A whole number from a range.</summary>
/// <param name="low">The lower end, included.</param>
/// <param name="high">The upper end, included.</param>
public sealed class IntRangeAttribute(long low, long high) : SearchAttribute
{
    /// <summary>The lower end, included.</summary>
    public long Low { get; } = low;

    /// <summary>The upper end, included.</summary>
    public long High { get; } = high;

    /// <summary>Search on a logarithmic scale. The default is false.</summary>
    public bool Log { get; init; }

    /// <summary>The distance of the grid points. The default is 1.</summary>
    public long Step { get; init; } = 1;

    internal override Distribution ToDistribution(Type type) => new IntDistribution(Low, High, Log, Step);
}
