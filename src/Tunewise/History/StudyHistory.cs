using System.Runtime.InteropServices;
using Tunewise.Spaces;

namespace Tunewise.History;

/// <summary>
/// The finished trials of a study as columns, for samplers and pruners. It grows by what finished since the last look and never
/// reads anything twice. A trial has one <em>row</em>, given in the order of arrival; <see cref="Rows"/> lists them by trial number, so
/// that results do not depend on which trial finished first.
/// </summary>
/// <remarks>Not thread-safe: the study holds its lock while a sampler or pruner reads.</remarks>
public sealed class StudyHistory
{
    private readonly Dictionary<string, ParameterColumn> _parameters = [];
    private readonly Dictionary<string, Distribution> _known = [];
    private readonly Dictionary<long, SortedColumn> _completeReports = [];
    private readonly Dictionary<(object Owner, Type Type), object> _derived = [];
    private readonly Dictionary<(object Owner, Type Type), object> _fixed = [];
    private readonly List<int> _numbers = [];
    private readonly List<TrialState> _states = [];
    private readonly List<double[]> _values = [];
    private readonly List<IReadOnlyList<TrialReport>> _reports = [];
    private readonly HashSet<int> _superseded = [];
    private readonly Dictionary<long, SortedColumn> _prunedReports = [];
    private readonly List<IReadOnlyList<double>> _constraints = [];
    private readonly List<IReadOnlyDictionary<string, string>> _attributes = [];
    private readonly List<TimeSpan?> _durations = [];
    private readonly List<IReadOnlyList<TrialParameter>> _trialParameters = [];
    private readonly Dictionary<int, int> _rowOfNumber = [];
    private readonly List<int> _rowsByNumber = [];
    private readonly int[] _counts = new int[5];
    private Dictionary<string, Distribution>? _intersection;
    private SearchSpace? _intersectionSpace;
    private Action? _catchUp;
    private Func<IReadOnlyList<FrozenTrial>>? _readUnfinished;
    private IReadOnlyList<FrozenTrial> _unfinished = [];

    internal StudyHistory(IReadOnlyList<Direction> directions) => Directions = directions;

    /// <summary>One direction per objective.</summary>
    public IReadOnlyList<Direction> Directions { get; }

    /// <summary>How many rows there are: complete, pruned and failed trials.</summary>
    public int Count => _numbers.Count;

    /// <summary>The rows in order of their trials' numbers.</summary>
    public IReadOnlyList<int> Rows => _rowsByNumber;

    internal ReadOnlySpan<int> RowsSpan => CollectionsMarshal.AsSpan(_rowsByNumber);

    /// <summary>The trials that run or wait, the one that is asked for included; read when first looked at.</summary>
    public IReadOnlyList<FrozenTrial> Unfinished
    {
        get
        {
            if (_readUnfinished is null) return _unfinished;
            _unfinished = [.. _readUnfinished().Select(WithUsable)];
            _readUnfinished = null;
            return _unfinished;
        }

        internal set => (_unfinished, _readUnfinished) = (value, null);
    }

    /// <summary>Which parameters come together.</summary>
    internal BranchMap Branches { get; } = new();

    /// <summary>The finite part of the space as far as it was evaluated.</summary>
    internal ExploredSpace Explored { get; } = new();

    /// <summary>How many finished trials are in a state.</summary>
    /// <param name="state">Complete, pruned or failed.</param>
    public int CountOf(TrialState state) => _counts[(int)state];

    /// <summary>The trial number of a row.</summary>
    /// <param name="row">The row.</param>
    public int NumberOf(int row) => _numbers[row];

    /// <summary>The state of a row. A paused trial that another one continued counts as failed: its successor carries all that it knew.</summary>
    /// <param name="row">The row.</param>
    public TrialState StateOf(int row) => _states[row];

    /// <summary>The objective values of a row, one per objective; empty for a failed trial.</summary>
    /// <param name="row">The row.</param>
    public ReadOnlySpan<double> ValuesOf(int row) => _values[row];

    /// <summary>An objective's value of a row as a loss: smaller is better.</summary>
    /// <param name="row">The row, which must have values.</param>
    /// <param name="objective">The objective, by its position.</param>
    public double LossOf(int row, int objective = 0) => Directions[objective] == Direction.Maximize ? -_values[row][objective] : _values[row][objective];

    /// <summary>All values of a row as losses.</summary>
    internal double[] LossesOf(int row)
    {
        var losses = new double[_values[row].Length];
        for (var m = 0; m < losses.Length; m++) losses[m] = LossOf(row, m);
        return losses;
    }

