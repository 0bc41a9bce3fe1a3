using Tunewise.Pruners;
using Tunewise.Running;

namespace Tunewise;

/// <summary>Tells a user's observer what happens to the trials of a run.</summary>
internal sealed class ObservedRun(Study study, IRunObserver observer) : IRunWatcher
{
    public void Started(HeldTrial trial) => observer.Started(study.HandleOf(trial));

    public void Reported(HeldTrial trial, TrialReport report, ReportDecision decision) =>
        observer.Reported(study.HandleOf(trial), report, decision);

    public void Finished(FrozenTrial trial) => observer.Finished(trial);
}
