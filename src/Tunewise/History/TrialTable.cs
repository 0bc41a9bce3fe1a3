using System.Collections.Concurrent;
using Tunewise.Spaces;

namespace Tunewise.History;

/// <summary>
/// The finished trials of a study as columns that only grow. A trial has one row, given in the order of arrival. What can change later,
/// such as the order of rows by their trials' numbers, is copied before it changes when a <see cref="Moment"/> shows it. One thread at a
/// time may add and ask for a moment; any thread reads moments.
/// </summary>
internal sealed class TrialTable
{
    private const byte StateMask = 0x07;
    private const byte EndMask = 0x18;
    private const int EndShift = 3;
    private const byte Diverged = 0x20;
    private const byte Superseded = 0x80;
    private const long Unknown = long.MinValue;

    private readonly Dictionary<int, List<TrialShape>> _shapesByHash = [];
    private readonly ConcurrentDictionary<string, ParameterValues> _parameters = [];
    private readonly ConcurrentDictionary<string, Distribution> _learned = [];

    // Replaced when a name is new, and never changed.
    private Dictionary<string, Distribution> _known = [];
    private readonly GrowingColumn<int> _numbers = new();
    private readonly GrowingColumn<double[]> _values = new();
    private readonly GrowingColumn<Curve> _curves = new();
    private readonly GrowingColumn<IReadOnlyList<double>> _constraints = new();
    private readonly GrowingColumn<IReadOnlyDictionary<string, string>> _attributes = new();
    private readonly GrowingColumn<long> _durations = new();
    private readonly GrowingColumn<long> _finished = new();
    private readonly GrowingColumn<TrialShape> _shapes = new();
    private readonly GrowingColumn<int> _superseded = new();
    private readonly CurveStore _curveStore = new();
    private readonly BranchMap _branches = new();
    private readonly int[] _counts = new int[5];
    private byte[] _states = [];
    private int[] _rowsByNumber = [];
    private int _count;
    private Dictionary<string, Distribution>? _intersection;
    private SearchSpace _intersectionSpace = SearchSpace.Empty;
    private (string Name, Distribution Distribution)? _first;
    private volatile bool _isOpen;
    private bool _hasConstraints;
    private long _version;
    private Moment? _shown;

    // What moments show of the two arrays: rows below and places before these must not change in place.
    private int _shownStates;
    private int _shownOrder;

    /// <summary>Creates an empty table.</summary>
    /// <param name="directions">One per objective.</param>
    /// <param name="reported">The objective that reports are values of, by its position; null when that is not said, and then they are
    /// taken for the first one's.</param>
    public TrialTable(IReadOnlyList<Direction> directions, int? reported = null) => (Directions, Reported) = (directions, reported ?? 0);

    public IReadOnlyList<Direction> Directions { get; }

    /// <summary>The objective that reports are values of.</summary>
    public int Reported { get; }

    /// <summary>
    /// Whether nothing can ever be exhausted, because the first parameter is continuous or the program changed its ranges.
    /// </summary>
    public bool IsOpen => _isOpen;

    /// <summary>
    /// The first trial of which something is left out, because it is damaged or from a distribution that is not known here;
    /// null when there is none.
    /// </summary>
    public FrozenTrial? LeftOut { get; private set; }

    /// <summary>The table as it is now.</summary>
    public Moment Now
    {
        get
        {
            if (_shown is not null) return _shown;
            (_shownStates, _shownOrder) = (_count, _count);
            return _shown = new Moment(
                this,
                ++_version,
                _count,
                _states,
                _rowsByNumber,
                [.. _counts],
                _superseded.Count,
                _hasConstraints,
                _isOpen,
                _known,
                _intersectionSpace,
                _branches.Now);
        }
    }

    /// <summary>The distribution first seen under a name, also by trials that have not finished, or null. Any thread may ask.</summary>
    public Distribution? KnownDistribution(string name) => _learned.GetValueOrDefault(name);

    /// <summary>Remembers the distribution of a name that is new. Any thread may say so.</summary>
    public void Learn(string name, Distribution distribution)
    {
        if (distribution is not ForeignDistribution) _learned.TryAdd(name, distribution);
    }

    /// <summary>Adds a trial that finished.</summary>
    public void Add(FrozenTrial trial)
    {
        // What may be malformed is read before the first column grows.
        var (constraints, state, parameters) = (trial.Constraints, trial.State, UsableParts.Of(trial.ParameterList));
        if (UsableParts.IsDamaged(trial, Directions.Count))
        {
            // It counts as a trial that failed and had nothing.
            LeftOut ??= trial;
            (state, parameters, constraints) = (TrialState.Failed, [], []);
        }
        else if (parameters.Count < trial.ParameterList.Count)
        {
            LeftOut ??= trial;
        }

        Append(new Row(trial.Number, state, PathEnds.Of(state, trial.Failure))
        {
            Values = trial.Values.Count == 0 || state == TrialState.Failed ? [] : [.. trial.Values],
            Curve = _curveStore.Add(trial.Reports),
            Constraints = constraints,
            Attributes = WithoutNote(trial.SystemAttributesJson),
            Duration = trial.Duration is { } duration ? duration.Ticks : Unknown,
            FinishedAt = trial.FinishedAt?.UtcTicks ?? 0,
            Parameters = parameters,
            IsDiverged = state == TrialState.Failed && trial.Failure == FailureKind.Diverged,
        });
    }

