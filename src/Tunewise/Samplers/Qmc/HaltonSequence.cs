using Tunewise.Numerics;

namespace Tunewise.Samplers.Qmc;

/// <summary>
/// The Halton sequence (Numerische Mathematik 2, 1960) with a random permutation of the digits at every position of every base (Owen, "A
/// randomized Halton algorithm in R", 2017), which breaks the stripes that large bases show.
/// </summary>
internal static class HaltonSequence
{
    private static readonly List<int> Primes = [2, 3, 5, 7, 11, 13];

    /// <summary>A coordinate of a point, in [0, 1).</summary>
    /// <param name="seed">The scrambling, or null for the plain sequence.</param>
    /// <param name="index">The point, from 0.</param>
    /// <param name="dimension">The coordinate, from 0.</param>
    public static double Value(ulong? seed, uint index, int dimension)
    {
        var b = Prime(dimension);
        var (sum, scale) = (0.0, 1.0 / b);
        var rest = (long)index;
        // Scrambled, the zeros after the last digit count too, as far as a double sees them.
        for (var position = 0; seed is null ? rest > 0 : scale > 1e-16; position++)
        {
            var digit = (int)(rest % b);
            sum += (seed is { } s ? Permuted(s, dimension, position, digit, b) : digit) * scale;
            rest /= b;
            scale /= b;
        }

        return Math.Min(sum, 1 - 1e-16);
    }

    private static int Permuted(ulong seed, int dimension, int position, int digit, int b)
    {
        var random = RandomSource.For(seed, dimension * 1024 + position, "halton");
        var order = new int[b];
        for (var i = 0; i < b; i++)
        {
            var j = random.NextInt(i + 1);
            order[i] = order[j];
            order[j] = i;
        }

        return order[digit];
    }

    private static int Prime(int index)
    {
        lock (Primes)
        {
            for (var candidate = Primes[^1] + 2; Primes.Count <= index; candidate += 2)
            {
                if (Primes.TrueForAll(p => p * p > candidate || candidate % p != 0)) Primes.Add(candidate);
            }

            return Primes[index];
        }
    }
}
