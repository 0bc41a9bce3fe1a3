using Tunewise.History;

namespace Tunewise.Pruners;

/// <summary>A pruner that pauses trials and later lets the best of them go on.</summary>
public interface IPromotingPruner
{
    /// <summary>The paused trial that should go on now instead of a new one being started, or null.</summary>
    /// <param name="studyName">The study.</param>
    /// <param name="history">What is known.</param>
    int? NextToContinue(string studyName, StudyHistory history);
}
