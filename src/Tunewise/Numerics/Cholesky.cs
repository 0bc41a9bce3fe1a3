using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Tunewise.Numerics;

/// <summary>
/// The Cholesky factorisation A = UᵀU of a symmetric positive definite matrix, and what is solved with it, in tiles of eight by eight
/// (Golub and Van Loan, "Matrix Computations", 4th edition, 2013, section 4.2). Matrices lie row by row in arrays whose rows and columns
/// are padded to a multiple of eight (<see cref="VectorMath.Padded"/>), the padding being that of a unit matrix. The factor is kept as U,
/// so that eight neighbouring columns are one vector and no sum runs across lanes: the result is the same on every machine.
/// </summary>
internal static class Cholesky
{
    private const int Tile = 8;

    /// <summary>
    /// Writes the factor over a matrix. Read and written are the tiles on and above the diagonal. With <paramref name="from"/> above 0,
    /// the columns before it are those of the factor already and the columns from it on are those of the matrix: rows and columns were
    /// appended. The factor is then bit for bit that of the whole matrix.
    /// </summary>
    /// <param name="matrix">The matrix.</param>
    /// <param name="size">The padded number of rows.</param>
    /// <param name="from">The first column that is not factored yet, a multiple of eight.</param>
    /// <returns>Whether the matrix is positive definite; otherwise part of it is overwritten.</returns>
    public static bool TryFactor(double[] matrix, int size, int from = 0)
    {
        Check(matrix, size, size);
        for (var i = 0; i < size; i += Tile)
        {
            for (var j = Math.Max(i, from); j < size; j += Tile)
            {
                ref var target = ref matrix[i * size + j];
                SubtractProduct(ref matrix[i], size, ref matrix[j], size, i, ref target, size);
                if (j > i) SolveTile(ref matrix[i * size + i], size, ref target, size);
                else if (!TryFactorTile(ref target, size)) return false;
            }
        }

        return true;
    }

    /// <summary>The logarithm of the determinant of the matrix that a factor is of.</summary>
    public static double LogDeterminant(double[] factor, int size)
    {
        var sum = 0.0;
        for (var i = 0; i < size; i++) sum += Math.Log(factor[i * size + i]);
        return 2 * sum;
    }

    /// <summary>Solves UᵀX = B in place for many columns at once.</summary>
    /// <param name="factor">U.</param>
    /// <param name="size">Its padded number of rows.</param>
    /// <param name="columns">B, then X.</param>
    /// <param name="width">The padded number of columns of B.</param>
    public static void SolveLower(double[] factor, int size, double[] columns, int width)
    {
        Check(factor, size, size);
        Check(columns, size, width);
        for (var i = 0; i < size; i += Tile)
        {
            for (var j = 0; j < width; j += Tile)
            {
                ref var target = ref columns[i * width + j];
                SubtractProduct(ref factor[i], size, ref columns[j], width, i, ref target, width);
                SolveTile(ref factor[i * size + i], size, ref target, width);
            }
        }
    }

    /// <summary>Writes U⁻ᵀ, which is lower triangular.</summary>
    /// <param name="factor">U.</param>
    /// <param name="size">Its padded number of rows.</param>
    /// <param name="inverse">Receives U⁻ᵀ; the tiles above the diagonal are left as they are.</param>
    public static void InvertLower(double[] factor, int size, double[] inverse)
    {
        Check(factor, size, size);
        Check(inverse, size, size);
        for (var j = 0; j < size; j += Tile)
        {
            for (var i = j; i < size; i += Tile)
            {
                ref var target = ref inverse[i * size + j];
                for (var r = 0; r < Tile; r++)
                {
                    var row = inverse.AsSpan((i + r) * size + j, Tile);
                    row.Clear();
                    if (i == j) row[r] = 1;
                }

                SubtractProduct(ref factor[j * size + i], size, ref inverse[j * size + j], size, i - j, ref target, size);
                SolveTile(ref factor[i * size + i], size, ref target, size);
            }
        }
    }

