using System.Runtime.CompilerServices;

namespace Tunewise.Numerics;

/// <summary>The standard normal distribution, accurate in both tails; Φ is its cumulative distribution function.</summary>
internal static class Normal
{
    /// <summary>½·ln 2π.</summary>
    public const double LogSqrt2Pi = 0.91893853320467274178;

    private const double Sqrt2 = 1.41421356237309504880;
    private const double InverseSqrtPi = 0.56418958354775628695;

    /// <summary>Φ(x).</summary>
    public static double Cdf(double x) => x < -38.5 ? 0 : x > 8.3 ? 1 : 0.5 * Erfc(-x / Sqrt2);

    /// <summary>ln Φ(x).</summary>
    public static double LogCdf(double x)
    {
        if (x > 6) return -Cdf(-x);
        if (x > -20) return Math.Log(Cdf(x));

        // The asymptotic series of the Mills ratio: Φ(x) ≈ φ(x)/|x| · (1 − 1/x² + 3/x⁴ − 15/x⁶ …) for x → −∞
        // (Abramowitz and Stegun 26.2.12).
        var square = 1 / (x * x);
        var (sum, term) = (1.0, 1.0);
        for (var i = 1; i < 100; i++)
        {
            var next = -term * (2 * i - 1) * square;
            if (Math.Abs(next) >= Math.Abs(term) || sum + next == sum) break;
            sum += term = next;
        }

        return -0.5 * x * x - Math.Log(-x) - LogSqrt2Pi + Math.Log(sum);
    }

    /// <summary>Φ(b) − Φ(a) for a ≤ b, by the tail where the difference keeps its digits; 0 where it underflows.</summary>
    public static double Mass(double a, double b) => a > 0 ? Cdf(-a) - Cdf(-b) : Cdf(b) - Cdf(a);

    /// <summary>ln(Φ(b) − Φ(a)) for a ≤ b, also where the difference underflows.</summary>
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
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static double TruncatedQuantile(double q, double a, double b)
    {
        // Nothing lies between them, or one of them is no number.
        if (!(a < b)) return a;
        // In the right half work with the mirror image: small probabilities keep their digits, probabilities near 1 do not.
        if (a >= 0) return -TruncatedQuantile(1 - q, -b, -a);
        return TruncatedQuantile(q, a, b, Cdf(a), Cdf(b));
    }

    /// <summary>As <see cref="TruncatedQuantile(double, double, double)"/>, when Φ(a) and Φ(b) are known already.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static double TruncatedQuantile(double q, double a, double b, double low, double high)
    {
        if (a >= 0) return TruncatedQuantile(q, a, b);
        if (q <= 0) return a;
        if (q >= 1) return b;

        var p = low + q * (high - low);
        // Far out in the tail the probabilities underflow; go on with their logarithms.
        var x = p > 1e-290 ? Quantile(p) : QuantileOfLog(LogSum(LogCdf(a), Math.Log(q) + LogMass(a, b)));
        return Math.Clamp(x, a, b);
    }

    /// <summary>
    /// The complementary error function: the rational approximations of Cody, "Rational Chebyshev Approximations for the Error Function",
    /// Math. Comp. 23, 1969, tables II to IV.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static double Erfc(double x)
    {
        var y = Math.Abs(x);
        if (y <= 0.46875)
        {
            var z = x * x;
            var p = (((1.85777706184603153e-1 * z + 3.16112374387056560e0) * z + 1.13864154151050156e2) * z + 3.77485237685302021e2) * z
                + 3.20937758913846947e3;
            var q = (((z + 2.36012909523441209e1) * z + 2.44024637934444173e2) * z + 1.28261652607737228e3) * z + 2.84423683343917062e3;
            return 1 - x * p / q;
        }

        double result;
        if (y <= 4)
        {
            var p =
                (((((((2.15311535474403846e-8 * y + 5.64188496988670089e-1) * y + 8.88314979438837594e0) * y + 6.61191906371416295e1) * y
                + 2.98635138197400131e2) * y + 8.81952221241769090e2) * y + 1.71204761263407058e3) * y
                + 2.05107837782607147e3) * y + 1.23033935479799725e3;
            var q =
                (((((((y + 1.57449261107098347e1) * y + 1.17693950891312499e2) * y + 5.37181101862009858e2) * y + 1.62138957456669019e3) * y
                + 3.29079923573345963e3) * y + 4.36261909014324716e3) * y + 3.43936767414372164e3) * y + 1.23033935480374942e3;
            result = ExpMinusSquare(y) * p / q;
        }
        else
        {
            var z = 1 / (y * y);
            var p = ((((1.63153871373020978e-2 * z + 3.05326634961232344e-1) * z + 3.60344899949804439e-1) * z + 1.25781726111229246e-1) * z
                + 1.60837851487422766e-2) * z + 6.58749161529837803e-4;
            var q =
                ((((z + 2.56852019228982242e0) * z + 1.87295284992346725e0) * z + 5.27905102951428412e-1) * z + 6.05183413124413191e-2) * z
                + 2.33520497626869185e-3;
            result = ExpMinusSquare(y) * (InverseSqrtPi - z * p / q) / y;
        }

        return x < 0 ? 2 - result : result;
    }

