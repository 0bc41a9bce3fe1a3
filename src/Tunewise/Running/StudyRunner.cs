using System.Runtime.ExceptionServices;
using Tunewise.History;
using Tunewise.Numerics;
using Tunewise.Stopping;

namespace Tunewise.Running;

/// <summary>One run of a study: loops that claim, run and finish trials until the budget, the clock or someone says stop.</summary>
internal sealed class StudyRunner : IDisposable
{
    /// <summary>Timers run no longer than some 49 days.</summary>
    private static readonly TimeSpan LongestTimeout = TimeSpan.FromDays(40);

    /// <summary>How long others are given to suggest something before they are looked at again.</summary>
    private static readonly TimeSpan LookForOthers = TimeSpan.FromMilliseconds(50);
    private static readonly AsyncLocal<StudyRunner?> Running = new();

    private readonly StudyEngine _engine;
    private readonly RunPlan _plan;
    private readonly RunTally _tally;
    private readonly Evaluation _evaluation;
    private readonly TimeProvider _time;
    private readonly long _started;
    private readonly Lock _lock = new();
    private readonly Lock _claiming = new();
    private readonly Lock _callbacks = new();
    private readonly StudyRunner? _outer = Running.Value;
    private readonly Dictionary<int, TrialStop> _running = [];
    private int _underWay;
    private readonly CancellationTokenSource _cancel = new();
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private PatientStorage _storage;

    public StudyRunner(StudyEngine engine, RunPlan plan)
    {
        (_engine, _plan, _tally, _evaluation) = (engine, plan, new RunTally(plan), new Evaluation(engine.Setup, plan));
        (_time, _storage) = (engine.Setup.Time, engine.Patient);
        _started = _time.GetTimestamp();
    }

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

    public void Stop() => _tally.End(RunEnd.Stopped);

    /// <summary>Asks one trial to stop and says what it then failed of. Does nothing when it does not run.</summary>
    public void StopTrial(int number, FailureKind kind, string reason)
    {
        TrialStop? stop;
        lock (_lock) stop = _running.GetValueOrDefault(number);
        stop?.Ask(kind, reason);
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
        _storage = _engine.With(Patience.OfRun(abort.Token));
        UnlessStopped(() => _engine.Lost.Reap(_storage), cancellationToken);
        if (_plan.InBatches)
        {
            await OnOwnThread(() => Guard(abort, () => RunBatchesAsync(abort))).ConfigureAwait(false);
        }
        else
        {
            var loops = new Task[_plan.Parallelism];
            for (var i = 0; i < loops.Length; i++) loops[i] = OnOwnThread(() => Guard(abort, () => LoopAsync(abort.Token)));
            await Task.WhenAll(loops).ConfigureAwait(false);
        }

        return _tally.Report(_time.GetElapsedTime(_started), cancellationToken.IsCancellationRequested);
    }

    /// <summary>A blocking objective gets a thread of its own; the pool is for work that yields.</summary>
    private Task OnOwnThread(Func<Task> work) => _plan.Blocking
        ? Task.Factory.StartNew(work, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default).Unwrap()
        : Task.Run(work, CancellationToken.None);

    private async Task Guard(CancellationTokenSource abort, Func<Task> work)
    {
        // All that a loop calls is within this run: objectives, observers, stop rules.
        Running.Value = this;
        try
        {
            await work().ConfigureAwait(false);
        }
        catch (Exception error)
        {
            // The storage failed, a callback threw, the sampler cannot serve the space, or the objective is not one of this study's:
            // the other loops end too.
            _tally.Fail(error);
            await abort.CancelAsync().ConfigureAwait(false);
        }
    }

    private async Task LoopAsync(CancellationToken token)
    {
        while (await NextAsync(token).ConfigureAwait(false) is { } claimed)
        {
            try
            {
                using var stop = new TrialStop(token);
                if (_engine.Hold(claimed, _storage, stop.Token, _plan.Watcher) is { } trial)
                    await RunTrialAsync(trial, stop, token).ConfigureAwait(false);
            }
            finally
            {
                Interlocked.Decrement(ref _underWay);
                _engine.Progress.Raise();
            }
        }
    }

