using Tunewise.Pruners;

namespace Tunewise.Hosting.Progress;

/// <summary>Tells a log what the trials of this process do.</summary>
internal sealed class LoggingObserver(IRunLog log) : IRunObserver
{
    public void Started(Trial trial) => log.Write(new RunEvent(RunEventKind.TrialStarted) { Trial = trial.Number });

    public void Reported(Trial trial, TrialReport report, ReportDecision decision) =>
        log.Write(new RunEvent(RunEventKind.Report) { Trial = trial.Number, Step = report.Step, Value = report.Value });

    public void Finished(FrozenTrial trial) =>
        log.Write(new RunEvent(RunEventKind.TrialEnded) { Trial = trial.Number, Ended = trial, Message = trial.Reason });
}
