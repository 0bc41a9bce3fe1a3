using Tunewise.Spaces;

namespace Tunewise.Analysis;

/// <summary>PED-ANOVA by the rules of Optuna 4.9 (importance/_ped_anova): Pearson divergences of densities on a grid.</summary>
internal static class PedAnova
{
    private const int Steps = 50;
    private const int MinTop = 2;

    /// <summary>The divergence of the best trials' density of a parameter from the region's.</summary>
    /// <param name="distribution">The parameter's range.</param>
    /// <param name="values">Internal values of the trials that had it.</param>
    /// <param name="losses">Their losses.</param>
    /// <param name="targetQuantile">The share of the best trials.</param>
    /// <param name="regionQuantile">The share of the region's trials.</param>
    public static double Divergence(
        Distribution distribution, double[] values, double[] losses, double targetQuantile, double regionQuantile)
    {
        if (values.Length <= MinTop || distribution.IsSingle) return 0;
        var target = Density(distribution, Best(values, losses, targetQuantile));
        var region = Density(distribution, regionQuantile == 1 ? values : Best(values, losses, regionQuantile));
        var sum = 0.0;
        for (var i = 0; i < target.Length; i++)
        {
            var (top, all) = (target[i] + 1e-12, region[i] + 1e-12);
            sum += all * (top / all - 1) * (top / all - 1);
        }

        return sum;
    }

    /// <summary>The values of the trials within the quantile, at least two; equal losses at its end are all in.</summary>
    private static double[] Best(double[] values, double[] losses, double quantile)
    {
        // numpy's quantile with method inverted_cdf and the two best as the least.
        var sorted = losses.Order().ToArray();
        var position = Math.Max((int)Math.Ceiling(quantile * sorted.Length) - 1, Math.Min(MinTop, sorted.Length) - 1);
        var cutoff = sorted[Math.Clamp(position, 0, sorted.Length - 1)];
        return [.. values.Where((_, i) => losses[i] <= cutoff)];
    }

    /// <summary>The probabilities of the grid's points.</summary>
    private static double[] Density(Distribution distribution, double[] values)
    {
        var counts = Counts(distribution, values);
        var occupied = Enumerable.Range(0, counts.Length).Where(i => counts[i] > 0).ToArray();
        var total = occupied.Sum(i => counts[i]);
        var density = new double[counts.Length];
        if (distribution is CategoricalDistribution)
        {
            var kernels = occupied.Length + 1;
            var share = 1.0 / kernels;
            for (var x = 0; x < density.Length; x++)
            {
                density[x] = 1.0 / counts.Length;
                foreach (var own in occupied) density[x] += counts[own] * ((own == x ? 1 : 0) + share) / (1 + share * counts.Length);
                density[x] /= total + 1;
            }

            return density;
        }

        var (low, high) = (-0.5, counts.Length - 0.5);
        var sigma = ScottSigma(counts, occupied, total);
        void Add(double weight, double mu, double width)
        {
            var mass = Numerics.Normal.Mass((low - mu) / width, (high - mu) / width);
            for (var x = 0; x < density.Length; x++)
                density[x] += weight * Numerics.Normal.Mass((x - 0.5 - mu) / width, (x + 0.5 - mu) / width) / mass;
        }

        foreach (var own in occupied) Add(counts[own] / (total + 1), own, sigma);
        Add(1 / (total + 1), 0.5 * (counts.Length - 1), counts.Length);
        return density;
    }

    /// <summary>1.059·min(IQR/1.34, σ)·n^(−1/5), at least 0.5/1.64 (Scott 1992).</summary>
    private static double ScottSigma(double[] counts, int[] occupied, double total)
    {
        var mean = occupied.Sum(i => i * counts[i]) / total;
        var deviation = Math.Sqrt(occupied.Sum(i => (i - mean) * (i - mean) * counts[i]) / Math.Max(1, total - 1));
        var cumulative = new double[occupied.Length];
        for (var i = 0; i < occupied.Length; i++) cumulative[i] = counts[occupied[i]] + (i > 0 ? cumulative[i - 1] : 0);
        var (quarter, threeQuarters) = (Math.Floor(total / 4), Math.Floor(total * 3 / 4));
        var first = Array.FindIndex(cumulative, c => c >= quarter);
        var third = Array.FindIndex(cumulative, c => c > threeQuarters);
        var range = occupied[third < 0 ? occupied.Length - 1 : third] - occupied[Math.Max(first, 0)];
        return Math.Max(1.059 * Math.Min(range / 1.34, deviation) * Math.Pow(total, -0.2), 0.5 / 1.64);
    }

    /// <summary>How many values fall to each point of the grid.</summary>
    private static double[] Counts(Distribution distribution, double[] values)
    {
        if (distribution is CategoricalDistribution categorical)
        {
            var perChoice = new double[categorical.Choices.Count];
            foreach (var value in values) perChoice[(int)value]++;
            return perChoice;
        }

        var (low, high, step, log) = distribution switch
        {
            FloatDistribution f => (f.Low, f.High, f.Step, f.Log),
            IntDistribution i => (i.Low, i.High, (double?)i.Step, i.Log),
            _ => throw new ArgumentOutOfRangeException(nameof(distribution), distribution, "an unknown kind of distribution"),
        };
        var steps = Steps;
        if (log && distribution is IntDistribution) steps = (int)Math.Min(Math.Ceiling(Math.Log2(high - low + 1)) + 1, steps);
        else if (step is { } s) steps = (int)Math.Min(Math.Round((high - low) / s) + 1, steps);
        double Scale(double v) => log ? Math.Log(v) : v;
        var (start, width) = (Scale(low), (Scale(high) - Scale(low)) / (steps - 1));
        var counts = new double[steps];
        foreach (var value in values)
        {
            // The first point that is not below the value less half a step.
            var index = (int)Math.Ceiling((Scale(value) - width / 2 - start) / width - 1e-9);
            counts[Math.Clamp(index, 0, steps - 1)]++;
        }

        return counts;
    }
}
