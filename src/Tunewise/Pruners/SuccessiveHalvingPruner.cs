using Tunewise.Analysis;
using Tunewise.History;

namespace Tunewise.Pruners;

/// <summary>
/// Asynchronous successive halving (Li et al., "A System for Massively Parallel Hyperparameter Tuning", MLSys 2020): rung r lies at step
/// <see cref="MinResource"/>·<see cref="ReductionFactor"/>^(<see cref="MinEarlyStoppingRate"/> + r); only the best
/// 1/<see cref="ReductionFactor"/> of those that reached a rung go on. Rules and stored rungs are those of Optuna 4.9, so that its workers
/// and ours run one race. A rung is due at the first report whose step is not below the rung's: with epochs counted from 0, one epoch
/// after the resource it names.
/// </summary>
public sealed class SuccessiveHalvingPruner : IPruner, IPromotingPruner
{
    /// <summary>
    /// The step of the first rung, or null for a hundredth of the longest complete trial; nothing is pruned before there is one.
    /// </summary>
    /// <value>At least 1, or null. The default is null.</value>
    public int? MinResource { get; init; }

    /// <summary>One of how many goes on.</summary>
    /// <value>At least 2. The default is 4, as in Optuna.</value>
    public int ReductionFactor { get; init; } = 4;

    /// <summary>How many rungs at the beginning are left out.</summary>
    /// <value>At least 0. The default is 0.</value>
    public int MinEarlyStoppingRate { get; init; }

    /// <summary>Prune everything at a rung until more than this many trials reached it.</summary>
    /// <value>At least 0. The default is 0.</value>
    public int BootstrapCount { get; init; }

    /// <summary>
    /// Promotion: pause trials at a rung instead of pruning them, and continue one later, from its checkpoint, when it belongs to the best
    /// of its rung after all. A run asks for such trials before it starts a new one. In Optuna's eyes a paused trial is a pruned one, and
    /// its continuation a new one.
    /// </summary>
    /// <value>The default is false.</value>
    public bool Promotes { get; init; }

    /// <inheritdoc/>
    public IEnumerable<string> Validate()
    {
        if (MinResource < 1) yield return $"SuccessiveHalvingPruner.MinResource must be at least 1, got {MinResource}";
        if (ReductionFactor < 2) yield return $"SuccessiveHalvingPruner.ReductionFactor must be at least 2, got {ReductionFactor}";
        if (MinEarlyStoppingRate < 0)
            yield return $"SuccessiveHalvingPruner.MinEarlyStoppingRate must be at least 0, got {MinEarlyStoppingRate}";
        if (BootstrapCount < 0) yield return $"SuccessiveHalvingPruner.BootstrapCount must be at least 0, got {BootstrapCount}";
        if (BootstrapCount > 0 && MinResource is null)
        {
            yield return "SuccessiveHalvingPruner.BootstrapCount needs MinResource: "
                + "with an automatic one every first trial would be pruned";
        }

        if (BootstrapCount > 0 && Promotes)
            yield return "SuccessiveHalvingPruner.BootstrapCount and Promotes exclude each other: promotion waits for others anyway";
    }

    /// <inheritdoc/>
    public T? Capability<T>()
        where T : class => typeof(T) == typeof(IPromotingPruner) && !Promotes ? null : this as T;

    /// <inheritdoc/>
    public ReportDecision Decide(PruningContext context) => Race(context.History).Decide(context, _ => true);

    /// <inheritdoc/>
    public int? NextToContinue(string studyName, StudyHistory history) =>
        Promotes ? Race(history).NextToContinue(history, _ => true) : null;

    private HalvingRace Race(StudyHistory history) => new(
        history.Prepared(typeof(RungTable), static () => new RungTable()),
        MinResource ?? Automatic(history),
        ReductionFactor,
        MinEarlyStoppingRate,
        BootstrapCount,
        Promotes);

    private static int? Automatic(StudyHistory history)
    {
        var longest = Results.LongestComplete(history);
        return longest is null ? null : (int)Math.Max(longest.Value / 100, 1);
    }
}
