using Tunewise.History;

namespace Tunewise.Pruners;

/// <summary>
/// Decides after a report whether a trial goes on: a pure function of the study's history and the trial's reports. One object may serve
/// many studies and threads.
/// </summary>
public interface IPruner
{
    /// <summary>Whether <see cref="StudyHistory.Unfinished"/> must be up to date when this pruner is asked. The default is false.</summary>
    bool ReadsUnfinishedTrials => false;

    /// <summary>Decides.</summary>
    /// <param name="context">The trial's reports, at least one, and what is known of the others.</param>
    ReportDecision Decide(PruningContext context);

    /// <summary>Lists what is wrong with the pruner's options; the study will not open unless this is empty.</summary>
    IEnumerable<string> Validate() => [];
}

/// <summary>What a pruner is told.</summary>
/// <param name="History">The study's finished trials.</param>
/// <param name="TrialNumber">The trial.</param>
/// <param name="Direction">Whether smaller or larger reports are better.</param>
/// <param name="Reports">The trial's reports in order of their steps; at least one.</param>
public sealed record PruningContext(StudyHistory History, int TrialNumber, Direction Direction, IReadOnlyList<TrialReport> Reports);

/// <summary>A pruner's verdict with its reason.</summary>
/// <param name="ShouldPrune">Whether the trial should stop now.</param>
/// <param name="Reason">Why, in words and numbers.</param>
public readonly record struct ReportDecision(bool ShouldPrune, string Reason)
{
    /// <summary>The trial goes on.</summary>
    /// <param name="reason">Why.</param>
    public static ReportDecision Continue(string reason) => new(false, reason);

    /// <summary>The trial should stop.</summary>
    /// <param name="reason">Why.</param>
    public static ReportDecision Prune(string reason) => new(true, reason);
}

/// <summary>Never prunes.</summary>
public sealed class NoPruner : IPruner
{
    /// <inheritdoc/>
    public ReportDecision Decide(PruningContext context) => ReportDecision.Continue("pruning is off");
}
