using System.Runtime.CompilerServices;
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
        var good = new ParzenEstimator(space, Observations(context.History, split, space, TpeSplit.Side.Below), PriorWeight, jointBandwidth: true);
        var other = new ParzenEstimator(space, Observations(context.History, split, space, TpeSplit.Side.Above), PriorWeight, jointBandwidth: true);
        var buffer = new double[Math.Max(good.KernelCount, other.KernelCount)];
        var (best, candidate) = (new double[space.Count], new double[space.Count]);
        var highest = double.NegativeInfinity;
        for (var i = 0; i < Candidates; i++)
        {
            good.Sample(context.Random, candidate);
            var ratio = good.LogPdf(candidate, buffer) - other.LogPdf(candidate, buffer);
            if (i > 0 && !(ratio > highest)) continue;
            highest = ratio;
            candidate.CopyTo(best, 0);
        }

        return best;
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public double Sample(SamplingContext context, string name, Distribution distribution)
    {
        var state = StateOf(context.History);
        if (state.Split.Count < StartupTrials) return RandomSampler.Draw(context.Random, distribution);

        state.Below.Fit(name, distribution, PriorWeight, Multivariate);
        state.Above.Fit(name, distribution, PriorWeight, Multivariate);
        var (best, highest) = (double.NaN, double.NegativeInfinity);
        for (var i = 0; i < Candidates; i++)
        {
            var candidate = state.Below.Sample(context.Random);
            var ratio = state.Below.Pdf(candidate) / state.Above.Pdf(candidate);
            if (i == 0 || ratio > highest) (best, highest) = (candidate, ratio);
        }

        return best;
    }

    /// <summary>The internal values of the trials on one side that have every parameter of the space, oldest first, one column per parameter.</summary>
    private static double[][] Observations(StudyHistory history, TpeSplit split, SearchSpace space, TpeSplit.Side side)
    {
        var columns = new ParameterColumn?[space.Count];
        for (var d = 0; d < space.Count; d++) columns[d] = history.Parameter(space[d].Name);
        if (Array.Exists(columns, c => c is null)) return [.. columns.Select(_ => Array.Empty<double>())];

        var rows = side == TpeSplit.Side.Below ? split.Below : history.Rows;
        var sides = split.Sides;
        var chosen = new List<int>(rows.Count);
        foreach (var row in rows)
        {
            if (sides[row] != side) continue;
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

    /// <summary>What TPE keeps with a history.</summary>
    private sealed class TpeState
    {
        public TpeState(StudyHistory history)
        {
            Split = new TpeSplit(history);
            Below = new UnivariateDensity(history, Split, TpeSplit.Side.Below);
            Above = new UnivariateDensity(history, Split, TpeSplit.Side.Above);
        }

        public TpeSplit Split { get; }

        public UnivariateDensity Below { get; }

        public UnivariateDensity Above { get; }
    }
}
