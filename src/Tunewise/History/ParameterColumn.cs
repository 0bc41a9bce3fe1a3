using Tunewise.Spaces;

namespace Tunewise.History;

/// <summary>
/// The values that one parameter had in the finished trials of a <see cref="StudyHistory"/>, row by row. Immutable; any thread may use it.
/// </summary>
public sealed class ParameterColumn
{
    private readonly ParameterValues _values;
    private readonly int _rows;

    internal ParameterColumn(string name, ParameterValues values, int rows) => (Name, _values, _rows) = (name, values, rows);

    /// <summary>The parameter.</summary>
    public string Name { get; }

    /// <summary>
    /// Internal values by row (see <see cref="StudyHistory.Rows"/>); NaN where a trial did not have the parameter. May be shorter than the
    /// history: rows beyond the end did not have it either.
    /// </summary>
    public ReadOnlySpan<double> Values => _values.First(_rows);

    /// <summary>The internal value of a row; NaN when its trial did not have the parameter.</summary>
    /// <param name="row">The row.</param>
    public double this[int row] => _values[row];

    /// <summary>The internal value of a row within a range; NaN when its trial did not have the parameter, or had it outside.</summary>
    internal double ValueIn(int row, Distribution range) => _values[row] is var value && range.Contains(value) ? value : double.NaN;
}
