using Tunewise.Storage;

namespace Tunewise.Running;

/// <summary>
/// Says which leases have lapsed for good, from looking at them again and again. A lease lapses when the storage's clock says so, or
/// when it was not renewed for a whole duration by this process's monotonic clock: so a clock that is set back keeps nobody alive. A
/// process that is proved alive gets one further duration from then, by the monotonic clock, which stands still while a machine sleeps.
/// Used by one caller at a time.
/// </summary>
internal sealed class LeaseWatch(TimeSpan ownDuration, TimeProvider time)
{
    private readonly Dictionary<long, Seen> _seen = [];

    /// <summary>Those of a study's leases that have lapsed for good.</summary>
    /// <param name="leases">All leases of the study's running trials that this process does not hold.</param>
    /// <param name="livenessOf">What is known of a worker.</param>
    public IReadOnlyList<TrialLease> Lapsed(IReadOnlyList<TrialLease> leases, Func<string, Liveness> livenessOf)
    {
        foreach (var gone in _seen.Keys.Except(leases.Select(l => l.TrialId)).ToList()) _seen.Remove(gone);
        return [.. leases.Where(l => IsLapsed(l, livenessOf(l.Worker)))];
    }

    private bool IsLapsed(TrialLease lease, Liveness liveness)
    {
        if (liveness == Liveness.Gone) return true;
        var now = time.GetTimestamp();
        if (!_seen.TryGetValue(lease.TrialId, out var seen) || seen.Until != lease.Until || seen.Worker != lease.Worker)
            seen = new Seen(lease.Until, lease.Worker, now, null);
        var duration = lease.Duration ?? ownDuration;
        if (seen.LapsedAt is null && (lease.Expired || time.GetElapsedTime(seen.At, now) >= duration)) seen = seen with { LapsedAt = now };
        _seen[lease.TrialId] = seen;
        return seen.LapsedAt is { } lapsed && (liveness == Liveness.Unknown || time.GetElapsedTime(lapsed, now) >= duration);
    }

    /// <summary>A lease as it was first seen, and when it was first seen to have lapsed.</summary>
    private sealed record Seen(long Until, string Worker, long At, long? LapsedAt);
}