    /// <summary>
    /// Writes a tile of the inverse of the matrix, A⁻¹ = (U⁻ᵀ)ᵀ·U⁻ᵀ, at the given row and column; the column is not before the row.
    /// </summary>
    /// <param name="inverse">U⁻ᵀ.</param>
    /// <param name="size">Its padded number of rows.</param>
    /// <param name="row">The tile's first row, a multiple of eight.</param>
    /// <param name="column">The tile's first column, a multiple of eight.</param>
    /// <param name="tile">Receives 64 numbers, row by row.</param>
    public static void InverseTile(double[] inverse, int size, int row, int column, Span<double> tile)
    {
        Check(inverse, size, size);
        ArgumentOutOfRangeException.ThrowIfLessThan(column, row);
        ArgumentOutOfRangeException.ThrowIfLessThan(tile.Length, Tile * Tile);
        tile.Clear();
        ref var target = ref MemoryMarshal.GetReference(tile);
        SubtractProduct(ref inverse[column * size + row], size, ref inverse[column * size + column], size, size - column, ref target, Tile);
        for (var i = 0; i < Tile * Tile; i++) tile[i] = -tile[i];
    }

    /// <summary>result = L·vector for a lower triangular matrix.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void MultiplyLower(double[] lower, int size, double[] vector, double[] result)
    {
        Check(lower, size, size);
        Check(vector, 1, size);
        Check(result, 1, size);
        ref var right = ref vector[0];
        for (var i = 0; i < size; i += 4)
        {
            ref var row0 = ref lower[i * size];
            ref var row1 = ref lower[(i + 1) * size];
            ref var row2 = ref lower[(i + 2) * size];
            ref var row3 = ref lower[(i + 3) * size];
            var (s0, s1, s2, s3) = (Vector512<double>.Zero, Vector512<double>.Zero, Vector512<double>.Zero, Vector512<double>.Zero);
            for (var k = 0; k < i + 4; k += Tile)
            {
                var v = Vector512.LoadUnsafe(ref right, (nuint)k);
                s0 = Vector512.FusedMultiplyAdd(Vector512.LoadUnsafe(ref row0, (nuint)k), v, s0);
                s1 = Vector512.FusedMultiplyAdd(Vector512.LoadUnsafe(ref row1, (nuint)k), v, s1);
                s2 = Vector512.FusedMultiplyAdd(Vector512.LoadUnsafe(ref row2, (nuint)k), v, s2);
                s3 = Vector512.FusedMultiplyAdd(Vector512.LoadUnsafe(ref row3, (nuint)k), v, s3);
            }

            result[i] = Vector512.Sum(s0);
            result[i + 1] = Vector512.Sum(s1);
            result[i + 2] = Vector512.Sum(s2);
            result[i + 3] = Vector512.Sum(s3);
        }
    }

    /// <summary>result = Lᵀ·vector for a lower triangular matrix.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void MultiplyLowerTransposed(double[] lower, int size, double[] vector, double[] result)
    {
        Check(lower, size, size);
        Check(vector, 1, size);
        Check(result, 1, size);
        for (var j = 0; j < size; j += Tile)
        {
            ref var column = ref lower[j];
            var (even, odd) = (Vector512<double>.Zero, Vector512<double>.Zero);
            for (var k = j; k < size; k += 2)
            {
                even = Vector512.FusedMultiplyAdd(
                    Vector512.LoadUnsafe(ref column, (nuint)(k * size)), Vector512.Create(vector[k]), even);
                odd = Vector512.FusedMultiplyAdd(
                    Vector512.LoadUnsafe(ref column, (nuint)((k + 1) * size)), Vector512.Create(vector[k + 1]), odd);
            }

            (even + odd).StoreUnsafe(ref result[j]);
        }
    }

