using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Tunewise.Samplers.Tpe;

/// <summary>
/// Sums over kernels, four at a time. The lanes are always four, whatever the machine's widest vector, so that sums come out the same
/// everywhere.
/// </summary>
internal static class VectorMath
{
    private const int Lanes = 4;

    /// <summary>terms[i] += offsets[i] − ½·((x − mus[i])·inverseSigmas[i])².</summary>
    public static void AddLogNormal(double x, double[] mus, double[] inverseSigmas, double[] offsets, Span<double> terms)
    {
        var (vx, half) = (Vector256.Create(x), Vector256.Create(-0.5));
        var i = 0;
        for (; i + Lanes <= mus.Length; i += Lanes)
        {
            var z = (vx - Load(mus, i)) * Load(inverseSigmas, i);
            var sum = Vector256.LoadUnsafe(ref terms[i]) + Load(offsets, i) + half * (z * z);
            sum.StoreUnsafe(ref terms[i]);
        }

        for (; i < mus.Length; i++)
        {
            var z = (x - mus[i]) * inverseSigmas[i];
            terms[i] += offsets[i] - 0.5 * z * z;
        }
    }

    /// <summary>ln Σ exp(terms[i]); −∞ when every term is.</summary>
    public static double LogSumExp(ReadOnlySpan<double> terms)
    {
        var max = double.NegativeInfinity;
        foreach (var term in terms) max = Math.Max(max, term);
        if (double.IsNegativeInfinity(max)) return max;

        ref var first = ref MemoryMarshal.GetReference(terms);
        var (sums, shift) = (Vector256<double>.Zero, Vector256.Create(max));
        var i = 0;
        for (; i + Lanes <= terms.Length; i += Lanes) sums += Vector256.Exp(Vector256.LoadUnsafe(ref first, (nuint)i) - shift);
        var sum = Vector256.Sum(sums);
        for (; i < terms.Length; i++) sum += Math.Exp(terms[i] - max);
        return max + Math.Log(sum);
    }

    /// <summary>Σ coefficients[i]·exp(−½·((x − mus[i])·inverseSigma)²) over kernels that share one bandwidth.</summary>
    public static double SumNormals(double x, ReadOnlySpan<double> mus, double inverseSigma, ReadOnlySpan<double> coefficients)
    {
        ref var mu = ref MemoryMarshal.GetReference(mus);
        ref var coefficient = ref MemoryMarshal.GetReference(coefficients);
        var (vx, vi, half) = (Vector256.Create(x), Vector256.Create(inverseSigma), Vector256.Create(-0.5));
        var sums = Vector256<double>.Zero;
        var i = 0;
        for (; i + Lanes <= mus.Length; i += Lanes)
        {
            var z = (vx - Vector256.LoadUnsafe(ref mu, (nuint)i)) * vi;
            sums += Vector256.LoadUnsafe(ref coefficient, (nuint)i) * Vector256.Exp(half * (z * z));
        }

        var sum = Vector256.Sum(sums);
        for (; i < mus.Length; i++)
        {
            var z = (x - mus[i]) * inverseSigma;
            sum += coefficients[i] * Math.Exp(-0.5 * z * z);
        }

        return sum;
    }

    /// <summary>Σ coefficients[i]·exp(−½·((x − mus[i])·inverseSigmas[i])²).</summary>
    public static double SumNormals(double x, ReadOnlySpan<double> mus, ReadOnlySpan<double> inverseSigmas, ReadOnlySpan<double> coefficients)
    {
        ref var mu = ref MemoryMarshal.GetReference(mus);
        ref var inverse = ref MemoryMarshal.GetReference(inverseSigmas);
        ref var coefficient = ref MemoryMarshal.GetReference(coefficients);
        var (vx, half) = (Vector256.Create(x), Vector256.Create(-0.5));
        var sums = Vector256<double>.Zero;
        var i = 0;
        for (; i + Lanes <= mus.Length; i += Lanes)
        {
            var z = (vx - Vector256.LoadUnsafe(ref mu, (nuint)i)) * Vector256.LoadUnsafe(ref inverse, (nuint)i);
            sums += Vector256.LoadUnsafe(ref coefficient, (nuint)i) * Vector256.Exp(half * (z * z));
        }

        var sum = Vector256.Sum(sums);
        for (; i < mus.Length; i++)
        {
            var z = (x - mus[i]) * inverseSigmas[i];
            sum += coefficients[i] * Math.Exp(-0.5 * z * z);
        }

        return sum;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<double> Load(double[] array, int index) => Vector256.LoadUnsafe(ref array[index]);
}
