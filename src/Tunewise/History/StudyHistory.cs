using Tunewise.Spaces;

namespace Tunewise.History;

/// <summary>
/// The trials of a study as of one moment: the finished ones as columns, for samplers and pruners, and those that run or wait. A finished
/// trial has one <em>row</em>, given in the order of arrival; <see cref="Rows"/> lists them by trial number, so that results do not depend
/// on which trial finished first.
/// </summary>
/// <remarks>
/// What it says never changes, and nothing of it is read from a storage when it is asked. It belongs to one decision; what an
/// algorithm prepares from it (<see cref="Prepared{T}"/>) is for the thread that decides, and until it has decided. The rest may be
/// used by any thread and kept.
/// </remarks>
public sealed class StudyHistory
{
    private readonly TrialTable.Moment _moment;
    private readonly ModelShelf _shelf;
    private readonly IReadOnlyList<FrozenTrial>? _unfinished;
    private List<(object Key, IPrepared Model)>? _taken;

    /// <summary>What a decision is told.</summary>
    /// <param name="moment">The finished trials.</param>
    /// <param name="unfinished">The others, or null for a decision that said that it would not look at them.</param>
    /// <param name="shelf">What earlier decisions prepared.</param>
    internal StudyHistory(TrialTable.Moment moment, IReadOnlyList<FrozenTrial>? unfinished, ModelShelf shelf) =>
        (_moment, _unfinished, _shelf) = (moment, unfinished, shelf);

    /// <summary>The history of given trials, for the tests of samplers and pruners.</summary>
    /// <param name="trials">The trials, finished or not (<see cref="FrozenTrial.Create"/>), in order of their numbers, which they get
    /// from their places here.</param>
    /// <param name="directions">One per objective; null for a single one that is minimised.</param>
    /// <param name="reported">The objective that reports are values of, by its position.</param>
    public static StudyHistory Of(
        IReadOnlyList<FrozenTrial> trials, IReadOnlyList<Direction>? directions = null, int reported = 0)
    {
        ArgumentNullException.ThrowIfNull(trials);
        directions ??= [Direction.Minimize];
        ArgumentOutOfRangeException.ThrowIfNegative(reported);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(reported, directions.Count);
        var (table, unfinished) = (new TrialTable(directions, reported), new List<FrozenTrial>());
        foreach (var (number, trial) in trials.Index())
        {
            var own = new FrozenTrial(trial) { Number = number };
            if (own.State is TrialState.Running or TrialState.Waiting) unfinished.Add(own);
            else table.Add(own);
        }

        return new StudyHistory(table.Now, unfinished, new ModelShelf());
    }

    /// <summary>One direction per objective.</summary>
    public IReadOnlyList<Direction> Directions => _moment.Table.Directions;

    /// <summary>
    /// The objective that reports are values of, by its position: the only one, or the one that <see cref="StudyOptions.PruneBy"/> names;
    /// the first one when there are several and none is named.
    /// </summary>
    public int ReportedObjective => _moment.Table.Reported;

    /// <summary>How many rows there are: complete, pruned and failed trials.</summary>
    public int Count => _moment.Count;

    /// <summary>The rows in order of their trials' numbers.</summary>
    public IReadOnlyList<int> Rows => _moment.Rows;

    internal ReadOnlySpan<int> RowsSpan => _moment.Rows;

    /// <summary>The rows of the complete trials, in order of their trials' numbers.</summary>
    internal IEnumerable<int> CompleteRows => Rows.Where(r => StateOf(r) == TrialState.Complete);

    /// <summary>The trials that run or wait, the one that is asked for included.</summary>
    /// <exception cref="InvalidOperationException">The sampler or pruner said by its scope that it would not look at them.</exception>
    public IReadOnlyList<FrozenTrial> Unfinished => _unfinished
        ?? throw new InvalidOperationException(
            "trials that run or wait are looked at by a sampler or pruner whose scope leaves them out; "
            + "its scope must be HistoryScope.Everything");

    /// <summary>The finished trials.</summary>
    internal TrialTable.Moment Moment => _moment;