    /// <summary>The report with the largest step of a row, or null.</summary>
    /// <param name="row">The row.</param>
    public TrialReport? LastReportOf(int row) => _reports[row].Count == 0 ? null : _reports[row][^1];

    /// <summary>The reports of a row in order of their steps.</summary>
    /// <param name="row">The row.</param>
    public IReadOnlyList<TrialReport> ReportsOf(int row) => _reports[row];

    /// <summary>Whether a row's trial was tried again or continued by another, which carries all that it knew.</summary>
    /// <param name="row">The row.</param>
    public bool IsSuperseded(int row) => _superseded.Contains(row);

    /// <summary>Whether no constraint of a row's trial is violated. A trial without constraints is feasible.</summary>
    /// <param name="row">The row.</param>
    public bool IsFeasible(int row)
    {
        foreach (var constraint in _constraints[row])
        {
            if (!(constraint <= 0)) return false;
        }

        return true;
    }

    /// <summary>
    /// Whether samplers learn from a row: it has values or reports, or it failed and says by how much it violated a constraint, as trials that ran out of
    /// memory do. Trials that another one carries on teach nothing.
    /// </summary>
    /// <param name="row">The row.</param>
    internal bool Teaches(int row) => _states[row] != TrialState.Failed || (!IsFeasible(row) && !_superseded.Contains(row));

    /// <summary>The constraint values of a row in order of their names; feasible means all ≤ 0.</summary>
    /// <param name="row">The row.</param>
    public IReadOnlyList<double> ConstraintsOf(int row) => _constraints[row];

    /// <summary>The sum of a row's positive constraint values; 0 when it is feasible, infinity when one is NaN.</summary>
    /// <param name="row">The row.</param>
    public double ViolationOf(int row)
    {
        var sum = 0.0;
        foreach (var constraint in _constraints[row]) sum += double.IsNaN(constraint) ? double.PositiveInfinity : Math.Max(constraint, 0);
        return sum;
    }

    /// <summary>How long a row's trial ran, or null when that is not known.</summary>
    /// <param name="row">The row.</param>
    public TimeSpan? DurationOf(int row) => _durations[row];

    /// <summary>The row of a finished trial, or −1.</summary>
    /// <param name="number">The trial's number.</param>
    public int RowOf(int number) => _rowOfNumber.GetValueOrDefault(number, -1);

    /// <summary>Whether any trial came with constraints.</summary>
    public bool HasConstraints { get; private set; }

    /// <summary>A system attribute of a row: null, bool, long, double, string, lists and maps of these; null when it has none of this name.</summary>
    /// <param name="row">The row.</param>
    /// <param name="key">The attribute's name.</param>
    public object? AttributeOf(int row, string key) => _attributes[row].TryGetValue(key, out var json) ? AttributeJson.ReadOrNull(json) : null;

    /// <summary>The system attributes of a row, as JSON.</summary>
    internal IReadOnlyDictionary<string, string> AttributesOf(int row) => _attributes[row];

    /// <summary>The values of a parameter, or null when no finished trial had it.</summary>
    /// <param name="name">The parameter.</param>
    public ParameterColumn? Parameter(string name) => _parameters.GetValueOrDefault(name);

    /// <summary>What the complete trials reported at exactly this step, ascending; NaN reports are left out, but counted in <paramref name="count"/>.</summary>
    /// <param name="step">The step.</param>
    /// <param name="count">How many complete trials reported at the step, NaN included.</param>
    public ReadOnlySpan<double> CompleteReportsAt(long step, out int count)
    {
        count = 0;
        if (!_completeReports.TryGetValue(step, out var column)) return [];
        count = column.Count;
        var values = column.Values;
        // NaN sorts before every number.
        var first = 0;
        while (first < values.Length && double.IsNaN(values[first])) first++;
        return values[first..];
    }

