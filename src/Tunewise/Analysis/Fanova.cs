using Tunewise.Numerics;
using Tunewise.Spaces;

namespace Tunewise.Analysis;

/// <summary>
/// Functional ANOVA over a random forest (Hutter, Hoos and Leyton-Brown, ICML 2014, section 4): every tree divides the space into boxes
/// with one value each, so that the variance of its marginals can be computed exactly. A conditional parameter has one value more,
/// "absent", as likely as it was in the trials.
/// </summary>
internal sealed class Fanova
{
    private readonly double[][] _columns;
    private readonly double[] _losses;
    private readonly Axis[] _axes;

    /// <summary>Prepares the trials.</summary>
    /// <param name="space">The parameters.</param>
    /// <param name="columns">Internal values by parameter; NaN where a trial lacks it.</param>
    /// <param name="losses">What is explained; finite.</param>
    public Fanova(SearchSpace space, double[][] columns, double[] losses)
    {
        _losses = losses;
        _axes = new Axis[space.Count];
        _columns = new double[space.Count][];
        for (var d = 0; d < space.Count; d++)
        {
            var absent = columns[d].Count(double.IsNaN) / (double)losses.Length;
            _axes[d] = new Axis(space[d].Distribution, absent);
            _columns[d] = [.. columns[d].Select(_axes[d].ToCoordinate)];
        }
    }

    /// <summary>The share of the variance that each parameter explains by itself, averaged over the trees.</summary>
    public double[] Importances(int trees, long seed)
    {
        var sums = new double[_axes.Length];
        var counted = 0;
        for (var t = 0; t < trees; t++)
        {
            var random = RandomSource.For((ulong)seed, t, "fanova");
            var sample = Enumerable.Range(0, _losses.Length).Select(_ => random.NextInt(_losses.Length)).ToArray();
            var boxes = new List<Box>();
            Grow(sample, [.. _axes.Select(a => (a.Low, 1.0))], boxes);
            var mean = boxes.Sum(b => b.Weight * b.Value);
            var variance = boxes.Sum(b => b.Weight * (b.Value - mean) * (b.Value - mean));
            if (!(variance > 1e-300)) continue;
            counted++;
            for (var d = 0; d < sums.Length; d++) sums[d] += Marginal(boxes, d, mean) / variance;
        }

        return [.. sums.Select(s => counted == 0 ? 0 : s / counted)];
    }

    /// <summary>The variance of the mean over all other parameters, as a function of one.</summary>
    private double Marginal(List<Box> boxes, int d, double mean)
    {
        var cuts = boxes.SelectMany(b => new[] { b.Bounds[d].Low, b.Bounds[d].High }).Distinct().Order().ToArray();
        var sums = new double[cuts.Length];
        foreach (var box in boxes)
        {
            var (first, last) = (Array.BinarySearch(cuts, box.Bounds[d].Low), Array.BinarySearch(cuts, box.Bounds[d].High));
            var own = _axes[d].Measure(box.Bounds[d].Low, box.Bounds[d].High);
            if (!(own > 0)) continue;
            sums[first] += box.Weight / own * box.Value;
            sums[last] -= box.Weight / own * box.Value;
        }

        var (variance, value) = (0.0, 0.0);
        for (var i = 0; i + 1 < cuts.Length; i++)
        {
            value += sums[i];
            variance += _axes[d].Measure(cuts[i], cuts[i + 1]) * (value - mean) * (value - mean);
        }

        return variance;
    }

    private void Grow(int[] rows, (double Low, double High)[] bounds, List<Box> boxes)
    {
        if (rows.Length >= 2 && BestSplit(rows) is { } split)
        {
            var left = rows.Where(r => _columns[split.Dimension][r] <= split.At).ToArray();
            var right = rows.Where(r => _columns[split.Dimension][r] > split.At).ToArray();
            var (low, high) = bounds[split.Dimension];
            ((double, double)[] leftBounds, (double, double)[] rightBounds) = ([.. bounds], [.. bounds]);
            leftBounds[split.Dimension] = (low, split.At);
            rightBounds[split.Dimension] = (split.At, high);
            Grow(left, leftBounds, boxes);
            Grow(right, rightBounds, boxes);
            return;
        }

        var weight = 1.0;
        for (var d = 0; d < bounds.Length; d++) weight *= _axes[d].Measure(bounds[d].Low, bounds[d].High);
        boxes.Add(new Box(bounds, weight, rows.Average(r => _losses[r])));
    }

    /// <summary>The cut that leaves the least sum of squares; null when all values or all points are equal.</summary>
    private (int Dimension, double At)? BestSplit(int[] rows)
    {
        (int, double)? best = null;
        var total = rows.Sum(r => _losses[r]);
        // The sum of squares falls by what the means of both sides gain.
        var highest = total * total / rows.Length + 1e-12 * Math.Max(1, Math.Abs(total * total));
        for (var d = 0; d < _axes.Length; d++)
        {
            var column = _columns[d];
            var order = rows.OrderBy(r => column[r]).ToArray();
            var left = 0.0;
            for (var i = 0; i + 1 < order.Length; i++)
            {
                left += _losses[order[i]];
                if (column[order[i]] == column[order[i + 1]]) continue;
                var right = total - left;
                var gain = left * left / (i + 1) + right * right / (order.Length - i - 1);
                if (gain <= highest) continue;
                (highest, best) = (gain, (d, 0.5 * (column[order[i]] + column[order[i + 1]])));
            }
        }

        return best;
    }

    /// <summary>A leaf: its bounds, its share of the space and its value.</summary>
    private sealed record Box((double Low, double High)[] Bounds, double Weight, double Value);

    /// <summary>
    /// One parameter as a line: numeric values from 0 to 1 on their scale, choices at the middles of equal parts of it, and absence at −1.
    /// </summary>
    private sealed class Axis
    {
        private readonly double _absent;
        private readonly NumericScale _scale;
        private readonly int _choices;

        public Axis(Distribution distribution, double absent)
        {
            _absent = absent;
            if (distribution is CategoricalDistribution categorical) _choices = categorical.Choices.Count;
            else _scale = new NumericScale(distribution);
        }

        public double Low => _absent > 0 ? -2 : 0;

        public double ToCoordinate(double value) => double.IsNaN(value) ? -1
            : _choices > 0 ? (value + 0.5) / _choices
            : (_scale.ToModel(value) - _scale.Low) / _scale.Width;

        /// <summary>How likely a value between two coordinates is.</summary>
        public double Measure(double low, double high)
        {
            var absent = low <= -1 && high > -1 ? _absent : 0;
            return absent + (1 - _absent) * Math.Max(Math.Min(high, 1) - Math.Max(low, 0), 0);
        }
    }
}
