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
