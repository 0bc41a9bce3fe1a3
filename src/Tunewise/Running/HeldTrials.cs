using System.Collections.Concurrent;

namespace Tunewise.Running;

/// <summary>The trials that this process holds, whichever of its <see cref="Study"/> objects runs them. Any thread may use it.</summary>
internal static class HeldTrials
{
    // A copy of a database has the same studies and trials.
    private static readonly ConcurrentDictionary<(string Storage, Guid Study, long Trial), LeaseKeeper> Held = [];

    public static void Add(string storage, Guid study, long trial, LeaseKeeper keeper) => Held[(storage, study, trial)] = keeper;

    public static void Remove(string storage, Guid study, long trial) => Held.TryRemove((storage, study, trial), out _);

    /// <summary>Who holds a trial here, or null.</summary>
    public static LeaseKeeper? KeeperOf(string storage, Guid study, long trial) => Held.GetValueOrDefault((storage, study, trial));
}
