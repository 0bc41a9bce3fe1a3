namespace Tunewise.History;

/// <summary>
/// Items by row that are only ever added, so that a number of rows is all that a snapshot needs. One thread at a time adds; any thread
/// reads the rows that were there when its snapshot was taken.
/// </summary>
/// <typeparam name="T">What a row has here.</typeparam>
internal sealed class GrowingColumn<T>
{
    private T[] _items = [];
    private int _count;

    /// <summary>How many rows there are; for whoever adds.</summary>
    public int Count => _count;

    public T this[int row] => Volatile.Read(ref _items)[row];

    /// <summary>The first rows.</summary>
    public ReadOnlySpan<T> First(int count) => Volatile.Read(ref _items).AsSpan(0, count);

    public void Add(T item)
    {
        if (_count == _items.Length)
        {
            var grown = new T[Math.Max(16, _count + _count / 2)];
            _items.CopyTo(grown, 0);
            Volatile.Write(ref _items, grown);
        }

        _items[_count++] = item;
    }
}
