using Tunewise.History;

namespace Tunewise.Pruners;

/// <summary>A pruner that runs several races side by side: the sampler of a trial sees only the trials of the trial's own group.</summary>
public interface IGroupingPruner
{
    /// <summary>The group of a trial; null when there are none yet. Once it is known it must not change.</summary>
    /// <param name="studyName">The study.</param>
    /// <param name="trialNumber">The trial.</param>
    /// <param name="history">What is known.</param>
    int? GroupOf(string studyName, int trialNumber, StudyHistory history);
}
