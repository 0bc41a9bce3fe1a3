using Tunewise.Hosting.Progress;

namespace Tunewise.Hosting.Supervision;

/// <summary>
/// Holds workers and their trials to the limits: on starting and leaving, on memory, on how long a trial runs and how long it is silent.
/// </summary>
internal sealed class WorkerLimits(SupervisedRun run, SupervisionLog log)
{
    private readonly TimeProvider _time = TimeProvider.System;

    /// <summary>Ends a worker that is over a limit, or asks its trial to stop.</summary>
    public void Watch(WorkerSlot slot, WorkerProcess worker)
    {
        if (slot.Killed is not null) return;
        if (slot.State == SlotState.Starting && Passed(worker.StartedAt, run.Options.StartLimit))
            Kill(slot, FailureKind.TimedOut, $"it was not ready within {Text.Duration(run.Options.StartLimit)}");
        else if (slot.State == SlotState.Leaving && Passed(slot.StartAt, run.Options.StopGrace))
            Kill(slot, FailureKind.TimedOut, $"it did not leave within {Text.Duration(run.Options.StopGrace)}");
        else if (slot.Trial is not null && run.Options.WorkerMemory is { } most && slot.Memory > most)
        {
            Kill(
                slot,
                FailureKind.OutOfMemory,
                $"the worker occupied {Quantities.Size(slot.Memory)}, more than the {Quantities.Size(most)} that it may");
        }
        else if (slot.Trial is { } trial)
            WatchTrial(slot, trial);
    }

    private void WatchTrial(WorkerSlot slot, WatchedTrial trial)
    {
        if (trial.Stopping is { } stopping)
        {
            if (Passed(stopping.At, run.Options.StopGrace))
                Kill(slot, stopping.Kind, $"{stopping.Reason}; it did not stop when asked, and was killed");
            return;
        }

        var reason = run.Options.TrialTimeLimit is { } most && Passed(trial.StartedAt, most)
            ? $"the trial ran for longer than its {Text.Duration(most)}"
            : run.Options.SilenceLimit is { } silence && Passed(trial.LastSign, silence)
                ? $"the trial reported nothing for {Text.Duration(silence)}"
            : null;
        if (reason is null) return;
        trial.Stopping = (FailureKind.TimedOut, reason, Now);
        slot.Worker!.Send(new WorkerMessage(MessageKind.StopTrial) { Trial = trial.Number, Failure = FailureKind.TimedOut, Text = reason });
        run.Logger.TrialStopped(slot.Place.Name, trial.Number, reason);
        log.Tell(RunEventKind.TrialStopped, slot, reason, trial.Number);
    }

    /// <summary>Kills a worker, once; its trial ends with this reason.</summary>
    public static void Kill(WorkerSlot slot, FailureKind kind, string reason)
    {
        if (slot.Killed is not null) return;
        slot.Killed = (kind, reason);
        slot.Worker!.Kill();
    }

    private long Now => _time.GetTimestamp();

    private bool Passed(long since, TimeSpan time) => _time.GetElapsedTime(since) >= time;
}
