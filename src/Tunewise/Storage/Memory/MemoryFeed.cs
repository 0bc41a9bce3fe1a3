namespace Tunewise.Storage.Memory;

/// <summary>Follows a study in memory from a position in the order in which its trials finished.</summary>
/// <param name="storage">The lock of the storage.</param>
/// <param name="study">The study.</param>
internal sealed class MemoryFeed(Lock storage, StudyEntry study) : ITrialFeed
{
    private int _position;

    public IEnumerable<FrozenTrial> ReadFinished(TimeSpan age = default)
    {
        lock (storage)
        {
            if (_position == study.Finished.Count) return [];
            return HandOut([.. study.Finished.Skip(_position).Select(t => t.Freeze())]);
        }
    }

    public IReadOnlyList<FrozenTrial> ReadUnfinished(TimeSpan age = default)
    {
        lock (storage) return [.. study.Unfinished.Select(t => t.Freeze())];
    }

    private IEnumerable<FrozenTrial> HandOut(FrozenTrial[] batch)
    {
        foreach (var trial in batch)
        {
            yield return trial;
            _position++;
        }
    }
}
