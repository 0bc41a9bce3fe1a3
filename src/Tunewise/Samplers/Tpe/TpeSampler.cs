using System.Runtime.CompilerServices;
using Tunewise.History;
using Tunewise.Numerics;
using Tunewise.Samplers.Random;
using Tunewise.Samplers.Tpe.Optuna;
using Tunewise.Spaces;

namespace Tunewise.Samplers.Tpe;

/// <summary>
/// The tree-structured Parzen estimator: models good and other trials apart and proposes where the ratio of their densities is highest
/// (Bergstra et al., "Algorithms for Hyper-Parameter Optimization", NeurIPS 2011). Serves every kind of parameter, conditional spaces,
/// several objectives, and constraints: trials that violate one rank behind all others, by how much they violate.
/// </summary>
public sealed class TpeSampler : ISampler
{
    /// <summary>The first this many complete or pruned trials are sampled at random.</summary>
    /// <value>At least 0. The default is 10; 5, 15 and 20 make no difference on search-quality.</value>
    public int StartupTrials { get; init; } = 10;

    /// <summary>How many candidates are drawn from the good trials' density; the one with the best ratio is taken.</summary>
    /// <value>At least 1. The default is 24; 8 to 100 make no difference on search-quality.</value>
    public int Candidates { get; init; } = 24;

    /// <summary>The rules of the model.</summary>
    /// <value>The default is <see cref="TpeRules.Tunewise"/>.</value>
    public TpeRules Rules { get; init; }

    /// <summary>Model parameters together instead of each by itself, or null for what the rules say.</summary>
    /// <value>The default is null: yes by Tunewise's rules and, with one objective, by Optuna 5's.</value>
    public bool? Multivariate { get; init; }

    /// <summary>Count trials that run now as bad ones, so that parallel trials spread out; or null for what the rules say.</summary>
    /// <value>The default is null: yes by Tunewise's and Optuna 5's rules.</value>
    public bool? ConstantLiar { get; init; }

    /// <summary>The weight of the prior, a kernel over the whole range, beside one observation's.</summary>
    /// <value>Above 0. The default is 1; 0.3 to 3 make no difference on search-quality.</value>
    public double PriorWeight { get; init; } = 1;

    /// <summary>
    /// How far apart two choices of a categorical parameter are, by the parameter's name: kernels then reach near choices more than far
    /// ones. Distances are not negative, and 0 between a choice and itself.
    /// </summary>
    /// <value>The default is empty: all other choices are equally far.</value>
    public IReadOnlyDictionary<string, Func<object?, object?, double>> CategoricalDistances { get; init; } =
        new Dictionary<string, Func<object?, object?, double>>();

    /// <summary>
    /// From more trials than this on, Tunewise's own rules let one trial stand for several, so that a proposal costs
    /// no more in a long study.
    /// </summary>
    /// <value>At least 16. The default is 2048.</value>
    public int MostKernels { get; init; } = 2048;

    private bool CountsRunning => ConstantLiar ?? Rules != TpeRules.Optuna4;

    /// <inheritdoc/>
    public IEnumerable<string> Validate(IReadOnlyList<Objective> objectives)
    {
        if (StartupTrials < 0) yield return $"TpeSampler.StartupTrials must be at least 0, got {StartupTrials}";
        if (Candidates < 1) yield return $"TpeSampler.Candidates must be at least 1, got {Candidates}";
        if (!(PriorWeight > 0 && double.IsFinite(PriorWeight)))
            yield return $"TpeSampler.PriorWeight must be a finite number above 0, got {Words.Exact(PriorWeight)}";
        if (MostKernels < 16) yield return $"TpeSampler.MostKernels must be at least 16, got {MostKernels}";
        if (!Enum.IsDefined(Rules)) yield return $"TpeSampler.Rules has no value {(int)Rules}";
    }

    /// <inheritdoc/>
    public HistoryScope Scope => CountsRunning || Rules == TpeRules.Tunewise ? HistoryScope.Everything : HistoryScope.Finished;

    /// <inheritdoc/>
    public SearchSpace InferJointSpace(SamplingContext context, string name)
    {
        var state = StateOf(context.History);
        if (!IsJoint(context.History) || state.Split.Count < StartupTrials) return SearchSpace.Empty;
        if (Rules != TpeRules.Tunewise) return context.History.Intersection;
        var branch = context.History.Branches.BranchOf(name);
        return new SearchSpace(branch.Where(d => context.ValueOf(d.Name) is null));
    }

