using Tunewise.Numerics;
using Tunewise.Spaces;

namespace Tunewise.Samplers.Tpe.Optuna;

/// <summary>
/// A mixture of products of kernels over a search space: one kernel per observation and the prior kernel last (Bergstra et al.,
/// "Algorithms for Hyper-Parameter Optimization", NeurIPS 2011, section 4; Optuna 4.9's <c>_ParzenEstimator</c>). A numeric parameter
/// has truncated normal kernels on its scale, integrated over the cell where it lies on a grid; a categorical one has a table.
/// </summary>
internal sealed class ParzenEstimator
{
    private readonly double[] _weights;
    private readonly double[] _logWeights;
    private readonly Dimension[] _dimensions;

    /// <summary>Fits the mixture.</summary>
    /// <param name="space">d parameters.</param>
    /// <param name="observations">d columns of n internal values, oldest trial first.</param>
    /// <param name="priorWeight">The prior kernel's weight beside the observations'.</param>
    /// <param name="jointBandwidth">Use <see cref="ParzenRules.JointSigma"/> instead of the distances of neighbours.</param>
    /// <param name="weights">The observations' weights, or null for <see cref="ParzenRules.Weight"/>.</param>
    /// <param name="distances">How far apart the choices of a categorical parameter are, by name, or null.</param>
    public ParzenEstimator(
        SearchSpace space,
        double[][] observations,
        double priorWeight,
        bool jointBandwidth,
        double[]? weights = null,
        IReadOnlyDictionary<string, Func<object?, object?, double>>? distances = null)
    {
        var n = observations.Length == 0 ? 0 : observations[0].Length;
        _weights = new double[n + 1];
        for (var i = 0; i < n; i++) _weights[i] = weights?[i] ?? ParzenRules.Weight(i, n);
        _weights[n] = n == 0 ? 1 : priorWeight;
        var sum = _weights.Sum();
        for (var i = 0; i <= n; i++) _weights[i] /= sum;
        _logWeights = Array.ConvertAll(_weights, w => Math.Log(w));

        _dimensions = new Dimension[space.Count];
        for (var d = 0; d < space.Count; d++)
        {
            _dimensions[d] = space[d].Distribution is CategoricalDistribution c
                ? new CategoricalDimension(
                    ChoiceKernels.Create(c, observations[d].Length, priorWeight, distances?.GetValueOrDefault(space[d].Name)),
                    observations[d])
                : NumericDimension.Fit(space[d].Distribution, observations[d], jointBandwidth ? space.Count : null);
        }
    }

    /// <summary>How many kernels there are, the prior included.</summary>
    public int KernelCount => _weights.Length;

    /// <summary>The bandwidths of a numeric parameter, the prior's last.</summary>
    internal ReadOnlySpan<double> Sigmas(int dimension) => ((NumericDimension)_dimensions[dimension]).Sigmas;

    /// <summary>The probabilities of a categorical parameter's choices under one kernel.</summary>
    internal double[] ChoiceProbabilities(int dimension, int kernel) => ((CategoricalDimension)_dimensions[dimension]).Row(kernel);

    /// <summary>Draws one point: internal values on the grid and within the range, in order of the space.</summary>
    public void Sample(RandomSource random, Span<double> point)
    {
        var kernel = PickKernel(random.NextDouble());
        for (var d = 0; d < _dimensions.Length; d++) point[d] = _dimensions[d].Sample(kernel, random.NextDouble());
    }

    /// <summary>
    /// The logarithm of the density at a point; on a grid and for choices of the probability. On a logarithmic scale it is the density of
    /// the logarithm.
    /// </summary>
    /// <param name="point">Internal values in order of the space.</param>
    /// <param name="buffer">At least <see cref="KernelCount"/> numbers of working space.</param>
    public double LogPdf(ReadOnlySpan<double> point, Span<double> buffer)
    {
        var terms = buffer[.._logWeights.Length];
        _logWeights.CopyTo(terms);
        for (var d = 0; d < _dimensions.Length; d++) _dimensions[d].AddLogPdf(point[d], terms);
        return VectorMath.LogSumExp(terms);
    }

    private int PickKernel(double u)
    {
        var sum = 0.0;
        for (var i = 0; i < _weights.Length - 1; i++)
        {
            sum += _weights[i];
            if (u < sum) return i;
        }

        return _weights.Length - 1;
    }

    private abstract class Dimension
    {
        public abstract double Sample(int kernel, double u);

        public abstract void AddLogPdf(double x, Span<double> terms);
    }

