namespace Tunewise.History;

/// <summary>
/// Numbers kept in ascending order (NaN first), each with the row it came from; equal numbers stay in order of their trial numbers.
/// Additions are gathered and merged at the next read, so that loading n values costs one sort and adding one costs one shift.
/// </summary>
internal sealed class SortedColumn
{
    private double[] _values = [];
    private int[] _trials = [];
    private int[] _rows = [];
    private int _sorted;
    private int _count;

    public int Count => _count;

    /// <summary>The numbers in ascending order.</summary>
    public ReadOnlySpan<double> Values
    {
        get
        {
            Merge();
            return _values.AsSpan(0, _count);
        }
    }

    /// <summary>The rows of <see cref="Values"/>, position by position.</summary>
    public ReadOnlySpan<int> Rows
    {
        get
        {
            Merge();
            return _rows.AsSpan(0, _count);
        }
    }

    public void Add(double value, int trial, int row)
    {
        if (_count == _values.Length)
        {
            var capacity = Math.Max(16, _count * 2);
            Array.Resize(ref _values, capacity);
            Array.Resize(ref _trials, capacity);
            Array.Resize(ref _rows, capacity);
        }

        _values[_count] = value;
        _trials[_count] = trial;
        _rows[_count++] = row;
    }

    /// <summary>Takes a number out again.</summary>
    public void Remove(double value, int trial)
    {
        Merge();
        var index = PositionOf(value, trial);
        _count--;
        _sorted--;
        foreach (var array in new Array[] { _values, _trials, _rows }) Array.Copy(array, index + 1, array, index, _count - index);
    }

    private void Merge()
    {
        if (_sorted == _count) return;
        if (_count - _sorted <= 8)
        {
            for (; _sorted < _count; _sorted++) Insert(_values[_sorted], _trials[_sorted], _rows[_sorted]);
            return;
        }

        var order = new int[_count];
        for (var i = 0; i < _count; i++) order[i] = i;
        Array.Sort(order, (a, b) => Compare(a, _values[b], _trials[b]));
        _values = Reorder(_values, order);
        _trials = Reorder(_trials, order);
        _rows = Reorder(_rows, order);
        _sorted = _count;
    }

    private void Insert(double value, int trial, int row)
    {
        var position = PositionOf(value, trial);
        InsertAt(_values, position, value);
        InsertAt(_trials, position, trial);
        InsertAt(_rows, position, row);
    }

    /// <summary>Where a number is among the sorted ones, or belongs.</summary>
    private int PositionOf(double value, int trial)
    {
        var (low, high) = (0, _sorted);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (Compare(middle, value, trial) < 0) low = middle + 1;
            else high = middle;
        }

        return low;
    }

    private int Compare(int index, double value, int trial)
    {
        var byValue = _values[index].CompareTo(value);
        return byValue != 0 ? byValue : _trials[index].CompareTo(trial);
    }

    private void InsertAt<T>(T[] array, int index, T item)
    {
        Array.Copy(array, index, array, index + 1, _sorted - index);
        array[index] = item;
    }

    private static T[] Reorder<T>(T[] source, int[] order)
    {
        var target = new T[source.Length];
        for (var i = 0; i < order.Length; i++) target[i] = source[order[i]];
        return target;
    }
}
