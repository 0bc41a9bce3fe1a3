using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Tunewise.Numerics;

namespace Tunewise.Samplers.Gp;

/// <summary>
/// Points as columns, eight beside one another, each coordinate divided by its dimension's length scale. Coordinates of categorical
/// dimensions stay as they are: they are compared for equality only.
/// </summary>
internal sealed class ScaledPoints
{
    private const int Lanes = 8;

    // The numeric dimensions come first.
    private readonly int[] _dimensions;
    private readonly int _numeric;
    private readonly double[] _unscaled;
    private readonly double[] _coordinates;
    private readonly double[] _weights;
    private readonly double[] _roots;
    private readonly double[] _point;

    /// <summary>Lays points out; they have no scale before <see cref="Scale"/>.</summary>
    public ScaledPoints(IReadOnlyList<double[]> points, bool[] categorical)
    {
        _dimensions = [.. Enumerable.Range(0, categorical.Length).OrderBy(d => categorical[d])];
        _numeric = categorical.Count(c => !c);
        (Count, Size) = (points.Count, VectorMath.Padded(points.Count));
        _unscaled = new double[_dimensions.Length * Size];
        for (var k = 0; k < _dimensions.Length; k++)
        {
            var column = _unscaled.AsSpan(k * Size, Count);
            for (var i = 0; i < column.Length; i++) column[i] = points[i][_dimensions[k]];
        }

        _coordinates = [.. _unscaled];
        (_weights, _roots) = (new double[_dimensions.Length], new double[_dimensions.Length]);
        _point = new double[_dimensions.Length];
    }

    /// <summary>How many points there are.</summary>
    public int Count { get; }

    /// <summary>How many columns there are: the points and those that fill the last vector.</summary>
    public int Size { get; }

    /// <summary>Scales the coordinates: a dimension's weight is one over its squared length scale.</summary>
    public void Scale(ReadOnlySpan<double> weights)
    {
        for (var k = 0; k < _dimensions.Length; k++)
        {
            _weights[k] = weights[_dimensions[k]];
            if (k >= _numeric) continue;
            _roots[k] = Math.Sqrt(_weights[k]);
            var column = _coordinates.AsSpan(k * Size, Size);
            for (var i = 0; i < column.Length; i++) column[i] = _unscaled[k * Size + i] * _roots[k];
        }
    }

    /// <summary>Squared scaled distances of a point of these from all of them.</summary>
    /// <param name="index">The point.</param>
    /// <param name="from">The first column that is written, a multiple of eight.</param>
    /// <param name="squares">Receives one number per column.</param>
    public void Squares(int index, int from, Span<double> squares)
    {
        for (var k = 0; k < _dimensions.Length; k++) _point[k] = _coordinates[k * Size + index];
        Squares(from, squares);
    }

    /// <summary>Squared scaled distances of any point from all of these.</summary>
    /// <param name="point">The point, unscaled.</param>
    /// <param name="squares">Receives one number per column.</param>
    public void Squares(double[] point, Span<double> squares)
    {
        for (var k = 0; k < _dimensions.Length; k++) _point[k] = k < _numeric ? point[_dimensions[k]] * _roots[k] : point[_dimensions[k]];
        Squares(0, squares);
    }

    /// <summary>
    /// Adds Σ_i factors[i]·(difference of the point's and the i-th scaled coordinate)² to the sum of each dimension.
    /// </summary>
    /// <param name="index">The point, one of these.</param>
    /// <param name="from">The first column that counts, a multiple of eight.</param>
    /// <param name="factors">One number per column, 0 where there is no point.</param>
    /// <param name="sums">One sum of eight lanes per dimension, in the order that <see cref="SumsTo"/> knows.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void AddWeightedSquares(int index, int from, ReadOnlySpan<double> factors, double[] sums)
    {
        ref var factor = ref System.Runtime.InteropServices.MemoryMarshal.GetReference(factors);
        for (var k = 0; k < _dimensions.Length; k++)
        {
            ref var column = ref _coordinates[k * Size];
            var own = Vector512.Create(_coordinates[k * Size + index]);
            var (even, odd) = (Vector512.LoadUnsafe(ref sums[k * Lanes]), Vector512<double>.Zero);
            var i = (nuint)from;
            if (k < _numeric)
            {
                for (; i + Lanes < (nuint)Size; i += 2 * Lanes)
                {
                    var first = own - Vector512.LoadUnsafe(ref column, i);
                    var second = own - Vector512.LoadUnsafe(ref column, i + Lanes);
                    even = Vector512.FusedMultiplyAdd(first * first, Vector512.LoadUnsafe(ref factor, i), even);
                    odd = Vector512.FusedMultiplyAdd(second * second, Vector512.LoadUnsafe(ref factor, i + Lanes), odd);
                }

                if (i < (nuint)Size)
                {
                    var last = own - Vector512.LoadUnsafe(ref column, i);
                    even = Vector512.FusedMultiplyAdd(last * last, Vector512.LoadUnsafe(ref factor, i), even);
                }
            }
            else
            {
                var weight = Vector512.Create(_weights[k]);
                for (; i < (nuint)Size; i += Lanes)
                {
                    var square = Vector512.ConditionalSelect(
                        Vector512.Equals(own, Vector512.LoadUnsafe(ref column, i)), Vector512<double>.Zero, weight);
                    even = Vector512.FusedMultiplyAdd(square, Vector512.LoadUnsafe(ref factor, i), even);
                }
            }

            (even + odd).StoreUnsafe(ref sums[k * Lanes]);
        }
    }

