using System.Collections.Concurrent;
using Tunewise.History;
using Tunewise.Numerics;
using Tunewise.Spaces;

namespace Tunewise.Samplers.Grid;

/// <summary>
/// Tries every combination of given values once, in an order shuffled by the study's seed, and ends the run when all were tried. A point
/// counts as tried when a trial has its values, whoever chose them and however the grid was written down then: a grid may be extended or
/// reordered between runs. A point whose trial failed is tried again only as the study's retry policy says, or once more when the trial had
/// not come to all its values.
/// </summary>
public sealed class GridSampler : ISampler, IExhaustibleSampler, IPrescribingSampler
{
    /// <summary>The values of a trial's point as texts, by parameter. Earlier versions kept a number here that other grids share.</summary>
    private const string Point = "tunewise:grid";

    private readonly (string Name, object?[] Values)[] _axes;
    private readonly long _count = 1;
    private readonly ConcurrentDictionary<(int Axis, Distribution Distribution), Dictionary<double, int>> _indices = new();

    /// <summary>Creates the grid.</summary>
    /// <param name="values">The values of each parameter, as the user knows them; one that comes twice counts once.</param>
    /// <exception cref="ArgumentException">There is no parameter, one has no value, or there are more than 10 million points.</exception>
    public GridSampler(IReadOnlyDictionary<string, IReadOnlyList<object?>> values)
    {
        ArgumentNullException.ThrowIfNull(values);
        _axes = [.. values.OrderBy(v => v.Key, StringComparer.Ordinal).Select(v => (v.Key, v.Value.DistinctBy(TextOf).ToArray()))];
        if (_axes.Length == 0) throw new ArgumentException("a grid needs at least one parameter");
        foreach (var (name, axis) in _axes)
        {
            if (axis.Length == 0) throw new ArgumentException($"the grid has no value for parameter '{name}'");
            _count *= axis.Length;
            if (_count > 10_000_000)
                throw new ArgumentException("the grid has more than 10 million points; use fewer values, or another sampler");
        }
    }

    /// <summary>How many points the grid has.</summary>
    public long Count => _count;

    /// <inheritdoc/>
    /// <exception cref="SamplerException">The grid lacks the parameter, or a value of it is not within the range.</exception>
    public double Sample(SamplingContext context, string name, Distribution distribution)
    {
        var axis = Array.FindIndex(_axes, a => a.Name == name);
        if (axis < 0)
        {
            throw new SamplerException(
                $"GridSampler: the grid has no values for parameter '{name}'; "
                + $"it has them for {string.Join(", ", _axes.Select(a => $"'{a.Name}'"))}: add the parameter to the grid");
        }

        var point = Choose(context);
        context.SetAttribute(Point, _axes.Select((a, i) => (a.Name, Text: (object?)TextOf(a.Values[IndexAt(point, i)])))
            .ToDictionary(a => a.Name, a => a.Text));
        var wanted = _axes[axis].Values[IndexAt(point, axis)];
        if (Internal(wanted, distribution) is { } value && distribution.Contains(value)) return value;
        throw new SamplerException(
            $"GridSampler: the grid's value {Choice.Describe(wanted)} for parameter '{name}' is not within {distribution}; "
            + "change the grid or the range");
    }

    /// <inheritdoc/>
    public bool IsExhausted(StudyHistory history) => IsExhausted(history, []);

    /// <inheritdoc/>
    public bool IsExhausted(StudyHistory history, IReadOnlyList<TrialParameter> held)
    {
        var taken = Taken(history, -1, out var starting);
        // A trial that has just been started will take a point.
        if (held.Count == 0) return TriedOf(history).Points.Count + taken.Count + starting.Count >= _count;
        var count = 1L;
        for (var a = 0; a < _axes.Length; a++) count *= _axes[a].Values.Where((_, i) => Fits(a, i, held)).Count();
        return TriedOf(history).Points.Concat(taken).Count(p => Fits(p, held)) + starting.Count >= count;
    }

    /// <inheritdoc/>
    public bool Prescribes(string name) => true;

