namespace Tunewise.History;

/// <summary>The values that one parameter had in the finished trials of a study, row by row. Read it only while the engine asks you.</summary>
public sealed class ParameterColumn
{
    private double[] _values = [];
    private int _count;

    internal ParameterColumn(string name) => Name = name;

    /// <summary>The parameter.</summary>
    public string Name { get; }

    /// <summary>
    /// Internal values by row (see <see cref="StudyHistory.Rows"/>); NaN where a trial did not have the parameter. May be shorter than the
    /// history: rows beyond the end did not have it either.
    /// </summary>
    public ReadOnlySpan<double> Values => _values.AsSpan(0, _count);

    /// <summary>The complete and pruned trials that had the parameter, ascending by internal value.</summary>
    internal SortedColumn Ascending { get; } = new();

    internal void Set(int row, int trial, double value, bool informs)
    {
        if (row >= _values.Length)
        {
            var length = _values.Length;
            Array.Resize(ref _values, Math.Max(16, Math.Max(row + 1, length * 2)));
            Array.Fill(_values, double.NaN, length, _values.Length - length);
        }

        _values[row] = value;
        _count = Math.Max(_count, row + 1);
        if (informs) Ascending.Add(value, trial, row);
    }
}
