using System.Collections.Concurrent;
using System.Collections.ObjectModel;
using Tunewise.History;
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

    private readonly PointGrid _whole;
    private readonly ConcurrentDictionary<string, PointGrid> _held = [];

    /// <summary>Creates the grid.</summary>
    /// <param name="values">The values of each parameter, as the user knows them; one that comes twice counts once.</param>
    /// <exception cref="ArgumentException">There is no parameter, one has no value, or there are more than 10 million points.</exception>
    public GridSampler(IReadOnlyDictionary<string, IReadOnlyList<object?>> values)
    {
        ArgumentNullException.ThrowIfNull(values);
        _whole = PointGrid.Of(values);
    }

    /// <summary>How many points the grid has.</summary>
    public long Count => _whole.Count;

    /// <inheritdoc/>
    /// <exception cref="SamplerException">The grid lacks the parameter, or a value of it is not within the range.</exception>
    public double Sample(SamplingContext context, string name, Distribution distribution)
    {
        var grid = GridAt(context.History, context.Held);
        var axis = grid.AxisOf(name);
        if (axis < 0)
        {
            throw new SamplerException(
                $"GridSampler: the grid has no values for parameter '{name}'; "
                + $"it has them for {string.Join(", ", grid.Names.Select(n => $"'{n}'"))}: add the parameter to the grid");
        }

        var point = Choose(grid, context);
        context.SetAttribute(Point, grid.TextsOf(point));
        var wanted = grid.ValueOf(point, axis);
        if (distribution.TryToInternal(wanted) is { } value && distribution.Contains(value)) return value;
        throw new SamplerException(
            $"GridSampler: the grid's value {Choice.Describe(wanted)} for parameter '{name}' is not within {distribution}; "
            + "change the grid or the range");
    }

    /// <inheritdoc/>
    public bool IsExhausted(StudyHistory history) => IsExhausted(history, ReadOnlyDictionary<string, object?>.Empty);

    /// <inheritdoc/>
    public bool IsExhausted(StudyHistory history, IReadOnlyDictionary<string, object?> held)
    {
        var grid = GridAt(history, held);
        var taken = Taken(grid, history, -1, out var starting);
        // A trial that has just been started will take a point.
        return TriedOf(grid, history).Count + taken.Count + starting.Count >= grid.Count;
    }

    /// <inheritdoc/>
    public bool Prescribes(string name) => true;

    /// <inheritdoc/>
    public bool ChoosesInTurn(string name) => true;

    /// <summary>
    /// The point of a trial: the one that it has, or else by its number, so that workers that start at once take different ones; one that
    /// is taken, or does not have the values that the trial has, gives way to the next.
    /// </summary>
    private static long Choose(PointGrid grid, SamplingContext context)
    {
        var places = grid.PlacesOf([.. context.Known, .. context.Fixed], context.Given);
        var own = context.KeptAttribute(Point) as IReadOnlyDictionary<string, object?>;
        if (grid.PointAt(grid.PlacesOf([], null, own)) is { } kept && grid.Fits(kept, places)) return kept;
        var tried = TriedOf(grid, context.History);
        var taken = Taken(grid, context.History, context.TrialNumber, out var starting);
        bool IsLeft(long point) => !tried.Contains(point) && !taken.Contains(point);

        var before = new HashSet<long>();
        // Those that began before this one, and have no point yet, choose as if one after another.
        foreach (var (number, theirs) in starting.Where(s => s.Number < context.TrialNumber).OrderBy(s => s.Number))
        {
            if (grid.Find(context.Seed, number, theirs, p => IsLeft(p) && !before.Contains(p)) is { } point) before.Add(point);
        }

        return grid.Find(context.Seed, context.TrialNumber, places, p => IsLeft(p) && !before.Contains(p))
            ?? grid.Find(context.Seed, context.TrialNumber, places, IsLeft)
            ?? grid.Find(context.Seed, context.TrialNumber, places, _ => true)!.Value;
    }

    /// <summary>
    /// The points of the trials that run or wait, but for one, as far as they are not tried; and those that run and will take one,
    /// with what is known of where.
    /// </summary>
    private static HashSet<long> Taken(
        PointGrid grid, StudyHistory history, int except, out List<(int Number, int[] Places)> starting)
    {
        starting = [];
        var (tried, taken) = (TriedOf(grid, history), new HashSet<long>());
        foreach (var trial in history.Unfinished)
        {
            if (trial.Number == except) continue;
            var places = grid.PlacesOf(
                trial.ParameterList, MapOf(trial, TrialAttributes.FixedParameters), MapOf(trial, Point));
            if (places.Contains(PointGrid.Off)) continue;
            if (grid.PointAt(places) is { } point)
            {
                if (!tried.Contains(point)) taken.Add(point);
            }
            else if (trial.State == TrialState.Running)
            {
                starting.Add((trial.Number, places));
            }
        }

        return taken;
    }

    private static IReadOnlyDictionary<string, object?>? MapOf(FrozenTrial trial, string attribute) =>
        trial.SystemAttributesJson.TryGetValue(attribute, out var json)
            ? AttributeJson.ReadOrNull(json) as IReadOnlyDictionary<string, object?>
            : null;

    /// <summary>
    /// The points that are different ones in this study; of a part of the grid when there are values that all trials have.
    /// </summary>
    private PointGrid GridAt(StudyHistory history, IReadOnlyDictionary<string, object?> held) =>
        PartAt(held).Within(history.KnownDistribution);

    private PointGrid PartAt(IReadOnlyDictionary<string, object?> held)
    {
        if (!held.Keys.Any(name => _whole.AxisOf(name) >= 0)) return _whole;
        var texts = held.OrderBy(h => h.Key, StringComparer.Ordinal).Select(h => (object?)$"{h.Key}={PointGrid.TextOf(h.Value)}");
        return _held.GetOrAdd(StudyAttributes.Write(texts.ToArray()), _ => _whole.At(held));
    }

    private static HashSet<long> TriedOf(PointGrid grid, StudyHistory history) => history.Prepared(grid, () => new Tried(grid)).Points;

    /// <summary>The points that finished trials tried.</summary>
    private sealed class Tried(PointGrid grid) : IPrepared
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
                var parameters = history.ShapeOf(_seen).Of(_seen);
                var texts = history.AttributeOf(_seen, Point) as IReadOnlyDictionary<string, object?>;
                if (grid.PointAt(grid.PlacesOf(parameters, null, texts)) is not { } point) continue;
                // When it lacks parameters of the grid, the program does not suggest them there, or it came not so far.
                var isWhole = grid.PlacesOf(parameters).All(place => place >= 0);
                if (isWhole || end == PathEnd.Returned || !_early.Add(point)) Points.Add(point);
            }
        }
    }
}
