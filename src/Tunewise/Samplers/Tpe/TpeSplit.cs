using Tunewise.History;
using Tunewise.Numerics;

namespace Tunewise.Samplers.Tpe;

/// <summary>
/// The division of a study's complete and pruned trials into the good few (below) and the rest (above), kept up to date with the history.
/// Best complete trials come first, then pruned ones by how far they got and how good they were there, then those that violate constraints,
/// by how much (Optuna 4.9, <c>_split_trials</c>); trials that failed by violating a constraint, out of memory say, are among these. With
/// several objectives the complete trials are ranked by fronts, and a front that does not fit whole by greedy hypervolume subset selection.
/// </summary>
/// <param name="goodTrials">How many of how many trials are good.</param>
/// <param name="isOptunas"> Whether trials are used as Optuna uses them. Otherwise those that diverged count as the worst of all, those
/// that threw are among the rest, pruned ones make fewer trials good, and with several objectives up to a fifth of the good trials are
/// <see cref="Promising"/> ones. </param>
internal sealed class TpeSplit(Func<int, int> goodTrials, bool isOptunas = true)
{
    /// <summary>
    /// The share that Ray, Singh, Isaacs and Smith give to infeasible solutions ("Infeasibility Driven Evolutionary Algorithm for
    /// Constrained Optimization", Constraint-Handling in Evolutionary Optimization, 2009).
    /// </summary>
    private const double PromisingShare = 0.2;

    /// <summary>
    /// Of a pruned trial it is known that it is none of the good ones: by Tunewise's rules so much less of it counts when a tenth of the
    /// trials is called good. Chosen among 0, 0.35, 0.5 and 0.65 on search-quality with the pruner of a study that names none.
    /// </summary>
    private const double PrunedDiscount = 0.5;

    private readonly SortedColumn _complete = new();
    private readonly FirstFronts _fronts = new();
    private readonly List<PrunedTrial> _pruned = [];
    private readonly List<InfeasibleTrial> _infeasible = [];
    private readonly List<int> _below = [];
    private int[] _ranked = [];
    private double[] _weights = [];
    private int _weightsVersion = -1;
    private Side[] _sides = [];
    private int _seen;
    private int _supersededSeen;

    /// <summary>By Optuna's rule, a tenth of the trials is good, at most 25.</summary>
    public TpeSplit()
        : this(OptunaGood)
    {
    }

    /// <summary>Grows whenever a row that was on a side is so no more.</summary>
    public int Forgotten { get; private set; }

    /// <summary>Grows whenever other trials are the good ones.</summary>
    public int Version { get; private set; }

    /// <summary>How many complete and pruned trials there are.</summary>
    public int Count => CompleteCount + _pruned.Count + _infeasible.Count;

    /// <summary>The rows of the good trials, in order of their numbers.</summary>
    public IReadOnlyList<int> Below => _below;

    /// <summary>The side of every row.</summary>
    public ReadOnlySpan<Side> Sides => _sides;

    private int CompleteCount => _complete.Count + _fronts.Count;

    /// <summary>How many trials are good: a tenth, at most 25.</summary>
    public static int OptunaGood(int n) => Math.Min((int)Math.Ceiling(0.1 * n), 25);

    /// <summary>Takes in what finished and divides anew.</summary>
    public void Update(StudyHistory history)
    {
        var superseded = history.Superseded;
        if (_seen == history.Count && _supersededSeen == superseded.Length) return;
        for (; _supersededSeen < superseded.Length; _supersededSeen++) Forget(history, superseded[_supersededSeen]);
        for (; _seen < history.Count; _seen++) Ingest(history, _seen);
        Divide(history, goodTrials(isOptunas ? Count : Count - (int)(PrunedDiscount * _pruned.Count)));
    }

    /// <summary>As <see cref="Update(StudyHistory)"/>, with any number of good trials.</summary>
    internal void Update(StudyHistory history, int good)
    {
        Update(history);
        Divide(history, good);
    }