    /// <summary>The trials that run or wait; null when they are not to be looked at.</summary>
    internal IReadOnlyList<FrozenTrial>? UnfinishedIfKnown => _unfinished;

    /// <summary>The trials that run, except the one that is asked for.</summary>
    internal IEnumerable<FrozenTrial> OthersThatRun(int except)
    {
        foreach (var trial in Unfinished)
        {
            if (trial.State == TrialState.Running && trial.Number != except) yield return trial;
        }
    }

    /// <summary>Which parameters come together.</summary>
    internal Branches Branches => _moment.Branches;

    /// <summary>The finite part of the space as far as it was evaluated. For the thread that decides.</summary>
    internal ExploredSpace Explored => Prepared(typeof(ExploredSpace), static () => new ExploredSpace());

    /// <summary>
    /// Whether nothing can ever be exhausted, because the first parameter is continuous or the program changed its ranges.
    /// </summary>
    internal bool IsOpen => _moment.IsOpen;

    /// <summary>How many finished trials are in a state.</summary>
    /// <param name="state">Complete, pruned or failed.</param>
    public int CountOf(TrialState state) => _moment.CountOf(state);

    /// <summary>The trial number of a row.</summary>
    /// <param name="row">The row.</param>
    public int NumberOf(int row) => _moment.NumberOf(row);

    /// <summary>
    /// The state of a row. A paused trial that another one continued counts as failed: its successor carries all that it knew.
    /// </summary>
    /// <param name="row">The row.</param>
    public TrialState StateOf(int row) => _moment.StateOf(row);

    /// <summary>The state in which a row's trial finished, whatever another one did later.</summary>
    internal TrialState FinishedAs(int row) => _moment.FinishedAs(row);

    /// <summary>The objective values of a row, one per objective; empty for a failed trial.</summary>
    /// <param name="row">The row.</param>
    public ReadOnlySpan<double> ValuesOf(int row) => _moment.ValuesOf(row);

    /// <summary>An objective's value of a row as a loss: smaller is better.</summary>
    /// <param name="row">The row, which must have values.</param>
    /// <param name="objective">The objective, by its position.</param>
    public double LossOf(int row, int objective = 0) => Loss.Of(Directions[objective], _moment.ValuesOf(row)[objective]);

    /// <summary>All values of a row as losses.</summary>
    internal double[] LossesOf(int row)
    {
        var losses = new double[_moment.ValuesOf(row).Length];
        for (var m = 0; m < losses.Length; m++) losses[m] = LossOf(row, m);
        return losses;
    }

    /// <summary>A report as a loss, smaller is better; and a loss as a report.</summary>
    /// <param name="report">What was reported, or such a loss; may be NaN.</param>
    public double ReportLoss(double report) => Loss.Of(Directions[ReportedObjective], report);

    /// <summary>The report with the largest step of a row, or null.</summary>
    /// <param name="row">The row.</param>
    public TrialReport? LastReportOf(int row) => _moment.CurveOf(row).Last;

    /// <summary>The reports of a row in order of their steps.</summary>
    /// <param name="row">The row.</param>
    public IReadOnlyList<TrialReport> ReportsOf(int row) => _moment.CurveOf(row);

    internal Curve CurveOf(int row) => _moment.CurveOf(row);

    /// <summary>Whether a row's trial was continued or tried again by another that has ended, which carries all that it knew.</summary>
    /// <param name="row">The row.</param>
    public bool IsSuperseded(int row) => _moment.IsSuperseded(row);

    /// <summary>The rows whose trials another one continued or tried again, in the order in which that became known.</summary>
    public ReadOnlySpan<int> Superseded => _moment.Superseded;

    /// <summary>Whether no constraint of a row's trial is violated. A trial without constraints is feasible.</summary>
    /// <param name="row">The row.</param>
    public bool IsFeasible(int row)
    {
        var constraints = _moment.ConstraintsOf(row);
        for (var i = 0; i < constraints.Count; i++)
        {
            if (!(constraints[i] <= 0)) return false;
        }

        return true;
    }