    private sealed class NumericDimension : Dimension
    {
        private readonly NumericScale _scale;
        private readonly double[] _mus;
        private readonly double[] _sigmas;
        private readonly double[] _inverseSigmas;
        private readonly double[] _offsets;

        private NumericDimension(NumericScale scale, double[] mus, double[] sigmas)
        {
            _scale = scale;
            _mus = mus;
            _sigmas = sigmas;
            _inverseSigmas = new double[mus.Length];
            _offsets = new double[mus.Length];
            for (var i = 0; i < mus.Length; i++)
            {
                _inverseSigmas[i] = 1 / sigmas[i];
                _offsets[i] = -Normal.LogMass((scale.Low - mus[i]) / sigmas[i], (scale.High - mus[i]) / sigmas[i]);
                if (scale.IsContinuous) _offsets[i] -= Math.Log(sigmas[i]) + Normal.LogSqrt2Pi;
            }
        }

        public ReadOnlySpan<double> Sigmas => _sigmas;

        public static NumericDimension Fit(Distribution distribution, double[] observations, int? jointDimensions)
        {
            var scale = new NumericScale(distribution);
            var n = observations.Length;
            var mus = new double[n + 1];
            for (var i = 0; i < n; i++) mus[i] = scale.ToModel(observations[i]);
            mus[n] = 0.5 * (scale.Low + scale.High);
            var sigmas = new double[n + 1];
            sigmas[n] = scale.Width;
            if (jointDimensions is { } d) Array.Fill(sigmas, ParzenRules.JointSigma(n, d, scale.Width), 0, n);
            else SetNeighbourSigmas(mus.AsSpan(0, n), scale, sigmas);
            return new NumericDimension(scale, mus, sigmas);
        }

        public override double Sample(int kernel, double u)
        {
            var (mu, sigma) = (_mus[kernel], _sigmas[kernel]);
            return _scale.FromModel(mu + sigma * Normal.TruncatedQuantile(u, (_scale.Low - mu) / sigma, (_scale.High - mu) / sigma));
        }

        public override void AddLogPdf(double x, Span<double> terms)
        {
            if (_scale.IsContinuous)
            {
                VectorMath.AddLogNormal(_scale.ToModel(x), _mus, _inverseSigmas, _offsets, terms);
                return;
            }

            var (low, high) = _scale.Cell(x);
            for (var i = 0; i < _mus.Length; i++)
                terms[i] += Normal.LogMass((low - _mus[i]) * _inverseSigmas[i], (high - _mus[i]) * _inverseSigmas[i]) + _offsets[i];
        }

        private static void SetNeighbourSigmas(ReadOnlySpan<double> mus, NumericScale scale, double[] sigmas)
        {
            var ascending = mus.ToArray();
            var order = new int[mus.Length];
            for (var i = 0; i < order.Length; i++) order[i] = i;
            var keys = ascending.ToArray();
            Array.Sort(order, (a, b) => keys[a] != keys[b] ? keys[a].CompareTo(keys[b]) : a.CompareTo(b));
            for (var i = 0; i < order.Length; i++) ascending[i] = keys[order[i]];
            var sorted = new double[mus.Length];
            ParzenRules.NeighbourSigmas(ascending, scale.Low, scale.High, sorted);
            for (var i = 0; i < order.Length; i++) sigmas[order[i]] = sorted[i];
        }
    }

    private sealed class CategoricalDimension(double[][] kernels, double[] observations) : Dimension
    {
        private readonly int _choices = kernels.Length;
        private readonly int[] _observed = [.. observations.Select(o => (int)o)];

        public double[] Row(int kernel) =>
            kernel == _observed.Length ? [.. Enumerable.Repeat(1.0 / _choices, _choices)] : kernels[_observed[kernel]];

        public override double Sample(int kernel, double u)
        {
            if (kernel == _observed.Length) return Math.Min((int)(u * _choices), _choices - 1);
            var row = kernels[_observed[kernel]];
            var sum = 0.0;
            for (var i = 0; i < _choices - 1; i++)
            {
                sum += row[i];
                if (u <= sum) return i;
            }

            return _choices - 1;
        }

        public override void AddLogPdf(double x, Span<double> terms)
        {
            var logs = new double[_choices];
            for (var own = 0; own < _choices; own++) logs[own] = Math.Log(kernels[own][(int)x]);
            for (var i = 0; i < _observed.Length; i++) terms[i] += logs[_observed[i]];
            terms[_observed.Length] -= Math.Log(_choices);
        }
    }
}
