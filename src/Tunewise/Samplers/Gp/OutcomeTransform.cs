using MathNet.Numerics.Statistics;

namespace Tunewise.Samplers.Gp;

/// <summary>
/// Brings losses to mean 0, variance 1 and as normal a shape as the power transform of Yeo and Johnson ("A New Family of Power
/// Transformations to Improve Normality or Symmetry", Biometrika 87, 2000) allows: a valley among mountains would otherwise look flat. It
/// keeps the order. Infinite losses are brought to the worst or best finite one.
/// </summary>
internal static class OutcomeTransform
{
    public static double[] Apply(IReadOnlyList<double> losses)
    {
        var finite = losses.Where(double.IsFinite).ToArray();
        if (finite.Length == 0) return [.. losses.Select(l => double.IsNegativeInfinity(l) ? -1.0 : 0)];
        var (low, high) = (finite.Min(), finite.Max());
        var clipped = Standardize([.. losses.Select(l => double.IsNaN(l) ? high : Math.Clamp(l, low, high))]);
        var (best, highest) = (1.0, double.NegativeInfinity);
        // The likelihood is smooth and has one maximum: a coarse search is enough, and only transforms that pull the
        // worst end in are of use.
        for (var lambda = -2.0; lambda <= 1.0001; lambda += 0.25)
        {
            var likelihood = LogLikelihood(clipped, lambda);
            if (likelihood > highest) (best, highest) = (lambda, likelihood);
        }

        return Standardize([.. clipped.Select(v => Power(v, best))]);
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
        return [.. values.Select(v => deviation > 1e-12 * Math.Max(1, Math.Abs(mean)) ? (v - mean) / deviation : 0)];
    }
}