    /// <summary>
    /// What all other trials reported at exactly this step, complete, pruned and running ones, ascending and without NaN. The trial that is asked for is
    /// left out, and so are paused trials that another one continues.
    /// </summary>
    /// <param name="step">The step.</param>
    /// <param name="except">The number of the trial that is asked for.</param>
    public double[] AllReportsAt(long step, int except)
    {
        var values = new List<double>();
        foreach (var columns in new[] { _completeReports, _prunedReports })
        {
            if (!columns.TryGetValue(step, out var column)) continue;
            var rows = column.Rows;
            var reports = column.Values;
            for (var i = 0; i < rows.Length; i++)
            {
                if (!_superseded.Contains(rows[i])) values.Add(reports[i]);
            }
        }

        foreach (var trial in Unfinished)
        {
            if (trial.Number == except || trial.State != TrialState.Running) continue;
            foreach (var report in trial.Reports)
            {
                if (report.Step == step) values.Add(report.Value);
            }
        }

        values.RemoveAll(double.IsNaN);
        values.Sort();
        return [.. values];
    }

    /// <summary>
    /// The parameters that every complete and pruned trial had with one and the same distribution (Optuna's intersection search
    /// space), single-valued ones left out.
    /// </summary>
    public SearchSpace Intersection => _intersectionSpace ??= new SearchSpace(
        (_intersection ?? []).Where(p => !p.Value.IsSingle).Select(p => new SearchSpace.Dimension(p.Key, p.Value)));

    /// <summary>
    /// What an algorithm prepares from this history and keeps with it; made at the first call. It must depend on nothing but the
    /// history and its owner's options.
    /// </summary>
    /// <typeparam name="T">The algorithm's own type.</typeparam>
    /// <param name="owner">The sampler or pruner; each has its own.</param>
    /// <param name="create">Makes it.</param>
    public T Derived<T>(object owner, Func<StudyHistory, T> create)
        where T : class
    {
        if (_derived.TryGetValue((owner, typeof(T)), out var known)) return (T)known;
        var made = create(this);
        _derived.Add((owner, typeof(T)), made);
        return made;
    }

    /// <summary>What <see cref="Fix"/> laid down, or null.</summary>
    internal T? Fixed<T>(object owner)
        where T : class => _fixed.TryGetValue((owner, typeof(T)), out var known) ? (T)known : null;

    /// <summary>Lays something down for as long as this history lives, whatever comes later.</summary>
    internal T Fix<T>(object owner, T value)
        where T : class
    {
        _fixed.Add((owner, typeof(T)), value);
        return value;
    }

    /// <summary>The distribution first seen under a name in this study, or null.</summary>
    internal Distribution? KnownDistribution(string name) => _known.GetValueOrDefault(name);

    internal void Learn(string name, Distribution distribution)
    {
        if (distribution is not ForeignDistribution) _known.TryAdd(name, distribution);
    }

    internal void Add(FrozenTrial trial)
    {
        // What may be malformed is read before the first column grows.
        var (constraints, continued) = (trial.Constraints, TrialAttributes.ContinuedTrial(trial.SystemAttributesJson));
        var (state, parameters) = (trial.State, Usable(trial.ParameterList));
        if (IsDamaged(trial))
        {
            // It counts as a trial that failed and had nothing.
            LeftOut ??= trial;
            (state, parameters, constraints) = (TrialState.Failed, [], []);
        }
        else if (parameters.Count < trial.ParameterList.Count)
        {
            LeftOut ??= trial;
        }

        var row = _numbers.Count;
        var informs = state is TrialState.Complete or TrialState.Pruned;
        _numbers.Add(trial.Number);
        _states.Add(state);
        _values.Add(trial.Values.Count == 0 || state == TrialState.Failed ? [] : [.. trial.Values]);
        _reports.Add(trial.Reports);
        _constraints.Add(constraints);
        HasConstraints |= constraints.Count > 0;
        _attributes.Add(trial.SystemAttributesJson);
        _durations.Add(trial.Duration);
        _trialParameters.Add(parameters);
        _rowOfNumber[trial.Number] = row;
        _counts[(int)state]++;
        InsertByNumber(row, trial.Number);

        foreach (var parameter in parameters)
        {
            Learn(parameter.Name, parameter.Distribution);
            if (!_parameters.TryGetValue(parameter.Name, out var column))
                _parameters.Add(parameter.Name, column = new ParameterColumn(parameter.Name));
            column.Set(row, trial.Number, parameter.Value, informs || !IsFeasible(row));
        }

        Supersede(continued);
        if (informs)
        {
            Intersect(parameters);
            Branches.Add(trial.Number, parameters);
        }

        if (informs || trial.Failure is FailureKind.Exception or FailureKind.OutOfMemory or FailureKind.Reported or FailureKind.InvalidResult or FailureKind.TimedOut or FailureKind.Diverged) Explored.Add(parameters);
        if (!informs) return;
        var reports = state == TrialState.Complete ? _completeReports : _prunedReports;
        foreach (var report in trial.Reports)
        {
            if (!reports.TryGetValue(report.Step, out var column)) reports.Add(report.Step, column = new SortedColumn());
            column.Add(report.Value, trial.Number, row);
        }
    }

