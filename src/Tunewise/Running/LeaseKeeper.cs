using Microsoft.Extensions.Logging;
using Tunewise.Storage;

namespace Tunewise.Running;

/// <summary>
/// Renews the leases of the trials that this process runs, for as long as there are any, and tells a trial when its lease is lost.
/// </summary>
internal sealed class LeaseKeeper(IStudyStorage storage, Guid study, string worker, TimeSpan duration, TimeProvider time, ILogger logger)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<long, HeldTrial> _trials = [];
    private ITimer? _timer;
    private readonly string _place = storage.Description;
    private bool _closed;

    /// <summary>Holds a trial from now on; false when nothing more is held here.</summary>
    public bool TryAdd(HeldTrial trial)
    {
        lock (_lock)
        {
            if (_closed) return false;
            _trials.Add(trial.Id, trial);
            HeldTrials.Add(_place, study, trial.Id, this);
            _timer ??= time.CreateTimer(_ => Renew(), null, duration / 3, duration / 3);
            return true;
        }
    }

    public void Remove(HeldTrial trial)
    {
        lock (_lock)
        {
            if (_trials.Remove(trial.Id)) HeldTrials.Remove(_place, study, trial.Id);
            if (_trials.Count > 0) return;
            _timer?.Dispose();
            _timer = null;
        }
    }

    /// <summary>The trial of an id that runs here, or null.</summary>
    public HeldTrial? Find(long trialId)
    {
        lock (_lock) return _trials.GetValueOrDefault(trialId);
    }

    /// <summary>Whether a trial runs here.</summary>
    public bool Holds(long trialId)
    {
        lock (_lock) return _trials.ContainsKey(trialId);
    }

    /// <summary>Takes no more trials; those that are held still.</summary>
    public IReadOnlyList<HeldTrial> Close()
    {
        lock (_lock)
        {
            _closed = true;
            return [.. _trials.Values];
        }
    }

    /// <summary>Renews all leases now.</summary>
    public void Renew()
    {
        HeldTrial[] trials;
        lock (_lock) trials = [.. _trials.Values];
        if (trials.Length == 0) return;
        try
        {
            var lost = PatientCall.Make(() => storage.RenewLeases(worker, [.. trials.Select(t => t.Id)], duration));
            foreach (var trial in trials.Where(t => lost.Contains(t.Id)))
            {
                trial.Hold.Doubt();
                Remove(trial);
            }
        }
        catch (Exception error) when (error is StorageException or ObjectDisposedException)
        {
            // The next tick tries again, twice more before the lease runs out.
            logger.LeaseNotRenewed(error.Message);
        }
    }
}