    /// <summary>
    /// Whether samplers learn from a row: it has values or reports, or it failed and says by how much it violated a constraint, as trials
    /// that ran out of memory do. Trials that another one carries on teach nothing.
    /// </summary>
    /// <param name="row">The row.</param>
    internal bool Teaches(int row) => StateOf(row) != TrialState.Failed || (!IsFeasible(row) && !IsSuperseded(row));

    /// <summary>
    /// Whether a row's trial failed because its training diverged (<see cref="FailureKind.Diverged"/>): its parameters are worse than any
    /// that gave a value.
    /// </summary>
    /// <param name="row">The row.</param>
    public bool IsDiverged(int row) => _moment.IsDiverged(row);

    /// <summary>
    /// Whether a row's trial failed of its parameters and says nothing else: it threw, ran too long, or returned what is no result. Where
    /// such trials lie, others fail, too.
    /// </summary>
    /// <param name="row">The row.</param>
    internal bool IsBroken(int row) =>
        StateOf(row) == TrialState.Failed && EndOf(row) != PathEnd.Untried && !IsSuperseded(row) && !IsDiverged(row) && IsFeasible(row);

    /// <summary>What the end of a row's trial says of what it tried.</summary>
    internal PathEnd EndOf(int row) => _moment.EndOf(row);

    /// <summary>The constraint values of a row in order of their names; feasible means all ≤ 0.</summary>
    /// <param name="row">The row.</param>
    public IReadOnlyList<double> ConstraintsOf(int row) => _moment.ConstraintsOf(row);

    /// <summary>The sum of a row's positive constraint values; 0 when it is feasible, infinity when one is NaN.</summary>
    /// <param name="row">The row.</param>
    public double ViolationOf(int row) => TrialAttributes.Violation(_moment.ConstraintsOf(row));

    /// <summary>How long a row's trial ran, or null when that is not known.</summary>
    /// <param name="row">The row.</param>
    public TimeSpan? DurationOf(int row) => _moment.DurationOf(row);

    /// <summary>When a row's trial finished; the earliest time of all when that is not known.</summary>
    internal DateTimeOffset FinishedAtOf(int row) => _moment.FinishedAtOf(row);

    /// <summary>The row of a finished trial, or −1.</summary>
    /// <param name="number">The trial's number.</param>
    public int RowOf(int number) => _moment.RowOf(number);

    /// <summary>Whether any trial came with constraints.</summary>
    public bool HasConstraints => _moment.HasConstraints;

    /// <summary>
    /// A system attribute of a row: null, bool, long, double, string, lists and maps of these; null when it has none of this name. A
    /// sampler's note (<see cref="FrozenTrial.SamplerNote"/>) is not kept here.
    /// </summary>
    /// <param name="row">The row.</param>
    /// <param name="key">The attribute's name.</param>
    public object? AttributeOf(int row, string key) =>
        _moment.AttributesOf(row).TryGetValue(key, out var json) ? AttributeJson.ReadOrNull(json) : null;

    /// <summary>The system attributes of a row, as JSON.</summary>
    internal IReadOnlyDictionary<string, string> AttributesOf(int row) => _moment.AttributesOf(row);

    /// <summary>Which parameters a row's trial had, in order.</summary>
    internal TrialShape ShapeOf(int row) => _moment.ShapeOf(row);

    /// <summary>The values of a parameter, or null when no finished trial had it.</summary>
    /// <param name="name">The parameter.</param>
    public ParameterColumn? Parameter(string name) => _moment.Parameter(name);

    /// <summary>
    /// What the complete trials reported at exactly this step, ascending; NaN reports are left out, but counted in
    /// <paramref name="count"/>.
    /// </summary>
    /// <param name="step">The step.</param>
    /// <param name="count">How many complete trials reported at the step, NaN included.</param>
    /// <returns>Numbers for the thread that decides, until it has decided.</returns>
    public ReadOnlySpan<double> CompleteReportsAt(long step, out int count)
    {
        var column = Steps.At(step, TrialState.Complete, this);
        count = column.Count;
        return column.Ascending;
    }