    /// <summary>Reads what finished since the last look when someone looks; null when this history is as new as it should be.</summary>
    internal void CatchUpBy(Action? read) => _catchUp = read;

    /// <summary>Reads what finished since the last look, if that was put off.</summary>
    internal void CatchUp()
    {
        if (_catchUp is not { } read) return;
        _catchUp = null;
        read();
    }

    /// <summary>Reads the unfinished trials when someone looks at them.</summary>
    internal void ReadUnfinishedBy(Func<IReadOnlyList<FrozenTrial>> read) => _readUnfinished = read;

    /// <summary>The first trial of which something is left out, because it is damaged or from a distribution that is not known here; null when there is none.</summary>
    internal FrozenTrial? LeftOut { get; private set; }

    /// <summary>Whether nothing of a finite space will be left when the trials that run now have ended.</summary>
    internal bool IsExhaustedByRunning()
    {
        var running = Unfinished.Where(t => t.State == TrialState.Running && t.ParameterList.Count > 0).ToArray();
        if (running.Length == 0) return false;
        var explored = new ExploredSpace();
        foreach (var row in _rowsByNumber) explored.Add(_trialParameters[row]);
        foreach (var trial in running) explored.Add(trial.ParameterList);
        return explored.IsExhausted;
    }

    private void Supersede(int? number)
    {
        if (number is not { } n || !_rowOfNumber.TryGetValue(n, out var row) || _states[row] == TrialState.Failed) return;
        _superseded.Add(row);
        _counts[(int)_states[row]]--;
        _counts[(int)TrialState.Failed]++;
        _states[row] = TrialState.Failed;
        // What was prepared from it must be prepared anew.
        _derived.Clear();
    }

    private void InsertByNumber(int row, int number)
    {
        // Nearly always the end: trials finish almost in the order in which they start.
        var position = _rowsByNumber.Count;
        while (position > 0 && _numbers[_rowsByNumber[position - 1]] > number) position--;
        _rowsByNumber.Insert(position, row);
    }

    /// <summary>The parameters from distributions that are known here.</summary>
    private static IReadOnlyList<TrialParameter> Usable(IReadOnlyList<TrialParameter> parameters)
    {
        foreach (var parameter in parameters)
        {
            if (parameter.Distribution is ForeignDistribution) return [.. parameters.Where(p => p.Distribution is not ForeignDistribution)];
        }

        return parameters;
    }

    /// <summary>An unfinished trial with what models can use of it.</summary>
    private static FrozenTrial WithUsable(FrozenTrial trial) => trial.ParameterList.All(p => p.IsUsable) ? trial : new FrozenTrial
    {
        Id = trial.Id,
        Number = trial.Number,
        State = trial.State,
        StartedAt = trial.StartedAt,
        ParameterList = [.. trial.ParameterList.Where(p => p.IsUsable)],
        Reports = trial.Reports,
        UserAttributesJson = trial.UserAttributesJson,
        SystemAttributesJson = trial.SystemAttributesJson,
    };

    /// <summary>Whether something of the trial cannot be what it is said to be, so that the rest of it is not to be learned from either.</summary>
    private bool IsDamaged(FrozenTrial trial)
    {
        foreach (var parameter in trial.ParameterList)
        {
            if (!parameter.IsUsable && parameter.Distribution is not ForeignDistribution { IsKnownElsewhere: true }) return true;
        }

        return StudyRules.Values(trial.State, trial.Values, Directions.Count) is not null;
    }

    private void Intersect(IReadOnlyList<TrialParameter> parameters)
    {
        if (_intersection is null)
        {
            _intersection = parameters.ToDictionary(p => p.Name, p => p.Distribution);
            _intersectionSpace = null;
            return;
        }

        List<string>? gone = null;
        foreach (var (name, distribution) in _intersection)
        {
            var kept = false;
            foreach (var parameter in parameters)
            {
                if (parameter.Name != name) continue;
                kept = ReferenceEquals(parameter.Distribution, distribution) || parameter.Distribution.Equals(distribution);
                break;
            }

            if (!kept) (gone ??= []).Add(name);
        }

        if (gone is null) return;
        foreach (var name in gone) _intersection.Remove(name);
        _intersectionSpace = null;
    }
}
