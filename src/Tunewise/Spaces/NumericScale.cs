namespace Tunewise.Spaces;

/// <summary>How a numeric parameter is modelled: on which scale, within which bounds, and in which cells.</summary>
/// <remarks>
/// Model coordinates are ln x on a logarithmic range and x otherwise; with a grid the bounds reach half a step beyond the ends.
/// </remarks>
internal readonly struct NumericScale
{
    private readonly Distribution _distribution;

    public NumericScale(Distribution distribution)
    {
        _distribution = distribution;
        double low, high;
        (low, high, Step, Log) = distribution switch
        {
            FloatDistribution f => (f.Low, f.High, f.Step ?? 0, f.Log),
            IntDistribution i => (i.Low, i.High, (double)i.Step, i.Log),
            _ => throw new ArgumentOutOfRangeException(nameof(distribution), distribution, "a numeric range is expected"),
        };
        Low = ToModel(low - Step / 2);
        High = ToModel(high + Step / 2);
    }

    /// <summary>The lower bound in model coordinates.</summary>
    public double Low { get; }

    /// <summary>The upper bound in model coordinates.</summary>
    public double High { get; }

    /// <summary>The grid's step in the parameter's own coordinates; 0 for a continuous range.</summary>
    public double Step { get; }

    public bool Log { get; }

    public double Width => High - Low;

    public bool IsContinuous => Step == 0;

    public double ToModel(double x) => Log ? Math.Log(x) : x;

    /// <summary>Turns a point in model coordinates into a value of the parameter: on the grid and within the range.</summary>
    public double FromModel(double m)
    {
        var x = Log ? Math.Exp(m) : m;
        return _distribution switch
        {
            FloatDistribution { Step: not null } f => f.Snap(x),
            FloatDistribution f => Math.Clamp(x, f.Low, f.High),
            IntDistribution i => i.Snap(x),
            _ => x,
        };
    }

    /// <summary>The ends of the cell of a grid point, in model coordinates.</summary>
    public (double Low, double High) Cell(double x) => (ToModel(x - Step / 2), ToModel(x + Step / 2));
}
