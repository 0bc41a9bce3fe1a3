using Tunewise.History;

namespace Tunewise.Pruners;

/// <summary>
/// Decides after a report whether a trial goes on: a pure function of the study's history and the trial's reports. One object may serve
/// many studies and threads.
/// </summary>
public interface IPruner
{
    /// <summary>Decides. What it throws ends the run, as a <see cref="PrunerException"/>.</summary>
    /// <param name="context">The trial's reports, at least one, and what is known of the others.</param>
    ReportDecision Decide(PruningContext context);

    /// <summary>
    /// How much of the study it looks at; everything, unless it says less. What nobody looks at is not read from the storage.
    /// </summary>
    HistoryScope Scope => HistoryScope.Everything;

    /// <summary>
    /// What else the pruner can do, such as <see cref="IGroupingPruner"/> and <see cref="IPromotingPruner"/>; null when it cannot. A
    /// decorator passes on what its inner pruner can do.
    /// </summary>
    /// <typeparam name="T">The ability.</typeparam>
    T? Capability<T>()
        where T : class => this as T;

    /// <summary>Lists what is wrong with the pruner's options; the study will not open unless this is empty.</summary>
    IEnumerable<string> Validate() => [];
}