    /// <summary>Adds up what <see cref="AddWeightedSquares"/> gathered, one sum per dimension, and clears it.</summary>
    public void SumsTo(double[] sums, Span<double> result)
    {
        for (var k = 0; k < _dimensions.Length; k++)
        {
            result[_dimensions[k]] = Vector512.Sum(Vector512.LoadUnsafe(ref sums[k * Lanes]));
            sums.AsSpan(k * Lanes, Lanes).Clear();
        }
    }

    /// <summary>
    /// Σ_i factors[i]·∂(squared distance of the point from the i-th)/∂(coordinate) for each dimension; 0 for categorical ones.
    /// </summary>
    /// <param name="point">The point, unscaled.</param>
    /// <param name="first">One number per column.</param>
    /// <param name="second">Other numbers.</param>
    /// <param name="byFirst">Receives the sums over the first ones.</param>
    /// <param name="bySecond">Receives the sums over the second ones.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Gradients(double[] point, double[] first, double[] second, double[] byFirst, double[] bySecond)
    {
        Array.Clear(byFirst);
        Array.Clear(bySecond);
        for (var k = 0; k < _numeric; k++)
        {
            ref var column = ref _coordinates[k * Size];
            var own = Vector512.Create(point[_dimensions[k]] * _roots[k]);
            var (a, b) = (Vector512<double>.Zero, Vector512<double>.Zero);
            for (var i = 0; i < Size; i += Lanes)
            {
                var difference = own - Vector512.LoadUnsafe(ref column, (nuint)i);
                a = Vector512.FusedMultiplyAdd(difference, Vector512.LoadUnsafe(ref first[i]), a);
                b = Vector512.FusedMultiplyAdd(difference, Vector512.LoadUnsafe(ref second[i]), b);
            }

            byFirst[_dimensions[k]] = 2 * _roots[k] * Vector512.Sum(a);
            bySecond[_dimensions[k]] = 2 * _roots[k] * Vector512.Sum(b);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Squares(int from, Span<double> squares)
    {
        for (var i = from; i < Size; i += Lanes)
        {
            var (even, odd) = (Vector512<double>.Zero, Vector512<double>.Zero);
            var k = 0;
            for (; k + 1 < _numeric; k += 2)
            {
                var first = Vector512.Create(_point[k]) - Vector512.LoadUnsafe(ref _coordinates[k * Size + i]);
                var second = Vector512.Create(_point[k + 1]) - Vector512.LoadUnsafe(ref _coordinates[(k + 1) * Size + i]);
                even = Vector512.FusedMultiplyAdd(first, first, even);
                odd = Vector512.FusedMultiplyAdd(second, second, odd);
            }

            if (k < _numeric)
            {
                var last = Vector512.Create(_point[k]) - Vector512.LoadUnsafe(ref _coordinates[k * Size + i]);
                even = Vector512.FusedMultiplyAdd(last, last, even);
                k++;
            }

            for (; k < _point.Length; k++)
            {
                var equal = Vector512.Equals(Vector512.Create(_point[k]), Vector512.LoadUnsafe(ref _coordinates[k * Size + i]));
                odd += Vector512.ConditionalSelect(equal, Vector512<double>.Zero, Vector512.Create(_weights[k]));
            }

            (even + odd).CopyTo(squares[i..]);
        }
    }
}
