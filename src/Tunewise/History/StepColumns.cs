namespace Tunewise.History;

/// <summary>What the finished trials reported at a step, in ascending order, for the steps that somebody asked for.</summary>
internal sealed class StepColumns : IPrepared
{
    private readonly Dictionary<(long Step, TrialState State), Column> _columns = [];

    /// <summary>A column is brought up to a history when it is asked for: a decision looks at one step.</summary>
    public void Update(StudyHistory history)
    {
    }

    /// <summary>The reports of the trials in a state at exactly this step.</summary>
    public Column At(long step, TrialState state, StudyHistory history)
    {
        if (!_columns.TryGetValue((step, state), out var column)) _columns.Add((step, state), column = new Column(step, state));
        column.Update(history);
        return column;
    }

    /// <summary>The reports at one step.</summary>
    public sealed class Column(long step, TrialState state)
    {
        private double[] _ascending = [];
        private int _count;
        private int _missing;
        private int _seen;
        private int _supersededSeen;

        /// <summary>How many trials reported at the step, NaN included.</summary>
        public int Count => _count + _missing;

        /// <summary>Their reports without NaN.</summary>
        public ReadOnlySpan<double> Ascending => _ascending.AsSpan(0, _count);

        public void Update(StudyHistory history)
        {
            var superseded = history.Superseded;
            for (; _supersededSeen < superseded.Length; _supersededSeen++) Forget(history, superseded[_supersededSeen]);
            var added = new List<double>();
            for (; _seen < history.Count; _seen++)
            {
                if (history.StateOf(_seen) == state && history.CurveOf(_seen).At(step) is { } report) added.Add(report);
            }

            if (added.Count > 0) Add(added);
        }

        private void Forget(StudyHistory history, int row)
        {
            // Of a row that was not seen yet there is nothing to forget, nor of one that was in another state.
            if (row >= _seen || history.FinishedAs(row) != state || history.CurveOf(row).At(step) is not { } report) return;
            if (double.IsNaN(report))
            {
                _missing--;
                return;
            }

            var position = Array.BinarySearch(_ascending, 0, _count, report);
            Array.Copy(_ascending, position + 1, _ascending, position, _count - position - 1);
            _count--;
        }

        private void Add(List<double> added)
        {
            var numbers = added.Where(v => !double.IsNaN(v)).ToArray();
            _missing += added.Count - numbers.Length;
            if (_count + numbers.Length > _ascending.Length) Array.Resize(ref _ascending, _count + numbers.Length + _count / 8);
            if (numbers.Length > 8)
            {
                numbers.CopyTo(_ascending, _count);
                _count += numbers.Length;
                Array.Sort(_ascending, 0, _count);
                return;
            }

            foreach (var number in numbers)
            {
                var position = Array.BinarySearch(_ascending, 0, _count, number);
                if (position < 0) position = ~position;
                Array.Copy(_ascending, position, _ascending, position + 1, _count - position);
                _ascending[position] = number;
                _count++;
            }
        }
    }
}
