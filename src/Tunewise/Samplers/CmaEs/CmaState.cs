using MathNet.Numerics.Distributions;
using MathNet.Numerics.LinearAlgebra;
using MathNet.Numerics.LinearAlgebra.Double;
using Tunewise.Numerics;
using Tunewise.Spaces;
using Normal = MathNet.Numerics.Distributions.Normal;

namespace Tunewise.Samplers.CmaEs;

/// <summary>
/// Mean, step size, covariance and evolution paths, updated by equations 24 to 49 of Hansen's tutorial (arXiv:1604.00772, active covariance
/// update included). Coordinates are those of the unit cube; a grid's cells have equal widths on it unless the scale is logarithmic.
/// </summary>
internal sealed class CmaState
{
    private const int Resamples = 100;

    private readonly SearchSpace _space;
    private readonly UnitScale[] _scales;
    private readonly double[][] _thresholds;
    private readonly bool _separable;
    private LearningRates? _rates;
    private readonly int _n;
    private readonly double[] _weights;
    private readonly double _effective;
    private readonly double _cSigma;
    private readonly double _damping;
    private readonly double _cPath;
    private readonly double _c1;
    private readonly double _cMu;
    private readonly double _expectedNorm;
    private readonly double _firstStep;
    private double[] _margins;
    private Queue<double> _bestLosses = new();
    private Vector<double> _mean;
    private Vector<double> _pathSigma;
    private Vector<double> _path;
    private Matrix<double> _covariance;
    private Matrix<double> _axes;
    private Vector<double> _lengths;
    private double _step;
    private int _generation;

    public CmaState(SearchSpace space, double[] mean, double step, int population, bool separable, bool adaptRates, bool margin)
    {
        (_space, Population, _separable, _firstStep, _step) = (space, population, separable, step, step);
        _n = space.Count;
        _scales = [.. space.Select(d => new UnitScale(d.Distribution))];
        _mean = new DenseVector(mean);
        _thresholds = [.. space.Select((d, i) => margin ? Thresholds(d.Distribution, _scales[i]) : [])];
        _margins = [.. Enumerable.Repeat(1.0, _n)];

        // Weights: logarithmic for the better half, negative for the worse one.
        var mu = population / 2;
        var raw = Enumerable.Range(1, population).Select(i => Math.Log((population + 1) / 2.0) - Math.Log(i)).ToArray();
        double Effective(IEnumerable<double> w) => Math.Pow(w.Sum(), 2) / w.Sum(v => v * v);
        _effective = Effective(raw.Take(mu));
        var effectiveNegative = Effective(raw.Skip(mu));
        _c1 = 2 / ((_n + 1.3) * (_n + 1.3) + _effective);
        _cMu = Math.Min(1 - _c1, 2 * (_effective - 2 + 1 / _effective) / ((_n + 2.0) * (_n + 2) + _effective));
        if (separable) (_c1, _cMu) = (Math.Min(1, _c1 * (_n + 2) / 3), Math.Min(1 - Math.Min(1, _c1 * (_n + 2) / 3), _cMu * (_n + 2) / 3));
        var negative = Math.Min(Math.Min(1 + _c1 / _cMu, 1 + 2 * effectiveNegative / (_effective + 2)), (1 - _c1 - _cMu) / (_n * _cMu));
        var (positiveSum, negativeSum) = (raw.Where(w => w > 0).Sum(), -raw.Where(w => w < 0).Sum());
        _weights = [.. raw.Select(w => w >= 0 ? w / positiveSum : Math.Max(negative, 0) * w / negativeSum)];

        _cSigma = (_effective + 2) / (_n + _effective + 5);
        _damping = 1 + 2 * Math.Max(0, Math.Sqrt((_effective - 1) / (_n + 1)) - 1) + _cSigma;
        _cPath = (4 + _effective / _n) / (_n + 4 + 2 * _effective / _n);
        _expectedNorm = Math.Sqrt(_n) * (1 - 1.0 / (4 * _n) + 1.0 / (21.0 * _n * _n));
        _pathSigma = new DenseVector(_n);
        _path = new DenseVector(_n);
        _covariance = DenseMatrix.CreateIdentity(_n);
        _axes = DenseMatrix.CreateIdentity(_n);
        _lengths = DenseVector.Create(_n, 1);
        _rates = adaptRates ? new LearningRates(_n) : null;
        KeepMargin();
    }

    /// <summary>How many trials make a generation.</summary>
    public int Population { get; }

    /// <summary>
    /// Whether going on is of no use: the steps or the differences of the values have become too small, or the covariance is singular.
    /// </summary>
    public bool HasConverged { get; private set; }

