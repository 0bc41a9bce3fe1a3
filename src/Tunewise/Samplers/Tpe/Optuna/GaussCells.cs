using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Tunewise.Numerics;

namespace Tunewise.Samplers.Tpe.Optuna;

/// <summary>
/// Sums of many normal kernels of one bandwidth, at a cost per point that does not grow with their number: the fast Gauss transform
/// (Greengard and Strain, SIAM J. Sci. Stat. Comput. 12, 1991). Kernels are gathered in cells of half a bandwidth, and each cell
/// becomes a Hermite series around its middle: exp(−½(z − d)²) = exp(−½z²)·Σ He_j(z)·dʲ/j!, with d the distance of a kernel from the
/// middle, at most a quarter.
/// </summary>
/// <remarks>
/// By Cramér's inequality, |He_j(z)|·exp(−¼z²) ≤ 1.09·√j!, what 14 terms leave out is below exp(−¼z²)·0.25¹⁴/√14! ≈
/// 1.4e−14 of a kernel's peak.
/// </remarks>
internal sealed class GaussCells
{
    private const int Terms = 14;
    private const int Lanes = 8;
    private const double Width = 0.5;

    // Terms rows of one number per cell, each row as long as the cells padded to whole vectors.
    private double[] _moments = [];
    private double[] _middles = [];
    private int _cells;
    private int _stride;
    private double _low;
    private double _perSigma;

    /// <summary>Gathers kernels.</summary>
    /// <param name="mus">Where they are, ascending and within the bounds.</param>
    /// <param name="coefficients">Their heights.</param>
    /// <param name="count">How many there are.</param>
    /// <param name="low">The lower bound.</param>
    /// <param name="high">The upper bound.</param>
    /// <param name="sigma">Their bandwidth; at least a hundredth of the distance of the bounds.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Build(double[] mus, double[] coefficients, int count, double low, double high, double sigma)
    {
        (_low, _perSigma) = (low, 1 / sigma);
        _cells = (int)((high - low) * _perSigma / Width) + 1;
        _stride = VectorMath.Padded(_cells);
        if (_moments.Length < Terms * _stride)
        {
            _moments = new double[Terms * _stride];
            _middles = new double[_stride];
        }

        Array.Clear(_moments, 0, Terms * _stride);
        for (var c = 0; c < _stride; c++) _middles[c] = (c + 0.5) * Width;

        // Sixteen powers of d over their factorials at once: (1, d, 1, d, …)·(1, 1, d², d², …)·(1, 1, 1, 1, d⁴, …), and
        // the upper eight times d⁸.
        var one = Vector512<double>.One;
        var odd = Vector512.Create(0L, -1, 0, -1, 0, -1, 0, -1).AsDouble();
        var pairs = Vector512.Create(0L, 0, -1, -1, 0, 0, -1, -1).AsDouble();
        var upper = Vector512.Create(0L, 0, 0, 0, -1, -1, -1, -1).AsDouble();
        var factorials = Vector512.Create(1, 1, 1.0 / 2, 1.0 / 6, 1.0 / 24, 1.0 / 120, 1.0 / 720, 1.0 / 5040);
        var factorials8 = Vector512.Create(
            1.0 / 40320,
            1.0 / 362880,
            1.0 / 3628800,
            1.0 / 39916800,
            1.0 / 479001600,
            1.0 / 6227020800,
            1.0 / 87178291200,
            1.0 / 1307674368000);
        var (sums, sums8) = (Vector512<double>.Zero, Vector512<double>.Zero);
        var (perSigma, last, current) = (_perSigma, _cells - 1, -1);
        for (var i = 0; i < count; i++)
        {
            var z = (mus[i] - low) * perSigma;
            var cell = (int)(z * (1 / Width));
            if (cell > last) cell = last;
            if (cell != current)
            {
                Store(current, sums, sums8);
                (sums, sums8, current) = (Vector512<double>.Zero, Vector512<double>.Zero, cell);
            }

            var d = z - (cell + 0.5) * Width;
            var d2 = d * d;
            var d4 = d2 * d2;
            var powers =
                Vector512.ConditionalSelect(odd, Vector512.Create(d), one) * Vector512.ConditionalSelect(pairs, Vector512.Create(d2), one)
                * Vector512.ConditionalSelect(upper, Vector512.Create(d4), one) * Vector512.Create(coefficients[i]);
            sums = Vector512.FusedMultiplyAdd(powers, factorials, sums);
            sums8 = Vector512.FusedMultiplyAdd(powers * Vector512.Create(d4 * d4), factorials8, sums8);
        }

        Store(current, sums, sums8);
    }

    /// <summary>Writes the moments of a cell; kernels come in ascending order, so that every cell is written once.</summary>
    private void Store(int cell, Vector512<double> first, Vector512<double> second)
    {
        if (cell < 0) return;
        for (var j = 0; j < Lanes; j++) _moments[j * _stride + cell] = first[j];
        for (var j = Lanes; j < Terms; j++) _moments[j * _stride + cell] = second[j - Lanes];
    }

    /// <summary>The sum of the kernels at a point.</summary>
    /// <param name="m">The point, within the bounds.</param>
    /// <param name="reach">Kernels further away than this many bandwidths may be left out.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public double Sum(double m, double reach)
    {
        var at = (m - _low) * _perSigma;
        var first = Math.Max(0, (int)((at - reach) / Width)) / Lanes * Lanes;
        var end = Math.Min(_cells, (int)((at + reach) / Width) + 1);
        ref var moments = ref _moments[0];
        var (point, sums) = (Vector512.Create(at), Vector512<double>.Zero);
        for (var c = first; c < end; c += Lanes)
        {
            var z = point - Vector512.LoadUnsafe(ref _middles[c]);
            // He₀ = 1, He₁ = z, He_{j+1} = z·He_j − j·He_{j−1}.
            var (before, now) = (Vector512<double>.One, z);
            var series = Vector512.FusedMultiplyAdd(
                now, Vector512.LoadUnsafe(ref moments, (nuint)(c + _stride)), Vector512.LoadUnsafe(ref moments, (nuint)c));
            for (int j = 2, row = c + 2 * _stride; j < Terms; j++, row += _stride)
            {
                var next = Vector512.FusedMultiplyAdd(z, now, before * Vector512.Create(1.0 - j));
                (before, now) = (now, next);
                series = Vector512.FusedMultiplyAdd(now, Vector512.LoadUnsafe(ref moments, (nuint)row), series);
            }

            sums += VectorMath.ExpOfNegative(z * z * Vector512.Create(-0.5)) * series;
        }

        return Vector512.Sum(sums);
    }
}
