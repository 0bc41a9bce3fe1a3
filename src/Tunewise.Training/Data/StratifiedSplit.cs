using Tunewise.Numerics;

namespace Tunewise.Training.Data;

/// <summary>Divides samples into parts that have the classes in the same shares; the same seed gives the same parts.</summary>
public static class StratifiedSplit
{
    /// <summary>Divides n samples.</summary>
    /// <param name="labels">n classes, from 0.</param>
    /// <param name="seed">Decides which sample goes where.</param>
    /// <param name="shares">The parts' shares, each above 0, that add up to 1.</param>
    /// <returns>The indices of the samples of each part, ascending; every sample is in one part.</returns>
    /// <exception cref="ArgumentException">The shares are no shares, or a part would be empty.</exception>
    public static IReadOnlyList<int[]> Divide(IReadOnlyList<int> labels, long seed, params IReadOnlyList<double> shares)
    {
        ArgumentNullException.ThrowIfNull(labels);
        ArgumentNullException.ThrowIfNull(shares);
        if (shares.Count == 0 || shares.Any(s => !(s > 0)) || Math.Abs(shares.Sum() - 1) > 1e-9)
            throw new ArgumentException($"the shares must be above 0 and add up to 1, got {string.Join(", ", shares)}");

        var parts = shares.Select(_ => new List<int>()).ToArray();
        var random = new RandomSource((ulong)seed);
        foreach (var samples in Enumerable.Range(0, labels.Count).GroupBy(i => labels[i]).OrderBy(g => g.Key).Select(g => g.ToArray()))
        {
            Shuffle.InPlace(samples, random);
            var (taken, share) = (0, 0.0);
            for (var p = 0; p < parts.Length; p++)
            {
                // Ends are rounded from the running sum, so that every sample is taken exactly once.
                share += shares[p];
                var end = p == parts.Length - 1 ? samples.Length : (int)Math.Round(share * samples.Length);
                parts[p].AddRange(samples[taken..end]);
                taken = end;
            }
        }

        if (Array.Exists(parts, p => p.Count == 0))
        {
            throw new ArgumentException(
                $"{labels.Count} samples are too few for {shares.Count} parts with shares {string.Join(", ", shares)}");
        }

        return [.. parts.Select(p => p.Order().ToArray())];
    }
}