    /// <inheritdoc/>
    public bool ChoosesInTurn(string name) => true;

    /// <summary>
    /// The point of a trial: the one that it has, or else by its number, so that workers that start at once take different ones; one that
    /// is taken, or does not have the values that the trial has, gives way to the next.
    /// </summary>
    private long Choose(SamplingContext context)
    {
        List<TrialParameter> has = [.. context.Known, .. context.Fixed];
        if (PointNamed(context.KeptAttribute(Point)) is { } own && Fits(own, has)) return own;
        var tried = TriedOf(context.History).Points;
        var taken = Taken(context.History, context.TrialNumber, out var starting);
        var before = new HashSet<long>();
        // Those that began before this one, and have no point yet, choose as if one after another.
        foreach (var number in starting.Where(n => n < context.TrialNumber).Order())
        {
            if (Find(number, p => !tried.Contains(p) && !taken.Contains(p) && !before.Contains(p)) is { } theirs) before.Add(theirs);
        }

        return Find(context.TrialNumber, p => !tried.Contains(p) && !taken.Contains(p) && !before.Contains(p) && Fits(p, has))
            ?? Find(context.TrialNumber, p => !tried.Contains(p) && !taken.Contains(p) && Fits(p, has))
            ?? Find(context.TrialNumber, p => Fits(p, has))
            ?? Permute(context.Seed, context.TrialNumber % _count);

        long? Find(int number, Func<long, bool> isFree)
        {
            for (var i = 0L; i < _count; i++)
            {
                var point = Permute(context.Seed, (number + i) % _count);
                if (isFree(point)) return point;
            }

            return null;
        }
    }

    /// <summary>The place of a point's value on an axis.</summary>
    private int IndexAt(long point, int axis)
    {
        for (var a = _axes.Length - 1; a > axis; a--) point /= _axes[a].Values.Length;
        return (int)(point % _axes[axis].Values.Length);
    }

    /// <summary>Whether a point has the values of parameters, as far as these are on the grid.</summary>
    private bool Fits(long point, IReadOnlyList<TrialParameter> has)
    {
        for (var a = 0; a < _axes.Length; a++)
        {
            if (!Fits(a, IndexAt(point, a), has)) return false;
        }

        return true;
    }

    private bool Fits(int axis, int index, IReadOnlyList<TrialParameter> has)
    {
        foreach (var (name, distribution, value) in has)
        {
            if (name != _axes[axis].Name) continue;
            return Internal(_axes[axis].Values[index], distribution) == value || !IndicesOn(axis, distribution).ContainsKey(value);
        }

        return true;
    }

    /// <summary>The point of these places on the axes; null when there is none on one of them.</summary>
    private long? PointOf(Func<int, int?> indexOf)
    {
        var point = 0L;
        for (var a = 0; a < _axes.Length; a++)
        {
            if (indexOf(a) is not { } index) return null;
            point = point * _axes[a].Values.Length + index;
        }

        return point;
    }

    /// <summary>The point that an attribute names, or null.</summary>
    private long? PointNamed(object? attribute)
    {
        if (attribute is not IReadOnlyDictionary<string, object?> texts || texts.Count != _axes.Length) return null;
        return PointOf(axis => texts.TryGetValue(_axes[axis].Name, out var text) && text is string t ? IndexOf(axis, t) : null);
    }

    private long? PointOf(IReadOnlyList<TrialParameter> parameters) => PointOf(axis =>
    {
        foreach (var (name, distribution, value) in parameters)
        {
            if (name == _axes[axis].Name) return IndexOf(IndicesOn(axis, distribution), value);
        }

        return null;
    });

    private static int? IndexOf(Dictionary<double, int> indices, double value) => indices.TryGetValue(value, out var index) ? index : null;

    private int? IndexOf(int axis, string text)
    {
        var index = Array.FindIndex(_axes[axis].Values, v => TextOf(v) == text);
        return index < 0 ? null : index;
    }

