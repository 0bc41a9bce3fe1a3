using Tunewise.History;
using Tunewise.Samplers.Random;
using Tunewise.Spaces;

namespace Tunewise.Samplers.Tpe;

/// <summary>
/// The tree-structured Parzen estimator: models good and other trials apart and proposes where the ratio of their densities is highest
/// (Bergstra et al., "Algorithms for Hyper-Parameter Optimization", NeurIPS 2011), by the rules of Optuna 4.9. Needs one objective.
/// </summary>
public sealed class TpeSampler : ISampler
{
    /// <summary>The first this many complete or pruned trials are sampled at random.</summary>
    /// <value>At least 0. The default is 10.</value>
    public int StartupTrials { get; init; } = 10;

    /// <summary>How many candidates are drawn from the good trials' density; the one with the best ratio is taken.</summary>
    /// <value>At least 1. The default is 24.</value>
    public int Candidates { get; init; } = 24;

    /// <summary>Model the parameters that all trials share together instead of each by itself.</summary>
    /// <value>The default is false.</value>
    public bool Multivariate { get; init; }

    /// <summary>The weight of the prior, a kernel over the whole range, beside one observation's.</summary>
    /// <value>Above 0. The default is 1.</value>
    public double PriorWeight { get; init; } = 1;

    /// <inheritdoc/>
    public IEnumerable<string> Validate(IReadOnlyList<Objective> objectives)
    {
        if (StartupTrials < 0) yield return $"TpeSampler.StartupTrials must be at least 0, got {StartupTrials}";
        if (Candidates < 1) yield return $"TpeSampler.Candidates must be at least 1, got {Candidates}";
        if (!(PriorWeight > 0 && double.IsFinite(PriorWeight))) yield return $"TpeSampler.PriorWeight must be a finite number above 0, got {Words.Exact(PriorWeight)}";
        if (objectives.Count > 1) yield return $"TpeSampler needs one objective, the study has {objectives.Count}; use RandomSampler";
    }

    /// <inheritdoc/>
    public SearchSpace InferJointSpace(StudyHistory history) =>
        Multivariate && StateOf(history).Split.Count >= StartupTrials ? history.Intersection : SearchSpace.Empty;

    /// <inheritdoc/>
    public double[]? SampleJoint(SamplingContext context, SearchSpace space)
    {
        var split = StateOf(context.History).Split;
        var below = Observations(context.History, split, space, below: true);
        var above = Observations(context.History, split, space, below: false);
        var good = new ParzenEstimator(space, below, PriorWeight, jointBandwidth: true);
        var other = new ParzenEstimator(space, above, PriorWeight, jointBandwidth: true);
        var buffer = new double[other.KernelCount];
        return Best(context.Random, space.Count, good, point => other.LogPdf(point, buffer));
    }

    /// <inheritdoc/>
    public double Sample(SamplingContext context, string name, Distribution distribution)
    {
        var state = StateOf(context.History);
        if (state.Split.Count < StartupTrials) return RandomSampler.Draw(context.Random, distribution);

        var space = new SearchSpace([new SearchSpace.Dimension(name, distribution)]);
        var below = Observations(context.History, state.Split, space, below: true);
        var good = new ParzenEstimator(space, below, PriorWeight, Multivariate);
        state.Above.Fit(name, distribution, PriorWeight, Multivariate);
        return Best(context.Random, 1, good, point => state.Above.LogPdf(point[0]))[0];
    }

    /// <summary>Draws the candidates and returns the one with the highest ratio of densities, the first among equals.</summary>
    private double[] Best(RandomSource random, int dimensions, ParzenEstimator good, LogDensity other)
    {
        var (best, candidate) = (new double[dimensions], new double[dimensions]);
        var buffer = new double[good.KernelCount];
        var highest = double.NegativeInfinity;
        for (var i = 0; i < Candidates; i++)
        {
            good.Sample(random, candidate);
            var ratio = good.LogPdf(candidate, buffer) - other(candidate);
            if (i > 0 && !(ratio > highest)) continue;
            highest = ratio;
            candidate.CopyTo(best, 0);
        }

        return best;
    }

    /// <summary>The internal values of the trials on one side that have every parameter of the space, oldest first, one column per parameter.</summary>
    private static double[][] Observations(StudyHistory history, TpeSplit split, SearchSpace space, bool below)
    {
        var columns = new ParameterColumn?[space.Count];
        for (var d = 0; d < space.Count; d++) columns[d] = history.Parameter(space[d].Name);
        if (Array.Exists(columns, c => c is null)) return [.. columns.Select(_ => Array.Empty<double>())];

        var rows = below ? split.Below : history.Rows;
        var chosen = new List<int>(rows.Count);
        foreach (var row in rows)
        {
            if (history.StateOf(row) == TrialState.Failed || split.IsBelow(row) != below) continue;
            if (Array.TrueForAll(columns, c => row < c!.Values.Length && !double.IsNaN(c.Values[row]))) chosen.Add(row);
        }

        var observations = new double[space.Count][];
        for (var d = 0; d < space.Count; d++)
        {
            observations[d] = new double[chosen.Count];
            for (var i = 0; i < chosen.Count; i++) observations[d][i] = columns[d]!.Values[chosen[i]];
        }

        return observations;
    }

    private static TpeState StateOf(StudyHistory history)
    {
        var state = history.Derived(h => new TpeState(h));
        state.Split.Update();
        return state;
    }

    private delegate double LogDensity(ReadOnlySpan<double> point);

    /// <summary>What TPE keeps with a history.</summary>
    private sealed class TpeState
    {
        public TpeState(StudyHistory history)
        {
            Split = new TpeSplit(history);
            Above = new UnivariateDensity(history, Split);
        }

        public TpeSplit Split { get; }

        public UnivariateDensity Above { get; }
    }
}
