namespace Tunewise.Storage;

/// <summary>Follows the trials of a study without reading anything twice. Used by one thread at a time.</summary>
internal interface ITrialFeed
{
    /// <summary>
    /// The trials that finished since the last call, each exactly once, at the first call all of them. Cheap when nothing did. Many may be
    /// read only as they are enumerated: enumerate to the end, and once. After an error, also one of the caller's, the next call goes on
    /// with the trial that was not done with.
    /// </summary>
    /// <param name="age">How old the news of other processes may be; those of this storage object are always new. Looking for them
    /// costs a statement.</param>
    IEnumerable<FrozenTrial> ReadFinished(TimeSpan age = default);

    /// <summary>The trials that run or wait now, with their parameters and reports.</summary>
    /// <param name="age">How old the news of other processes may be; those of this storage object are always new.</param>
    IReadOnlyList<FrozenTrial> ReadUnfinished(TimeSpan age = default);
}
