using System.Collections.Concurrent;

namespace Tunewise.Running;

/// <summary>The trials that this process holds, whichever of its <see cref="Study"/> objects runs them. Any thread may use it.</summary>
internal static class HeldTrials
{
    private static readonly ConcurrentDictionary<(Guid Study, long Trial), LeaseKeeper> Held = [];

    public static void Add(Guid study, long trial, LeaseKeeper keeper) => Held[(study, trial)] = keeper;

    public static void Remove(Guid study, long trial) => Held.TryRemove((study, trial), out _);

    /// <summary>Who holds a trial here, or null.</summary>
    public static LeaseKeeper? KeeperOf(Guid study, long trial) => Held.GetValueOrDefault((study, trial));
}