    /// <inheritdoc/>
    public double[]? SampleJoint(SamplingContext context, SearchSpace space)
    {
        if (Rules != TpeRules.Tunewise) return SampleExactly(context, space, jointBandwidth: Rules == TpeRules.Optuna4);
        var branch = context.History.Branches.BranchOf(context.Asked);
        var values = Propose(context, branch);
        return [.. space.Select(d => values[branch.IndexOf(d.Name)])];
    }

    /// <inheritdoc/>
    public double Sample(SamplingContext context, string name, Distribution distribution)
    {
        var state = StateOf(context.History);
        if (state.Split.Count < StartupTrials) return RandomSampler.Draw(context.Random, distribution);
        if (Rules == TpeRules.Tunewise) return Propose(context, new SearchSpace([new SearchSpace.Dimension(name, distribution)]))[0];

        var jointBandwidth = Rules == TpeRules.Optuna4 && IsJoint(context.History);
        var plain = context.History.Directions.Count == 1
            && CategoricalDistances.Count == 0
            && !(CountsRunning && context.History.OthersThatRun(context.TrialNumber).Any());
        return plain
            ? SampleFast(context, state, name, distribution, jointBandwidth)
            : SampleExactly(context, new SearchSpace([new SearchSpace.Dimension(name, distribution)]), jointBandwidth)[0];
    }

    private bool IsJoint(StudyHistory history) => Multivariate ?? (Rules switch
    {
        TpeRules.Tunewise => true,
        TpeRules.Optuna5 => history.Directions.Count == 1,
        _ => false,
    });

    /// <summary>
    /// Whether a proposal is searched for coordinate by coordinate, in smoothed densities: with several objectives, and where most trials
    /// are pruned, so that there are many and a proposal costs little to try. Chosen between all studies, none and these on search-quality
    /// (a quarter less regret on LCBench and a tenth less on TaskSet with the pruner of a study that names none) and sampler-quality (worse
    /// on half of the problems without pruning).
    /// </summary>
    private static bool Smooths(StudyHistory history) =>
        history.Directions.Count > 1 || history.CountOf(TrialState.Pruned) > history.CountOf(TrialState.Complete);