    /// <summary>target −= AᵀB, where A and B are <paramref name="count"/> rows of eight, and the target is a tile.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void SubtractProduct(ref double a, int strideA, ref double b, int strideB, int count, ref double target, int stride)
    {
        var (c0, c1, c2, c3) = (Vector512<double>.Zero, Vector512<double>.Zero, Vector512<double>.Zero, Vector512<double>.Zero);
        var (c4, c5, c6, c7) = (Vector512<double>.Zero, Vector512<double>.Zero, Vector512<double>.Zero, Vector512<double>.Zero);
        for (var k = 0; k < count; k++)
        {
            var row = Vector512.LoadUnsafe(ref b);
            c0 = Vector512.FusedMultiplyAdd(Vector512.Create(a), row, c0);
            c1 = Vector512.FusedMultiplyAdd(Vector512.Create(Unsafe.Add(ref a, 1)), row, c1);
            c2 = Vector512.FusedMultiplyAdd(Vector512.Create(Unsafe.Add(ref a, 2)), row, c2);
            c3 = Vector512.FusedMultiplyAdd(Vector512.Create(Unsafe.Add(ref a, 3)), row, c3);
            c4 = Vector512.FusedMultiplyAdd(Vector512.Create(Unsafe.Add(ref a, 4)), row, c4);
            c5 = Vector512.FusedMultiplyAdd(Vector512.Create(Unsafe.Add(ref a, 5)), row, c5);
            c6 = Vector512.FusedMultiplyAdd(Vector512.Create(Unsafe.Add(ref a, 6)), row, c6);
            c7 = Vector512.FusedMultiplyAdd(Vector512.Create(Unsafe.Add(ref a, 7)), row, c7);
            a = ref Unsafe.Add(ref a, strideA);
            b = ref Unsafe.Add(ref b, strideB);
        }

        Subtract(ref target, c0);
        Subtract(ref Unsafe.Add(ref target, stride), c1);
        Subtract(ref Unsafe.Add(ref target, 2 * stride), c2);
        Subtract(ref Unsafe.Add(ref target, 3 * stride), c3);
        Subtract(ref Unsafe.Add(ref target, 4 * stride), c4);
        Subtract(ref Unsafe.Add(ref target, 5 * stride), c5);
        Subtract(ref Unsafe.Add(ref target, 6 * stride), c6);
        Subtract(ref Unsafe.Add(ref target, 7 * stride), c7);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Subtract(ref double target, Vector512<double> value) =>
        (Vector512.LoadUnsafe(ref target) - value).StoreUnsafe(ref target);

    /// <summary>Factors a tile of the diagonal.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static bool TryFactorTile(ref double tile, int stride)
    {
        for (var r = 0; r < Tile; r++)
        {
            ref var row = ref Unsafe.Add(ref tile, r * stride);
            var pivot = Unsafe.Add(ref row, r);
            // Not a number is no pivot either.
            if (!(pivot > 0) || double.IsPositiveInfinity(pivot)) return false;
            var scaled = Vector512.LoadUnsafe(ref row) / Vector512.Create(Math.Sqrt(pivot));
            scaled.StoreUnsafe(ref row);
            for (var q = r + 1; q < Tile; q++)
            {
                ref var other = ref Unsafe.Add(ref tile, q * stride);
                Vector512.FusedMultiplyAdd(Vector512.Create(-Unsafe.Add(ref row, q)), scaled, Vector512.LoadUnsafe(ref other))
                    .StoreUnsafe(ref other);
            }
        }

        return true;
    }

    /// <summary>Solves UᵀX = B in place for a tile of the diagonal and a tile of B.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void SolveTile(ref double upper, int stride, ref double tile, int width)
    {
        for (var r = 0; r < Tile; r++)
        {
            ref var factors = ref Unsafe.Add(ref upper, r * stride);
            ref var row = ref Unsafe.Add(ref tile, r * width);
            var solved = Vector512.LoadUnsafe(ref row) / Vector512.Create(Unsafe.Add(ref factors, r));
            solved.StoreUnsafe(ref row);
            for (var q = r + 1; q < Tile; q++)
            {
                ref var other = ref Unsafe.Add(ref tile, q * width);
                Vector512.FusedMultiplyAdd(Vector512.Create(-Unsafe.Add(ref factors, q)), solved, Vector512.LoadUnsafe(ref other))
                    .StoreUnsafe(ref other);
            }
        }
    }

    private static void Check(double[] matrix, int rows, int columns)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(columns % Tile, 0);
        ArgumentOutOfRangeException.ThrowIfLessThan(matrix.Length, rows * columns);
    }
}