    /// <summary>A trial that another one continues teaches nothing by itself.</summary>
    private void Forget(StudyHistory history, int row)
    {
        if (row >= _seen || _sides[row] == Side.None) return;
        _sides[row] = Side.None;
        _below.Remove(row);
        Forgotten++;
        // It stands in one of these, unless it threw.
        if (_pruned.RemoveAll(p => p.Row == row) + _infeasible.RemoveAll(i => i.Row == row) > 0) return;
        if (history.FinishedAs(row) == TrialState.Failed) return;
        if (history.Directions.Count > 1) _fronts.Remove(row);
        else _complete.Remove(history.LossOf(row), history.NumberOf(row));
    }

    private void Ingest(StudyHistory history, int row)
    {
        if (row >= _sides.Length) Array.Resize(ref _sides, Math.Max(64, 2 * row));
        var diverged = !isOptunas && history.IsDiverged(row);
        var broken = !isOptunas && history.IsBroken(row);
        _sides[row] = diverged || broken || history.Teaches(row) ? Side.Above : Side.None;
        // Of those that threw none is ever good, however few others there are.
        if (_sides[row] == Side.None || broken) return;

        if ((diverged ? double.PositiveInfinity : history.ViolationOf(row)) is > 0 and var violation)
        {
            Insert(_infeasible, new InfeasibleTrial(violation, history.NumberOf(row), row));
            return;
        }

        if (history.StateOf(row) == TrialState.Complete)
        {
            if (history.Directions.Count == 1) _complete.Add(history.LossOf(row), history.NumberOf(row), row);
            else _fronts.Add(history.LossesOf(row), row);
            return;
        }

        Insert(_pruned, history.LastReportOf(row) is { } last
            ? new PrunedTrial(
                -last.Step, double.IsNaN(last.Value) ? double.PositiveInfinity : history.ReportLoss(last.Value), history.NumberOf(row), row)
            : new PrunedTrial(1, 0, history.NumberOf(row), row));
    }

    private static void Insert<T>(List<T> sorted, T item)
    {
        var position = sorted.BinarySearch(item);
        sorted.Insert(position < 0 ? ~position : position, item);
    }

    private void Divide(StudyHistory history, int gamma)
    {
        foreach (var row in _below) _sides[row] = Side.Above;
        var before = _below.ToArray();
        _below.Clear();

        if (history.Directions.Count == 1)
        {
            foreach (var row in _complete.Rows[..Math.Min(gamma, _complete.Count)]) _below.Add(row);
        }
        else
        {
            // Only when good places are taken up by feasible trials alone.
            if (!isOptunas && _fronts.Count >= gamma && _infeasible.Count > 0)
                _below.AddRange(Promising(history, (int)Math.Ceiling(PromisingShare * gamma)));
            _below.AddRange(BestOfFronts(history, gamma - _below.Count));
        }

        foreach (var pruned in _pruned.Take(gamma - _below.Count)) _below.Add(pruned.Row);
        foreach (var infeasible in _infeasible.Take(gamma - _below.Count)) _below.Add(infeasible.Row);
        _ranked = [.. _below];
        _below.Sort((a, b) => history.NumberOf(a).CompareTo(history.NumberOf(b)));
        foreach (var row in _below) _sides[row] = Side.Below;
        if (!_below.SequenceEqual(before)) Version++;
    }

    /// <summary>
    /// The infeasible trials that violate least, among those that no feasible one equals or dominates in the objectives and no other
    /// infeasible one in the objectives and the violation. Fronts lie where constraints begin to be violated, and their parts can be apart:
    /// these trials show the way along them and from one part to the next.
    /// </summary>
    private List<int> Promising(StudyHistory history, int most)
    {
        var front = _fronts.Until(1)[0];
        var (rows, chosen) = (new List<int>(), new List<double[]>());
        foreach (var infeasible in _infeasible)
        {
            if (rows.Count >= most) break;
            if (history.ValuesOf(infeasible.Row).Length < history.Directions.Count) continue;
            var losses = history.LossesOf(infeasible.Row);
            // Those before it violate no more: whatever dominates it in the objectives does so in the violation, too.
            if (front.Any(f => NonDomination.WeaklyDominates(f.Losses, losses))
                || chosen.Exists(c => NonDomination.WeaklyDominates(c, losses)))
            {
                continue;
            }

            rows.Add(infeasible.Row);
            chosen.Add(losses);
        }

        return rows;
    }

