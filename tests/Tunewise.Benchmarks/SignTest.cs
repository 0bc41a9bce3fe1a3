using System.Globalization;
using MathNet.Numerics.Distributions;

namespace Tunewise.Benchmarks;

/// <summary>
/// The two-sided sign test over problems. Seeds of one problem are no independent evidence: what is better on it is so with most of them.
/// </summary>
internal static class SignTest
{
    /// <summary>"7:2", with an asterisk where chance gives as much in fewer than one of twenty cases, and two in fewer than one of 1,000.
    /// </summary>
    public static string Describe(int wins, int losses)
    {
        var n = wins + losses;
        if (n == 0) return "-";
        var p = Math.Min(1, 2 * Binomial.CDF(0.5, n, Math.Min(wins, losses)));
        return string.Create(CultureInfo.InvariantCulture, $"{wins}:{losses}{(p < 0.001 ? "**" : p < 0.05 ? "*" : "")}");
    }
}