    /// <summary>Adds a row of another table of the same study.</summary>
    public void Add(Moment other, int row) => Append(new Row(other.NumberOf(row), other.FinishedAs(row), other.EndOf(row))
    {
        Values = other.ValuesOf(row),
        Curve = other.CurveOf(row),
        Constraints = other.ConstraintsOf(row),
        Attributes = other.AttributesOf(row),
        Duration = other.Table._durations[row],
        FinishedAt = other.Table._finished[row],
        Parameters = other.ShapeOf(row).Of(row),
        IsDiverged = other.IsDiverged(row),
    });

    private void Append(Row added)
    {
        var row = _count;
        if (row == _states.Length) Array.Resize(ref _states, Math.Max(16, row + row / 2));
        _states[row] = (byte)((byte)added.State | ((byte)added.End << EndShift) | (added.IsDiverged ? Diverged : 0));
        _numbers.Add(added.Number);
        _values.Add(added.Values);
        _curves.Add(added.Curve);
        _constraints.Add(added.Constraints);
        _attributes.Add(added.Attributes);
        _durations.Add(added.Duration);
        _finished.Add(added.FinishedAt);
        var shape = ShapeOf(added.Parameters);
        _shapes.Add(shape);
        foreach (var (name, distribution, value) in added.Parameters)
        {
            Learn(name, distribution);
            if (!_known.ContainsKey(name))
                _known = new Dictionary<string, Distribution>(_known) { [name] = KnownDistribution(name) ?? distribution };
            ColumnOf(name).Set(row, value);
        }

        InsertByNumber(row, added.Number);
        _count++;
        _counts[(int)added.State]++;
        _hasConstraints |= added.Constraints.Count > 0;
        _shown = null;
        if (TrialAttributes.PredecessorOf(added.Attributes) is { } before) Supersede(before);
        if (added.End != PathEnd.Untried) Explore(shape);
        if (added.State is not (TrialState.Complete or TrialState.Pruned)) return;
        Intersect(added.Parameters);
        _branches.Add(added.Number, added.Parameters, added.State == TrialState.Complete);
    }

    private ParameterValues ColumnOf(string name) => _parameters.GetOrAdd(name, _ => new ParameterValues(_count));

    private TrialShape ShapeOf(IReadOnlyList<TrialParameter> parameters)
    {
        if (_count > 0 && _shapes[_count - 1] is var last && last.IsOf(parameters)) return last;
        var hash = TrialShape.HashOf(parameters);
        if (!_shapesByHash.TryGetValue(hash, out var shapes)) _shapesByHash.Add(hash, shapes = []);
        if (shapes.Find(s => s.IsOf(parameters)) is { } known) return known;
        var shape = new TrialShape(parameters, ColumnOf);
        shapes.Add(shape);
        return shape;
    }

    /// <summary>A trial was continued or tried again by another one, which carries all that it knew.</summary>
    private void Supersede(int number)
    {
        var row = Moment.RowOf(number, _rowsByNumber.AsSpan(0, _count), _numbers);
        if (row < 0 || (_states[row] & Superseded) != 0) return;
        if (row < _shownStates) (_states, _shownStates) = ([.. _states], 0);
        _counts[_states[row] & StateMask]--;
        _counts[(int)TrialState.Failed]++;
        _states[row] |= Superseded;
        _superseded.Add(row);
    }

    private void InsertByNumber(int row, int number)
    {
        // Nearly always the end: trials finish almost in the order in which they start.
        var position = row;
        while (position > 0 && _numbers[_rowsByNumber[position - 1]] > number) position--;
        if (position < _shownOrder || row == _rowsByNumber.Length)
        {
            var grown = new int[Math.Max(16, row + 1 + row / 2)];
            _rowsByNumber.AsSpan(0, row).CopyTo(grown);
            (_rowsByNumber, _shownOrder) = (grown, 0);
        }

        Array.Copy(_rowsByNumber, position, _rowsByNumber, position + 1, row - position);
        _rowsByNumber[position] = row;
    }

    /// <summary>Looks whether the first parameter can ever be exhausted.</summary>
    private void Explore(TrialShape shape)
    {
        if (_isOpen || shape.Open.Length == 0) return;
        var (name, distribution) = (shape.Names[shape.Open[0]], shape.Distributions[shape.Open[0]]);
        _isOpen = !FiniteValues.AreFew(distribution)
            || (_first is { } first && (first.Name != name || !first.Distribution.Equals(distribution)));
        _first ??= (name, distribution);
    }