    private List<int> BestOfFronts(StudyHistory history, int count)
    {
        var chosen = new List<int>();
        foreach (var front in _fronts.Until(count))
        {
            if (chosen.Count >= count) break;
            if (chosen.Count + front.Count <= count)
            {
                chosen.AddRange(front.Select(f => f.Id));
                continue;
            }

            var ordered = front.OrderBy(f => history.NumberOf(f.Id)).ToArray();
            var points = ordered.Select(f => f.Losses).ToArray();
            var kept = Hypervolume.Select(points, count - chosen.Count, Hypervolume.ReferenceFor(points));
            chosen.AddRange(kept.Select(i => ordered[i].Id));
        }

        return chosen;
    }

    /// <summary>
    /// How much each of <see cref="Below"/> weighs. With one objective 1 − ln r / ln(n + 1) for the r-th best of n, as parents do in CMA-ES
    /// (Hansen, "The CMA Evolution Strategy: A Tutorial", arXiv:1604.00772, equation 49 with µ = n). With several objectives what the front
    /// would lose without it, relative to the most that it would lose (Ozaki, Tanigaki, Watanabe, Nomura and Onishi, "Multiobjective
    /// Tree-Structured Parzen Estimator", Journal of Artificial Intelligence Research 73, 2022). Pruned and infeasible trials, of which
    /// that cannot be said, weigh as much as the others on average.
    /// </summary>
    public IReadOnlyList<double> WeightsOf(StudyHistory history)
    {
        if (_weightsVersion == Version && _weights.Length == _below.Count) return _weights;
        _weightsVersion = Version;
        _weights = [.. Enumerable.Repeat(1.0, _below.Count)];
        if (history.Directions.Count == 1)
        {
            for (var rank = 0; rank < _ranked.Length; rank++)
                _weights[_below.IndexOf(_ranked[rank])] = 1 - Math.Log(rank + 1) / Math.Log(_ranked.Length + 1);
            return _weights;
        }

        var feasible = Enumerable.Range(0, _below.Count)
            .Where(i => history.StateOf(_below[i]) == TrialState.Complete && history.ViolationOf(_below[i]) == 0)
            .ToArray();
        if (feasible.Length <= 1 || Hypervolume.Shares([.. feasible.Select(i => history.LossesOf(_below[i]))]) is not { } shares)
            return _weights;
        Array.Fill(_weights, shares.Average());
        for (var i = 0; i < shares.Length; i++) _weights[feasible[i]] = shares[i];
        return _weights;
    }

    /// <summary>Where a row stands.</summary>
    public enum Side : byte
    {
        /// <summary>Failed, neither by violating a constraint nor by diverging: nothing is learnt from it.</summary>
        None,

        /// <summary>One of the good few.</summary>
        Below,

        /// <summary>One of the rest.</summary>
        Above,
    }

    /// <summary>Later last steps first, then better last reports, then lower numbers.</summary>
    private readonly record struct PrunedTrial(long NegativeStep, double Loss, int Number, int Row) : IComparable<PrunedTrial>
    {
        public int CompareTo(PrunedTrial other) => NegativeStep != other.NegativeStep ? NegativeStep.CompareTo(other.NegativeStep)
            : Loss != other.Loss ? Loss.CompareTo(other.Loss)
            : Number.CompareTo(other.Number);
    }

    /// <summary>Smaller violations first, then lower numbers.</summary>
    private readonly record struct InfeasibleTrial(double Violation, int Number, int Row) : IComparable<InfeasibleTrial>
    {
        public int CompareTo(InfeasibleTrial other) =>
            Violation != other.Violation ? Violation.CompareTo(other.Violation) : Number.CompareTo(other.Number);
    }
}
