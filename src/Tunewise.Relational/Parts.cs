using System.Collections;
using System.Data.Common;
using System.Runtime.InteropServices;

namespace Tunewise.Relational;

/// <summary>
/// What a child table holds of several trials, in one array for all of them: the garbage collector has a fraction to copy and to visit of
/// what an array per trial is, and who trains beside a large read waits so much less for it.
/// </summary>
internal sealed class Parts<T>
{
    private readonly T[] _all;
    private readonly int[] _ends;

    private Parts(T[] all, int[] ends) => (_all, _ends) = (all, ends);

    /// <summary>The part of a trial.</summary>
    /// <param name="trial">Which of the ids that were read for.</param>
    public IReadOnlyList<T> this[int trial]
    {
        get
        {
            var start = StartOf(trial);
            var count = _ends[trial] - start;
            return count == 0 ? [] : count == _all.Length ? _all : new Part(_all, start, count);
        }
    }

    /// <summary>Of how many trials, from the first one on, all has been read.</summary>
    public int Trials => _ends.Length;

    public ReadOnlySpan<T> SpanOf(int trial) => _all.AsSpan(StartOf(trial).._ends[trial]);

    /// <summary>Reads rows whose first column is a trial's id, in ascending order.</summary>
    /// <param name="rows">The rows; disposed afterwards.</param>
    /// <param name="ids">The trials, ascending. Rows of others are passed over.</param>
    /// <param name="read">Reads one row.</param>
    /// <param name="order">How the rows of one trial are sorted.</param>
    /// <param name="select">What is kept of a row.</param>
    /// <param name="most">When there are so many rows, no further trial is begun.</param>
    public static Parts<T> Read<TRow>(
        DbDataReader rows,
        ReadOnlySpan<long> ids,
        Func<DbDataReader, TRow> read,
        Comparison<TRow> order,
        Converter<TRow, T> select,
        int most = int.MaxValue)
    {
        using var _ = rows;
        var (all, ends, at) = (new List<TRow>(), new int[ids.Length], 0);
        while (rows.Read())
        {
            var id = rows.GetInt64(0);
            while (at < ids.Length && ids[at] < id) ends[at++] = all.Count;
            if (at == ids.Length) break;
            if (all.Count >= most && at > 0 && ends[at - 1] == all.Count)
            {
                Array.Resize(ref ends, at);
                break;
            }

            if (ids[at] == id) all.Add(read(rows));
        }

        while (at < ends.Length) ends[at++] = all.Count;
        var sorted = CollectionsMarshal.AsSpan(all);
        for (var (i, start) = (0, 0); i < ends.Length; start = ends[i++]) Sort(sorted[start..ends[i]], order);
        var kept = new T[all.Count];
        for (var i = 0; i < kept.Length; i++) kept[i] = select(sorted[i]);
        return new Parts<T>(kept, ends);
    }

    private static void Sort<TRow>(Span<TRow> rows, Comparison<TRow> order)
    {
        // Nearly always they are in order already.
        for (var i = 1; i < rows.Length; i++)
        {
            if (order(rows[i - 1], rows[i]) <= 0) continue;
            rows.Sort(order);
            return;
        }
    }

    private int StartOf(int trial) => trial == 0 ? 0 : _ends[trial - 1];

    private sealed class Part(T[] all, int start, int count) : IReadOnlyList<T>
    {
        public int Count => count;

        public T this[int index] => (uint)index < (uint)count ? all[start + index]
            : throw new ArgumentOutOfRangeException(nameof(index), index, $"there are {count}");

        public IEnumerator<T> GetEnumerator()
        {
            for (var i = 0; i < count; i++) yield return all[start + i];
        }

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
    }
}
