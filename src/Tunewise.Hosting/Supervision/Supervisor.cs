using Tunewise.Hosting.Processes;
using Tunewise.Hosting.Progress;

namespace Tunewise.Hosting.Supervision;

/// <summary>
/// Runs a study in worker processes: one loop that starts them, lets them claim trials, watches them, ends what they leave undone and
/// starts them again. It trains nothing itself. Everything happens on the loop, one event after another.
/// </summary>
internal sealed class Supervisor
{
    private static readonly TimeSpan TickPause = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan MemoryPause = TimeSpan.FromSeconds(1);

    private readonly SupervisedRun _run;
    private readonly SupervisionOptions _options;
    private readonly Study _study;
    private readonly TimeProvider _time = TimeProvider.System;
    private readonly EventQueue _events = new();
    private readonly WorkerSlot[] _slots;
    private readonly TrialEnder _ender;
    private readonly MemoryWatch _memory;
    private readonly RunResults _results;
    private readonly WorkerStarter _starter;
    private readonly WorkerLimits _limits;
    private readonly SupervisionLog _log;
    private readonly long _started;
    private volatile WorkerView[] _views = [];
    private long _memoryReadAt;
    private long _tickedAt;
    private long _lookAgainAt;
    private RunEnd? _end;
    private string? _stopReason;
    private TunewiseException? _fatal;
    private bool _stopped;
    private RunEnd _nothingLeft = RunEnd.BudgetReached;

    public Supervisor(SupervisedRun run)
    {
        (_run, _options, _study) = (run, run.Options, run.Study);
        _slots = [.. run.Places.Select(p => new WorkerSlot(p))];
        _ender = new TrialEnder(run.Study);
        _memory = new MemoryWatch(run.Places, run.Options, _events);
        _log = new SupervisionLog(run);
        _results = new RunResults(run);
        _starter = new WorkerStarter(run, _slots, _memory, _events, _log);
        _limits = new WorkerLimits(run, _log);
        _started = _memoryReadAt = _tickedAt = _time.GetTimestamp();
    }

    /// <summary>The workers as they were at the last tick. Any thread may look.</summary>
    public IReadOnlyList<WorkerView> Look() => _views;

