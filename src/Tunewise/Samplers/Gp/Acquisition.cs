using MathNet.Numerics.Statistics;
using Tunewise.Numerics;

namespace Tunewise.Samplers.Gp;

/// <summary>
/// What is maximised: the logarithm of the expected improvement over the best feasible point, plus the logarithm of the probability that
/// each constraint is kept (Gardner et al., "Bayesian Optimization with Inequality Constraints", ICML 2014, equation 5). While nothing
/// feasible is known, the probability alone.
/// </summary>
internal sealed class Acquisition
{
    private readonly GaussianProcess _objective;
    private readonly double? _incumbent;
    private readonly (GaussianProcess Process, double Limit)[] _constraints;

    private Acquisition(GaussianProcess objective, double? incumbent, (GaussianProcess, double)[] constraints, double[][] best)
    {
        (_objective, _incumbent, _constraints, Best) = (objective, incumbent, constraints, best);
    }

    /// <summary>The best points known, best first.</summary>
    public double[][] Best { get; }

    /// <summary>Fits the processes.</summary>
    public static Acquisition Create(
        SamplingContext context, UnitCube cube, IReadOnlyList<int> rows, double[][] points, double[] losses, bool deterministic)
    {
        var history = context.History;
        var values = OutcomeTransform.Apply(losses);
        var fixedNoise = deterministic ? HyperparameterFit.MinNoise : (double?)null;
        var objective = new GaussianProcess(
            points, values, cube.Categorical, HyperparameterFit.Fit(points, values, cube.Categorical, fixedNoise));

        var running = context.History.OthersThatRun(context.TrialNumber)
            .Select(t => cube.PointOf(t.ParameterList)).OfType<double[]>().ToArray();

        var feasible = Enumerable.Range(0, rows.Count).Where(i => history.IsFeasible(rows[i])).ToArray();
        var order = Enumerable.Range(0, rows.Count)
            .OrderBy(i => history.ViolationOf(rows[i]))
            .ThenBy(i => values[i])
            .Take(5)
            .Select(i => points[i])
            .ToArray();
        // Under noise the best observation is the luckiest; what counts is the best prediction.
        double? incumbent = feasible.Length == 0 ? null : feasible.Min(i => objective.Predict(points[i]).Mean);

        var constraints = new List<(GaussianProcess, double)>();
        var most = rows.Max(r => history.ConstraintsOf(r).Count);
        for (var c = 0; c < most; c++)
        {
            var own = Enumerable.Range(0, rows.Count)
                .Where(i => c < history.ConstraintsOf(rows[i]).Count && !double.IsNaN(history.ConstraintsOf(rows[i])[c]))
                .ToArray();
            if (own.Length < 3) continue;
            var limits = own.Select(i => history.ConstraintsOf(rows[i])[c]).ToArray();
            var finite = limits.Where(double.IsFinite).ToArray();
            if (finite.Length == 0) continue;
            limits = [.. limits.Select(l => Math.Clamp(l, finite.Min(), finite.Max()))];
            var (mean, deviation) = (limits.Mean(), limits.PopulationStandardDeviation());
            if (!(deviation > 1e-12)) continue;
            var scaled = limits.Select(l => (l - mean) / deviation).ToArray();
            var at = own.Select(i => points[i]).ToArray();
            constraints.Add((
                new GaussianProcess(at, scaled, cube.Categorical, HyperparameterFit.Fit(at, scaled, cube.Categorical, fixedNoise)),
                -mean / deviation));
        }

        return new Acquisition(objective.Believe(running), incumbent, [.. constraints], order);
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
                result[i] = Math.Log(deviation) + LogExpectedImprovement.OfZ((best - means[i]) / deviation).Value;
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

        if (_incumbent is { } best) Add(_objective, best, LogExpectedImprovement.OfZ, scaled: true);
        foreach (var (process, limit) in _constraints) Add(process, limit, LogProbability, scaled: false);
        return sum;
    }

    /// <summary>ln Φ(z) and its derivative φ(z)/Φ(z).</summary>
    private static (double Value, double Derivative) LogProbability(double z)
    {
        var value = Normal.LogCdf(z);
        return (value, Math.Exp(Math.Min(-0.5 * z * z - Normal.LogSqrt2Pi - value, 700)));
    }
}
