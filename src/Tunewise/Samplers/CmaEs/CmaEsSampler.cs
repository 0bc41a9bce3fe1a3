using Tunewise.Numerics;
using Tunewise.Samplers.Random;
using Tunewise.Spaces;

namespace Tunewise.Samplers.CmaEs;

/// <summary>
/// The covariance matrix adaptation evolution strategy (Hansen, "The CMA Evolution Strategy: A Tutorial", arXiv:1604.00772): for numeric
/// parameters that depend on one another, and budgets of some hundred trials and more. Its state is computed from the history alone: trials
/// carry the generation they were drawn for and their points before rounding, so that workers with other seeds learn from them, too.
/// Categorical and conditional parameters are left to <see cref="Independent"/>. Needs one objective.
/// </summary>
public sealed class CmaEsSampler : ISampler
{
    internal const string DrawAttribute = "tunewise:cma";

    /// <summary>How many trials make a generation, or null for 4 + ⌊3·ln d⌋.</summary>
    /// <value>At least 4. The default is null.</value>
    public int? PopulationSize { get; init; }

    /// <summary>The first step size in shares of each range.</summary>
    /// <value>Above 0 and at most 1. The default is 1/6.</value>
    public double InitialStep { get; init; } = 1.0 / 6;

    /// <summary>Start the search at the best complete trial that is known by then, instead of in the middle of the space.</summary>
    /// <value>The default is false.</value>
    public bool StartsAtBest { get; init; }

    /// <summary>Adapt the variances only: for many parameters that do not depend on one another (Ros and Hansen, PPSN 2008).</summary>
    /// <value>The default is false.</value>
    public bool Separable { get; init; }

    /// <summary>What happens when it has converged.</summary>
    /// <value>The default is <see cref="CmaRestarts.Ipop"/>.</value>
    public CmaRestarts Restarts { get; init; } = CmaRestarts.Ipop;

    /// <summary>
    /// Slow the learning down where it does not pay, for noisy and many-peaked objectives (Nomura, Akimoto and Ono, GECCO 2023).
    /// </summary>
    /// <value>The default is false.</value>
    public bool LearningRateAdaptation { get; init; }

    /// <summary>Keep parameters with a grid from getting stuck on one value (Hamano et al., "CMA-ES with Margin", GECCO 2022).</summary>
    /// <value>The default is true.</value>
    public bool Margin { get; init; } = true;

    /// <summary>Chooses what this sampler cannot: the first trial, categorical and conditional parameters.</summary>
    /// <value>The default is random search.</value>
    public ISampler Independent { get; init; } = new RandomSampler();

    /// <inheritdoc/>
    public IEnumerable<string> Validate(IReadOnlyList<Objective> objectives)
    {
        if (objectives.Count > 1)
            yield return $"CmaEsSampler needs one objective, the study has {objectives.Count}; use NsgaIISampler, TpeSampler or GpSampler";
        if (PopulationSize < 4) yield return $"CmaEsSampler.PopulationSize must be at least 4, got {PopulationSize}";
        if (!(InitialStep > 0 && InitialStep <= 1))
            yield return $"CmaEsSampler.InitialStep must be above 0 and at most 1, got {Words.Exact(InitialStep)}";
        if (!Enum.IsDefined(Restarts)) yield return $"CmaEsSampler.Restarts has no value {(int)Restarts}";
        if (Separable && LearningRateAdaptation)
            yield return "CmaEsSampler.Separable and LearningRateAdaptation exclude each other; drop one of them";
        foreach (var problem in Independent.Validate(objectives)) yield return problem;
    }

    /// <inheritdoc/>
    /// <exception cref="SamplerException">No parameter of the study is numeric.</exception>
    public SearchSpace InferJointSpace(SamplingContext context, string name)
    {
        if (context.History.CountOf(TrialState.Complete) + context.History.CountOf(TrialState.Pruned) == 0) return SearchSpace.Empty;
        if (Numeric(context.History.Branches.Everything).Count == 0)
        {
            var known = string.Join(", ", context.History.Branches.Everything.Select(d => $"'{d.Name}' ({d.Distribution})"));
            throw new SamplerException(
                $"CmaEsSampler: there is no numeric parameter to search, only {(known.Length == 0 ? "single-valued ones" : known)}; "
                + "use TpeSampler");
        }

        var numeric = Numeric(context.History.Branches.Root);
        if (numeric.IndexOf(name) < 0) return SearchSpace.Empty;
        return numeric.All(d => context.ValueOf(d.Name) is null) || CarriedDraw(context, numeric) is not null ? numeric : SearchSpace.Empty;
    }

    /// <inheritdoc/>
    public double[]? SampleJoint(SamplingContext context, SearchSpace space)
    {
        // A trial that is tried again had some of its parameters perhaps: the others belong to the same point.
        if (CarriedDraw(context, space) is { } carried) return CmaReplay.ValuesAt(space, carried);
        var replay = context.History.Prepared(this, () => new CmaReplay(this));
        replay.Advance(context.History, space);
        var draw = replay.Draw(context.Seed, context.TrialNumber);
        context.SetAttribute(DrawAttribute, draw.ToAttribute());
        if (replay.ToLayDown(context.History) is { } parents) context.SetAttribute(TrialAttributes.CmaParents, parents);
        return CmaReplay.ValuesAt(space, draw.Point!);
    }

    /// <inheritdoc/>
    public double Sample(SamplingContext context, string name, Distribution distribution) =>
        Independent.Sample(context, name, distribution);

    /// <summary>The point of the trial's earlier try, if it was drawn from this space.</summary>
    private static double[]? CarriedDraw(SamplingContext context, SearchSpace space) =>
        context.Kept.TryGetValue(DrawAttribute, out var json)
        && CmaDraw.Read(AttributeJson.ReadOrNull(json)) is { Point: { } point, Generation: var generation }
        && point.Length == space.Count
        && generation.Space == CmaGeneration.FirstOf(space).Space
            ? point
            : null;

    private static SearchSpace Numeric(SearchSpace space) => new(space.Where(d => d.Distribution is not CategoricalDistribution));
}
