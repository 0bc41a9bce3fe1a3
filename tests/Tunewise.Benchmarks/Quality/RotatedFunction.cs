using MathNet.Numerics.LinearAlgebra;
using Tunewise.Numerics;

namespace Tunewise.Benchmarks.Quality;

/// <summary>
/// A function on a cube whose optimum lies elsewhere for every seed and, when it is rotated, whose parameters cannot be searched one by
/// one, as in BBOB (Hansen, Finck, Ros and Auger, "Real-Parameter Black-Box Optimization Benchmarking 2009: Noiseless Functions
/// Definitions", INRIA RR-6829): f(R(x − s) + x*), R orthogonal and s uniform in the inner four fifths of the range.
/// </summary>
/// <param name="name">Its name on the command line.</param>
/// <param name="kind">What makes it hard.</param>
/// <param name="dimensions">How many parameters it has.</param>
/// <param name="low">The lower bound of each.</param>
/// <param name="high">The upper bound of each.</param>
/// <param name="optimum">Where the function itself is the best, in each coordinate.</param>
/// <param name="function">The function.</param>
/// <param name="isRotated">Whether it is rotated as well as shifted.</param>
internal sealed class RotatedFunction(
    string name, string kind, int dimensions, double low, double high, double optimum, Func<double[], double> function, bool isRotated)
{
    private const double Inner = 0.8;

    private readonly string[] _names = [.. Enumerable.Range(0, dimensions).Select(i => $"x{i}")];

    public Problem Problem =>
        new(name, kind, (_, _) => throw new InvalidOperationException("it differs from seed to seed")) { OfSeed = Of };

    private Func<Trial, double[]> Of(int seed)
    {
        var random = RandomSource.For((ulong)seed, 0, name);
        var shift = Enumerable.Range(0, dimensions)
            .Select(_ => 0.5 * (low + high) + Inner * (high - low) * (random.NextDouble() - 0.5))
            .ToArray();
        var normal = Matrix<double>.Build.Dense(dimensions, dimensions, (_, _) => random.NextGaussian());
        var rotation = isRotated ? normal.QR().Q : Matrix<double>.Build.DenseIdentity(dimensions);
        return trial =>
        {
            var x = Vector<double>.Build.Dense(dimensions, i => trial.SuggestFloat(_names[i], low, high) - shift[i]);
            return [function([.. (rotation * x).Select(v => v + optimum)])];
        };
    }
}
