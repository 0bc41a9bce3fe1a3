using MathNet.Numerics;

namespace Tunewise.Samplers.Tpe;

/// <summary>The standard normal distribution, accurate in both tails; Φ is its cumulative distribution function.</summary>
internal static class Normal
{
    /// <summary>½·ln 2π.</summary>
    public const double LogSqrt2Pi = 0.91893853320467274178;

    private const double Sqrt2 = 1.41421356237309504880;

    /// <summary>Φ(x).</summary>
    public static double Cdf(double x) => x < -38.5 ? 0 : x > 8.3 ? 1 : 0.5 * SpecialFunctions.Erfc(-x / Sqrt2);

    /// <summary>ln Φ(x).</summary>
    public static double LogCdf(double x)
    {
        if (x > 6) return -Cdf(-x);
        if (x > -20) return Math.Log(Cdf(x));

        // The asymptotic series of the Mills ratio: Φ(x) ≈ φ(x)/|x| · (1 − 1/x² + 3/x⁴ − 15/x⁶ …) for x → −∞
        // (Abramowitz and Stegun 26.2.12).
        var square = 1 / (x * x);
        var (sum, term) = (1.0, 1.0);
        for (var i = 1; Math.Abs(term) > double.Epsilon && i < 100; i++)
        {
            var next = -term * (2 * i - 1) * square;
            if (Math.Abs(next) >= Math.Abs(term) || sum + next == sum) break;
            sum += term = next;
        }

        return -0.5 * x * x - Math.Log(-x) - LogSqrt2Pi + Math.Log(sum);
    }

    /// <summary>ln(Φ(b) − Φ(a)) for a ≤ b, worked out in the left tail, where differences keep their digits.</summary>
    public static double LogMass(double a, double b)
    {
        if (a > 0) return LogMass(-b, -a);
        if (b <= 0)
        {
            var (lower, upper) = (LogCdf(a), LogCdf(b));
            return upper + LogOneMinusExp(lower - upper);
        }

        return Log1P(-Cdf(a) - Cdf(-b));
    }

    /// <summary>The x with Φ(x) = Φ(a) + q·(Φ(b) − Φ(a)): the quantile of a normal truncated to [a, b].</summary>
    public static double TruncatedQuantile(double q, double a, double b)
    {
        // In the right half work with the mirror image: small probabilities keep their digits, probabilities near 1 do not.
        if (a >= 0) return -TruncatedQuantile(1 - q, -b, -a);
        if (q <= 0) return a;
        if (q >= 1) return b;

        var (low, high) = (Cdf(a), Cdf(b));
        var p = low + q * (high - low);
        // Far out in the tail the probabilities underflow; go on with their logarithms.
        var x = p > 1e-290 ? MathNet.Numerics.Distributions.Normal.InvCDF(0, 1, p) : QuantileOfLog(LogSum(LogCdf(a), Math.Log(q) + LogMass(a, b)));
        return Math.Clamp(x, a, b);
    }

    /// <summary>ln(1 + x), also for tiny x.</summary>
    public static double Log1P(double x) => SpecialFunctions.Log1p(x);

    /// <summary>ln(1 − eˣ) for x &lt; 0.</summary>
    private static double LogOneMinusExp(double x) =>
        x > -Constants.Ln2 ? Math.Log(-SpecialFunctions.Expm1(x)) : Log1P(-Math.Exp(x));

    private static double LogSum(double a, double b)
    {
        var max = Math.Max(a, b);
        return double.IsNegativeInfinity(max) ? max : max + Log1P(Math.Exp(Math.Min(a, b) - max));
    }

    /// <summary>The x with ln Φ(x) = y, for y far below 0, by Newton's method from the leading term of the tail.</summary>
    private static double QuantileOfLog(double y)
    {
        var x = -Math.Sqrt(-2 * (y + LogSqrt2Pi));
        for (var i = 0; i < 100; i++)
        {
            var logCdf = LogCdf(x);
            var step = (logCdf - y) * Math.Exp(logCdf + 0.5 * x * x + LogSqrt2Pi);
            x -= step;
            if (Math.Abs(step) < 1e-12 * Math.Abs(x)) break;
        }

        return x;
    }
}
