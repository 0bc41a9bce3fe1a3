using Microsoft.Extensions.Logging;
using Tunewise.Numerics;
using Tunewise.Storage;

namespace Tunewise.Running;

/// <summary>
/// Ends the trials of workers that are gone and queues them again. What this process holds itself is renewed first and never taken for
/// lost, however the clock was set.
/// </summary>
internal sealed class LostTrials(
    IStudyStorage storage, long studyId, Guid uid, RetryPolicy retry, TimeSpan lease, LeaseKeeper own, TimeProvider time, ILogger logger)
{
    private readonly Lock _lock = new();
    private readonly LeaseWatch _watch = new(lease, time);
    private long? _lookedAt;

    /// <summary>How often to look whether other workers' trials have ended or are lost.</summary>
    public TimeSpan LookAgainAfter => TimeSpan.FromSeconds(Math.Clamp(lease.TotalSeconds / 6, 0.2, 5));

    /// <summary>
    /// Looks now, again and again while the storage fails for the moment; returns how many trials were lost. Nobody waits for the storage
    /// while others want to look.
    /// </summary>
    public int Reap(PatientStorage patience) => patience.Try(Reap);

    /// <summary>Looks once.</summary>
    public int Reap()
    {
        var reaped = 0;
        lock (_lock)
        {
            _lookedAt = time.GetTimestamp();
            var lapsed = _watch.Lapsed(OfOthers(storage.GetLeases(studyId)), WorkerIdentity.LivenessOf).ToDictionary(l => l.TrialId);
            if (lapsed.Count == 0) return 0;
            foreach (var trial in storage.GetTrials(studyId, [TrialState.Running]))
            {
                if (lapsed.TryGetValue(trial.Id, out var found) && End(trial, found)) reaped++;
            }
        }

        if (reaped > 0) logger.Reaped(Words.Count(reaped, "trial"));
        return reaped;
    }

    /// <summary>Looks if that was some time ago.</summary>
    public void ReapIfDue(PatientStorage patience)
    {
        // Somebody else is looking.
        if (!_lock.TryEnter()) return;
        try
        {
            if (_lookedAt is { } last && time.GetElapsedTime(last) < lease / 3) return;
        }
        finally
        {
            _lock.Exit();
        }

        Reap(patience);
    }

    /// <summary>
    /// Whether anybody but this study's own object runs trials of the study, or was running some when it disappeared. The next look for
    /// lost ones is due at once.
    /// </summary>
    public bool OthersRun(IStudyStorage at)
    {
        lock (_lock) _lookedAt = null;
        return at.GetLeases(studyId).Any(l => !own.Holds(l.TrialId));
    }

    private bool End(FrozenTrial trial, TrialLease found)
    {
        var gone = WorkerIdentity.LivenessOf(found.Worker) == Liveness.Gone;
        var lost = new TrialEnding(TrialState.Failed, [])
        {
            Failure = FailureKind.Lost,
            Reason = gone ? "the process that ran the trial ended" : "the worker's lease ran out",
            Detail = found.Worker,
            OnlyIfHeldBy = found.Worker,
            // It may have been renewed in this very moment.
            OnlyIfLeaseUntil = gone ? null : found.Until,
        };
        return storage.FinishTrial(trial.Id, retry.Apply(lost, TrialAttributes.AttemptsOf(trial.SystemAttributesJson)));
    }

    /// <summary>The leases that this process does not hold; those that it holds are renewed.</summary>
    private List<TrialLease> OfOthers(IReadOnlyList<TrialLease> leases)
    {
        var keepers = new HashSet<LeaseKeeper>();
        var others = new List<TrialLease>();
        foreach (var found in leases)
        {
            if (WorkerIdentity.IsProcess(found.Worker, Environment.ProcessId)
                && HeldTrials.KeeperOf(storage.Description, uid, found.TrialId) is { } keeper)
            {
                keepers.Add(keeper);
            }
            else others.Add(found);
        }

        foreach (var keeper in keepers) keeper.Renew();
        return others;
    }
}
