using Tunewise.Spaces;

namespace Tunewise.Samplers.Gp;

/// <summary>
/// Maximises an acquisition function over a mixed space: many points at random and around the best known ones, then from the most promising
/// of them by turns a bounded quasi-Newton method over the continuous parameters and exhaustive steps over the discrete ones.
/// </summary>
internal sealed class AcquisitionSearch(
    SamplingContext context, UnitCube cube, Acquisition acquisition, double[] known, IReadOnlyList<double[]> tried)
{
    private const int RandomPoints = 768;
    private const int NearPoints = 48;
    private const int Starts = 5;
    private const int Rounds = 3;

    /// <summary>How often a climb evaluates the acquisition. Forty were too few on levy20 and ellipsoid8 of sampler-quality.</summary>
    private const int Evaluations = 80;

    /// <summary>
    /// A point near another one differs in so many numeric parameters on average: one that differs in all of many is nowhere near.
    /// Eriksson et al., "Scalable Global Optimization via Local Bayesian Optimization" (NeurIPS 2019), do so with 20. Chosen on levy20 and
    /// ellipsoid8 of sampler-quality.
    /// </summary>
    private const double Moved = 5;

    /// <summary>Points that differ by no more than this in any coordinate are the same one.</summary>
    private const double Same = 1e-9;

    /// <summary>Numeric parameters with more values than this are moved continuously and rounded at the end.</summary>
    private const int DiscreteValues = 20;

    private readonly int[] _continuous =
        [.. Enumerable.Range(0, cube.Count).Where(d => double.IsNaN(known[d]) && !cube.Categorical[d] && cube.Counts[d] > DiscreteValues)];
    private readonly int[] _numeric = [.. Enumerable.Range(0, cube.Count).Where(d => double.IsNaN(known[d]) && !cube.Categorical[d])];
    private readonly int[] _discrete =
    [
        .. Enumerable.Range(0, cube.Count).Where(d => double.IsNaN(known[d]) && (cube.Categorical[d] || cube.Counts[d] <= DiscreteValues)),
    ];

    /// <summary>
    /// The logarithm of the largest expected improvement found by <see cref="Run"/>; null when there is no value to improve on.
    /// </summary>
    public double? HighestImprovement { get; private set; }

    /// <summary>The best point found, as internal values.</summary>
    public double[] Run()
    {
        var candidates = new List<double[]>();
        for (var i = 0; i < RandomPoints; i++) candidates.Add(Draw(null, 0));
        foreach (var near in acquisition.Best)
        {
            for (var i = 0; i < NearPoints; i++) candidates.Add(Draw(near, i % 3 == 0 ? 0.2 : i % 3 == 1 ? 0.05 : 0.01));
        }

        var values = acquisition.Evaluate(candidates);
        var order = Enumerable.Range(0, candidates.Count).OrderByDescending(i => values[i]).ThenBy(i => i).ToArray();
        var found = new List<(double[] Point, double Value)>();
        foreach (var i in Distinct(candidates, order)) found.Add(Improve(candidates[i], values[i]));
        found.AddRange(order.Take(200).Select(i => (candidates[i], values[i])));

        if (acquisition.HasIncumbent) HighestImprovement = found.Max(f => f.Value);
        double[]? first = null;
        // Where all that is best was tried, a point at random is of more use than any of it.
        foreach (var point in found.OrderByDescending(f => f.Value).Select(f => f.Point).Append(candidates[0]))
        {
            var internalValues = point.Select((u, d) => double.IsNaN(known[d]) ? cube.FromUnit(d, u) : cube.FromUnit(d, known[d]))
                .ToArray();
            first ??= internalValues;
            if (!WasTried(internalValues) && !context.IsEvaluated(cube.Space, internalValues)) return internalValues;
        }

        return first!;
    }

    private bool WasTried(double[] values)
    {
        var point = values.Select((v, d) => cube.ToUnit(d, v)).ToArray();
        foreach (var other in tried)
        {
            var d = 0;
            while (d < point.Length && Math.Abs(point[d] - other[d]) <= Same) d++;
            if (d == point.Length) return true;
        }

        return false;
    }

    /// <summary>The best candidates that are not next to a better one.</summary>
    private static List<int> Distinct(List<double[]> candidates, int[] order)
    {
        var chosen = new List<int>();
        foreach (var i in order)
        {
            if (chosen.Count == Starts) break;
            if (chosen.TrueForAll(c => candidates[c].Zip(candidates[i]).Sum(p => Math.Abs(p.First - p.Second)) > 0.05)) chosen.Add(i);
        }

        return chosen;
    }

    /// <summary>
    /// A point at random, or near another one: some numeric parameters moved by a normal step, choices drawn anew now and then.
    /// </summary>
    internal double[] Draw(double[]? near, double width)
    {
        var point = new double[cube.Count];
        var moves = near is null ? null : Moves();
        for (var d = 0; d < point.Length; d++)
        {
            if (!double.IsNaN(known[d]))
            {
                point[d] = known[d];
            }
            else if (cube.Categorical[d])
            {
                point[d] = near is not null && context.Random.NextDouble() > 0.15 ? near[d] : context.Random.NextInt((int)cube.Counts[d]);
            }
            else if (moves is not null && !moves[d])
            {
                point[d] = near![d];
            }
            else
            {
                var u = near is null ? context.Random.NextDouble() : near[d] + width * context.Random.NextGaussian();
                point[d] = cube.ToUnit(d, cube.FromUnit(d, u));
            }
        }

        return point;
    }

    /// <summary>Which numeric parameters move, at least one; null for all, as where there are few.</summary>
    private bool[]? Moves()
    {
        if (_numeric.Length <= Moved) return null;
        var moves = new bool[cube.Count];
        foreach (var d in _numeric) moves[d] = context.Random.NextDouble() < Moved / _numeric.Length;
        if (!moves.Contains(true)) moves[_numeric[context.Random.NextInt(_numeric.Length)]] = true;
        return moves;
    }

    private (double[] Point, double Value) Improve(double[] start, double value)
    {
        var point = (double[])start.Clone();
        for (var round = 0; round < Rounds; round++)
        {
            var before = value;
            if (_continuous.Length > 0) (point, value) = Climb(point, value);
            foreach (var d in _discrete) (point, value) = BestOf(point, value, d);
            if (_discrete.Length == 0 || value <= before + 1e-6) break;
        }

        return (point, value);
    }

    private (double[] Point, double Value) Climb(double[] start, double value)
    {
        var (best, highest) = (start, value);
        var (point, gradient) = ((double[])start.Clone(), new double[cube.Count]);
        double Evaluate(double[] at, double[] slopes)
        {
            for (var i = 0; i < at.Length; i++) point[_continuous[i]] = at[i];
            var result = acquisition.Evaluate(point, gradient);
            if (result > highest) (best, highest) = ((double[])point.Clone(), result);
            for (var i = 0; i < slopes.Length; i++) slopes[i] = -gradient[_continuous[i]];
            return -result;
        }

        var (lower, upper, first) = (new double[_continuous.Length], new double[_continuous.Length], new double[_continuous.Length]);
        Array.Fill(upper, 1);
        for (var i = 0; i < first.Length; i++) first[i] = start[_continuous[i]];
        BoundedMinimizer.Run(Evaluate, lower, upper, first, Evaluations);
        return (best, highest);
    }

    private (double[] Point, double Value) BestOf(double[] start, double value, int d)
    {
        var options = new List<double[]>();
        foreach (var v in FiniteValues.Of(cube.Space[d].Distribution))
        {
            var point = (double[])start.Clone();
            point[d] = cube.ToUnit(d, v);
            options.Add(point);
        }

        var values = acquisition.Evaluate(options);
        for (var i = 0; i < values.Length; i++)
        {
            if (values[i] > value) (start, value) = (options[i], values[i]);
        }

        return (start, value);
    }
}
