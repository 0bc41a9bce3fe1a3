using Tunewise.History;

namespace Tunewise.Samplers.Tpe.Optuna;

/// <summary>The values that trials had, parameter by parameter in ascending order, for the parameters that somebody asked for.</summary>
internal sealed class AscendingColumns
{
    private readonly Dictionary<string, Column> _columns = [];

    /// <summary>
    /// The values of the trials that a split divides. Failed trials without a violation, of which nothing is learnt, are left out.
    /// </summary>
    public SortedColumn Of(StudyHistory history, ParameterColumn parameter)
    {
        if (!_columns.TryGetValue(parameter.Name, out var column)) _columns.Add(parameter.Name, column = new Column());
        var values = parameter.Values;
        for (; column.Seen < values.Length; column.Seen++)
        {
            var row = column.Seen;
            if (!double.IsNaN(values[row]) && history.Teaches(row)) column.Ascending.Add(values[row], history.NumberOf(row), row);
        }

        return column.Ascending;
    }

    private sealed class Column
    {
        public SortedColumn Ascending { get; } = new();

        public int Seen { get; set; }
    }
}