    private void Intersect(IReadOnlyList<TrialParameter> parameters)
    {
        var changed = _intersection is null;
        if (_intersection is null)
        {
            _intersection = parameters.ToDictionary(p => p.Name, p => p.Distribution);
        }
        else
        {
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

            foreach (var name in gone ?? []) _intersection.Remove(name);
            changed = gone is not null;
        }

        if (changed)
        {
            _intersectionSpace = new SearchSpace(
                _intersection.Where(p => !p.Value.IsSingle).Select(p => new SearchSpace.Dimension(p.Key, p.Value)));
        }
    }

    /// <summary>Notes are for people; nobody learns from them, and they are most of what a trial of an explaining sampler takes.</summary>
    private static IReadOnlyDictionary<string, string> WithoutNote(IReadOnlyDictionary<string, string> attributes) =>
        !attributes.ContainsKey(TrialAttributes.SamplerNote) ? attributes
        : attributes.Count == 1 ? Moment.NoAttributes
        : attributes.Where(a => a.Key != TrialAttributes.SamplerNote).ToDictionary();

    /// <summary>What a trial adds to the columns.</summary>
    private readonly record struct Row(int Number, TrialState State, PathEnd End)
    {
        public required double[] Values { get; init; }

        public required Curve Curve { get; init; }

        public required IReadOnlyList<double> Constraints { get; init; }

        public required IReadOnlyDictionary<string, string> Attributes { get; init; }

        public required long Duration { get; init; }

        public required long FinishedAt { get; init; }

        public required IReadOnlyList<TrialParameter> Parameters { get; init; }

        public required bool IsDiverged { get; init; }
    }

    /// <summary>The table as it was at one moment. Immutable; any thread may use it.</summary>
    internal sealed class Moment(
        TrialTable table,
        long version,
        int count,
        byte[] states,
        int[] rowsByNumber,
        int[] counts,
        int superseded,
        bool hasConstraints,
        bool isOpen,
        Dictionary<string, Distribution> known,
        SearchSpace intersection,
        Branches branches)
    {
        public static readonly IReadOnlyDictionary<string, string> NoAttributes = new Dictionary<string, string>();

        public TrialTable Table => table;

        /// <summary>Grows with every moment that shows something else.</summary>
        public long Version => version;

        public int Count => count;

        public bool HasConstraints => hasConstraints;

        public bool IsOpen => isOpen;

        /// <summary>The distribution under which finished trials have a name, the first that was seen; null when none has it.</summary>
        public Distribution? KnownDistribution(string name) => known.GetValueOrDefault(name);

        public SearchSpace Intersection => intersection;

        public Branches Branches => branches;

        /// <summary>In order of their trials' numbers.</summary>
        public ArraySegment<int> Rows => new(rowsByNumber, 0, count);

        public ReadOnlySpan<int> Superseded => table._superseded.First(superseded);

        public int CountOf(TrialState state) => counts[(int)state];

        public int NumberOf(int row) => table._numbers[row];

        public TrialState StateOf(int row) =>
            (states[row] & TrialTable.Superseded) != 0 ? TrialState.Failed : (TrialState)(states[row] & StateMask);

        /// <summary>The state in which the trial of a row finished, whatever another one did later.</summary>
        public TrialState FinishedAs(int row) => (TrialState)(states[row] & StateMask);

        public bool IsSuperseded(int row) => (states[row] & TrialTable.Superseded) != 0;

        /// <summary>What the end of a row's trial says of what it tried.</summary>
        public PathEnd EndOf(int row) => (PathEnd)((states[row] & EndMask) >> EndShift);

        /// <summary>Whether the trial of a row failed because its training diverged.</summary>
        public bool IsDiverged(int row) => (states[row] & TrialTable.Diverged) != 0;

        public double[] ValuesOf(int row) => table._values[row];

        public Curve CurveOf(int row) => table._curves[row];

        public IReadOnlyList<double> ConstraintsOf(int row) => table._constraints[row];

        public IReadOnlyDictionary<string, string> AttributesOf(int row) => table._attributes[row];

        public TimeSpan? DurationOf(int row) => table._durations[row] is var ticks && ticks != Unknown ? TimeSpan.FromTicks(ticks) : null;

        /// <summary>When the trial of a row finished; the earliest time of all when that is not known.</summary>
        public DateTimeOffset FinishedAtOf(int row) => new(table._finished[row], TimeSpan.Zero);

        public TrialShape ShapeOf(int row) => table._shapes[row];

        public ParameterColumn? Parameter(string name) =>
            table._parameters.TryGetValue(name, out var values) && values.FirstRow < count
                ? new ParameterColumn(name, values, count)
                : null;

        public int RowOf(int number) => RowOf(number, rowsByNumber.AsSpan(0, count), table._numbers);

        public static int RowOf(int number, ReadOnlySpan<int> rowsByNumber, GrowingColumn<int> numbers)
        {
            var (low, high) = (0, rowsByNumber.Length);
            while (low < high)
            {
                var middle = (low + high) >>> 1;
                if (numbers[rowsByNumber[middle]] < number) low = middle + 1;
                else high = middle;
            }

            return low < rowsByNumber.Length && numbers[rowsByNumber[low]] == number ? rowsByNumber[low] : -1;
        }
    }
}
