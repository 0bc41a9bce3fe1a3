namespace Tunewise.Storage;

/// <summary>Follows the trials of a study without reading anything twice. Used by one thread at a time.</summary>
public interface ITrialFeed
{
    /// <summary>The trials that finished since the last call, each exactly once, at the first call all of them. Cheap when nothing did.</summary>
    IEnumerable<FrozenTrial> ReadFinished();

    /// <summary>The trials that run or wait now, with their parameters and reports.</summary>
    IReadOnlyList<FrozenTrial> ReadUnfinished();
}
