using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Tunewise.Numerics;

/// <summary>
/// Sums over kernels, eight at a time. There are always eight lanes, whatever the machine's widest vector, so that sums come out the same
/// everywhere; a machine with narrower vectors takes several steps for one.
/// </summary>
internal static class VectorMath
{
    private const int Lanes = 8;

    /// <summary>terms[i] += offsets[i] − ½·((x − mus[i])·inverseSigmas[i])².</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void AddLogNormal(double x, double[] mus, double[] inverseSigmas, double[] offsets, Span<double> terms)
    {
        ref var term = ref MemoryMarshal.GetReference(terms);
        var (vx, half) = (Vector512.Create(x), Vector512.Create(-0.5));
        var i = 0;
        for (; i + Lanes <= mus.Length; i += Lanes)
        {
            var z = (vx - Load(mus, i)) * Load(inverseSigmas, i);
            var sum = Vector512.LoadUnsafe(ref term, (nuint)i) + Load(offsets, i) + half * (z * z);
            sum.StoreUnsafe(ref term, (nuint)i);
        }

        for (; i < mus.Length; i++)
        {
            var z = (x - mus[i]) * inverseSigmas[i];
            terms[i] += offsets[i] - 0.5 * z * z;
        }
    }

    /// <summary>Σ a[i]·b[i] over the shorter of both.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static double Dot(ReadOnlySpan<double> a, ReadOnlySpan<double> b)
    {
        var length = Math.Min(a.Length, b.Length);
        ref var x = ref MemoryMarshal.GetReference(a);
        ref var y = ref MemoryMarshal.GetReference(b);
        var sums = Vector512<double>.Zero;
        var i = 0;
        for (; i + Lanes <= length; i += Lanes) sums += Vector512.LoadUnsafe(ref x, (nuint)i) * Vector512.LoadUnsafe(ref y, (nuint)i);
        var sum = Vector512.Sum(sums);
        for (; i < length; i++) sum += a[i] * b[i];
        return sum;
    }

    /// <summary>ln Σ exp(terms[i]); −∞ when every term is.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static double LogSumExp(ReadOnlySpan<double> terms)
    {
        var max = double.NegativeInfinity;
        foreach (var term in terms) max = Math.Max(max, term);
        if (double.IsNegativeInfinity(max)) return max;

        ref var first = ref MemoryMarshal.GetReference(terms);
        var (sums, shift) = (Vector512<double>.Zero, Vector512.Create(max));
        var i = 0;
        for (; i + Lanes <= terms.Length; i += Lanes) sums += ExpOfNegative(Vector512.LoadUnsafe(ref first, (nuint)i) - shift);
        var sum = Vector512.Sum(sums);
        for (; i < terms.Length; i++) sum += Math.Exp(terms[i] - max);
        return max + Math.Log(sum);
    }

    /// <summary>How long an array must be so that the sums below may read it in whole vectors up to <paramref name="count"/>.</summary>
    public static int Padded(int count) => (count + Lanes - 1) / Lanes * Lanes;

    /// <summary>
    /// Σ coefficients[i]·exp(−½·((x − mus[i])·inverseSigma)²) for i from <paramref name="first"/> to before <paramref name="end"/>, and for
    /// those up to the next full vectors around them; the arrays are padded with coefficients of 0.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static double SumNormals(double x, double[] mus, double inverseSigma, double[] coefficients, int first, int end)
    {
        var (vx, inverse, half) = (Vector512.Create(x), Vector512.Create(inverseSigma), Vector512.Create(-0.5));
        var sums = Vector512<double>.Zero;
        for (var i = first / Lanes * Lanes; i < end; i += Lanes)
        {
            var z = (vx - Load(mus, i)) * inverse;
            sums += Load(coefficients, i) * ExpOfNegative(half * (z * z));
        }

        return Vector512.Sum(sums);
    }

