using Tunewise.Numerics;

namespace Tunewise.Spaces;

/// <summary>Whole numbers from a range, both ends included; on a logarithmic scale or on a grid if asked for.</summary>
public sealed record IntDistribution : Distribution
{
    /// <summary>The largest magnitude of a bound, 2^53: up to there a double holds every whole number.</summary>
    public const long MaxMagnitude = 1L << 53;

    /// <summary>Creates the range.</summary>
    /// <param name="low">The lower end, at least −2^53.</param>
    /// <param name="high">The upper end, at most 2^53, not below <paramref name="low"/>; it is lowered to the last grid point.</param>
    /// <param name="log">Sample the logarithm uniformly; needs <paramref name="low"/> ≥ 1 and step 1. The default is false.</param>
    /// <param name="step">The distance of the grid points, at least 1. The default is 1.</param>
    /// <exception cref="ArgumentException">The bounds are inverted or too large, log reaches below 1, the step is below 1, or log comes
    /// with a step other than 1.</exception>
    public IntDistribution(long low, long high, bool log = false, long step = 1)
    {
        if (low > high)
            throw new ArgumentException($"the lower bound {low} is above the upper bound {high}; swap them");
        if (low < -MaxMagnitude || high > MaxMagnitude)
            throw new ArgumentException($"the bounds must lie within ±2^53, got [{low}, {high}]");
        if (step < 1)
            throw new ArgumentException($"the step must be at least 1, got {step}");
        if (log && step != 1)
            throw new ArgumentException("log and step exclude each other; drop one of them");
        if (log && low < 1)
            throw new ArgumentException($"a logarithmic range of whole numbers needs a lower bound of at least 1, got {low}");

        Low = low;
        High = low + (high - low) / step * step;
        Log = log;
        Step = step;
    }

    /// <summary>The lower end, included.</summary>
    public long Low { get; }

    /// <summary>The upper end, included and on the grid.</summary>
    public long High { get; }

    /// <summary>Whether the logarithm is what is sampled uniformly.</summary>
    public bool Log { get; }

    /// <summary>The distance of the grid points.</summary>
    public long Step { get; }

    /// <inheritdoc/>
    public override bool IsSingle => Low == High;

    internal override double SingleValue => Low;

    /// <inheritdoc/>
    public override bool Contains(double value) => value >= Low && value <= High && (value - Low) % Step == 0;

    /// <inheritdoc/>
    public override object? ToExternal(double value) => (long)value;

    /// <inheritdoc/>
    public override double ToInternal(object? value)
    {
        var number = NumberFrom(value, "a whole number");
        return Math.Floor(number) == number && Math.Abs(number) <= MaxMagnitude
            ? number
            : throw new ArgumentException($"a whole number is expected, got {Words.Exact(number)}");
    }

    /// <inheritdoc/>
    public override bool IsCompatibleWith(Distribution other) => other is IntDistribution i && i.Log == Log;

    /// <summary>The grid point nearest to a real number (halves to even), within the range.</summary>
    internal double Snap(double value) =>
        Math.Clamp(Low + Math.Round((value - Low) / Step, MidpointRounding.ToEven) * Step, Low, High);

    /// <inheritdoc/>
    public override string ToString() => $"int [{Low}, {High}]{(Log ? " log" : "")}{(Step == 1 ? "" : $" step {Step}")}";
}
