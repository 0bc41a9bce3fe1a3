using System.Runtime.CompilerServices;

namespace Tunewise.Samplers.Tpe;

/// <summary>
/// The bandwidths and weights of Optuna 4.9's Parzen estimator (samplers/_tpe/parzen_estimator.py). All of them work on n
/// observations; the prior kernel, which sits in the middle with the whole width as its bandwidth, is added by the callers.
/// </summary>
internal static class ParzenRules
{
    private const int FullWeightTrials = 25;

    /// <summary>
    /// The weight of the i-th oldest of n observations: 1 for the latest 25, and for older ones a ramp that ends at 1 and starts at 1/n.
    /// </summary>
    public static double Weight(int i, int n) => new Ramp(n)[i];

    /// <summary>The smallest bandwidth: the width over the number of kernels plus one, at most a hundredth of the width.</summary>
    public static double MinSigma(int n, double width) => width / Math.Min(100, n + 2);

    /// <summary>
    /// Each observation's larger gap to its neighbours. The bounds serve as the outer neighbours only when there is a single observation;
    /// otherwise the outermost two use their inner gap.
    /// </summary>
    /// <param name="ascending">n observations in ascending order, in model coordinates.</param>
    /// <param name="low">The lower bound.</param>
    /// <param name="high">The upper bound.</param>
    /// <param name="sigmas">Receives n bandwidths.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void NeighbourSigmas(ReadOnlySpan<double> ascending, double low, double high, Span<double> sigmas)
    {
        var n = ascending.Length;
        if (n == 0) return;
        var width = high - low;
        var min = MinSigma(n, width);
        if (n == 1)
        {
            sigmas[0] = Math.Clamp(Math.Max(ascending[0] - low, high - ascending[0]), min, width);
            return;
        }

        sigmas[0] = Math.Clamp(ascending[1] - ascending[0], min, width);
        sigmas[n - 1] = Math.Clamp(ascending[n - 1] - ascending[n - 2], min, width);
        for (var i = 1; i < n - 1; i++)
        {
            var (left, right) = (ascending[i] - ascending[i - 1], ascending[i + 1] - ascending[i]);
            var gap = left > right ? left : right;
            sigmas[i] = gap < min ? min : gap > width ? width : gap;
        }
    }

    /// <summary>One bandwidth for all n observations of a joint model of d parameters: 0.2·n^(−1/(d+4)) of the width.</summary>
    public static double JointSigma(int n, int d, double width) =>
        Math.Clamp(0.2 * Math.Pow(Math.Max(n, 1), -1.0 / (d + 4)) * width, MinSigma(n, width), width);

    /// <summary>
    /// Tunewise's own rule for the kernels of the trials that are not good, in a cube of width 1: c·n^(−1/(d+4)), the rate of Scott's rule
    /// for n points of d parameters (Scott, "Multivariate Density Estimation", 1992, equation 6.42). With c = 0.2; in the branches of a
    /// conditional space 0.1, as narrower kernels leave more room that looks untried, which keeps rare branches in the race (chosen on the
    /// problems of the sampler-quality benchmark). Of 0.05, 0.1, 0.2, 0.3 and 0.4 the 0.2 is the best on search-quality, too, which did not
    /// choose it.
    /// </summary>
    public static double OtherWidth(double n, int d, bool conditional) =>
        (conditional ? 0.1 : 0.2) * Math.Pow(Math.Max(n, 1), -1.0 / (d + 4));

    /// <summary>
    /// The least bandwidth of the good trials' kernels with several objectives: half of what <see cref="OtherWidth"/> gives for as many
    /// trials. Along a front the gap to the nearest neighbour in one coordinate says little about how far the front is known. That there is
    /// a least width, and how large, was chosen on ZDT1 to ZDT3, BNH and C2-DTLZ2 of the sampler-quality benchmark.
    /// </summary>
    public static double LeastGoodWidth(int n, int d) => 0.5 * OtherWidth(n, d, conditional: false);

    /// <summary>The weights of n observations by age, from the oldest at 0; see <see cref="Weight"/>.</summary>
    public readonly struct Ramp(int n)
    {
        private readonly int _length = n - FullWeightTrials;
        private readonly double _start = 1.0 / Math.Max(n, 1);
        private readonly double _slope = n - FullWeightTrials > 1 ? (1 - 1.0 / n) / (n - FullWeightTrials - 1) : 0;

        public double this[int age] => age >= _length ? 1 : _start + age * _slope;
    }
}
