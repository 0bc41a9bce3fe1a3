using System.Runtime.ExceptionServices;

namespace Tunewise.Running;

/// <summary>What a run has come to: how its trials ended, why it ends, and what it throws. Any thread may use it.</summary>
internal sealed class RunTally(RunPlan plan)
{
    private readonly Lock _lock = new();
    private int _started;
    private int _reserved;
    private int _complete;
    private int _pruned;
    private int _failed;
    private int _interrupted;
    private int _consecutiveFailures;
    private Exception? _lastFailure;
    private string? _lastReason;
    private ExceptionDispatchInfo? _fatal;
    private RunEnd? _end;
    private RunEnd _nothingLeft = RunEnd.BudgetReached;
    private string? _stopReason;

    /// <summary>Whether the run has ended: no further trial begins.</summary>
    public bool HasEnded
    {
        get
        {
            lock (_lock) return _end is not null;
        }
    }

    /// <summary>The run ends, unless it did before for another reason.</summary>
    public void End(RunEnd end)
    {
        lock (_lock) _end ??= end;
    }

    /// <summary>The run ends because a rule says so.</summary>
    public void End(string stopReason)
    {
        lock (_lock)
        {
            if (_end is null) (_end, _stopReason) = (RunEnd.StopRule, stopReason);
        }
    }

    /// <summary>A loop found nothing to do; the others go on, as what they run may yet fail and be queued again.</summary>
    public void NothingLeft(RunEnd end)
    {
        lock (_lock) _nothingLeft = end;
    }

    /// <summary>The run ends, and throws this when it is the first one.</summary>
    public void Fail(Exception error)
    {
        lock (_lock)
        {
            _fatal ??= ExceptionDispatchInfo.Capture(error);
            _end ??= RunEnd.Stopped;
        }
    }

    /// <summary>
    /// Reserves a place for a trial that is about to be claimed; false when no further one may begin. It is used (<see cref="Began"/>) or
    /// given back.
    /// </summary>
    public bool TryReserve()
    {
        lock (_lock)
        {
            if (_end is not null) return false;
            if (plan.AdditionalTrials is { } most && _started + _reserved >= most)
            {
                // What others have reserved they may yet give back.
                if (_reserved == 0) _end = RunEnd.BudgetReached;
                return false;
            }

            _reserved++;
            return true;
        }
    }

    /// <summary>The trial of a reserved place began.</summary>
    public void Began()
    {
        lock (_lock)
        {
            _reserved--;
            _started++;
        }
    }

    /// <summary>Nothing was claimed for a reserved place.</summary>
    public void GiveBack()
    {
        lock (_lock) _reserved--;
    }

    /// <summary>A trial was stopped with the run, and its end could not be stored.</summary>
    public void Interrupted()
    {
        lock (_lock) _interrupted++;
    }

    /// <summary>A trial ended.</summary>
    /// <param name="ending">How.</param>
    /// <param name="failure">What made it fail, or null.</param>
    public void Count(TrialEnding ending, Exception? failure)
    {
        lock (_lock)
        {
            switch (ending)
            {
                case { State: TrialState.Complete }: _complete++; break;
                case { State: TrialState.Pruned }: _pruned++; break;
                case { Failure: FailureKind.Interrupted }: _interrupted++; break;
                default:
                    _failed++;
                    _lastReason = ending.Reason;
                    break;
            }

            _consecutiveFailures = FailedInARow.After(_consecutiveFailures, ending.State, ending.Failure);
            if (failure is not null) _lastFailure = failure;
            if (_consecutiveFailures >= plan.MaxConsecutiveFailures) _end ??= RunEnd.TooManyFailures;
            if (failure is null || plan.OnFailure != FailurePolicy.Stop) return;
            // A run that ended because a trial was stopped has failed; it was not cancelled.
            _fatal ??= ExceptionDispatchInfo.Capture(
                failure is OperationCanceledException ? new TunewiseException($"trial stopped: {ending.Reason}", failure) : failure);
            _end ??= RunEnd.Stopped;
        }
    }

    /// <summary>What the run came to; throws what ended it when something did.</summary>
    /// <param name="elapsed">How long it took.</param>
    /// <param name="cancelled">Whether it was cancelled.</param>
    public RunReport Report(TimeSpan elapsed, bool cancelled)
    {
        lock (_lock)
        {
            _fatal?.Throw();
            var end = cancelled && _interrupted > 0 ? RunEnd.Cancelled : _end ?? _nothingLeft;
            return new RunReport(end, elapsed, _complete, _pruned, _failed, _interrupted, _lastFailure)
            {
                StopReason = _stopReason,
                LastReason = _lastReason,
            };
        }
    }
}
