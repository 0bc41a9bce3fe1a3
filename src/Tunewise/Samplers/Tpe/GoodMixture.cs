using System.Runtime.CompilerServices;
using Tunewise.Numerics;

namespace Tunewise.Samplers.Tpe;

/// <summary>The density of the good trials: few kernels, made anew whenever other trials are good.</summary>
internal sealed class GoodMixture
{
    // What a trial has already weighs kernels gently: else the nearest one alone would decide about a branch.
    private const double KnownWidth = 0.3;

    private readonly KernelDimension[] _dimensions;
    private readonly double[][] _points;
    private readonly double[][] _widths;
    private readonly double[] _weights;
    private readonly ChoiceKernel?[] _choices;
    private readonly double _prior;
    private readonly double _cumulative;

    // By dimension and kernel: centres, one over the bandwidths, the logarithms of the densities at the centres, and Φ at the ends
    // of the range.
    private readonly double[][] _centres;
    private readonly double[][] _inverses;
    private readonly double[][] _offsets;
    private readonly double[][] _below;
    private readonly double[][] _upTo;
    private readonly double[] _logWeights;
    private readonly double[] _terms;

    /// <summary>Makes the kernels.</summary>
    /// <param name="dimensions">The parameters.</param>
    /// <param name="points">The good trials in unit coordinates.</param>
    /// <param name="known">Values that are given, NaN elsewhere.</param>
    /// <param name="priorWeight">The prior's weight.</param>
    /// <param name="weights">The good trials' weights, or null when all count alike.</param>
    /// <param name="share">The share of the uniform density in each coordinate of a kernel, for draws.</param>
    /// <param name="least">The least bandwidth.</param>
    public GoodMixture(
        KernelDimension[] dimensions,
        List<double[]> points,
        double[] known,
        double priorWeight,
        double[]? weights = null,
        double share = 0,
        double least = 0)
    {
        (_dimensions, _points, Share) = (dimensions, [.. points], share);
        var n = points.Count;
        _choices = [.. dimensions.Select(d => d.ChoiceKernel(n + 1, priorWeight))];
        _widths = new double[dimensions.Length][];
        (_centres, _inverses, _offsets) = (Columns(n), Columns(n), Columns(n));
        (_below, _upTo) = (Columns(n), Columns(n));
        for (var d = 0; d < dimensions.Length; d++)
        {
            _widths[d] = dimensions[d].Choices > 0 ? [] : WidthsOf(d, Math.Max(least, double.IsNaN(known[d]) ? 0 : KnownWidth));
            for (var i = 0; i < n; i++)
            {
                var u = _centres[d][i] = _points[i][d];
                if (dimensions[d].Choices > 0) continue;
                var s = _widths[d][i];
                (_below[d][i], _upTo[d][i]) = (Normal.Cdf(-u / s), Normal.Cdf((1 - u) / s));
                _inverses[d][i] = 1 / s;
                _offsets[d][i] = -Math.Log(s * (_upTo[d][i] - _below[d][i])) - Normal.LogSqrt2Pi;
            }
        }

        Weights = weights ?? [.. Enumerable.Repeat(1.0, n)];
        var sum = priorWeight + Weights.Sum();
        _prior = priorWeight / sum;
        (_weights, _logWeights, _terms) = (new double[n + 1], new double[n], new double[n]);
        for (var i = 0; i < n; i++)
        {
            _logWeights[i] = Math.Log(Weights[i] / sum);
            // To draw by: how much the kernel says about what is known.
            _weights[i] = Weights[i] / sum;
            for (var d = 0; d < dimensions.Length; d++)
            {
                if (!double.IsNaN(known[d])) _weights[i] *= Marginal(i, d, dimensions[d].ToUnit(known[d]));
            }
        }

        _weights[n] = _prior;
        for (var d = 0; d < dimensions.Length; d++)
        {
            if (!double.IsNaN(known[d]) && dimensions[d].Choices > 0) _weights[n] /= dimensions[d].Choices;
        }

        _cumulative = _weights.Sum();
    }

    /// <summary>How many good trials there are.</summary>
    public int Count => _points.Length;

    /// <summary>The good trials' weights.</summary>
    public double[] Weights { get; }

    /// <summary>The share of the uniform density in each coordinate of a kernel.</summary>
    public double Share { get; }