    /// <summary>A point: the first of up to a hundred draws that lies in the cube, or else the last one brought back to it.</summary>
    public double[] Draw(RandomSource random)
    {
        double[] point = [];
        for (var attempt = 0; attempt < Resamples; attempt++)
        {
            var z = new DenseVector([.. Enumerable.Range(0, _n).Select(_ => random.NextGaussian())]);
            var y = _axes * z.PointwiseMultiply(_lengths);
            point = [.. Enumerable.Range(0, _n).Select(i => _mean[i] + _step * _margins[i] * y[i])];
            if (Array.TrueForAll(point, v => v is >= 0 and <= 1)) return point;
        }

        return [.. point.Select(v => Math.Clamp(v, 0, 1))];
    }

    /// <summary>The state after a generation; this one stays as it is.</summary>
    /// <param name="points">Where its trials were evaluated, best first; replaced ones were not drawn.</param>
    /// <param name="bestLoss">The best value.</param>
    /// <param name="worstLoss">The worst value.</param>
    public CmaState After(IReadOnlyList<(double[] Point, bool IsReplaced)> points, double bestLoss, double worstLoss)
    {
        var next = (CmaState)MemberwiseClone();
        // What is not replaced as a whole.
        (next._margins, next._bestLosses, next._rates) = ([.. _margins], new Queue<double>(_bestLosses), _rates?.Copy());
        next.Learn(points, bestLoss, worstLoss);
        return next;
    }

    private void Learn(IReadOnlyList<(double[] Point, bool IsReplaced)> points, double bestLoss, double worstLoss)
    {
        _generation++;
        var (oldMean, oldStep, oldCovariance) = (_mean, _step, _covariance);
        var inverseRoot = _axes * DenseMatrix.OfDiagonalVector(_lengths.Map(l => 1 / l)) * _axes.Transpose();
        // Steps without the margin's stretching.
        var y = points.Select(p => Bounded(
            new DenseVector([.. Enumerable.Range(0, _n).Select(i => (p.Point[i] - oldMean[i]) / (oldStep * _margins[i]))]),
            p.IsReplaced,
            inverseRoot)).ToArray();

        var move = Sum(y.Zip(_weights).Where(p => p.Second > 0).Select(p => p.First * p.Second));
        _mean = oldMean + new DenseVector([.. Enumerable.Range(0, _n).Select(i => oldStep * _margins[i] * move[i])]);
        _pathSigma = (1 - _cSigma) * _pathSigma + Math.Sqrt(_cSigma * (2 - _cSigma) * _effective) * (inverseRoot * move);
        var norm = _pathSigma.L2Norm();
        _step = Math.Min(oldStep * Math.Exp(_cSigma / _damping * (norm / _expectedNorm - 1)), 1e3);

        var onPath = norm / Math.Sqrt(1 - Math.Pow(1 - _cSigma, 2 * (_generation + 1))) < (1.4 + 2 / (_n + 1.0)) * _expectedNorm;
        _path = (1 - _cPath) * _path + (onPath ? Math.Sqrt(_cPath * (2 - _cPath) * _effective) * move : new DenseVector(_n));
        var lost = onPath ? 0 : _cPath * (2 - _cPath);

        Matrix<double> rankMu = new DenseMatrix(_n, _n);
        for (var k = 0; k < y.Length; k++)
        {
            var weight = _weights[k];
            if (weight < 0)
            {
                var length = (inverseRoot * y[k]).L2Norm();
                weight *= _n / (length * length + 1e-12);
            }

            rankMu += weight * y[k].OuterProduct(y[k]);
        }

        _covariance = (1 + _c1 * lost - _c1 - _cMu * _weights.Sum()) * oldCovariance + _c1 * _path.OuterProduct(_path) + _cMu * rankMu;
        if (_separable) _covariance = DenseMatrix.OfDiagonalVector(_covariance.Diagonal());
        if (_rates is not null)
            (_mean, _step, _covariance) = _rates.Apply(oldMean, _mean, oldStep, _step, oldCovariance, _covariance, inverseRoot);
        Decompose();
        KeepMargin();
        CheckConvergence(bestLoss, worstLoss);
    }

    /// <summary>
    /// A step to a point that was not drawn, no longer than draws are: √n + 2n/(n + 2) standard deviations (Hansen, "Injecting External
    /// Solutions Into CMA-ES", arXiv:1110.4181, equation 4 and its c_y).
    /// </summary>
    private Vector<double> Bounded(Vector<double> y, bool isReplaced, Matrix<double> inverseRoot)
    {
        if (!isReplaced) return y;
        var (longest, length) = (Math.Sqrt(_n) + 2.0 * _n / (_n + 2), (inverseRoot * y).L2Norm());
        return length > longest ? y * (longest / length) : y;
    }

