using System.Runtime.InteropServices;

namespace Tunewise.History;

/// <summary>The constraint values of the rows by the constraints' names, which trials may have some of and in any order.</summary>
internal sealed class ConstraintColumns : IPrepared
{
    /// <summary>
    /// What a trial that ran is taken to have kept of a limit that nobody measured, where 1 is its violation. By how much it was within is
    /// not known; a model that takes it for much takes the way to the limit for long. Chosen among 0, 0.01, 0.03, 0.1, 0.3 and 1 by how
    /// often a search along one parameter meets a wall where its optimum is, and how near it comes; graded on four parameters.
    /// </summary>
    public const double JustKept = -0.01;

    private readonly SortedDictionary<string, List<double>> _columns = new(StringComparer.Ordinal);
    private int _seen;

    /// <summary>The names in order.</summary>
    public IEnumerable<string> Names => _columns.Keys;

    /// <inheritdoc/>
    public void Update(StudyHistory history)
    {
        for (; _seen < history.Count; _seen++)
        {
            if (history.ConstraintsOf(_seen).Count == 0) continue;
            foreach (var (name, value) in TrialAttributes.NamedConstraints(history.AttributesOf(_seen)))
            {
                if (!_columns.TryGetValue(name, out var column)) _columns.Add(name, column = []);
                var before = column.Count;
                CollectionsMarshal.SetCount(column, _seen + 1);
                CollectionsMarshal.AsSpan(column)[before..].Fill(double.NaN);
                column[_seen] = value;
            }
        }
    }

    /// <summary>
    /// The value of a constraint in a row; NaN when the row has none. Who ran and says nothing of memory had enough of it.
    /// </summary>
    public double ValueOf(StudyHistory history, string name, int row)
    {
        var value = _columns.TryGetValue(name, out var column) && row < column.Count ? column[row] : double.NaN;
        return double.IsNaN(value) && name == TrialAttributes.Memory && history.StateOf(row) is TrialState.Complete or TrialState.Pruned
            && !Has(history, row, name)
            ? JustKept
            : value;
    }

    private static bool Has(StudyHistory history, int row, string name) =>
        history.AttributesOf(row).ContainsKey(TrialAttributes.ConstraintPrefix + name);
}