    private double[] Propose(SamplingContext context, SearchSpace branch)
    {
        var model = StateOf(context.History).ModelOf(branch, this, Smooths(context.History));
        var known = new double[branch.Count];
        for (var d = 0; d < known.Length; d++)
            known[d] = context.ValueOf(branch[d].Name) is { } value && branch[d].Distribution.Contains(value) ? value : double.NaN;
        List<double[]> lies = CountsRunning
            ? [.. context.History.OthersThatRun(context.TrialNumber).Select(t => model.UnitOf(t.ParameterList)).OfType<double[]>()]
            : [];
        return model.Propose(context, known, Candidates, lies);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private double SampleFast(SamplingContext context, TpeState state, string name, Distribution distribution, bool jointBandwidth)
    {
        state.Below.Fit(context.History, name, distribution, PriorWeight, jointBandwidth);
        state.Above.Fit(context.History, name, distribution, PriorWeight, jointBandwidth);
        var (best, highest) = (double.NaN, double.NegativeInfinity);
        for (var i = 0; i < Candidates; i++)
        {
            var candidate = state.Below.Sample(context.Random);
            var ratio = state.Below.Pdf(candidate) / state.Above.Pdf(candidate);
            if (i == 0 || ratio > highest) (best, highest) = (candidate, ratio);
        }

        return best;
    }

    /// <summary>Optuna's rules over any space, without shortcuts.</summary>
    private double[] SampleExactly(SamplingContext context, SearchSpace space, bool jointBandwidth)
    {
        var split = StateOf(context.History).Split;
        var below = Observations(context.History, split, space, TpeSplit.Side.Below, [], out var belowRows);
        var above = Observations(
            context.History,
            split,
            space,
            TpeSplit.Side.Above,
            CountsRunning ? context.History.OthersThatRun(context.TrialNumber) : [],
            out _);
        var good = new ParzenEstimator(
            space, below, PriorWeight, jointBandwidth, BelowWeights(context.History, belowRows), CategoricalDistances);
        var other = new ParzenEstimator(space, above, PriorWeight, jointBandwidth, distances: CategoricalDistances);
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

    /// <summary>
    /// With several objectives, Optuna 4.9 weighs the good trials by what the front would lose without them, and infeasible ones by next to
    /// nothing; Optuna 5 weighs them all alike.
    /// </summary>
    private double[]? BelowWeights(StudyHistory history, List<int> rows)
    {
        const double Least = 1e-12;
        if (history.Directions.Count == 1 || rows.Count == 0) return null;
        var weights = Enumerable.Repeat(1.0, rows.Count).ToArray();
        if (Rules == TpeRules.Optuna5) return weights;
        var feasible = Enumerable.Range(0, rows.Count).Where(i => history.IsFeasible(rows[i])).ToArray();
        for (var i = 0; i < weights.Length; i++) weights[i] = history.IsFeasible(rows[i]) ? 1 : Least;
        if (feasible.Length <= 1 || feasible.Any(i => history.ValuesOf(rows[i]).Length < history.Directions.Count)) return weights;

        if (Hypervolume.Shares([.. feasible.Select(i => history.LossesOf(rows[i]))], Least) is not { } shares) return weights;
        for (var i = 0; i < shares.Length; i++) weights[feasible[i]] = shares[i];
        return weights;
    }

    /// <summary>
    /// The internal values of the trials on one side that have every parameter of the space, oldest first, one column per parameter.
    /// </summary>
    private static double[][] Observations(
        StudyHistory history, TpeSplit split, SearchSpace space, TpeSplit.Side side, IEnumerable<FrozenTrial> running, out List<int> chosen)
    {
        chosen = [];
        var points = new List<(int Number, double[] Values)>();
        var columns = new ParameterColumn?[space.Count];
        for (var d = 0; d < space.Count; d++) columns[d] = history.Parameter(space[d].Name);
        if (Array.TrueForAll(columns, c => c is not null))
        {
            var sides = split.Sides;
            foreach (var row in side == TpeSplit.Side.Below ? split.Below : history.Rows)
            {
                if (sides[row] != side || Array.Exists(columns, c => double.IsNaN(c![row]))) continue;
                chosen.Add(row);
                points.Add((history.NumberOf(row), [.. columns.Select(c => c![row])]));
            }
        }

        foreach (var trial in running)
        {
            var values = space.Select(
                d => trial.ParameterList.Where(p => p.Name == d.Name).Select(p => p.Value).DefaultIfEmpty(double.NaN).First()).ToArray();
            if (!values.Any(double.IsNaN)) points.Add((trial.Number, values));
        }

        points.Sort((a, b) => a.Number.CompareTo(b.Number));
        var observations = new double[space.Count][];
        for (var d = 0; d < space.Count; d++) observations[d] = [.. points.Select(p => p.Values[d])];
        return observations;
    }

    private TpeState StateOf(StudyHistory history)
    {
        var several = history.Directions.Count > 1;
        Func<int, int> good = Rules == TpeRules.Optuna5 && several ? n => (int)Math.Ceiling(0.1 * n) : TpeSplit.OptunaGood;
        return history.Prepared(this, () => new TpeState(good, isOptunas: Rules != TpeRules.Tunewise));
    }

    /// <summary>What TPE keeps with a history.</summary>
    private sealed class TpeState : IPrepared
    {
        private readonly Dictionary<string, BranchModel> _models = [];
        private int _version = -1;

        public TpeState(Func<int, int> good, bool isOptunas)
        {
            Split = new TpeSplit(good, isOptunas);
            var columns = new AscendingColumns();
            Below = new UnivariateDensity(Split, columns, TpeSplit.Side.Below);
            Above = new UnivariateDensity(Split, columns, TpeSplit.Side.Above);
        }

        public TpeSplit Split { get; }

        public UnivariateDensity Below { get; }

        public UnivariateDensity Above { get; }

        public void Update(StudyHistory history)
        {
            Split.Update(history);
            // When the branches change, so do the models.
            if (_version != history.Branches.Version) _models.Clear();
            _version = history.Branches.Version;
        }

        public BranchModel ModelOf(SearchSpace branch, TpeSampler options, bool smoothed)
        {
            var key = branch.Count == 1 ? $"{branch[0].Name}\n{branch[0].Distribution}" : string.Join('\n', branch.Select(d => d.Name));
            if (smoothed) key += "\n\n";
            if (!_models.TryGetValue(key, out var model))
            {
                _models.Add(
                    key,
                    model = new BranchModel(
                        Split, branch, options.PriorWeight, options.MostKernels, options.CategoricalDistances, smoothed));
            }

            return model;
        }
    }
}
