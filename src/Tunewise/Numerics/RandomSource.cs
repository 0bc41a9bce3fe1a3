using System.Numerics;
using System.Text;

namespace Tunewise.Numerics;

/// <summary>
/// A deterministic stream of random numbers: xoshiro256** (Blackman and Vigna, "Scrambled linear pseudorandom number
/// generators", ACM TOMS 47, 2021), seeded through SplitMix64. The same key gives the same numbers on every machine.
/// Used by one thread at a time.
/// </summary>
public sealed class RandomSource
{
    private ulong _s0, _s1, _s2, _s3;

    /// <summary>Creates the stream of a key.</summary>
    /// <param name="key">Any number; close keys give unrelated streams.</param>
    public RandomSource(ulong key)
    {
        _s0 = SplitMix(ref key);
        _s1 = SplitMix(ref key);
        _s2 = SplitMix(ref key);
        _s3 = SplitMix(ref key);
    }

    /// <summary>The stream of a trial's parameter: what a trial draws does not depend on threads, processes or resumes.</summary>
    /// <param name="seed">The study's seed.</param>
    /// <param name="trialNumber">The trial.</param>
    /// <param name="name">The parameter, or any other purpose.</param>
    public static RandomSource For(ulong seed, int trialNumber, string name)
    {
        // FNV-1a over the UTF-8 bytes of the name; SplitMix64 between the parts keeps near keys apart.
        var hash = 14695981039346656037UL;
        Span<byte> bytes = stackalloc byte[256];
        var utf8 = Encoding.UTF8.GetByteCount(name) <= bytes.Length
            ? bytes[..Encoding.UTF8.GetBytes(name, bytes)]
            : Encoding.UTF8.GetBytes(name);
        foreach (var b in utf8) hash = (hash ^ b) * 1099511628211UL;

        var key = seed;
        key = SplitMix(ref key) ^ (ulong)trialNumber;
        key = SplitMix(ref key) ^ hash;
        return new RandomSource(key);
    }

    /// <summary>The next 64 random bits.</summary>
    public ulong NextBits()
    {
        var result = BitOperations.RotateLeft(_s1 * 5, 7) * 9;
        var t = _s1 << 17;
        _s2 ^= _s0;
        _s3 ^= _s1;
        _s1 ^= _s2;
        _s0 ^= _s3;
        _s2 ^= t;
        _s3 = BitOperations.RotateLeft(_s3, 45);
        return result;
    }

    /// <summary>A number from [0, 1), with 53 random bits.</summary>
    public double NextDouble() => (NextBits() >> 11) * (1.0 / (1UL << 53));

    /// <summary>A number from [low, high).</summary>
    /// <param name="low">The lower end.</param>
    /// <param name="high">The upper end.</param>
    public double NextDouble(double low, double high) => low + (high - low) * NextDouble();

    /// <summary>A whole number from 0 to <paramref name="count"/> − 1.</summary>
    /// <param name="count">At least 1.</param>
    public int NextInt(int count) => (int)Math.BigMul(NextBits(), (ulong)count, out _);

    /// <summary>A standard normal number (Box and Muller, Annals of Mathematical Statistics 29, 1958); takes two draws.</summary>
    public double NextGaussian() => Math.Sqrt(-2 * Math.Log(1 - NextDouble())) * Math.Cos(2 * Math.PI * NextDouble());

    private static ulong SplitMix(ref ulong state)
    {
        var z = state += 0x9E3779B97F4A7C15UL;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9UL;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBUL;
        return z ^ (z >> 31);
    }
}