    private void Decompose()
    {
        _covariance = (_covariance + _covariance.Transpose()) / 2;
        if (_separable)
        {
            _lengths = _covariance.Diagonal().Map(v => Math.Sqrt(Math.Max(v, 1e-20)));
            return;
        }

        var decomposition = _covariance.Evd(Symmetricity.Symmetric);
        _axes = decomposition.EigenVectors;
        var values = decomposition.EigenValues.Map(v => Math.Max(v.Real, 1e-20));
        _lengths = values.Map(Math.Sqrt);
        _covariance = _axes * DenseMatrix.OfDiagonalVector(values) * _axes.Transpose();
    }

    private void CheckConvergence(double bestLoss, double worstLoss)
    {
        _bestLosses.Enqueue(bestLoss);
        var window = 10 + (int)Math.Ceiling(30.0 * _n / Population);
        while (_bestLosses.Count > window) _bestLosses.Dequeue();
        var flat = _bestLosses.Count == window && _bestLosses.Max() - _bestLosses.Min() < 1e-12 && worstLoss - bestLoss < 1e-12;
        var largest = _lengths.Maximum();
        var small = _step * largest < 1e-12 * _firstStep && _step * _path.AbsoluteMaximum() < 1e-12 * _firstStep;
        var singular = Math.Pow(largest / _lengths.Minimum(), 2) > 1e14;
        var diverged = _step * largest > 1e4 * _firstStep;
        HasConverged = flat || small || singular || diverged || !_mean.ForAll(double.IsFinite);
    }

    /// <summary>
    /// Moves the mean and stretches the axes of parameters with a grid so that values next to the mean's keep a probability of 1/(n·λ)
    /// (Hamano et al. 2022, section 4).
    /// </summary>
    private void KeepMargin()
    {
        var alpha = 1.0 / (_n * Population);
        for (var i = 0; i < _n; i++)
        {
            var thresholds = _thresholds[i];
            if (thresholds.Length == 0) continue;
            var deviation = _step * _margins[i] * Math.Sqrt(_covariance[i, i]);
            var above = Array.FindIndex(thresholds, t => t >= _mean[i]);
            if (above <= 0)
            {
                // At an edge there is one neighbour: its threshold must stay within reach of the mean.
                var nearest = above == 0 ? thresholds[0] : thresholds[^1];
                var reach = Math.Sqrt(ChiSquared.InvCDF(1, 1 - 2 * alpha)) * deviation;
                var distance = _mean[i] - nearest;
                _mean[i] = nearest + Math.Sign(distance) * Math.Min(Math.Abs(distance), reach);
                continue;
            }

            var (low, high) = (thresholds[above - 1], thresholds[above]);
            var pLow = Normal.CDF(0, 1, (low - _mean[i]) / deviation);
            var pHigh = 1 - Normal.CDF(0, 1, (high - _mean[i]) / deviation);
            var pMiddle = 1 - pLow - pHigh;
            var (keptLow, keptHigh) = (Math.Max(alpha / 2, pLow), Math.Max(alpha / 2, pHigh));
            var share = (1 - keptLow - keptHigh - pMiddle) / (keptLow + keptHigh + pMiddle - 3 * alpha / 2);
            keptLow = Math.Clamp(keptLow + share * (keptLow - alpha / 2), 1e-12, 0.5);
            keptHigh = Math.Clamp(keptHigh + share * (keptHigh - alpha / 2), 1e-12, 0.5);
            var (reachLow, reachHigh) =
                (Math.Sqrt(ChiSquared.InvCDF(1, 1 - 2 * keptLow)), Math.Sqrt(ChiSquared.InvCDF(1, 1 - 2 * keptHigh)));
            if (!(reachLow + reachHigh > 1e-9)) continue;
            _mean[i] = (low * reachHigh + high * reachLow) / (reachLow + reachHigh);
            _margins[i] = (high - low) / ((reachLow + reachHigh) * _step * Math.Sqrt(_covariance[i, i]));
        }
    }

    /// <summary>The coordinates between neighbouring values of a grid; none for a continuous range.</summary>
    private static double[] Thresholds(Distribution distribution, UnitScale scale)
    {
        var count = FiniteValues.CountOf(distribution);
        if (!(count <= 10_000)) return [];
        return [.. FiniteValues.Of(distribution).Skip(1).Select(scale.LowerEdge)];
    }

    private static Vector<double> Sum(IEnumerable<Vector<double>> vectors) => vectors.Aggregate((a, b) => a + b);
}
