using System.Globalization;
using Tunewise.Numerics;

namespace Tunewise.Benchmarks.Curves;

/// <summary>
/// How much worse a search is when it is disturbed or has several workers: the ratio of the families' mean regrets at the end to those of
/// the same seeds with one worker whom nothing disturbs, and the upper bound of its 90 % interval.
/// </summary>
/// <remarks>
/// The bound is the 95th percentile of 2,000 bootstrap samples of the seeds, drawn anew for each problem and paired (Efron and Tibshirani,
/// "An Introduction to the Bootstrap", 1993, chapter 13).
/// </remarks>
internal static class PairedRatio
{
    private const int Samples = 2000;
    private const double Upper = 0.95;

    /// <summary>"1.06 (90 % interval: up to 1.13)", of problems' regrets by seed.</summary>
    public static string Describe(IReadOnlyList<double[]> disturbed, IReadOnlyList<double[]> undisturbed)
    {
        var ratio = disturbed.Average(r => r.Average()) / undisturbed.Average(r => r.Average());
        var random = RandomSource.For(0, 0, "bootstrap");
        var ratios = new double[Samples];
        for (var s = 0; s < Samples; s++)
        {
            var (above, below) = (0.0, 0.0);
            for (var p = 0; p < disturbed.Count; p++)
            {
                for (var k = 0; k < disturbed[p].Length; k++)
                {
                    var seed = random.NextInt(disturbed[p].Length);
                    (above, below) = (above + disturbed[p][seed], below + undisturbed[p][seed]);
                }
            }

            ratios[s] = above / below;
        }

        Array.Sort(ratios);
        return string.Create(CultureInfo.InvariantCulture, $"{ratio:F2} (90 % interval: up to {ratios[(int)(Upper * Samples)]:F2})");
    }
}
