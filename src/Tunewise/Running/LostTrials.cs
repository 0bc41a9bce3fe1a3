using Microsoft.Extensions.Logging;
using Tunewise.Storage;

namespace Tunewise.Running;

/// <summary>Looks now and then for trials whose workers are gone.</summary>
internal sealed class LostTrials(IStudyStorage storage, long studyId, RetryPolicy retry, TimeSpan lease, TimeProvider time, ILogger logger)
{
    private readonly Lock _lock = new();
    private DateTimeOffset _next = DateTimeOffset.MinValue;

    /// <summary>How often to look whether other workers' trials have ended or are lost.</summary>
    public TimeSpan LookAgainAfter => TimeSpan.FromSeconds(Math.Clamp(lease.TotalSeconds / 6, 0.2, 5));

    /// <summary>Ends them and queues them again, as the policy allows; returns how many.</summary>
    public int Reap()
    {
        var reaped = Reaper.Reap(storage, studyId, retry);
        if (reaped > 0) logger.Reaped(reaped);
        return reaped;
    }

    public void ReapIfDue()
    {
        var now = time.GetUtcNow();
        lock (_lock)
        {
            if (now < _next) return;
            _next = now + lease / 3;
        }

        Reap();
    }

    /// <summary>Whether other processes run trials of the study, or were running some when they disappeared. The next look for lost ones is due at once.</summary>
    public bool OthersRun()
    {
        lock (_lock) _next = DateTimeOffset.MinValue;
        return storage.GetLeases(studyId).Any(l => l.Worker != WorkerIdentity.Current);
    }
}
