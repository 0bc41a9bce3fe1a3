using Tunewise.History;

namespace Tunewise.Pruners;

/// <summary>
/// Decides after a report whether a trial goes on: a pure function of the study's history and the trial's reports. One object may serve
/// many studies and threads.
/// </summary>
public interface IPruner
{
    /// <summary>Decides.</summary>
    /// <param name="context">The trial's reports, at least one, and what is known of the others.</param>
    ReportDecision Decide(PruningContext context);

    /// <summary>
    /// The group of a trial, for rules that run several races side by side: the sampler of a trial sees only the trials of its group. Null, the
    /// default, means that there are no groups, or none yet.
    /// </summary>
    /// <param name="studyName">The study.</param>
    /// <param name="trialNumber">The trial.</param>
    /// <param name="history">What is known.</param>
    int? GroupOf(string studyName, int trialNumber, StudyHistory history) => null;

    /// <summary>The paused trial that should go on now instead of a new one being started, or null.</summary>
    /// <param name="studyName">The study.</param>
    /// <param name="history">What is known.</param>
    int? NextToContinue(string studyName, StudyHistory history) => null;

    /// <summary>Lists what is wrong with the pruner's options; the study will not open unless this is empty.</summary>
    IEnumerable<string> Validate() => [];
}
