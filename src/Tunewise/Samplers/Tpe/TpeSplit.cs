using Tunewise.History;

namespace Tunewise.Samplers.Tpe;

/// <summary>
/// The division of a study's complete and pruned trials into the good few (below) and the rest (above), kept up to date with the
/// history. Best complete trials come first, then pruned ones by how far they got and how good they were there (Optuna 4.9,
/// <c>_split_trials</c>).
/// </summary>
internal sealed class TpeSplit(StudyHistory history)
{
    private readonly SortedColumn _complete = new();
    private readonly List<PrunedTrial> _pruned = [];
    private readonly List<int> _below = [];
    private Side[] _sides = [];
    private int _seen;

    /// <summary>How many complete and pruned trials there are.</summary>
    public int Count => _complete.Count + _pruned.Count;

    /// <summary>The rows of the good trials, in order of their numbers.</summary>
    public IReadOnlyList<int> Below => _below;

    /// <summary>The side of every row.</summary>
    public ReadOnlySpan<Side> Sides => _sides;

    /// <summary>Takes in what finished and divides anew.</summary>
    public void Update()
    {
        if (_seen == history.Count) return;
        for (; _seen < history.Count; _seen++) Ingest(_seen);
        Divide(Gamma(Count));
    }

    /// <summary>As <see cref="Update()"/>, with any number of good trials.</summary>
    internal void Update(int good)
    {
        Update();
        Divide(good);
    }

    /// <summary>How many trials are good: a tenth, at most 25.</summary>
    private static int Gamma(int n) => Math.Min((int)Math.Ceiling(0.1 * n), 25);

    private void Ingest(int row)
    {
        if (row >= _sides.Length) Array.Resize(ref _sides, Math.Max(64, 2 * row));
        _sides[row] = history.StateOf(row) == TrialState.Failed ? Side.None : Side.Above;
        var sign = history.Directions[0] == Direction.Maximize ? -1 : 1;
        switch (history.StateOf(row))
        {
            case TrialState.Complete:
                _complete.Add(sign * history.ValuesOf(row)[0], history.NumberOf(row), row);
                break;
            case TrialState.Pruned:
                var pruned = history.LastReportOf(row) is { } last
                    ? new PrunedTrial(-last.Step, double.IsNaN(last.Value) ? double.PositiveInfinity : sign * last.Value, history.NumberOf(row), row)
                    : new PrunedTrial(1, 0, history.NumberOf(row), row);
                var position = _pruned.BinarySearch(pruned);
                _pruned.Insert(position < 0 ? ~position : position, pruned);
                break;
        }
    }

    private void Divide(int gamma)
    {
        foreach (var row in _below) _sides[row] = Side.Above;
        _below.Clear();

        var complete = Math.Min(gamma, _complete.Count);
        foreach (var row in _complete.Rows[..complete]) _below.Add(row);
        foreach (var pruned in _pruned.Take(gamma - complete)) _below.Add(pruned.Row);
        _below.Sort((a, b) => history.NumberOf(a).CompareTo(history.NumberOf(b)));
        foreach (var row in _below) _sides[row] = Side.Below;
    }

    /// <summary>Where a row stands.</summary>
    public enum Side : byte
    {
        /// <summary>Failed: nothing is learnt from it.</summary>
        None,

        /// <summary>One of the good few.</summary>
        Below,

        /// <summary>One of the rest.</summary>
        Above,
    }

    /// <summary>Later last steps first, then better last reports, then lower numbers.</summary>
    private readonly record struct PrunedTrial(long NegativeStep, double Loss, int Number, int Row) : IComparable<PrunedTrial>
    {
        public int CompareTo(PrunedTrial other)
        {
            var byStep = NegativeStep.CompareTo(other.NegativeStep);
            if (byStep != 0) return byStep;
            var byLoss = Loss.CompareTo(other.Loss);
            return byLoss != 0 ? byLoss : Number.CompareTo(other.Number);
        }
    }
}
