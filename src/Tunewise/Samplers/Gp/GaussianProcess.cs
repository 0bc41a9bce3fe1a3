using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Tunewise.Numerics;

namespace Tunewise.Samplers.Gp;

/// <summary>
/// Gaussian-process regression with a Matérn 5/2 kernel and one length scale per dimension (Rasmussen and Williams, "Gaussian Processes for
/// Machine Learning", 2006, sections 2.2 and 4.2). Coordinates lie in the unit cube; those of categorical dimensions are compared for
/// equality only. What it says never changes; it is for one thread.
/// </summary>
internal sealed class GaussianProcess
{
    /// <summary>So many points are predicted at once: their covariances stay in a core's cache.</summary>
    private const int Batch = 128;
    private const int Lanes = 8;

    private readonly double[][] _points;
    private readonly bool[] _categorical;
    private readonly Hyperparameters _hyper;
    private readonly ScaledPoints _scaled;
    private readonly double[] _factor;
    private readonly double _jitter;
    private readonly double[] _inverse;
    private readonly double[] _alpha;

    // For predictions at one point: covariances, their slopes, and both solved.
    private readonly double[] _covariances;
    private readonly double[] _slopes;
    private readonly double[] _half;
    private readonly double[] _solved;

    public GaussianProcess(double[][] points, double[] values, bool[] categorical, Hyperparameters hyper)
        : this(points, values, categorical, hyper, null)
    {
    }