    /// <summary>
    /// Σ coefficients[i]·exp(−½·((x − mus[i])·inverseSigmas[i])²) for i before <paramref name="end"/>; the arrays are
    /// padded with coefficients of 0.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static double SumNormals(double x, double[] mus, double[] inverseSigmas, double[] coefficients, int end)
    {
        var (vx, half) = (Vector512.Create(x), Vector512.Create(-0.5));
        var sums = Vector512<double>.Zero;
        for (var i = 0; i < end; i += Lanes)
        {
            var z = (vx - Load(mus, i)) * Load(inverseSigmas, i);
            sums += Load(coefficients, i) * ExpOfNegative(half * (z * z));
        }

        return Vector512.Sum(sums);
    }

    /// <summary>
    /// products[i] *= (1 − share)·heights[i]·exp(−½·((x − mus[i])·inverseSigmas[i])²) + share for i before <paramref name="end"/>, in whole
    /// vectors.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void TimesSmoothedNormals(
        double x, double[] mus, double[] inverseSigmas, double[] heights, double share, double[] products, int end)
    {
        var (vx, half) = (Vector512.Create(x), Vector512.Create(-0.5));
        var (uniform, rest) = (Vector512.Create(share), Vector512.Create(1 - share));
        for (var i = 0; i < end; i += Lanes)
        {
            var z = (vx - Load(mus, i)) * Load(inverseSigmas, i);
            var factor = rest * Load(heights, i) * ExpOfNegative(half * (z * z)) + uniform;
            (Load(products, i) * factor).StoreUnsafe(ref products[i]);
        }
    }

    /// <summary>
    /// Σᵢ exp(constants[i] + Σ_d term) over product kernels, where a numeric dimension's term is −½·((x_d −
    /// coordinates[d][i])·inverseWidths[d])² and a categorical one's is the first logarithm when the kernel's choice is x_d, and the second
    /// otherwise. The arrays are padded with constants of −∞. exp saturates at 700.
    /// </summary>
    /// <param name="x">The point.</param>
    /// <param name="coordinates">The kernels' centres by dimension.</param>
    /// <param name="inverseWidths">One over the bandwidth by dimension.</param>
    /// <param name="choices">By dimension the two logarithms; NaN for numeric ones.</param>
    /// <param name="constants">One per kernel.</param>
    /// <param name="count">How many kernels.</param>
    /// <param name="enough">A sum that is larger than this need not be finished.</param>
    /// <returns>The sum, or a part of it that is larger than <paramref name="enough"/>.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static double SumProductKernels(
        double[] x,
        double[][] coordinates,
        double[] inverseWidths,
        (double Hit, double Miss)[] choices,
        double[] constants,
        int count,
        double enough = double.PositiveInfinity)
    {
        const int Between = 8 * Lanes;
        var sums = Vector512<double>.Zero;
        var (half, i) = (Vector512.Create(-0.5), 0);
        // Two vectors at a time: neither waits for the other's chain of operations.
        for (; i + Lanes < count; i += 2 * Lanes)
        {
            if (i % Between == 0 && Vector512.Sum(sums) > enough) return Vector512.Sum(sums);
            var (a, b) = (Load(constants, i), Load(constants, i + Lanes));
            for (var d = 0; d < x.Length; d++)
            {
                var (point, centres, (hit, miss)) = (Vector512.Create(x[d]), coordinates[d], choices[d]);
                if (double.IsNaN(hit))
                {
                    var inverse = Vector512.Create(inverseWidths[d]);
                    var (first, second) = ((point - Load(centres, i)) * inverse, (point - Load(centres, i + Lanes)) * inverse);
                    a += half * (first * first);
                    b += half * (second * second);
                }
                else
                {
                    a += HitOrMiss(point, Load(centres, i), hit, miss);
                    b += HitOrMiss(point, Load(centres, i + Lanes), hit, miss);
                }
            }

            sums += ExpUpTo700(a);
            sums += ExpUpTo700(b);
        }

        if (i >= count) return Vector512.Sum(sums);
        var last = Load(constants, i);
        for (var d = 0; d < x.Length; d++)
        {
            var (hit, miss) = choices[d];
            var z = (Vector512.Create(x[d]) - Load(coordinates[d], i)) * Vector512.Create(inverseWidths[d]);
            last += double.IsNaN(hit) ? half * (z * z) : HitOrMiss(Vector512.Create(x[d]), Load(coordinates[d], i), hit, miss);
        }

        return Vector512.Sum(sums + ExpUpTo700(last));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<double> HitOrMiss(Vector512<double> x, Vector512<double> centres, double hit, double miss) =>
        Vector512.ConditionalSelect(Vector512.Equals(centres, x), Vector512.Create(hit), Vector512.Create(miss));

    /// <summary>
    /// exp(a + b) = exp(a)/exp(−b) with a ≤ 0 ≤ b; narrow kernels in many dimensions have a positive exponent at their centre.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<double> ExpUpTo700(Vector512<double> term)
    {
        var power = ExpOfNegative(Vector512.Min(term, Vector512<double>.Zero));
        var positive = Vector512.Min(Vector512.Max(term, Vector512<double>.Zero), Vector512.Create(600.0));
        return Vector512.GreaterThanAny(positive, Vector512<double>.Zero) ? power / ExpOfNegative(-positive) : power;
    }

    /// <summary>
    /// exp(x) for x ≤ 0, 0 below −708; within 2 units in the last place. x = k·ln 2 + r with |r| ≤ ½·ln 2 in two parts (Cody and Waite,
    /// "Software Manual for the Elementary Functions", 1980), the Taylor polynomial of degree 13 for exp(r), and k added to the exponent.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector512<double> ExpOfNegative(Vector512<double> x)
    {
        // Adding 1.5·2^52 leaves the nearest integer of a small number in the low bits.
        var magic = Vector512.Create(6755399441055744.0);
        var clamped = Vector512.Max(x, Vector512.Create(-708.0));
        var shifted = Vector512.FusedMultiplyAdd(clamped, Vector512.Create(1.4426950408889634074), magic);
        var k = shifted - magic;
        var r = Vector512.FusedMultiplyAdd(k, Vector512.Create(-6.93145751953125e-1), clamped);
        r = Vector512.FusedMultiplyAdd(k, Vector512.Create(-1.42860682030941723212e-6), r);

        // Even and odd powers apart: two short chains instead of a long one.
        var r2 = r * r;
        var even = Vector512.Create(1.0 / 479001600);
        even = Vector512.FusedMultiplyAdd(even, r2, Vector512.Create(1.0 / 3628800));
        even = Vector512.FusedMultiplyAdd(even, r2, Vector512.Create(1.0 / 40320));
        even = Vector512.FusedMultiplyAdd(even, r2, Vector512.Create(1.0 / 720));
        even = Vector512.FusedMultiplyAdd(even, r2, Vector512.Create(1.0 / 24));
        even = Vector512.FusedMultiplyAdd(even, r2, Vector512.Create(0.5));
        even = Vector512.FusedMultiplyAdd(even, r2, Vector512<double>.One);
        var odd = Vector512.Create(1.0 / 6227020800);
        odd = Vector512.FusedMultiplyAdd(odd, r2, Vector512.Create(1.0 / 39916800));
        odd = Vector512.FusedMultiplyAdd(odd, r2, Vector512.Create(1.0 / 362880));
        odd = Vector512.FusedMultiplyAdd(odd, r2, Vector512.Create(1.0 / 5040));
        odd = Vector512.FusedMultiplyAdd(odd, r2, Vector512.Create(1.0 / 120));
        odd = Vector512.FusedMultiplyAdd(odd, r2, Vector512.Create(1.0 / 6));
        odd = Vector512.FusedMultiplyAdd(odd, r2, Vector512<double>.One);
        var p = Vector512.FusedMultiplyAdd(odd, r, even);

        var scaled = (p.AsInt64() + Vector512.ShiftLeft(shifted.AsInt64(), 52)).AsDouble();
        return Vector512.ConditionalSelect(Vector512.LessThan(x, Vector512.Create(-708.0)), Vector512<double>.Zero, scaled);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<double> Load(double[] array, int index) => Vector512.LoadUnsafe(ref array[index]);
}