    /// <summary>The values of an axis within a range, in internal form.</summary>
    private Dictionary<double, int> IndicesOn(int axis, Distribution distribution)
    {
        // Trials of one study share few ranges.
        return _indices.GetOrAdd((axis, distribution), _ =>
        {
            var indices = new Dictionary<double, int>();
            for (var i = 0; i < _axes[axis].Values.Length; i++)
            {
                if (Internal(_axes[axis].Values[i], distribution) is { } value) indices.TryAdd(value, i);
            }

            return indices;
        });
    }

    private static double? Internal(object? value, Distribution distribution)
    {
        try
        {
            return distribution.ToInternal(value);
        }
        catch (ArgumentException)
        {
            return null;
        }
    }

    /// <summary>A value as a text that only it has.</summary>
    private static string TextOf(object? value)
    {
        var choice = Choice.IsChoice(value) ? Choice.Normalize(value) : value;
        var text = Choice.Describe(choice);
        return choice is double && text.All(c => char.IsAsciiDigit(c) || c == '-') ? text + ".0" : text;
    }

    /// <summary>
    /// A permutation of the points: a Feistel network of four rounds over the next power of four, walked until it lands within.
    /// </summary>
    private long Permute(ulong seed, long index)
    {
        var bits = 1;
        while (1L << (2 * bits) < _count) bits++;
        var mask = (1L << bits) - 1;
        do
        {
            var (left, right) = (index >> bits, index & mask);
            for (var round = 0; round < 4; round++)
                (left, right) = (right, left ^ ((long)(RandomSource.For(seed, (int)right, "grid" + round).NextBits() >> 1) & mask));
            index = (left << bits) | right;
        }
        while (index >= _count);
        return index;
    }

    private Tried TriedOf(StudyHistory history) => history.Prepared(this, () => new Tried(this));

    /// <summary>
    /// The points of the trials that run or wait, but for one, as far as they are not tried; and the numbers of those that run without one.
    /// </summary>
    private HashSet<long> Taken(StudyHistory history, int except, out List<int> starting)
    {
        starting = [];
        var (tried, taken) = (TriedOf(history).Points, new HashSet<long>());
        foreach (var trial in history.Unfinished)
        {
            if (trial.Number == except) continue;
            if (PointOf(trial.ParameterList) is { } has) Take(has);
            var named = trial.SystemAttributesJson.TryGetValue(Point, out var json) ? PointNamed(AttributeJson.ReadOrNull(json)) : null;
            var given = trial.SystemAttributesJson.TryGetValue(TrialAttributes.FixedParameters, out var values)
                ? PointGiven(AttributeJson.ReadOrNull(values))
                : null;
            if ((named ?? given) is { } point) Take(point);
            else if (trial.State == TrialState.Running && PointOf(trial.ParameterList) is null) starting.Add(trial.Number);
        }

        return taken;

        void Take(long point)
        {
            if (!tried.Contains(point)) taken.Add(point);
        }
    }

    /// <summary>The point with which a trial was queued, or null.</summary>
    private long? PointGiven(object? values) => values is not IReadOnlyDictionary<string, object?> given
        ? null
        : PointOf(axis => given.TryGetValue(_axes[axis].Name, out var value) ? IndexOf(axis, TextOf(value)) : null);

    /// <summary>The points that finished trials tried.</summary>
    private sealed class Tried(GridSampler grid) : IPrepared
    {
        private readonly HashSet<long> _early = [];
        private int _seen;

        public HashSet<long> Points { get; } = [];

        public void Update(StudyHistory history)
        {
            for (; _seen < history.Count; _seen++)
            {
                var end = history.EndOf(_seen);
                if (end == PathEnd.Untried) continue;
                var has = grid.PointOf(history.ShapeOf(_seen).Of(_seen));
                if (has is { } point) Points.Add(point);
                if (grid.PointNamed(history.AttributeOf(_seen, Point)) is not { } named || named == has) continue;
                // It lacks parameters of the grid: the program does not suggest them there, or it came not so far.
                if (end == PathEnd.Returned || !_early.Add(named)) Points.Add(named);
            }
        }
    }
}
