using Tunewise.Numerics;

namespace Tunewise.Samplers.Gp;

/// <summary>
/// The logarithm of the expected improvement, which has gradients also where the improvement itself underflows (Ament et al., "Unexpected
/// Improvements to Expected Improvement for Bayesian Optimization", NeurIPS 2023, equation 9).
/// </summary>
internal static class LogExpectedImprovement
{
    /// <summary>ln(φ(z) + z·Φ(z)) and its derivative Φ(z)/(φ(z) + z·Φ(z)).</summary>
    public static (double Value, double Derivative) OfZ(double z)
    {
        if (z > -1)
        {
            var h = Math.Exp(-0.5 * z * z - Normal.LogSqrt2Pi) + z * Normal.Cdf(z);
            return (Math.Log(h), Normal.Cdf(z) / h);
        }

        // φ(z)·(1 + z·Φ(z)/φ(z)); Φ/φ by its logarithm, and far out by its series: 1 − |z|·M(z) ≈ 1/z².
        var logMills = Normal.LogCdf(z) + 0.5 * z * z + Normal.LogSqrt2Pi;
        var value = z > -1e4
            ? -0.5 * z * z - Normal.LogSqrt2Pi + LogOneMinus(logMills + Math.Log(-z), z)
            : -0.5 * z * z - Normal.LogSqrt2Pi - 2 * Math.Log(-z);
        return (value, Math.Exp(Math.Min(Normal.LogCdf(z) - value, 700)));
    }

    /// <summary>ln(1 − e^x) for x just below 0, with the asymptotic value where the difference has lost its digits.</summary>
    private static double LogOneMinus(double x, double z)
    {
        if (z > -30)
        {
            var difference = -Math.Exp(x) + 1;
            if (difference > 1e-6) return Math.Log(difference);
        }

        var square = 1 / (z * z);
        // 1 − |z|·M(z) = 1/z² − 3/z⁴ + 15/z⁶ − 105/z⁸ …
        return Math.Log(square) + Math.Log(1 - square * (3 - square * (15 - 105 * square)));
    }
}