    /// <summary>The kernels' centres by dimension.</summary>
    public double[][] Centres => _centres;

    /// <summary>One over the kernels' bandwidths by dimension.</summary>
    public double[][] Inverses => _inverses;

    /// <summary>The logarithm of a kernel's density at its centre in a numeric dimension.</summary>
    public double LogHeight(int d, int kernel) => _offsets[d][kernel];

    /// <summary>Draws a point.</summary>
    /// <param name="random">The random stream.</param>
    /// <param name="known">Values that are given, NaN elsewhere.</param>
    /// <param name="values">Receives internal values.</param>
    /// <param name="unit">Receives unit coordinates.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Draw(RandomSource random, double[] known, double[] values, double[] unit)
    {
        var kernel = DrawKernel(random);
        for (var d = 0; d < values.Length; d++)
        {
            (values[d], unit[d]) = double.IsNaN(known[d])
                ? DrawFrom(random, kernel, d)
                : (known[d], _dimensions[d].ToUnit(known[d]));
        }
    }

    /// <summary>Draws one coordinate, as a value and in unit coordinates.</summary>
    public (double Value, double Unit) DrawCoordinate(RandomSource random, int d) => DrawFrom(random, DrawKernel(random), d);

    /// <summary>The density at a point in unit coordinates, without the share of the uniform density.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public double Density(double[] unit)
    {
        var (sum, terms) = (_prior, _terms);
        _logWeights.CopyTo(terms, 0);
        for (var d = 0; d < unit.Length; d++)
        {
            if (_choices[d] is not { } kernel)
            {
                VectorMath.AddLogNormal(unit[d], _centres[d], _inverses[d], _offsets[d], terms);
                continue;
            }

            sum /= _dimensions[d].Choices;
            for (var i = 0; i < terms.Length; i++) terms[i] += kernel.Log((int)_centres[d][i], (int)unit[d]);
        }

        foreach (var term in terms) sum += Math.Exp(term);
        return sum;
    }

    private double[][] Columns(int length) => [.. _dimensions.Select(_ => new double[length])];

    private double Marginal(int kernel, int d, double unit)
    {
        if (_choices[d] is { } choices) return choices.Of((int)_points[kernel][d], (int)unit);
        var z = (unit - _points[kernel][d]) / _widths[d][kernel];
        return Math.Exp(_offsets[d][kernel] - 0.5 * z * z);
    }

    private int DrawKernel(RandomSource random)
    {
        var target = random.NextDouble() * _cumulative;
        var kernel = 0;
        while (kernel < _points.Length && (target -= _weights[kernel]) >= 0) kernel++;
        return kernel;
    }

    private (double Value, double Unit) DrawFrom(RandomSource random, int kernel, int d)
    {
        var u = random.NextDouble();
        if (_choices[d] is { } choices)
        {
            var count = _dimensions[d].Choices;
            var choice = kernel == _points.Length ? Math.Min((int)(u * count), count - 1) : choices.Draw((int)_points[kernel][d], u);
            return (choice, choice);
        }

        if (u < Share)
        {
            u /= Share;
        }
        else if (kernel < _points.Length)
        {
            var (mu, s) = (_points[kernel][d], _widths[d][kernel]);
            u = mu + s * Normal.TruncatedQuantile((u - Share) / (1 - Share), -mu / s, (1 - mu) / s, _below[d][kernel], _upTo[d][kernel]);
        }

        var value = _dimensions[d].FromUnit(u);
        return (value, _dimensions[d].ToUnit(value));
    }

    /// <summary>
    /// Each point's larger gap to its neighbours, as <see cref="ParzenRules.NeighbourSigmas"/> says, but not less than a width.
    /// </summary>
    private double[] WidthsOf(int d, double least)
    {
        var n = _points.Length;
        var order = new int[n];
        var ascending = new double[n];
        for (var i = 0; i < n; i++) (order[i], ascending[i]) = (i, _points[i][d]);
        Array.Sort(ascending, order);
        var (sorted, widths) = (new double[n], new double[n]);
        ParzenRules.NeighbourSigmas(ascending, 0, 1, sorted);
        for (var i = 0; i < n; i++) widths[order[i]] = _dimensions[d].Widen(Math.Max(sorted[i], least));
        return widths;
    }
}
