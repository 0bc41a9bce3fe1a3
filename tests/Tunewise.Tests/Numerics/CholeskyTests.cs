using MathNet.Numerics.LinearAlgebra.Double;
using Tunewise.Numerics;

namespace Tunewise.Tests.Numerics;

/// <summary>Against MathNet's factorisation and solver.</summary>
public sealed class CholeskyTests
{
    // Around multiples of the tile's eight rows.
    public static TheoryData<int> Sizes => [1, 2, 7, 8, 9, 15, 16, 17, 31, 60, 100];

    [Theory]
    [MemberData(nameof(Sizes))]
    public void TryFactor_RandomMatrix_IsMathNets(int n)
    {
        var matrix = Random(n, 1);
        var (factor, size) = Padded(matrix);
        Assert.True(Cholesky.TryFactor(factor, size));
        var expected = matrix.Cholesky();
        for (var i = 0; i < n; i++)
        {
            for (var j = i; j < n; j++) Assert.Equal(expected.Factor[j, i], factor[i * size + j], 1e-10);
        }

        Assert.Equal(expected.DeterminantLn, Cholesky.LogDeterminant(factor, size), 1e-9);
    }

    [Theory]
    [MemberData(nameof(Sizes))]
    public void InvertLower_RandomMatrix_GivesTheInverseAndItsProducts(int n)
    {
        var matrix = Random(n, 2);
        var (factor, size) = Padded(matrix);
        Assert.True(Cholesky.TryFactor(factor, size));
        var inverse = new double[size * size];
        Cholesky.InvertLower(factor, size, inverse);
        var expected = matrix.Inverse();
        var tile = new double[64];
        for (var i = 0; i < size; i += 8)
        {
            for (var j = i; j < size; j += 8)
            {
                Cholesky.InverseTile(inverse, size, i, j, tile);
                for (var r = 0; r < 8 && i + r < n; r++)
                {
                    for (var c = 0; c < 8 && j + c < n; c++) Assert.Equal(expected[i + r, j + c], tile[8 * r + c], 1e-9);
                }
            }
        }

        // A⁻¹·v in two steps: U⁻ᵀ·v, then its transpose.
        var random = new RandomSource(3);
        var vector = new double[size];
        for (var i = 0; i < n; i++) vector[i] = random.NextGaussian();
        var (half, solved) = (new double[size], new double[size]);
        Cholesky.MultiplyLower(inverse, size, vector, half);
        Cholesky.MultiplyLowerTransposed(inverse, size, half, solved);
        var solution = matrix.Cholesky().Solve(new DenseVector(vector[..n]));
        for (var i = 0; i < n; i++) Assert.Equal(solution[i], solved[i], 1e-9);
        Assert.All(solved[n..], v => Assert.Equal(0, v));
    }

    [Theory]
    [InlineData(5, 3)]
    [InlineData(23, 1)]
    [InlineData(40, 37)]
    public void SolveLower_ManyColumns_SolvesEach(int n, int columns)
    {
        var matrix = Random(n, 4);
        var (factor, size) = Padded(matrix);
        Assert.True(Cholesky.TryFactor(factor, size));
        var (random, width) = (new RandomSource(5), VectorMath.Padded(columns));
        var right = new DenseMatrix(n, columns);
        var solved = new double[size * width];
        for (var i = 0; i < n; i++)
        {
            for (var j = 0; j < columns; j++) right[i, j] = solved[i * width + j] = random.NextGaussian();
        }

        Cholesky.SolveLower(factor, size, solved, width);
        var expected = matrix.Cholesky().Factor.Inverse() * right;
        for (var i = 0; i < n; i++)
        {
            for (var j = 0; j < columns; j++) Assert.Equal(expected[i, j], solved[i * width + j], 1e-9);
        }
    }

    [Theory]
    [InlineData(1, 2)]
    [InlineData(7, 8)]
    [InlineData(8, 9)]
    [InlineData(20, 45)]
    [InlineData(29, 30)]
    public void TryFactor_RowsAppended_IsTheWholeFactorBitForBit(int first, int n)
    {
        var matrix = Random(n, 6);
        var (whole, size) = Padded(matrix);
        var (small, old) = Padded((DenseMatrix)matrix.SubMatrix(0, first, 0, first));
        var (extended, _) = Padded(matrix);
        Assert.True(Cholesky.TryFactor(whole, size));
        Assert.True(Cholesky.TryFactor(small, old));
        var from = first / 8 * 8;
        for (var i = 0; i < from; i++) small.AsSpan(i * old, from).CopyTo(extended.AsSpan(i * size));
        Assert.True(Cholesky.TryFactor(extended, size, from));
        for (var i = 0; i < size; i++) Assert.Equal(whole[(i * size + i)..((i + 1) * size)], extended[(i * size + i)..((i + 1) * size)]);
    }

    [Theory]
    [InlineData(3)]
    [InlineData(20)]
    public void TryFactor_NotPositiveDefinite_Fails(int n)
    {
        var matrix = Random(n, 7);
        // A row twice: singular; then worse than that.
        matrix.SetRow(n - 1, matrix.Row(0));
        matrix.SetColumn(n - 1, matrix.Row(0));
        matrix[n - 1, n - 1] = matrix[0, 0] - 1e-3;
        var (factor, size) = Padded(matrix);
        Assert.False(Cholesky.TryFactor(factor, size));

        // A larger diagonal mends it.
        var (mended, _) = Padded(matrix + DenseMatrix.CreateDiagonal(n, n, 0.1));
        Assert.True(Cholesky.TryFactor(mended, size));

        var (nan, _) = Padded(Random(n, 8));
        nan[size + 1] = double.NaN;
        Assert.False(Cholesky.TryFactor(nan, size));
    }

    private static DenseMatrix Random(int n, ulong seed)
    {
        var random = new RandomSource(seed);
        var root = DenseMatrix.Create(n, n, (_, _) => random.NextGaussian());
        return (DenseMatrix)(root * root.Transpose() + DenseMatrix.CreateDiagonal(n, n, 0.1 * n));
    }

    private static (double[] Matrix, int Size) Padded(MathNet.Numerics.LinearAlgebra.Matrix<double> matrix)
    {
        var (n, size) = (matrix.RowCount, VectorMath.Padded(matrix.RowCount));
        var padded = new double[size * size];
        for (var i = 0; i < size; i++)
        {
            for (var j = 0; j < size; j++) padded[i * size + j] = i < n && j < n ? matrix[i, j] : i == j ? 1 : 0;
        }

        return (padded, size);
    }
}