    /// <summary>Runs until the budget is used up, or until told to stop.</summary>
    /// <param name="stop">Lets running trials stop at their next report; they are queued again.</param>
    /// <param name="stopNow">Kills the workers; their trials are queued again.</param>
    /// <exception cref="TunewiseException">The program refuses to run, or no worker can be started.</exception>
    public Task<RunReport> RunAsync(CancellationToken stop, CancellationToken stopNow) =>
        Task.Factory.StartNew(() => Run(stop, stopNow), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    private RunReport Run(CancellationToken stop, CancellationToken stopNow)
    {
        using var gently = stop.Register(() => _events.Add(new SupervisorEvent.Stop(AtOnce: false)));
        using var atOnce = stopNow.Register(() => _events.Add(new SupervisorEvent.Stop(AtOnce: true)));
        try
        {
            foreach (var slot in _slots) StartIfDue(slot);
            while (!IsOver())
            {
                if (_events.Take(TickPause) is { } happened) Handle(happened);
                if (Passed(_tickedAt, TickPause)) Watch();
            }
        }
        finally
        {
            foreach (var slot in _slots.Where(s => s.Worker is not null))
            {
                slot.Worker!.Kill();
                slot.Clear();
            }
        }

        if (_fatal is not null) throw _fatal;
        var end = _stopped && _results.Tally.Interrupted > 0 ? RunEnd.Cancelled : _end ?? RunEnd.BudgetReached;
        return _results.Tally.ToReport(end, _time.GetElapsedTime(_started), _stopReason);
    }

    private void Handle(SupervisorEvent happened)
    {
        switch (happened)
        {
            case SupervisorEvent.Told told:
                if (SlotOf(told.Worker) is { } speaker) Hear(speaker, told.Message);
                break;
            case SupervisorEvent.Exited exited:
                if (SlotOf(exited.Worker) is { } left) Bury(left, exited.ExitCode);
                break;
            case SupervisorEvent.GpusRead read:
                TakeIn(read);
                break;
            case SupervisorEvent.Stop stop:
                Stop(stop.AtOnce);
                break;
        }
    }

    private WorkerSlot? SlotOf(WorkerProcess worker) => Array.Find(_slots, s => s.Worker == worker);

    private void Hear(WorkerSlot slot, WorkerMessage message)
    {
        switch (message.Kind)
        {
            case MessageKind.Ready:
                if (slot.State == SlotState.Starting) slot.State = SlotState.Up;
                _log.Tell(RunEventKind.WorkerReady, slot);
                break;
            case MessageKind.Ask:
                (slot.Asked, slot.Trial) = (true, null);
                Answer(slot);
                break;
            case MessageKind.Started:
                slot.Trial = new WatchedTrial(message.Trial, Now);
                slot.Trials++;
                slot.FailedStarts = 0;
                _log.Tell(RunEventKind.TrialStarted, slot, trial: message.Trial);
                break;
            case MessageKind.Report when slot.Trial is { } trial && trial.Number == message.Trial:
                trial.Report(message, Now);
                _log.Report(slot, message);
                break;
            case MessageKind.Finished:
                slot.Trial = null;
                _results.Expect(slot, message.Trial);
                ReadFinished();
                break;
            case MessageKind.Warning:
                _run.Logger.WorkerWarns(slot.Place.Name, message.Text ?? "");
                _log.Tell(RunEventKind.Warning, slot, message.Text);
                break;
            case MessageKind.Refused:
                slot.Refusal = message.IsUsage ? new UsageException(message.Text ?? "") : new TunewiseException(message.Text ?? "");
                break;
            case MessageKind.Done:
                slot.Done = message.End;
                if (message.End == RunEnd.StopRule) _stopReason ??= message.Text;
                Leave(slot);
                break;
        }
    }

    /// <summary>Lets a worker claim its next trial, or leave, or wait for memory.</summary>
    private void Answer(WorkerSlot slot)
    {
        if (!slot.Asked) return;
        if (slot.ReplaceBecause is null && slot.Trials >= _options.TrialsPerWorker)
            slot.ReplaceBecause = $"after {Text.Count(slot.Trials, "trial")}";
        if (slot.ReplaceBecause is null
            && slot.Trials > 0
            && _options.WorkerMemory is { } most
            && slot.Worker!.Memory is var used
            && used > most / 2)
        {
            slot.ReplaceBecause = $"it occupied {Quantities.Size(used)} between trials";
        }

        if (slot.ReplaceBecause is null && slot.Trials > 0 && _options.FreeMemory is not null)
        {
            if (!_memory.IsFresh(slot)) return;
            if (!_memory.HasRoom(slot, _slots)) slot.ReplaceBecause = "to give back its memory";
        }

        slot.Asked = false;
        if (_end is null && slot.ReplaceBecause is null)
        {
            slot.Worker!.Send(new WorkerMessage(MessageKind.Go));
            return;
        }

        slot.Worker!.Send(new WorkerMessage(MessageKind.Leave));
        Leave(slot);
    }

    private void Leave(WorkerSlot slot)
    {
        if (slot.State == SlotState.Leaving) return;
        slot.State = SlotState.Leaving;
        slot.StartAt = Now;
    }

    /// <summary>Reads the trials that workers finished, and ends the run when too many of them failed.</summary>
    private void ReadFinished()
    {
        _results.Read();
        if (_results.TooManyFailed) End(RunEnd.TooManyFailures);
    }

    private void Bury(WorkerSlot slot, int exitCode)
    {
        var worker = slot.Worker!;
        var starved = worker.MemoryKills is { } before && ProcessTools.Current.MemoryKills() > before;
        var ending = WorkerExit.Explain(exitCode, slot.Killed, starved, WorkerExit.LastWords(worker));
        var orphans = _ender.End(worker.Id, ending);
        foreach (var trial in orphans) _results.TakeIn(slot, trial);
        // It may have stored the end of its trial and died before it could say so.
        if (slot.Trial is { } last && orphans.All(t => t.Number != last.Number)) _results.Expect(slot, last.Number);
        ReadFinished();

        var asked = slot.State == SlotState.Leaving && slot.Killed is null;
        var (refusal, done, replaced, trials, ready) =
            (slot.Refusal, slot.Done, slot.ReplaceBecause, slot.Trials, slot.State != SlotState.Starting);
        var words = slot.Killed?.Reason ?? (orphans.Count > 0 ? ending.Reason! : WorkerExit.InWords(exitCode));
        if (asked)
        {
            _run.Logger.WorkerLeft(slot.Place.Name, worker.Id, replaced ?? "nothing is left to do");
            _log.Tell(RunEventKind.WorkerEnded, slot, replaced);
        }
        else
        {
            Telemetry.WorkersFailed.Add(1, _log.TagsOf(slot));
            _run.Logger.WorkerFailed(slot.Place.Name, worker.Id, words);
            _log.Tell(RunEventKind.WorkerFailed, slot, words);
        }

        slot.Clear();
        slot.State = SlotState.Down;
        slot.StartAt = Now;
        if (refusal is not null)
        {
            _fatal ??= refusal;
            Stop(atOnce: true);
        }

        if (_end is not null)
        {
            slot.State = SlotState.Finished;
        }
        else if (replaced is null && done is RunEnd.BudgetReached or RunEnd.SpaceExhausted)
        {
            slot.State = SlotState.Finished;
            if (done == RunEnd.SpaceExhausted) _nothingLeft = RunEnd.SpaceExhausted;
        }
        else if (done == RunEnd.StopRule)
        {
            slot.State = SlotState.Finished;
            End(RunEnd.StopRule);
        }
        else if (!asked && (!ready || trials == 0))
        {
            _starter.FailStart(slot, words, ending.Detail);
            _fatal ??= _starter.NoneIsLeft;
        }

        StartIfDue(slot);
    }

    private void StartIfDue(WorkerSlot slot)
    {
        if (slot.State != SlotState.Down) return;
        if (_end is not null)
        {
            slot.State = SlotState.Finished;
            return;
        }

        _starter.StartIfDue(slot);
        _fatal ??= _starter.NoneIsLeft;
    }

    private void Watch()
    {
        _tickedAt = Now;
        if (_end is null && _run.TimeLimit is { } limit && Passed(_started, limit))
        {
            End(RunEnd.TimeLimit);
            _log.Tell(RunEventKind.Warning, null, "the time limit is reached: what runs is finished, nothing more is started");
        }

        foreach (var trial in _ender.TryAgain()) _results.TakeIn(_slots[0], trial);
        ReadFinished();
        var looksAtMemory = Passed(_memoryReadAt, MemoryPause);
        if (looksAtMemory) _memoryReadAt = Now;
        foreach (var slot in _slots)
        {
            if (slot.Worker is { } worker)
            {
                if (looksAtMemory) slot.Memory = worker.Memory;
                _limits.Watch(slot, worker);
            }

            StartIfDue(slot);
            Answer(slot);
        }

        _views = [.. _slots.Select(s => WorkerView.Of(s, _memory))];
        _memory.AskIfDue(impatient: Array.Exists(_slots, s => s.WaitsFor is not null || s.Asked));
    }

    private void Stop(bool atOnce)
    {
        _stopped = true;
        _end ??= RunEnd.Cancelled;
        foreach (var slot in _slots)
        {
            if (slot.Worker is not { } worker)
            {
                StartIfDue(slot);
            }
            else if (atOnce || slot.State == SlotState.Starting)
            {
                WorkerLimits.Kill(slot, FailureKind.Interrupted, "the run was stopped while the trial ran");
            }
            else
            {
                worker.Send(new WorkerMessage(MessageKind.Cancel));
                Answer(slot);
            }
        }
    }

    private void End(RunEnd end)
    {
        _end ??= end;
        foreach (var slot in _slots) Answer(slot);
    }

    private bool IsOver()
    {
        if (_slots.Any(s => s.Worker is not null) || (_ender.IsOpen && _fatal is null)) return false;
        if (_end is not null || _fatal is not null) return true;
        // A place that waits, for memory say, holds nobody up when the others have found nothing left to do.
        if (_slots.Any(s => s.State == SlotState.Down && s.WaitsFor is null) || !_slots.Any(s => s.State == SlotState.Finished))
            return false;
        if (Now < _lookAgainAt) return false;
        return !GoesOn();
    }

    /// <summary>
    /// Whether trials are left, because a worker's was queued again when the others had gone, or because other machines still run some.
    /// </summary>
    private bool GoesOn()
    {
        try
        {
            _study.Engine.Lost.Reap();
            var trials = _study.GetTrials();
            var counted = trials.Count(t => t.State != TrialState.Waiting && t.RetriedBy is null);
            if (counted < _run.Total
                && trials.Any(t => t.State == TrialState.Waiting)
                && Array.Find(_slots, s => s.State == SlotState.Finished) is { } free)
            {
                free.State = SlotState.Down;
                StartIfDue(free);
                return true;
            }

            if (!_study.Engine.Lost.OthersRun(_study.Storage))
            {
                _end = _nothingLeft;
                return false;
            }
        }
        catch (StorageException error) when (error.IsTemporary)
        {
            // It may come back; the next tick looks again.
        }

        _lookAgainAt = Now + (long)(_study.Engine.Lost.LookAgainAfter.TotalSeconds * _time.TimestampFrequency);
        return true;
    }

    private void TakeIn(SupervisorEvent.GpusRead read)
    {
        if (_memory.TakeIn(read))
        {
            _run.Logger.GpusUnknown(_memory.Trouble!);
            _log.Tell(RunEventKind.Warning, null, $"nvidia-smi gives no answer: {_memory.Trouble}");
        }

        foreach (var slot in _slots)
        {
            if (slot is { Worker: not null, Place.Gpu: { } gpu } && _memory.Find(gpu) is null)
                WorkerLimits.Kill(slot, FailureKind.Lost, WorkerStarter.Gone(gpu));
            StartIfDue(slot);
            Answer(slot);
        }
    }

    private long Now => _time.GetTimestamp();

    private bool Passed(long since, TimeSpan time) => _time.GetElapsedTime(since) >= time;
}
