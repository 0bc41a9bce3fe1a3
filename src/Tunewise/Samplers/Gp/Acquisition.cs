using MathNet.Numerics.Statistics;
using Tunewise.History;
using Tunewise.Numerics;

namespace Tunewise.Samplers.Gp;

/// <summary>
/// What is maximised: the logarithm of the expected improvement over the best feasible point, plus the logarithm of the probability that
/// each constraint is kept (Gardner et al., "Bayesian Optimization with Inequality Constraints", ICML 2014, equation 5). While nothing
/// feasible is known, the probability alone.
/// </summary>
internal sealed class Acquisition
{
    /// <summary>
    /// An improvement by less than this share of the values' deviation counts little beside constraints: where all that is feasible has
    /// been searched, what the objective may promise beyond them would otherwise outweigh any certainty that they are violated there.
    /// Chosen among 1e-8, 1e-4 and 1e-2 by how often searches that run against the limit of memory meet it; graded on constrained-branin,
    /// pressure-vessel, osy and bnh of sampler-quality.
    /// </summary>
    private static readonly double LeastLogImprovement = Math.Log(1e-4);

    private readonly GaussianProcess _objective;
    private readonly double? _incumbent;
    private readonly (GaussianProcess Process, double Limit)[] _constraints;

    private Acquisition(GaussianProcess objective, double? incumbent, (GaussianProcess, double)[] constraints, double[][] best)
    {
        (_objective, _incumbent, _constraints, Best) = (objective, incumbent, constraints, best);
    }

    /// <summary>The best points known, best first.</summary>
    public double[][] Best { get; }

    /// <summary>Whether something feasible is known, so that there is a value to improve on.</summary>
    public bool HasIncumbent => _incumbent is not null;

    /// <summary>Fits the processes.</summary>
    /// <param name="context">The trial and what is known.</param>
    /// <param name="cube">The space.</param>
    /// <param name="observed">The trials that the objective is modelled from.</param>
    /// <param name="losses">Their losses.</param>
    /// <param name="constrained">The trials that constraints are modelled from.</param>
    /// <param name="deterministic">Whether there is no noise to fit.</param>
    public static Acquisition Create(
        SamplingContext context, UnitCube cube, Observations observed, double[] losses, Observations constrained, bool deterministic)
    {
        var history = context.History;
        var (rows, points) = (observed.Rows, observed.Points);
        var values = OutcomeTransform.Apply(losses);
        var fixedNoise = deterministic ? HyperparameterFit.MinNoise : (double?)null;
        var objective = new GaussianProcess(
            points, values, cube.Categorical, HyperparameterFit.Fit(points, values, cube.Categorical, fixedNoise));

        var running = context.History.OthersThatRun(context.TrialNumber)
            .Select(t => cube.PointOf(t.ParameterList)).OfType<double[]>().ToArray();

        var feasible = Enumerable.Range(0, rows.Count)
            .Where(i => history.StateOf(rows[i]) == TrialState.Complete && history.IsFeasible(rows[i]))
            .ToArray();
        var order = Enumerable.Range(0, rows.Count)
            .OrderBy(i => history.ViolationOf(rows[i]))
            .ThenBy(i => values[i])
            .Take(5)
            .Select(i => points[i])
            .ToArray();
        // Under noise the best observation is the luckiest; what counts is the best prediction.
        double? incumbent = feasible.Length == 0 ? null : feasible.Min(i => objective.Predict(points[i]).Mean);
        var constraints = ConstraintsOf(history, cube, constrained, fixedNoise);
        // Without a feasible point another trial is of use when those that run now turn out infeasible.
        if (incumbent is null) BelieveViolated(constraints, running);
        return new Acquisition(objective.Believe(running), incumbent, [.. constraints], order);
    }

    /// <summary>A process for each constraint by its name, and the limit that it must not exceed.</summary>
    private static List<(GaussianProcess Process, double Limit)> ConstraintsOf(
        StudyHistory history, UnitCube cube, Observations observed, double? fixedNoise)
    {
        var constraints = new List<(GaussianProcess, double)>();
        foreach (var all in ValuesOf(history, observed.Rows))
        {
            var own = Enumerable.Range(0, all.Length).Where(i => !double.IsNaN(all[i])).ToArray();
            if (own.Length < 3) continue;
            var limits = Scaled([.. own.Select(i => all[i])]);
            var (mean, deviation) = (limits.Mean(), limits.PopulationStandardDeviation());
            if (!(deviation > 1e-12)) continue;
            var scaled = limits.Select(l => (l - mean) / deviation).ToArray();
            var at = own.Select(i => observed.Points[i]).ToArray();
            constraints.Add((
                new GaussianProcess(at, scaled, cube.Categorical, HyperparameterFit.Fit(at, scaled, cube.Categorical, fixedNoise)),
                -mean / deviation));
        }

        return constraints;
    }

