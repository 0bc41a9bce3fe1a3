using System.Globalization;
using Tunewise.Numerics;

namespace Tunewise.Spaces;

/// <summary>Real numbers from a range, both ends included; on a logarithmic scale or on a grid if asked for.</summary>
public sealed record FloatDistribution : Distribution
{
    private readonly decimal _gridLow;
    private readonly decimal _gridStep;

    /// <summary>Creates the range.</summary>
    /// <param name="low">The lower end, finite.</param>
    /// <param name="high">The upper end, finite, not below <paramref name="low"/>. With a step it is lowered to the
    /// last grid point.</param>
    /// <param name="log">Sample the logarithm uniformly; needs <paramref name="low"/> &gt; 0 and no step. The default is false.</param>
    /// <param name="step">The distance of the grid points, or null for a continuous range. The default is null.</param>
    /// <exception cref="ArgumentException">A bound is NaN or infinite, the bounds are inverted or so far apart that no number
    /// holds their distance, log reaches zero, the step is not
    /// positive, or log and step come together.</exception>
    public FloatDistribution(double low, double high, bool log = false, double? step = null)
    {
        if (!double.IsFinite(low) || !double.IsFinite(high))
            throw new ArgumentException($"the bounds must be finite numbers, got [{Words.Exact(low)}, {Words.Exact(high)}]");
        if (low > high)
            throw new ArgumentException($"the lower bound {Words.Exact(low)} is above the upper bound {Words.Exact(high)}; swap them");
        if (log && step is not null)
            throw new ArgumentException("log and step exclude each other; drop one of them");
        if (log && low <= 0)
            throw new ArgumentException($"a logarithmic range needs a lower bound above 0, got {Words.Exact(low)}");
        if (step is { } s && !(s > 0 && double.IsFinite(s)))
            throw new ArgumentException($"the step must be a positive finite number, got {Words.Exact(s)}");
        if (!double.IsFinite(high - low + (step ?? 0)))
        {
            throw new ArgumentException(
                $"the range [{Words.Exact(low)}, {Words.Exact(high)}] is wider than any number; narrow it, or search its logarithm");
        }

        Low = low;
        High = high;
        Log = log;
        Step = step;
        if (step is not { } gap) return;

        // Decimal arithmetic: in binary, 0.9 is not three steps of 0.3 above 0 (Optuna adjusts the same way).
        if (TryDecimal(low, out _gridLow) && TryDecimal(high, out var top) && TryDecimal(gap, out _gridStep) && _gridStep > 0)
        {
            try
            {
                High = (double)(_gridLow + decimal.Floor((top - _gridLow) / _gridStep) * _gridStep);
                return;
            }
            catch (OverflowException)
            {
                // Too wide for decimal: fall through to binary arithmetic.
            }
        }

        _gridStep = 0;
        High = low + Math.Floor((high - low) / gap + 1e-8) * gap;
    }

    /// <summary>The lower end, included.</summary>
    public double Low { get; }

    /// <summary>The upper end, included; on the grid when there is a step.</summary>
    public double High { get; }

    /// <summary>Whether the logarithm is what is sampled uniformly.</summary>
    public bool Log { get; }

    /// <summary>The distance of the grid points, or null for a continuous range.</summary>
    public double? Step { get; }

    /// <inheritdoc/>
    public override bool IsSingle => Low == High;

    internal override double SingleValue => Low;

    /// <inheritdoc/>
    public override bool Contains(double value)
    {
        if (!(value >= Low && value <= High)) return false;
        if (Step is not { } step) return true;
        var k = (value - Low) / step;
        // With very many points the quotient's own rounding is larger than that.
        return Math.Abs(k - Math.Round(k)) < 1e-8 || Snap(value) == value;
    }

    /// <inheritdoc/>
    public override object? ToExternal(double value) => value;

    /// <inheritdoc/>
    public override double ToInternal(object? value)
    {
        var number = NumberFrom(value, "a number");
        return double.IsNaN(number) ? throw new ArgumentException("a number is expected, got NaN") : number;
    }

    /// <inheritdoc/>
    public override bool IsCompatibleWith(Distribution other) => other is FloatDistribution f && f.Log == Log;

    /// <summary>The grid point nearest to a real number (halves to even), within the range. Needs a step.</summary>
    internal double Snap(double value)
    {
        var k = Math.Round((value - Low) / Step!.Value, MidpointRounding.ToEven);
        var onGrid = _gridStep > 0 && Math.Abs(k) < 1e15 ? (double)(_gridLow + (decimal)k * _gridStep) : Low + k * Step.Value;
        return Math.Clamp(onGrid, Low, High);
    }

    private static bool TryDecimal(double value, out decimal result) =>
        decimal.TryParse(value.ToString("R", CultureInfo.InvariantCulture), NumberStyles.Float, CultureInfo.InvariantCulture, out result)
        && (double)result == value;

    /// <inheritdoc/>
    public override string ToString() =>
        $"float [{Words.Exact(Low)}, {Words.Exact(High)}]{(Log ? " log" : "")}{(Step is { } s ? $" step {Words.Exact(s)}" : "")}";

    /// <summary>Compares range, scale and step.</summary>
    /// <param name="other">The other range.</param>
    public bool Equals(FloatDistribution? other) =>
        other is not null && Low == other.Low && High == other.High && Log == other.Log && Step == other.Step;

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Low, High, Log, Step);
}