    /// <summary>
    /// What all other trials reported at exactly this step, complete, pruned and running ones, ascending and without NaN. The trial that is
    /// asked for is left out, and so are paused trials that another one continues.
    /// </summary>
    /// <param name="step">The step.</param>
    /// <param name="except">The number of the trial that is asked for.</param>
    public double[] AllReportsAt(long step, int except)
    {
        var values = new List<double>();
        values.AddRange(Steps.At(step, TrialState.Complete, this).Ascending);
        values.AddRange(Steps.At(step, TrialState.Pruned, this).Ascending);
        foreach (var trial in OthersThatRun(except))
        {
            foreach (var report in trial.Reports)
            {
                if (report.Step == step && !double.IsNaN(report.Value)) values.Add(report.Value);
            }
        }

        values.Sort();
        return [.. values];
    }

    private StepColumns Steps => Prepared(typeof(StepColumns), static () => new StepColumns());

    /// <summary>
    /// The parameters that every complete and pruned trial had with one and the same distribution (Optuna's intersection search
    /// space), single-valued ones left out.
    /// </summary>
    public SearchSpace Intersection => _moment.Intersection;

    /// <summary>
    /// What an algorithm prepares from the study's history and carries along as it grows; made when there is none. It is brought up to this
    /// history, and nobody else uses it until the decision is made. When several decisions are made at once, there are several of it; when
    /// a decision throws, it is dropped.
    /// </summary>
    /// <typeparam name="T">The algorithm's own type.</typeparam>
    /// <param name="key"> Whoever gives an equal key shares it: the sampler or pruner when it depends on the options of one, otherwise the
    /// type or what it does depend on. </param>
    /// <param name="create">Makes an empty one.</param>
    public T Prepared<T>(object key, Func<T> create)
        where T : class, IPrepared
    {
        ArgumentNullException.ThrowIfNull(key);
        ArgumentNullException.ThrowIfNull(create);
        if (_taken is not null)
        {
            foreach (var (known, prepared) in _taken)
            {
                if (prepared is T own && known.Equals(key)) return own;
            }
        }

        var model = _shelf.Take<T>(key, _moment.Version) ?? create();
        model.Update(this);
        (_taken ??= []).Add((key, model));
        return model;
    }

    /// <summary>Leaves what was prepared to the decisions that follow; this one must not use it any more.</summary>
    internal void Return()
    {
        if (_taken is null) return;
        _shelf.Put(_taken, _moment.Version);
        _taken = null;
    }

    /// <summary>What <see cref="Fix"/> laid down, or null.</summary>
    internal T? Fixed<T>(object key)
        where T : class => _shelf.Fixed<T>(key);

    /// <summary>Lays something down for as long as the study is open, whatever comes later; the first one stays.</summary>
    internal T Fix<T>(object key, T value)
        where T : class => _shelf.Fix(key, value);

    /// <summary>The distribution under which finished trials have a name, the first that was seen; null when none has it.</summary>
    internal Distribution? KnownDistribution(string name) => _moment.KnownDistribution(name);

    /// <summary>
    /// Values as the user knows them, in internal form, as far as the study knows the ranges. What is none of a parameter's values is left
    /// out: that error belongs to the suggestion, where the objective can see it.
    /// </summary>
    internal List<TrialParameter> KnownOf(IReadOnlyDictionary<string, object?> values)
    {
        var known = new List<TrialParameter>();
        foreach (var (name, value) in values)
        {
            if (DistributionOf(name) is { } distribution && distribution.TryToInternal(value) is { } number)
                known.Add(new TrialParameter(name, distribution, number));
        }

        return known;
    }

    /// <summary>
    /// The distribution under which a name is known from finished trials, or else from those that run or wait where these are looked at.
    /// </summary>
    private Distribution? DistributionOf(string name)
    {
        if (KnownDistribution(name) is { } known) return known;
        foreach (var trial in _unfinished ?? [])
        {
            foreach (var parameter in trial.ParameterList)
            {
                if (parameter.Name == name) return parameter.Distribution;
            }
        }

        return null;
    }
}