    /// <summary>
    /// The values of each constraint, NaN where a row has none; and of one that nobody declared: that a trial does not throw.
    /// </summary>
    private static IEnumerable<double[]> ValuesOf(StudyHistory history, IReadOnlyList<int> rows)
    {
        if (history.HasConstraints)
        {
            var columns = history.Prepared(typeof(ConstraintColumns), static () => new ConstraintColumns());
            foreach (var name in columns.Names) yield return [.. rows.Select(r => columns.ValueOf(history, name, r))];
        }

        if (rows.Any(history.IsBroken))
        {
            yield return
            [
                .. rows.Select(r => history.IsBroken(r) ? 1
                    : history.StateOf(r) == TrialState.Failed ? double.NaN
                    : ConstraintColumns.JustKept),
            ];
        }
    }

    /// <summary>
    /// Constraint values in units of the largest one, whatever they are counted in; an infinite one lies beyond all
    /// others, on its side of 0.
    /// </summary>
    private static double[] Scaled(double[] values)
    {
        var finite = values.Where(double.IsFinite).Select(Math.Abs).DefaultIfEmpty(0).Max();
        return [.. values.Select(v => double.IsInfinity(v) ? 2.0 * Math.Sign(v) : finite > 0 ? v / finite : 0)];
    }

    /// <summary>
    /// Adds points that are believed to violate the constraint which they are the most likely to violate, by as much as is expected then
    /// (the mean of a truncated normal distribution), and to give the mean of the others.
    /// </summary>
    private static void BelieveViolated(List<(GaussianProcess Process, double Limit)> constraints, double[][] points)
    {
        if (points.Length == 0 || constraints.Count == 0) return;
        var values = constraints.Select(_ => new double[points.Length]).ToArray();
        for (var i = 0; i < points.Length; i++)
        {
            var (worst, least) = (-1, double.PositiveInfinity);
            for (var c = 0; c < constraints.Count; c++)
            {
                var (process, limit) = constraints[c];
                var (mean, variance) = process.Predict(points[i]);
                values[c][i] = mean;
                var z = (limit - mean) / Math.Sqrt(variance);
                if (z < least) (worst, least) = (c, z);
            }

            // E[y | y > limit] = μ + σ·φ(z)/Φ(−z).
            var deviation = Math.Sqrt(constraints[worst].Process.Predict(points[i]).Variance);
            values[worst][i] += deviation * Math.Exp(-0.5 * least * least - Normal.LogSqrt2Pi - Normal.LogCdf(-least));
        }

        for (var c = 0; c < constraints.Count; c++)
            constraints[c] = (constraints[c].Process.Believe(points, values[c]), constraints[c].Limit);
    }

    /// <summary>The acquisition at many points.</summary>
    public double[] Evaluate(IReadOnlyList<double[]> points)
    {
        var result = new double[points.Count];
        var (means, variances) = (new double[points.Count], new double[points.Count]);
        if (_incumbent is { } best)
        {
            _objective.Predict(points, means, variances);
            for (var i = 0; i < result.Length; i++)
            {
                var deviation = Math.Sqrt(variances[i]);
                result[i] = AtLeast(Math.Log(deviation) + LogExpectedImprovement.OfZ((best - means[i]) / deviation).Value).Value;
            }
        }

        foreach (var (process, limit) in _constraints)
        {
            process.Predict(points, means, variances);
            for (var i = 0; i < result.Length; i++) result[i] += Normal.LogCdf((limit - means[i]) / Math.Sqrt(variances[i]));
        }

        return result;
    }

    /// <summary>The acquisition at a point and its gradient.</summary>
    public double Evaluate(double[] point, double[] gradient)
    {
        var (byMean, byVariance) = (new double[point.Length], new double[point.Length]);
        Array.Clear(gradient);
        var sum = 0.0;
        void Add(GaussianProcess process, double target, Func<double, (double Value, double Derivative)> function, bool scaled)
        {
            var (mean, variance) = process.Predict(point, byMean, byVariance);
            var deviation = Math.Sqrt(variance);
            var z = (target - mean) / deviation;
            var (value, derivative) = function(z);
            sum += value + (scaled ? Math.Log(deviation) : 0);
            for (var d = 0; d < gradient.Length; d++)
            {
                var relative = byVariance[d] / (2 * variance);
                gradient[d] += derivative * (-byMean[d] / deviation - z * relative) + (scaled ? relative : 0);
            }
        }

        if (_incumbent is { } best)
        {
            Add(_objective, best, LogExpectedImprovement.OfZ, scaled: true);
            (sum, var share) = AtLeast(sum);
            for (var d = 0; d < gradient.Length; d++) gradient[d] *= share;
        }

        foreach (var (process, limit) in _constraints) Add(process, limit, LogProbability, scaled: false);
        return sum;
    }

    /// <summary>
    /// ln(eˣ + ε) for the logarithm x of an improvement, and its derivative by x; x itself when nothing is constrained.
    /// </summary>
    private (double Value, double Derivative) AtLeast(double x)
    {
        if (_constraints.Length == 0) return (x, 1);
        var larger = Math.Max(x, LeastLogImprovement);
        var value = larger + Math.Log(Math.Exp(x - larger) + Math.Exp(LeastLogImprovement - larger));
        return (value, Math.Exp(x - value));
    }

    /// <summary>ln Φ(z) and its derivative φ(z)/Φ(z).</summary>
    private static (double Value, double Derivative) LogProbability(double z)
    {
        var value = Normal.LogCdf(z);
        return (value, Math.Exp(Math.Min(-0.5 * z * z - Normal.LogSqrt2Pi - value, 700)));
    }
}