    private async Task RunBatchesAsync(CancellationTokenSource abort)
    {
        while (true)
        {
            var batch = new List<HeldTrial>();
            var stops = new List<TrialStop>();
            var begun = false;
            try
            {
                while (batch.Count < _plan.Parallelism && await NextAsync(abort.Token).ConfigureAwait(false) is { } claimed)
                {
                    var stop = new TrialStop(abort.Token);
                    stops.Add(stop);
                    if (_engine.Hold(claimed, _storage, stop.Token, _plan.Watcher) is { } trial)
                    {
                        batch.Add(trial);
                        continue;
                    }

                    stops.Remove(stop);
                    stop.Dispose();
                }

                if (batch.Count == 0) return;
                _engine.PlanBatch(batch, _storage);
                begun = true;
                await Task.WhenAll(batch.Select(
                    (t, i) => OnOwnThread(() => Guard(abort, () => RunTrialAsync(t, stops[i], abort.Token))))).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (!begun && abort.IsCancellationRequested)
            {
                // Stopped while the storage failed.
                _tally.End(RunEnd.Cancelled);
                return;
            }
            finally
            {
                if (!begun) _engine.GiveBack(batch, "the run ended before the trial began");
                foreach (var trial in batch) _engine.Release(trial);
                foreach (var stop in stops) stop.Dispose();
            }

            UnlessStopped(CheckStopRules, abort.Token);
        }
    }

    private async ValueTask<FrozenTrial?> NextAsync(CancellationToken token)
    {
        var permitted = _plan.Permit is null;
        try
        {
            while (true)
            {
                if (token.IsCancellationRequested) _tally.End(RunEnd.Cancelled);
                if (TimeLeft <= TimeSpan.Zero) _tally.End(RunEnd.TimeLimit);
                if (!_tally.TryReserve()) return null;
                if (!permitted && !_plan.Permit!(token))
                {
                    _tally.GiveBack();
                    _tally.End(token.IsCancellationRequested ? RunEnd.Cancelled : RunEnd.Stopped);
                    return null;
                }

                permitted = true;
                var progress = _engine.Progress.Next;
                if (Claim(out var end, out var moreMayShow) is { } claimed)
                {
                    _tally.Began();
                    return claimed;
                }

                // Whoever waits holds no place: what others begin meanwhile counts.
                _tally.GiveBack();
                if (end == RunEnd.SpaceExhausted && await WaitForMoreAsync(moreMayShow, progress, token).ConfigureAwait(false)) continue;
                if (_plan.AwaitOthers && _engine.Lost.OthersRun(_storage) && await WaitAsync(token).ConfigureAwait(false)) continue;
                if (token.IsCancellationRequested) _tally.End(RunEnd.Cancelled);
                _tally.NothingLeft(end);
                return null;
            }
        }
        catch (OperationCanceledException) when (token.IsCancellationRequested)
        {
            // Stopped while the storage failed.
            _tally.End(RunEnd.Cancelled);
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
            _tally.End(RunEnd.Cancelled);
        }
    }

    private FrozenTrial? Claim(out RunEnd end, out bool moreMayShow)
    {
        _engine.Lost.ReapIfDue(_storage);
        if (!_engine.ClaimsInTurn) return ClaimNow(out end, out moreMayShow);
        // One after another: whether anything is left depends on what was claimed just before.
        lock (_claiming)
        {
            _engine.QueueContinuation(_storage);
            return ClaimNow(out end, out moreMayShow);
        }
    }

    /// <summary>For how long further trials may begin.</summary>
    private TimeSpan TimeLeft => _plan.TimeLimit is { } limit ? limit - _time.GetElapsedTime(_started) : TimeSpan.MaxValue;

    private FrozenTrial? ClaimNow(out RunEnd end, out bool moreMayShow)
    {
        var claimed = _engine.Claim(_storage, _plan.TotalTrials, _plan.CountedStates, out var exhausted, out moreMayShow);
        if (exhausted && moreMayShow && Volatile.Read(ref _underWay) == 0 && !_engine.Lost.OthersRun(_storage))
        {
            // Who ran at that look may have ended since, and shown that nothing is left.
            claimed = _engine.Claim(_storage, _plan.TotalTrials, _plan.CountedStates, out exhausted, out moreMayShow);
            if (exhausted && moreMayShow)
            {
                // Only trials that are evaluated by hand could show more, and nobody knows when: what they have chosen is not chosen again.
                claimed = _engine.Claim(_storage, _plan.TotalTrials, _plan.CountedStates);
                exhausted = false;
            }
        }

        if (claimed is not null) Interlocked.Increment(ref _underWay);
        end = exhausted ? RunEnd.SpaceExhausted : RunEnd.BudgetReached;
        return claimed;
    }

    /// <summary>
    /// Waits where nothing is left but what the trials that run have taken: what those of this run suggest next, or how they end, may show
    /// more, and so may those of others. The trials of a batch begin together, and nobody waits for them. False when the run should end.
    /// </summary>
    private async ValueTask<bool> WaitForMoreAsync(bool moreMayShow, Task progress, CancellationToken token)
    {
        if (_plan.InBatches) return false;
        // It happened since the claim.
        if (progress.IsCompleted) return true;
        var own = Volatile.Read(ref _underWay) > 0;
        if (moreMayShow && _engine.Lost.OthersRun(_storage))
        {
            var soon = Task.WhenAny(progress, Task.Delay(LookForOthers, _time, token));
            return await WaitAsync(soon, token).ConfigureAwait(false);
        }

        return own && await WaitAsync(progress, token).ConfigureAwait(false);
    }

    /// <summary>Waits a little while others work; false when the run should end.</summary>
    private ValueTask<bool> WaitAsync(CancellationToken token) =>
        WaitAsync(Task.Delay(_engine.Lost.LookAgainAfter, _time, token), token);

    /// <summary>Waits for something, at most until no further trial may begin; false when the run should end.</summary>
    private async ValueTask<bool> WaitAsync(Task something, CancellationToken token)
    {
        var wait = TimeLeft is var left && left < LongestTimeout
            ? something.WaitAsync(left > TimeSpan.Zero ? left : TimeSpan.Zero, _time, token)
            : something.WaitAsync(token);
        try
        {
            // A blocking objective goes on on the thread that is its loop's own.
            if (_plan.Blocking) wait.GetAwaiter().GetResult();
            else await wait.ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
        catch (TimeoutException)
        {
            // Whoever waited sees that no time is left.
        }

        return !_tally.HasEnded && !token.IsCancellationRequested;
    }

    private async Task RunTrialAsync(HeldTrial trial, TrialStop stop, CancellationToken token)
    {
        using var activity = Telemetry.StartTrial(_engine.Setup.Name, trial.Number);
        var started = _time.GetTimestamp();
        TrialEnding? ending;
        Exception? failure;
        int number;
        try
        {
            lock (_lock) _running[trial.Number] = stop;
            _plan.Watcher?.Started(trial);
            using (TimeLimitOf(trial))
            {
                (ending, failure) = await _evaluation.RunAsync(trial, stop, token).ConfigureAwait(false);
            }

            if (ending is null || _engine.Finish(trial, ending, _engine.With(Patience.OfEnd(token))) is not { } stored)
            {
                _engine.Setup.Logger.TrialLost(trial.Number, _engine.WhyLost(trial.Number));
                return;
            }

            number = stored;
        }
        catch (StorageException error) when (error.IsTemporary && token.IsCancellationRequested)
        {
            _engine.Setup.Logger.EndNotStored(trial.Number, error.Message);
            _tally.Interrupted();
            return;
        }
        finally
        {
            // Also when the storage or an observer threw: nobody works on the trial any more, so its lease must run out.
            _engine.Release(trial);
            lock (_lock) _running.Remove(trial.Number);
        }

        Telemetry.EndTrial(activity, _engine.Setup.Name, ending, failure, _time.GetElapsedTime(started));
        _tally.Count(ending, failure);
        if (ending.Failure is { } kind && kind != FailureKind.Interrupted) _engine.Setup.Logger.TrialFailed(trial.Number, ending.Reason);
        UnlessStopped(() => Notify(number), token);
        if (failure is not null && Evaluation.EndsRun(ending, failure)) ExceptionDispatchInfo.Throw(failure);
        if (!_plan.InBatches) UnlessStopped(CheckStopRules, token);
    }

    private ITimer? TimeLimitOf(HeldTrial trial) => _plan.TrialTimeLimit is not { } limit ? null
        : _time.CreateTimer(
            _ => StopTrial(trial.Number, FailureKind.TimedOut, $"the trial ran for longer than its {Words.Duration(limit)}"),
            null,
            limit,
            Timeout.InfiniteTimeSpan);

    private void CheckStopRules()
    {
        if (_plan.StopRules.Count == 0) return;
        var reason = _engine.Decide(_storage, HistoryScope.Everything, history =>
        {
            var context = new StopContext(history, _engine.Setup.Objectives);
            return _plan.StopRules.Select(rule => rule.Check(context)).FirstOrDefault(r => r is not null);
        });
        if (reason is not null) _tally.End(reason);
    }

    private void Notify(int number)
    {
        if (_plan.Callbacks.Count == 0 && _plan.Watcher is null) return;
        var stored = _storage.FindTrial(_engine.Setup.Info.Id, number);
        // Deleted in this very moment.
        if (stored is null) return;
        _plan.Watcher?.Finished(stored);
        lock (_callbacks)
        {
            foreach (var callback in _plan.Callbacks) callback(stored);
        }
    }
}
