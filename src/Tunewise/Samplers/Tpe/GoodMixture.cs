using System.Runtime.CompilerServices;
using Tunewise.Numerics;

namespace Tunewise.Samplers.Tpe;

/// <summary>The density of the good trials: few kernels, so they are made anew for every trial.</summary>
internal sealed class GoodMixture
{
    // What a trial has already weighs kernels gently: else the nearest one alone would decide about a branch.
    private const double KnownWidth = 0.3;

    private readonly KernelDimension[] _dimensions;
    private readonly double[][] _points;
    private readonly double[][] _widths;
    private readonly double[] _factors;
    private readonly double[] _weights;
    private readonly double[][][] _choices;
    private readonly double _prior;
    private readonly double _cumulative;

    public GoodMixture(KernelDimension[] dimensions, List<double[]> points, double[] known, double priorWeight)
    {
        _dimensions = dimensions;
        _points = [.. points];
        var n = points.Count;
        _widths = new double[dimensions.Length][];
        _choices = new double[dimensions.Length][][];
        for (var d = 0; d < dimensions.Length; d++)
        {
            _choices[d] = dimensions[d].Choices > 0 ? dimensions[d].ChoiceTable(n + 1, priorWeight) : [];
            _widths[d] = dimensions[d].Choices > 0 ? [] : WidthsOf(d, double.IsNaN(known[d]) ? 0 : KnownWidth);
        }

        _factors = new double[n];
        _weights = new double[n + 1];
        var sum = priorWeight + n;
        _prior = priorWeight / sum;
        for (var i = 0; i < n; i++)
        {
            var factor = 1 / sum;
            for (var d = 0; d < dimensions.Length; d++)
            {
                if (dimensions[d].Choices > 0) continue;
                var (u, s) = (_points[i][d], _widths[d][i]);
                factor /= s * Normal.Mass(-u / s, (1 - u) / s) * Math.Sqrt(2 * Math.PI);
            }

            _factors[i] = factor;
            // To draw by: how much the kernel says about what is known.
            _weights[i] = 1 / sum;
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

    /// <summary>Draws a point.</summary>
    /// <param name="random">The random stream.</param>
    /// <param name="known">Values that are given, NaN elsewhere.</param>
    /// <param name="values">Receives internal values.</param>
    /// <param name="unit">Receives unit coordinates.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Draw(RandomSource random, double[] known, double[] values, double[] unit)
    {
        var target = random.NextDouble() * _cumulative;
        var kernel = 0;
        while (kernel < _points.Length && (target -= _weights[kernel]) >= 0) kernel++;
        for (var d = 0; d < values.Length; d++)
        {
            if (!double.IsNaN(known[d]))
            {
                (values[d], unit[d]) = (known[d], _dimensions[d].ToUnit(known[d]));
                continue;
            }

            var u = random.NextDouble();
            if (_dimensions[d].Choices is > 0 and var choices)
            {
                values[d] = unit[d] = DrawChoice(kernel, d, choices, u);
                continue;
            }

            if (kernel < _points.Length)
            {
                var (mu, s) = (_points[kernel][d], _widths[d][kernel]);
                u = mu + s * Normal.TruncatedQuantile(u, -mu / s, (1 - mu) / s);
            }

            values[d] = _dimensions[d].FromUnit(u);
            unit[d] = _dimensions[d].ToUnit(values[d]);
        }
    }

    /// <summary>The density at a point in unit coordinates.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public double Density(double[] unit)
    {
        var prior = _prior;
        foreach (var dimension in _dimensions)
        {
            if (dimension.Choices > 0) prior /= dimension.Choices;
        }

        var sum = prior;
        for (var i = 0; i < _points.Length; i++)
        {
            var exponent = 0.0;
            for (var d = 0; d < unit.Length; d++)
            {
                if (_dimensions[d].Choices > 0)
                {
                    exponent += _choices[d][(int)_points[i][d]][(int)unit[d]];
                    continue;
                }

                var z = (unit[d] - _points[i][d]) / _widths[d][i];
                exponent -= 0.5 * z * z;
            }

            sum += _factors[i] * Math.Exp(exponent);
        }

        return sum;
    }

    private double Marginal(int kernel, int d, double unit)
    {
        if (_dimensions[d].Choices > 0) return Math.Exp(_choices[d][(int)_points[kernel][d]][(int)unit]);
        var (u, s) = (_points[kernel][d], _widths[d][kernel]);
        var z = (unit - u) / s;
        return Math.Exp(-0.5 * z * z) / (s * Normal.Mass(-u / s, (1 - u) / s) * Math.Sqrt(2 * Math.PI));
    }

    private double DrawChoice(int kernel, int d, int choices, double u)
    {
        if (kernel == _points.Length) return Math.Min((int)(u * choices), choices - 1);
        var row = _choices[d][(int)_points[kernel][d]];
        for (var choice = 0; choice < choices - 1; choice++)
        {
            u -= Math.Exp(row[choice]);
            if (u < 0) return choice;
        }

        return choices - 1;
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
