using System.Runtime.CompilerServices;
using Tunewise.Numerics;

namespace Tunewise.Samplers.Tpe;

/// <summary>
/// A mixture of product kernels each of whose coordinates has the prior's share spread over its range, as categorical kernels have it: a
/// truncated normal and a little of the uniform density. A point that is far from every kernel in one coordinate alone is then still near
/// them in the others, so that one coordinate can look untried while the rest looks good.
/// </summary>
internal sealed class SmoothedMixture
{
    private readonly double[][] _centres;
    private readonly double[][] _inverses;
    private readonly double[][] _heights;
    private readonly double[] _weights;
    private readonly ChoiceKernel?[] _choices;
    private readonly double _share;
    private readonly double _prior;
    private readonly int _count;
    private readonly double[] _product;

    /// <summary>A mixture of kernels, which are in columns that reach up to whole vectors.</summary>
    /// <param name="count">How many kernels there are.</param>
    /// <param name="centres">Their centres in unit coordinates, by dimension.</param>
    /// <param name="inverses">One over the normals' standard deviations, by dimension.</param>
    /// <param name="heights">The normals' densities at their centres, by dimension.</param>
    /// <param name="weights">Their weights; 0 beyond the last kernel.</param>
    /// <param name="choices">What categorical kernels give; null for numeric dimensions.</param>
    /// <param name="share">The share of the uniform density in each numeric coordinate.</param>
    /// <param name="prior">The weight of the prior times its density.</param>
    public SmoothedMixture(
        int count,
        double[][] centres,
        double[][] inverses,
        double[][] heights,
        double[] weights,
        ChoiceKernel?[] choices,
        double share,
        double prior)
    {
        (_centres, _inverses, _heights, _weights, _choices, _share, _prior) = (centres, inverses, heights, weights, choices, share, prior);
        _count = VectorMath.Padded(count);
        _product = new double[_count];
    }

    /// <summary>The share of the uniform density in each coordinate: what the prior weighs among so many observations.</summary>
    public static double ShareOf(double priorWeight, double observations) => priorWeight / (observations + priorWeight);

    /// <summary>The sum of the weighted kernels at a point.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public double At(double[] unit)
    {
        Multiply(unit, except: -1, _product);
        return Sum(_product) + _prior;
    }

    /// <summary>The sum as a function of one coordinate.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public Line Along(double[] unit, int d)
    {
        var rest = new double[_count];
        Multiply(unit, d, rest);
        if (_choices[d] is not null) return new Line(this, d, rest, _prior);
        var uniform = _share * Sum(rest);
        for (var i = 0; i < _count; i++) rest[i] *= (1 - _share) * _heights[d][i];
        return new Line(this, d, rest, uniform + _prior);
    }

    private void Multiply(double[] unit, int except, double[] product)
    {
        Array.Copy(_weights, product, _count);
        for (var d = 0; d < unit.Length; d++)
        {
            if (d == except) continue;
            if (_choices[d] is not { } choices)
            {
                VectorMath.TimesSmoothedNormals(unit[d], _centres[d], _inverses[d], _heights[d], _share, product, _count);
                continue;
            }

            for (var i = 0; i < _count; i++) product[i] *= choices.Of((int)_centres[d][i], (int)unit[d]);
        }
    }

    private static double Sum(double[] terms)
    {
        var sum = 0.0;
        foreach (var term in terms) sum += term;
        return sum;
    }

    /// <summary>A mixture along one coordinate.</summary>
    public readonly struct Line(SmoothedMixture mixture, int d, double[] rest, double uniform)
    {
        public double At(double x)
        {
            if (mixture._choices[d] is not { } choices)
                return VectorMath.SumNormals(x, mixture._centres[d], mixture._inverses[d], rest, rest.Length) + uniform;
            var sum = uniform;
            for (var i = 0; i < rest.Length; i++) sum += rest[i] * choices.Of((int)mixture._centres[d][i], (int)x);
            return sum;
        }
    }
}
