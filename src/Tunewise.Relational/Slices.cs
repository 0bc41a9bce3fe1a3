namespace Tunewise.Relational;

/// <summary>
/// Trials to be read, some at a time: so many that a slice has some tens of thousands of rows, whether its trials have few reports or
/// thousands, or some few and others thousands.
/// </summary>
/// <param name="ids">The trials, in order.</param>
internal sealed class Slices(IReadOnlyList<long> ids)
{
    /// <summary>
    /// Pauses of the garbage collector grow with what a slice leaves alive, and what is written waits in the log while it is read; ways to
    /// a server grow with the number of slices.
    /// </summary>
    public const int Rows = 25_000;
    private const int First = 200;
    private const int Most = 1000;

    private int _at;
    private int _size = First;

    /// <summary>How many are left.</summary>
    public int Count => ids.Count - _at;

    /// <summary>The last of all ids; 0 when there are none.</summary>
    public long LastId => ids.Count == 0 ? 0 : ids[^1];

    /// <summary>Reads the next slice; null when all are read. What could not be read is next again.</summary>
    public List<FrozenTrial>? Next(Func<IReadOnlyCollection<long>, List<FrozenTrial>> readThese)
    {
        if (_at >= ids.Count) return null;
        var slice = ids.Skip(_at).Take(_size).ToArray();
        var trials = readThese(slice);
        // The reader leaves off the last ones where there would be too many rows; what else is missing was deleted.
        var read = trials.Count == 0 ? slice.Length : Array.IndexOf(slice, trials[^1].Id) + 1;
        _at += read;
        var rows = trials.Sum(t => 1L + t.ParameterList.Count + t.Reports.Count);
        _size = (int)Math.Clamp(Rows * read / Math.Max(1, rows), 1, Most);
        return trials;
    }

    /// <summary>What is left, and more behind it.</summary>
    public Slices And(IEnumerable<long> more) => new([.. ids.Skip(_at), .. more]);

    /// <summary>Reads all that is left.</summary>
    /// <exception cref="OperationCanceledException">The read was ended.</exception>
    public List<FrozenTrial> Rest(Func<IReadOnlyCollection<long>, List<FrozenTrial>> read, CancellationToken cancellationToken = default)
    {
        var all = new List<FrozenTrial>(ids.Count - _at);
        cancellationToken.ThrowIfCancellationRequested();
        while (Next(read) is { } trials)
        {
            all.AddRange(trials);
            cancellationToken.ThrowIfCancellationRequested();
        }

        return all;
    }
}