    private GaussianProcess(double[][] points, double[] values, bool[] categorical, Hyperparameters hyper, GaussianProcess? smaller)
    {
        (_points, _categorical, _hyper, Values) = (points, categorical, hyper, values);
        _scaled = new ScaledPoints(points, categorical);
        _scaled.Scale(hyper.Weights);
        var size = _scaled.Size;
        _factor = new double[size * size];
        _jitter = smaller is not null && TryExtend(smaller) ? smaller._jitter : Factor(_factor, hyper.Scale, jitter => Fill(0, jitter));
        _inverse = new double[size * size];
        Cholesky.InvertLower(_factor, size, _inverse);

        (_covariances, _slopes, _half, _solved) = (new double[size], new double[size], new double[size], new double[size]);
        _alpha = new double[size];
        values.CopyTo(_covariances, 0);
        Cholesky.MultiplyLower(_inverse, size, _covariances, _half);
        Cholesky.MultiplyLowerTransposed(_inverse, size, _half, _alpha);
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
        new([.. _points, .. points], [.. Values, .. values], _categorical, _hyper, this);

    /// <summary>Mean and variance of the function, without the noise, at a point.</summary>
    public (double Mean, double Variance) Predict(double[] point)
    {
        Covariances(point);
        Cholesky.MultiplyLower(_inverse, _scaled.Size, _covariances, _half);
        return (VectorMath.Dot(_covariances, _alpha), Variance(VectorMath.Dot(_half, _half)));
    }

    /// <summary>Means and variances at many points.</summary>
    public void Predict(IReadOnlyList<double[]> points, double[] means, double[] variances)
    {
        var columns = new double[_scaled.Size * VectorMath.Padded(Math.Min(Batch, points.Count))];
        for (var first = 0; first < points.Count; first += Batch)
        {
            var batch = points.Skip(first).Take(Batch).ToArray();
            Predict(batch, columns, means.AsSpan(first, batch.Length), variances.AsSpan(first, batch.Length));
        }
    }

    /// <summary>Mean and variance at a point with their gradients; those of categorical dimensions are 0.</summary>
    public (double Mean, double Variance) Predict(double[] point, double[] meanGradient, double[] varianceGradient)
    {
        var result = Predict(point);
        Cholesky.MultiplyLowerTransposed(_inverse, _scaled.Size, _half, _solved);
        // The derivatives of k'α and of −k'K⁻¹k.
        for (var i = 0; i < _slopes.Length; i++)
        {
            var slope = _slopes[i];
            (_half[i], _solved[i]) = (slope * _alpha[i], -2 * slope * _solved[i]);
        }

        _scaled.Gradients(point, _half, _solved, meanGradient, varianceGradient);
        return result;
    }

    /// <summary>
    /// Adds to the diagonal until the factorisation succeeds: nearly equal points make a kernel matrix singular in floating point.
    /// </summary>
    /// <param name="matrix">Receives the factor.</param>
    /// <param name="scale">The variance of the function.</param>
    /// <param name="fill">Writes the kernel matrix, with a number added to the diagonal.</param>
    /// <returns>What was added to the diagonal.</returns>
    /// <exception cref="InvalidOperationException">A kernel matrix that is not finite: it was filled wrongly.</exception>
    internal static double Factor(double[] matrix, double scale, Action<double> fill)
    {
        var size = (int)Math.Sqrt(matrix.Length);
        for (var jitter = 0.0; jitter <= 100 * scale; jitter = jitter == 0 ? 1e-10 * scale : 10 * jitter)
        {
            fill(jitter);
            if (Cholesky.TryFactor(matrix, size)) return jitter;
        }

        throw new InvalidOperationException("a kernel matrix is not positive definite whatever is added to its diagonal");
    }

    private double Variance(double explained) => Math.Max(_hyper.Scale - explained, 1e-12);

    /// <summary>Continues the factor of a process whose points are the first of these.</summary>
    private bool TryExtend(GaussianProcess smaller)
    {
        var (count, size, old) = (smaller._points.Length, _scaled.Size, smaller._scaled.Size);
        // The last tile's columns are new as soon as one is.
        var from = count / Lanes * Lanes;
        for (var i = 0; i < from; i++) smaller._factor.AsSpan(i * old, from).CopyTo(_factor.AsSpan(i * size));
        Fill(from, smaller._jitter);
        return Cholesky.TryFactor(_factor, size, from);
    }

    /// <summary>Writes the kernel matrix on and above the diagonal, its columns from a multiple of eight on.</summary>
    private void Fill(int from, double jitter)
    {
        var (count, size, scale) = (_scaled.Count, _scaled.Size, Vector512.Create(_hyper.Scale));
        for (var i = 0; i < size; i++)
        {
            var row = _factor.AsSpan(i * size, size);
            var first = Math.Max(i / Lanes * Lanes, from);
            if (i < count)
            {
                _scaled.Squares(i, first, row);
                for (var j = first; j < size; j += Lanes) (scale * Matern.Of(Vector512.Create<double>(row[j..])).Value).CopyTo(row[j..]);
                row[count..].Clear();
                row[i] = i >= from ? _hyper.Scale + _hyper.Noise + jitter : row[i];
            }
            else
            {
                row[first..].Clear();
                row[i] = 1;
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Covariances(double[] point)
    {
        _scaled.Squares(point, _covariances);
        var scale = Vector512.Create(_hyper.Scale);
        for (var i = 0; i < _covariances.Length; i += Lanes)
        {
            var (value, slope) = Matern.Of(Vector512.LoadUnsafe(ref _covariances[i]));
            (scale * value).StoreUnsafe(ref _covariances[i]);
            (scale * slope).StoreUnsafe(ref _slopes[i]);
        }

        _covariances.AsSpan(_scaled.Count).Clear();
        _slopes.AsSpan(_scaled.Count).Clear();
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Predict(double[][] points, double[] columns, Span<double> means, Span<double> variances)
    {
        var targets = new ScaledPoints(points, _categorical);
        targets.Scale(_hyper.Weights);
        var (size, width) = (_scaled.Size, targets.Size);
        var scale = Vector512.Create(_hyper.Scale);
        // A row per observation, a column per point.
        columns.AsSpan(_points.Length * width, (size - _points.Length) * width).Clear();
        var sums = new double[width];
        for (var i = 0; i < _points.Length; i++)
        {
            var row = columns.AsSpan(i * width, width);
            targets.Squares(_points[i], row);
            var alpha = Vector512.Create(_alpha[i]);
            for (var j = 0; j < width; j += Lanes)
            {
                var value = scale * Matern.Of(Vector512.LoadUnsafe(ref row[j])).Value;
                value.StoreUnsafe(ref row[j]);
                Vector512.FusedMultiplyAdd(alpha, value, Vector512.LoadUnsafe(ref sums[j])).StoreUnsafe(ref sums[j]);
            }
        }

        sums.AsSpan(0, points.Length).CopyTo(means);
        Cholesky.SolveLower(_factor, size, columns, width);
        Array.Clear(sums);
        for (var i = 0; i < _points.Length; i++)
        {
            for (var j = 0; j < width; j += Lanes)
            {
                var value = Vector512.LoadUnsafe(ref columns[i * width + j]);
                Vector512.FusedMultiplyAdd(value, value, Vector512.LoadUnsafe(ref sums[j])).StoreUnsafe(ref sums[j]);
            }
        }

        for (var j = 0; j < points.Length; j++) variances[j] = Variance(sums[j]);
    }

    /// <summary>The kernel's parameters.</summary>
    /// <param name="Weights">One over the squared length scale of each dimension.</param>
    /// <param name="Scale">The variance of the function.</param>
    /// <param name="Noise">The variance of the noise.</param>
    public sealed record Hyperparameters(double[] Weights, double Scale, double Noise);
}
