using System.Diagnostics.CodeAnalysis;
using System.Runtime.ExceptionServices;
using Tunewise.Numerics;

namespace Tunewise.Running;

/// <summary>One run of a study: loops that claim, run and finish trials until the budget, the clock or someone says stop.</summary>
internal sealed class StudyRunner(
    Study study, Func<Trial, CancellationToken, ValueTask<TrialResult>> objective, RunOptions options, TimeProvider time, bool blocking) : IDisposable
{
    private static readonly AsyncLocal<StudyRunner?> Running = new();

    private readonly Lock _lock = new();
    private readonly Lock _claiming = new();
    private readonly Lock _callbacks = new();
    private readonly StudyRunner? _outer = Running.Value;
    private readonly Dictionary<int, TrialStop> _running = [];
    private readonly CancellationTokenSource _cancel = new();
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private PatientStorage _storage = study.Patient;
    private readonly long _started = time.GetTimestamp();
    private int _startedTrials;
    private int _complete;
    private int _pruned;
    private int _failed;
    private int _interrupted;
    private int _consecutiveFailures;
    private Exception? _lastFailure;
    private ExceptionDispatchInfo? _fatal;
    private RunEnd? _end;
    private RunEnd _nothingLeft = RunEnd.BudgetReached;
    private string? _stopReason;

    public IRunObserver? Observer => options.Observer;

    /// <summary>Whether the caller runs in an objective of this run, or of one that was begun within such an objective.</summary>
    public bool IsAroundCaller
    {
        get
        {
            var runner = Running.Value;
            while (runner is not null && runner != this) runner = runner._outer;
            return runner is not null;
        }
    }

    public void Stop() => End(RunEnd.Stopped);

    /// <summary>Asks one trial to stop and says what it then failed of. Does nothing when it does not run.</summary>
    public void StopTrial(int number, FailureKind kind, string reason)
    {
        TrialStop? stop;
        lock (_lock) stop = _running.GetValueOrDefault(number);
        stop?.Request(kind, reason);
    }

    /// <summary>Ends the run as its caller's cancellation does, and waits for its end.</summary>
    public async Task CancelAsync()
    {
        try
        {
            await _cancel.CancelAsync().ConfigureAwait(false);
        }
        catch (Exception error) when (error is ObjectDisposedException or AggregateException)
        {
            // It has just ended by itself, or what an objective hung onto its token threw: that ends no wait.
        }

        await _ended.Task.ConfigureAwait(false);
    }

    public void Dispose() => _cancel.Dispose();

    public async Task<RunReport> RunAsync(CancellationToken callers)
    {
        using var cancellation = CancellationTokenSource.CreateLinkedTokenSource(callers, _cancel.Token);
        try
        {
            return await RunUntilAsync(cancellation.Token).ConfigureAwait(false);
        }
        finally
        {
            _ended.SetResult();
        }
    }

    private async Task<RunReport> RunUntilAsync(CancellationToken cancellationToken)
    {
        using var abort = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        _storage = study.With(Patience.OfRun(abort.Token));
        UnlessStopped(() => study.Lost.Reap(_storage), cancellationToken);
        if (options.InBatches)
        {
            await Guard(abort, () => RunBatchesAsync(abort)).ConfigureAwait(false);
        }
        else
        {
            var loops = new Task[options.Parallelism];
            for (var i = 0; i < loops.Length; i++) loops[i] = OnOwnThread(() => Guard(abort, () => LoopAsync(abort.Token)));
            await Task.WhenAll(loops).ConfigureAwait(false);
        }

        _fatal?.Throw();
        var end = cancellationToken.IsCancellationRequested && _interrupted > 0 ? RunEnd.Cancelled : _end ?? _nothingLeft;
        return new RunReport(end, time.GetElapsedTime(_started), _complete, _pruned, _failed, _interrupted, _lastFailure) { StopReason = _stopReason };
    }

    /// <summary>A blocking objective gets a thread of its own; the pool is for work that yields.</summary>
    private Task OnOwnThread(Func<Task> work) => blocking
        ? Task.Factory.StartNew(work, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default).Unwrap()
        : Task.Run(work, CancellationToken.None);

    private async Task Guard(CancellationTokenSource abort, Func<Task> work)
    {
        try
        {
            await work().ConfigureAwait(false);
        }
        catch (Exception error)
        {
            // The storage failed, a callback threw, the sampler cannot serve the space, or the objective is not one of this study's: the other loops end too.
            lock (_lock) _fatal ??= ExceptionDispatchInfo.Capture(error);
            End(RunEnd.Stopped);
            await abort.CancelAsync().ConfigureAwait(false);
        }
    }

    private async Task LoopAsync(CancellationToken token)
    {
        while (Next(token) is { } claimed)
        {
            using var stop = new TrialStop(token);
            if (study.Start(claimed, _storage, stop.Token) is { } trial) await RunTrialAsync(trial, stop, token).ConfigureAwait(false);
        }
    }

    private async Task RunBatchesAsync(CancellationTokenSource abort)
    {
        while (true)
        {
            var batch = new List<Trial>();
            var stops = new List<TrialStop>();
            var begun = false;
            try
            {
                while (batch.Count < options.Parallelism && Next(abort.Token) is { } claimed)
                {
                    var stop = new TrialStop(abort.Token);
                    stops.Add(stop);
                    if (study.Start(claimed, _storage, stop.Token) is { } trial)
                    {
                        batch.Add(trial);
                        continue;
                    }

                    stops.Remove(stop);
                    stop.Dispose();
                }

                if (batch.Count == 0) return;
                study.PlanBatch(batch, _storage);
                begun = true;
                await Task.WhenAll(batch.Select((t, i) => OnOwnThread(() => Guard(abort, () => RunTrialAsync(t, stops[i], abort.Token))))).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (!begun && abort.IsCancellationRequested)
            {
                // Stopped while the storage failed.
                End(RunEnd.Cancelled);
                return;
            }
            finally
            {
                study.ThawHistory();
                if (!begun) study.GiveBack(batch, "the run ended before the trial began");

                foreach (var trial in batch) study.Release(trial);
                foreach (var stop in stops) stop.Dispose();
            }

            UnlessStopped(CheckStopRules, abort.Token);
        }
    }

    private FrozenTrial? Next(CancellationToken token)
    {
        if (token.IsCancellationRequested) End(RunEnd.Cancelled);
        if (options.TimeLimit is { } limit && time.GetElapsedTime(_started) >= limit) End(RunEnd.TimeLimit);
        lock (_lock)
        {
            if (_end is not null) return null;
            if (options.AdditionalTrials is { } most && _startedTrials >= most)
            {
                _end = RunEnd.BudgetReached;
                return null;
            }

            _startedTrials++;
        }

        if (options.Permit is { } permit && !permit(token))
        {
            End(token.IsCancellationRequested ? RunEnd.Cancelled : RunEnd.Stopped);
            return null;
        }

        try
        {
            while (true)
            {
                if (Claim(out var end) is { } claimed) return claimed;
                if (!options.AwaitOthers || !study.Lost.OthersRun(_storage) || !Wait(token))
                {
                    if (token.IsCancellationRequested) End(RunEnd.Cancelled);
                    // The other loops go on: what they run may yet fail and be queued again.
                    lock (_lock) _nothingLeft = end;
                    return null;
                }
            }
        }
        catch (OperationCanceledException) when (token.IsCancellationRequested)
        {
            // Stopped while the storage failed.
            End(RunEnd.Cancelled);
            return null;
        }
    }

    /// <summary>Does something that a stop may end while the storage fails.</summary>
    private void UnlessStopped(Action work, CancellationToken token)
    {
        try
        {
            work();
        }
        catch (OperationCanceledException) when (token.IsCancellationRequested)
        {
            End(RunEnd.Cancelled);
        }
    }

    /// <summary>One after another: whether anything is left depends on what was claimed just before.</summary>
    private FrozenTrial? Claim(out RunEnd end)
    {
        study.Lost.ReapIfDue(_storage);
        lock (_claiming)
        {
            study.QueueContinuation(_storage);
            var exhausted = study.IsExhausted(_storage);
            end = exhausted ? RunEnd.SpaceExhausted : RunEnd.BudgetReached;
            return study.Claim(options, onlyWaiting: exhausted, _storage);
        }
    }

    /// <summary>Waits a little while others work; false when the run should end.</summary>
    private bool Wait(CancellationToken token)
    {
        try
        {
            Task.Delay(study.Lost.LookAgainAfter, time, token).GetAwaiter().GetResult();
        }
        catch (OperationCanceledException)
        {
            return false;
        }

        lock (_lock) return _end is null;
    }

    private async Task RunTrialAsync(Trial trial, TrialStop stop, CancellationToken token)
    {
        using var activity = Telemetry.StartTrial(study, trial);
        var started = time.GetTimestamp();
        TrialEnding? ending;
        Exception? failure;
        int number;
        try
        {
            lock (_lock) _running[trial.Number] = stop;
            Observer?.Started(trial);
            using (TimeLimitOf(trial))
            {
                (ending, failure) = await EvaluateAsync(trial, stop, token).ConfigureAwait(false);
            }

            if (ending is null || study.Finish(trial, ending, study.With(Patience.OfEnd(token))) is not { } stored)
            {
                study.Logger.TrialLost(trial.Number, study.WhyLost(trial.Number));
                return;
            }

            number = stored;
        }
        catch (StorageException error) when (error.IsTemporary && token.IsCancellationRequested)
        {
            study.Logger.EndNotStored(trial.Number, error.Message);
            lock (_lock) _interrupted++;
            return;
        }
        finally
        {
            // Also when the storage or an observer threw: nobody works on the trial any more, so its lease must run out.
            study.Release(trial);
            lock (_lock) _running.Remove(trial.Number);
        }

        Telemetry.EndTrial(activity, study, ending, failure, time.GetElapsedTime(started));
        Count(ending, failure);
        if (ending.Failure is { } kind && kind != FailureKind.Interrupted) study.Logger.TrialFailed(trial.Number, ending.Reason);
        UnlessStopped(() => Notify(number), token);
        if (failure is not null && (ending.Failure == FailureKind.InvalidResult || failure is Samplers.SamplerException or StudyMismatchException)) ExceptionDispatchInfo.Throw(failure);
        if (!options.InBatches) UnlessStopped(CheckStopRules, token);
    }

    private ITimer? TimeLimitOf(Trial trial) => options.TrialTimeLimit is not { } limit ? null
        : time.CreateTimer(_ => StopTrial(trial.Number, FailureKind.TimedOut, $"the trial ran for longer than its {Words.Duration(limit)}"), null, limit, Timeout.InfiniteTimeSpan);

    private void CheckStopRules()
    {
        foreach (var rule in options.StopRules)
        {
            if (study.WithHistory(_storage, h => rule.Check(new Stopping.StopContext(h, study.Objectives))) is not { } reason) continue;
            lock (_lock)
            {
                if (_end is not null) return;
                (_end, _stopReason) = (RunEnd.StopRule, reason);
            }
        }
    }

    /// <summary>Runs the objective. No ending means that the trial was lost; the exception is what made it fail.</summary>
    [SuppressMessage("Design", "CA1031:Do not catch general exception types", Justification = "Whatever an objective throws fails its trial, not the study.")]
    private async ValueTask<(TrialEnding? Ending, Exception? Failure)> EvaluateAsync(Trial trial, TrialStop stop, CancellationToken token)
    {
        Running.Value = this;
        try
        {
            var result = await objective(trial, stop.Token).ConfigureAwait(false)
                ?? throw new InvalidOperationException("the objective returned null; return a value, TrialResult.Pruned or TrialResult.Failed");
            if (result.State == TrialState.Complete && result.Values.Count != study.Objectives.Count)
            {
                var message = study.WrongCount(result.Values.Count);
                var ending = new TrialEnding(TrialState.Failed, []) { Failure = FailureKind.InvalidResult, Reason = message };
                return (ending, new TunewiseException(message));
            }

            return (Endings.Conclude(study.Objectives, result, trial.Reports, trial.LastDecision), null);
        }
        catch (Exception error)
        {
            return Explain(trial, CauseOf(error), stop, token);
        }
    }

    /// <summary>What an objective's exception means. No ending means that the trial was lost.</summary>
    private (TrialEnding? Ending, Exception? Failure) Explain(Trial trial, Exception error, TrialStop stop, CancellationToken token)
    {
        switch (error)
        {
            case TrialPrunedException:
                return (Endings.Conclude(study.Objectives, TrialResult.Pruned, trial.Reports, trial.LastDecision), null);
            case TrialLostException:
                return (null, null);
            case OperationCanceledException when stop.Asked is { } asked:
                return (new TrialEnding(TrialState.Failed, []) { Failure = asked.Kind, Reason = asked.Reason }, error);
            case OperationCanceledException when token.IsCancellationRequested:
                return (new TrialEnding(TrialState.Failed, []) { Failure = FailureKind.Interrupted, Reason = "the run was stopped while the trial ran" }, null);
            case StorageException { IsTemporary: true }:
                return (new TrialEnding(TrialState.Failed, []) { Failure = FailureKind.Storage, Reason = error.Message, Detail = error.ToString() }, error);
            case StorageException:
                ExceptionDispatchInfo.Throw(error);
                return default;
            default:
                var kind = options.ClassifyFailure?.Invoke(error) ?? (error is OutOfMemoryException ? FailureKind.OutOfMemory : FailureKind.Exception);
                if (kind == FailureKind.Diverged) return (Endings.Diverged(error.Message, Endings.LastFinite(trial.Reports)), error);
                return (new TrialEnding(TrialState.Failed, []) { Failure = kind, Reason = $"{error.GetType().Name}: {Words.FirstLine(error.Message)}", Detail = error.ToString() }, error);
        }
    }

    /// <summary>What tasks and parallel loops of the objective threw, without their envelope: a lost trial, else a failure of the program, else a pruning or a cancellation.</summary>
    private static Exception CauseOf(Exception error)
    {
        if (error is not AggregateException envelope) return error;
        var causes = envelope.Flatten().InnerExceptions;
        return causes.FirstOrDefault(e => e is TrialLostException)
            ?? causes.FirstOrDefault(e => e is not (TrialPrunedException or OperationCanceledException))
            ?? causes.FirstOrDefault(e => e is TrialPrunedException)
            ?? causes.FirstOrDefault() ?? error;
    }

    private void Count(TrialEnding ending, Exception? failure)
    {
        lock (_lock)
        {
            switch (ending)
            {
                case { State: TrialState.Complete }: _complete++; break;
                case { State: TrialState.Pruned }: _pruned++; break;
                case { Failure: FailureKind.Interrupted }: _interrupted++; break;
                default: _failed++; break;
            }

            _consecutiveFailures = FailedInARow.After(_consecutiveFailures, ending.State, ending.Failure);
            if (failure is not null) _lastFailure = failure;
            if (_consecutiveFailures >= options.MaxConsecutiveFailures) _end ??= RunEnd.TooManyFailures;
            if (failure is not null && options.OnFailure == FailurePolicy.Stop)
            {
                // A run that ended because a trial was stopped has failed; it was not cancelled.
                _fatal ??= ExceptionDispatchInfo.Capture(failure is OperationCanceledException ? new TunewiseException($"trial stopped: {ending.Reason}", failure) : failure);
                _end ??= RunEnd.Stopped;
            }
        }
    }

    private void Notify(int number)
    {
        if (options.Callbacks.Count == 0 && Observer is null) return;
        var stored = _storage.FindTrial(study.Id, number);
        // Deleted in this very moment.
        if (stored is null) return;
        Observer?.Finished(stored);
        lock (_callbacks)
        {
            foreach (var callback in options.Callbacks) callback(study, stored);
        }
    }

    private void End(RunEnd end)
    {
        lock (_lock) _end ??= end;
    }
}
