using MathNet.Numerics.Statistics;
using Tunewise.Numerics;

namespace Tunewise.Samplers.Gp;

/// <summary>
/// Brings losses to mean 0, variance 1 and as normal a shape as the power transform of Yeo and Johnson ("A New Family of Power
/// Transformations to Improve Normality or Symmetry", Biometrika 87, 2000) allows: a valley among mountains would otherwise look flat. It
/// keeps the order.
/// </summary>
/// <remarks>
/// What is worse than the median is first drawn in to where its rank leads it to be expected, by the spread of the better half (half-rank
/// warping: Song et al., "The Vizier Gaussian Process Bandit Algorithm", arXiv:2408.11527, section 4): how bad a bad trial was says nothing
/// of the good ones, and a single diverged one would make all others look alike. Infinity and NaN are worse than any number.
/// </remarks>
internal static class OutcomeTransform
{
    /// <summary>
    /// Losses within this many times the distance from the median at which a normal distribution has them are left as they are. Chosen
    /// among 1, 2 and 4 on the sampler-quality problems hartmann6, rosenbrock4, rastrigin5, log-training, mixed5 and ellipsoid8.
    /// </summary>
    private const double Reach = 2;

    public static double[] Apply(IReadOnlyList<double> losses)
    {
        var drawnIn = Standardize(DrawIn(losses));
        var (best, highest) = (1.0, double.NegativeInfinity);
        // The likelihood is smooth and has one maximum: a coarse search is enough, and only transforms that pull the
        // worst end in are of use.
        for (var lambda = -2.0; lambda <= 1.0001; lambda += 0.25)
        {
            var likelihood = LogLikelihood(drawnIn, lambda);
            if (likelihood > highest) (best, highest) = (lambda, likelihood);
        }

        return Standardize([.. drawnIn.Select(v => Power(v, best))]);
    }

    /// <summary>The losses, finite and without outliers on the bad side.</summary>
    private static double[] DrawIn(IReadOnlyList<double> losses)
    {
        losses = InUnits(losses);
        var ascending = losses.Select(Worst).Order().ToArray();
        var finite = ascending.Where(double.IsFinite).ToArray();
        // Without a number, what is known is that −∞ is better than all else.
        if (finite.Length == 0) return [.. losses.Select(l => double.IsNegativeInfinity(l) ? -1.0 : 0)];
        var n = ascending.Length;
        // When most losses are infinite, all numbers are good.
        var median = Math.Clamp(ascending[(n - 1) / 2], finite[0], finite[^1]);
        var spread = Math.Sqrt(finite.Where(l => l <= median).Average(l => (l - median) * (l - median)));
        // All good ones are equal: what is worse has only its rank.
        if (!(spread > 0)) spread = Math.Max(Math.Abs(median), 1);

        return [.. losses.Select(l =>
        {
            var loss = Math.Max(Worst(l), finite[0]);
            if (loss <= median) return loss;
            var (first, end) = Equal(ascending, loss);
            var share = 0.5 * (first + end) / n;
            // The share lies above ½ unless most losses are infinite; then the ranks of the bad ones start there.
            var expected = spread * Normal.Quantile(Math.Clamp(share, 0.5 + 0.25 / n, 1 - 0.25 / n));
            return double.IsFinite(loss) ? Math.Min(loss, median + Reach * expected) : median + Reach * expected;
        })];
    }

    /// <summary>
    /// The losses as distances from their median in units of the spread of the better half, so that neither what they are counted in nor
    /// where they lie makes a difference, and no square of them overflows.
    /// </summary>
    private static double[] InUnits(IReadOnlyList<double> losses)
    {
        var finite = losses.Where(double.IsFinite).Order().ToArray();
        if (finite.Length == 0) return [.. losses];
        var median = finite[(finite.Length - 1) / 2];
        var unit = Distance(median, finite[0]);
        if (!(unit > 0)) unit = finite.Select(l => Distance(l, median)).Where(d => d > 0).DefaultIfEmpty(1).Min();
        return [.. losses.Select(l => double.IsFinite(l) ? Clamp(l / unit - median / unit, l - median, unit) : l)];
    }

    /// <summary>A distance that does not overflow.</summary>
    private static double Distance(double a, double b) => double.IsFinite(a - b) ? Math.Abs(a - b) : double.MaxValue;

    /// <summary>The quotient of a difference, without overflow: beyond this nothing but the order counts.</summary>
    private static double Clamp(double quotient, double difference, double unit) =>
        Math.Clamp(double.IsFinite(difference) ? difference / unit : quotient, -1e100, 1e100);

    private static double Worst(double loss) => double.IsNaN(loss) ? double.PositiveInfinity : loss;

    /// <summary>Where the numbers that equal one begin and end.</summary>
    private static (int First, int End) Equal(double[] ascending, double value)
    {
        var first = Array.BinarySearch(ascending, value);
        var end = first + 1;
        while (first > 0 && ascending[first - 1] == value) first--;
        while (end < ascending.Length && ascending[end] == value) end++;
        return (first, end);
    }

    internal static double Power(double v, double lambda) => v >= 0
        ? Math.Abs(lambda) < 1e-9 ? Math.Log(v + 1) : (Math.Pow(v + 1, lambda) - 1) / lambda
        : Math.Abs(lambda - 2) < 1e-9 ? -Math.Log(1 - v) : -(Math.Pow(1 - v, 2 - lambda) - 1) / (2 - lambda);

    private static double LogLikelihood(double[] values, double lambda)
    {
        var transformed = values.Select(v => Power(v, lambda)).ToArray();
        var variance = transformed.PopulationVariance();
        if (!(variance > 1e-12)) return double.NegativeInfinity;
        return -0.5 * values.Length * Math.Log(variance) + (lambda - 1) * values.Sum(v => Math.Sign(v) * Math.Log(Math.Abs(v) + 1));
    }

    private static double[] Standardize(double[] values)
    {
        var (mean, deviation) = (values.Average(), Math.Sqrt(values.PopulationVariance()));
        return [.. values.Select(v => deviation > 1e-12 * Math.Max(1e-3, Math.Abs(mean)) ? (v - mean) / deviation : 0)];
    }
}
