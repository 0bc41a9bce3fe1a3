using Tunewise.History;
using Tunewise.Numerics;
using Tunewise.Spaces;

namespace Tunewise.Samplers.Grid;

/// <summary>
/// Tries every combination of given values once, in an order shuffled by the study's seed, and ends the run when all were tried. A point
/// that failed is tried again only as the study's retry policy says.
/// </summary>
public sealed class GridSampler : ISampler, IExhaustibleSampler
{
    private const string Point = "tunewise:grid";

    private readonly (string Name, object?[] Values)[] _axes;
    private readonly long _count = 1;

    /// <summary>Creates the grid.</summary>
    /// <param name="values">The values of each parameter, as the user knows them.</param>
    /// <exception cref="ArgumentException">There is no parameter, one has no value, or there are more than 10 million points.</exception>
    public GridSampler(IReadOnlyDictionary<string, IReadOnlyList<object?>> values)
    {
        ArgumentNullException.ThrowIfNull(values);
        _axes = [.. values.OrderBy(v => v.Key, StringComparer.Ordinal).Select(v => (v.Key, v.Value.ToArray()))];
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
        context.SetAttribute(Point, point);
        for (var a = _axes.Length - 1; a > axis; a--) point /= _axes[a].Values.Length;
        var wanted = _axes[axis].Values[point % _axes[axis].Values.Length];
        try
        {
            if (distribution.ToInternal(wanted) is var value && distribution.Contains(value)) return value;
        }
        catch (ArgumentException)
        {
            // Said below, with the parameter's name.
        }

        throw new SamplerException(
            $"GridSampler: the grid's value {Choice.Describe(wanted)} for parameter '{name}' is not within {distribution}; "
            + "change the grid or the range");
    }

    /// <inheritdoc/>
    public bool IsExhausted(StudyHistory history)
    {
        // A trial that has just been started will take a point.
        var starting = history.Unfinished.Count(t => t.State == TrialState.Running && !t.SystemAttributesJson.ContainsKey(Point));
        return Visited(history, -1).Count + starting >= _count;
    }

    /// <summary>
    /// The point of a trial: by its number, so that workers that start at once take different ones; one that is taken gives
    /// way to the next free one.
    /// </summary>
    private long Choose(SamplingContext context)
    {
        // A trial's later parameters belong to the point of its first one, also when it is tried again.
        if (context.Known.Count > 0
            && context.Carried.TryGetValue(Point, out var json)
            && AttributeJson.ReadOrNull(json) is long own and >= 0
            && own < _count)
        {
            return own;
        }

        var visited = Visited(context.History, context.TrialNumber);
        for (var i = 0L; i < _count; i++)
        {
            var point = Permute(context.Seed, (context.TrialNumber + i) % _count);
            if (!visited.Contains(point)) return point;
        }

        return Permute(context.Seed, context.TrialNumber % _count);
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

    private static HashSet<long> Visited(StudyHistory history, int except)
    {
        var visited = new HashSet<long>(history.Prepared(typeof(Finished), static () => new Finished()).Points);
        foreach (var trial in history.Unfinished)
        {
            if (trial.Number != except && trial.SystemAttributes.TryGetValue(Point, out var point) && point is long p) visited.Add(p);
        }

        return visited;
    }

    /// <summary>The points of the finished trials.</summary>
    private sealed class Finished : IPrepared
    {
        private int _seen;

        public HashSet<long> Points { get; } = [];

        public void Update(StudyHistory history)
        {
            for (; _seen < history.Count; _seen++)
            {
                if (history.AttributeOf(_seen, Point) is long point) Points.Add(point);
            }
        }
    }
}