    /// <summary>
    /// The x with Φ(x) = p: algorithm AS 241 (PPND16) of Wichura, "The Percentage Points of the Normal Distribution",
    /// Applied Statistics 37, 1988.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static double Quantile(double p)
    {
        var q = p - 0.5;
        if (Math.Abs(q) <= 0.425)
        {
            var r = 0.180625 - q * q;
            return q * (((
                ((((2.5090809287301226727e3 * r + 3.3430575583588128105e4) * r + 6.7265770927008700853e4) * r + 4.5921953931549871457e4) * r
                + 1.3731693765509461125e4) * r + 1.9715909503065514427e3) * r + 1.3314166789178437745e2) * r + 3.3871328727963666080e0)
                / (((((((5.2264952788528545610e3 * r + 2.8729085735721942674e4) * r + 3.9307895800092710610e4) * r
                        + 2.1213794301586595867e4)
                    * r
                    + 5.3941960214247511077e3) * r + 6.8718700749205790830e2) * r + 4.2313330701600911252e1) * r + 1);
        }

        var tail = Math.Sqrt(-Math.Log(q < 0 ? p : 1 - p));
        double x;
        if (tail <= 5)
        {
            var r = tail - 1.6;
            x = (((((((7.74545014278341407640e-4 * r + 2.27238449892691845833e-2) * r + 2.41780725177450611770e-1) * r
                    + 1.27045825245236838258e0)
                * r
                + 3.64784832476320460504e0) * r + 5.76949722146069140550e0) * r + 4.63033784615654529590e0) * r + 1.42343711074968357734e0)
                / (((((((1.05075007164441684324e-9 * r + 5.47593808499534494600e-4) * r + 1.51986665636164571966e-2) * r
                        + 1.48103976427480074590e-1)
                    * r
                    + 6.89767334985100004550e-1) * r + 1.67638483018380384940e0) * r + 2.05319162663775882187e0) * r + 1);
        }
        else
        {
            var r = tail - 5;
            x = (((((((2.01033439929228813265e-7 * r + 2.71155556874348757815e-5) * r + 1.24266094738807843860e-3) * r
                    + 2.65321895265761230930e-2)
                * r
                + 2.96560571828504891230e-1) * r + 1.78482653991729133580e0) * r + 5.46378491116411436990e0) * r + 6.65790464350110377720e0)
                / (((((((2.04426310338993978564e-15 * r + 1.42151175831644588870e-7) * r + 1.84631831751005468180e-5) * r
                        + 7.86869131145613259100e-4)
                    * r
                    + 1.48753612908506148525e-2) * r + 1.36929880922735805310e-1) * r + 5.99832206555887937690e-1) * r + 1);
        }

        return q < 0 ? -x : x;
    }

    /// <summary>exp(−y²), with y² split so that its rounding does not show.</summary>
    private static double ExpMinusSquare(double y)
    {
        var head = Math.Truncate(y * 16) / 16;
        return Math.Exp(-head * head) * Math.Exp(-(y - head) * (y + head));
    }

    /// <summary>
    /// ln(1 + x) without the loss of digits near 0 (Kahan; Goldberg, "What Every Computer Scientist Should Know …", ACM 1991, theorem 4).
    /// </summary>
    private static double Log1P(double x)
    {
        var u = 1 + x;
        return u == 1 ? x : Math.Log(u) * x / (u - 1);
    }

    /// <summary>ln(1 − eˣ) for x &lt; 0. Near 0, eˣ − 1 is worked out with Kahan's formula as well.</summary>
    private static double LogOneMinusExp(double x)
    {
        var u = Math.Exp(x);
        if (u < 0.5) return Log1P(-u);
        return Math.Log(u == 1 ? -x : (1 - u) * x / Math.Log(u));
    }

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
