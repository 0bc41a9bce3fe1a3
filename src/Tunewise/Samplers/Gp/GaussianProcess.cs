using MathNet.Numerics.LinearAlgebra;
using MathNet.Numerics.LinearAlgebra.Double;
using MathNet.Numerics.LinearAlgebra.Factorization;
using Tunewise.Numerics;

namespace Tunewise.Samplers.Gp;

/// <summary>
/// Gaussian-process regression with a Matérn 5/2 kernel and one length scale per dimension (Rasmussen and Williams, "Gaussian Processes for
/// Machine Learning", 2006, sections 2.2 and 4.2). Coordinates lie in the unit cube; those of categorical dimensions are compared for
/// equality only. Immutable.
/// </summary>
internal sealed class GaussianProcess
{
    private readonly double[][] _points;
    private readonly bool[] _categorical;
    private readonly Hyperparameters _hyper;
    private readonly Cholesky<double> _factor;
    private readonly double[] _alpha;

    public GaussianProcess(double[][] points, double[] values, bool[] categorical, Hyperparameters hyper)
    {
        (_points, _categorical, _hyper, Values) = (points, categorical, hyper, values);
        var n = points.Length;
        var kernel = new DenseMatrix(n, n);
        for (var i = 0; i < n; i++)
        {
            for (var j = 0; j < i; j++) kernel[i, j] = kernel[j, i] = Kernel(SquaredDistance(points[i], points[j]));
            kernel[i, i] = hyper.Scale + hyper.Noise;
        }

        _factor = Factor(kernel, hyper.Scale);
        _alpha = _factor.Solve(new DenseVector(values)).ToArray();
    }

    /// <summary>What was observed at the points.</summary>
    public double[] Values { get; }

    /// <summary>
    /// The same process with points added that are believed to give the mean (Ginsbourger, Le Riche and Carraro, "Kriging is well-suited to
    /// parallelize optimization", 2010).
    /// </summary>
    public GaussianProcess Believe(IReadOnlyList<double[]> points)
    {
        if (points.Count == 0) return this;
        return Believe(points, [.. points.Select(p => Predict(p).Mean)]);
    }

    /// <summary>The same process with points added that are believed to give these values.</summary>
    public GaussianProcess Believe(IReadOnlyList<double[]> points, IReadOnlyList<double> values) =>
        new([.. _points, .. points], [.. Values, .. values], _categorical, _hyper);

    /// <summary>Mean and variance of the function, without the noise, at a point.</summary>
    public (double Mean, double Variance) Predict(double[] point)
    {
        var covariances = Covariances(point);
        var mean = VectorMath.Dot(covariances, _alpha);
        var solved = _factor.Solve(new DenseVector(covariances)).ToArray();
        return (mean, Math.Max(_hyper.Scale - VectorMath.Dot(covariances, solved), 1e-12));
    }

    /// <summary>Means and variances at many points.</summary>
    public void Predict(IReadOnlyList<double[]> points, double[] means, double[] variances)
    {
        var n = _points.Length;
        var covariances = new DenseMatrix(n, points.Count);
        var columns = new double[points.Count][];
        for (var j = 0; j < points.Count; j++)
        {
            columns[j] = Covariances(points[j]);
            covariances.SetColumn(j, columns[j]);
        }

        var solved = _factor.Solve(covariances);
        var all = solved.AsColumnMajorArray() ?? solved.ToColumnMajorArray();
        for (var j = 0; j < points.Count; j++)
        {
            means[j] = VectorMath.Dot(columns[j], _alpha);
            variances[j] = Math.Max(_hyper.Scale - VectorMath.Dot(columns[j], all.AsSpan(j * n, n)), 1e-12);
        }
    }

    /// <summary>Mean and variance at a point with their gradients; those of categorical dimensions are 0.</summary>
    public (double Mean, double Variance) Predict(double[] point, double[] meanGradient, double[] varianceGradient)
    {
        var n = _points.Length;
        var (covariances, slopes) = (new double[n], new double[n]);
        for (var i = 0; i < n; i++)
        {
            var square = SquaredDistance(point, _points[i]);
            covariances[i] = Kernel(square);
            slopes[i] = KernelSlope(square);
        }

        var solved = _factor.Solve(new DenseVector(covariances)).ToArray();
        Array.Clear(meanGradient);
        Array.Clear(varianceGradient);
        for (var d = 0; d < point.Length; d++)
        {
            if (_categorical[d]) continue;
            var (mean, variance) = (0.0, 0.0);
            for (var i = 0; i < n; i++)
            {
                // d k / d x_d = slope · 2·w_d·(x_d − p_d).
                var derivative = slopes[i] * 2 * _hyper.Weights[d] * (point[d] - _points[i][d]);
                mean += derivative * _alpha[i];
                variance -= 2 * derivative * solved[i];
            }

            (meanGradient[d], varianceGradient[d]) = (mean, variance);
        }

        return (VectorMath.Dot(covariances, _alpha), Math.Max(_hyper.Scale - VectorMath.Dot(covariances, solved), 1e-12));
    }

    /// <summary>
    /// Adds to the diagonal until the factorisation succeeds: nearly equal points make a kernel matrix singular in floating point.
    /// </summary>
    internal static Cholesky<double> Factor(Matrix<double> kernel, double scale)
    {
        for (var jitter = 0.0; ; jitter = jitter == 0 ? 1e-10 * scale : 10 * jitter)
        {
            try
            {
                return (jitter == 0 ? kernel : kernel + DenseMatrix.CreateDiagonal(kernel.RowCount, kernel.RowCount, jitter)).Cholesky();
            }
            catch (ArgumentException) when (jitter < scale)
            {
                // Not positive definite: once more with a larger jitter.
            }
        }
    }

    /// <summary>k as a function of the squared scaled distance.</summary>
    internal static double Matern(double square)
    {
        var r = Math.Sqrt(5 * square);
        return (1 + r + 5.0 / 3 * square) * Math.Exp(-r);
    }

    /// <summary>d k / d (squared scaled distance).</summary>
    internal static double MaternSlope(double square)
    {
        var r = Math.Sqrt(5 * square);
        return -5.0 / 6 * (1 + r) * Math.Exp(-r);
    }

    private double Kernel(double square) => _hyper.Scale * Matern(square);

    private double KernelSlope(double square) => _hyper.Scale * MaternSlope(square);

    private double[] Covariances(double[] point)
    {
        var covariances = new double[_points.Length];
        for (var i = 0; i < covariances.Length; i++) covariances[i] = Kernel(SquaredDistance(point, _points[i]));
        return covariances;
    }

    private double SquaredDistance(double[] a, double[] b)
    {
        var sum = 0.0;
        for (var d = 0; d < a.Length; d++)
        {
            var difference = _categorical[d] ? (a[d] == b[d] ? 0 : 1) : a[d] - b[d];
            sum += _hyper.Weights[d] * difference * difference;
        }

        return sum;
    }

    /// <summary>The kernel's parameters.</summary>
    /// <param name="Weights">One over the squared length scale of each dimension.</param>
    /// <param name="Scale">The variance of the function.</param>
    /// <param name="Noise">The variance of the noise.</param>
    public sealed record Hyperparameters(double[] Weights, double Scale, double Noise);
}
