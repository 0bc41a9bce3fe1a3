using System.Collections.Concurrent;
using Tunewise.Spaces;

namespace Tunewise.Samplers.Grid;

/// <summary>
/// Every combination of some values of each parameter: points, by numbers. A trial has a place on each axis, also before it has suggested
/// the parameter, where it is known what it will be. Immutable; any thread may use it.
/// </summary>
internal sealed class PointGrid
{
    /// <summary>The place of a trial on an axis of which nothing is known yet.</summary>
    public const int Unknown = -1;

    /// <summary>The place of a trial whose value is none of the axis's.</summary>
    public const int Off = -2;

    private readonly (string Name, object?[] Values)[] _axes;
    private readonly ConcurrentDictionary<(int Axis, Distribution Distribution), Dictionary<double, int>> _indices = new();
    private readonly ConcurrentDictionary<string, PointGrid> _within = new();

    private PointGrid((string Name, object?[] Values)[] axes)
    {
        _axes = axes;
        foreach (var (_, values) in axes) Count *= values.Length;
    }

    /// <summary>How many points there are.</summary>
    public long Count { get; } = 1;

    /// <summary>The parameters, in order.</summary>
    public IEnumerable<string> Names => _axes.Select(a => a.Name);

    /// <exception cref="ArgumentException">There is no parameter, one has no value, or there are more than 10 million points.</exception>
    public static PointGrid Of(IReadOnlyDictionary<string, IReadOnlyList<object?>> values)
    {
        if (values.Count == 0) throw new ArgumentException("a grid needs at least one parameter");
        var count = 1.0;
        foreach (var (name, axis) in values)
        {
            if (axis.Count == 0) throw new ArgumentException($"the grid has no value for parameter '{name}'");
            count *= axis.DistinctBy(TextOf).Count();
        }

        if (count > 10_000_000)
            throw new ArgumentException("the grid has more than 10 million points; use fewer values, or another sampler");
        return new PointGrid(
            [.. values.OrderBy(v => v.Key, StringComparer.Ordinal).Select(v => (v.Key, v.Value.DistinctBy(TextOf).ToArray()))]);
    }

    /// <summary>The points with values that all trials have; one may be another than those of its axis.</summary>
    public PointGrid At(IReadOnlyDictionary<string, object?> held) =>
        new([.. _axes.Select(a => held.TryGetValue(a.Name, out var only) ? (a.Name, [only]) : a)]);

    /// <summary>
    /// The points that are different ones within the ranges of the study: 1 and 1.0 are one value of a number.
    /// </summary>
    /// <param name="rangeOf">The range of a parameter as far as it is known.</param>
    /// <returns>This grid when all its points are.</returns>
    public PointGrid Within(Func<string, Distribution?> rangeOf)
    {
        var kept = _axes.Select((axis, a) => KeptOn(a, rangeOf(axis.Name))).ToArray();
        if (Array.TrueForAll(kept, k => k is null)) return this;
        var key = StudyAttributes.Write(kept.Select(k => (object?)k?.Select(i => (object?)(long)i).ToArray()).ToArray());
        return _within.GetOrAdd(
            key,
            _ => new PointGrid([.. _axes.Select((axis, a) => kept[a] is { } k ? (axis.Name, [.. k.Select(i => axis.Values[i])]) : axis)]));
    }

    /// <summary>The places on an axis that a range leaves; null when it leaves all.</summary>
    private int[]? KeptOn(int axis, Distribution? range)
    {
        if (range is null) return null;
        var values = _axes[axis].Values;
        var indices = IndicesOn(axis, range);
        var kept = Enumerable.Range(0, values.Length)
            .Where(i => range.TryToInternal(values[i]) is not { } value || indices[value] == i)
            .ToArray();
        return kept.Length == values.Length ? null : kept;
    }

    /// <summary>
    /// The first point that is free, of those where a trial in these places may come to be, from a number on in shuffled order; null when
    /// none is.
    /// </summary>
    public long? Find(ulong seed, int number, int[] places, Func<long, bool> isFree)
    {
        var open = Enumerable.Range(0, _axes.Length).Where(a => places[a] < 0).ToArray();
        var count = open.Aggregate(1L, (product, a) => product * _axes[a].Values.Length);
        var at = (int[])places.Clone();
        for (var i = 0L; i < count; i++)
        {
            var rest = Permute(seed, (number + i) % count, count);
            for (var k = open.Length - 1; k >= 0; k--)
            {
                var length = _axes[open[k]].Values.Length;
                (at[open[k]], rest) = ((int)(rest % length), rest / length);
            }

            var point = PointAt(at)!.Value;
            if (isFree(point)) return point;
        }

        return null;
    }

    /// <summary>The axis of a parameter, or −1.</summary>
    public int AxisOf(string name) => Array.FindIndex(_axes, a => a.Name == name);

    /// <summary>A point's value on an axis, as the user knows it.</summary>
    public object? ValueOf(long point, int axis) => _axes[axis].Values[IndexAt(point, axis)];

    /// <summary>
    /// Where a trial is on each axis: by the parameters that it has, or else by values that it will have, or else by the texts that were
    /// kept with it.
    /// </summary>
    public int[] PlacesOf(
        IReadOnlyList<TrialParameter> parameters,
        IReadOnlyDictionary<string, object?>? given = null,
        IReadOnlyDictionary<string, object?>? texts = null)
    {
        var places = new int[_axes.Length];
        for (var a = 0; a < places.Length; a++)
        {
            var name = _axes[a].Name;
            places[a] = PlaceOf(a, parameters)
                ?? (given is not null && given.TryGetValue(name, out var value) ? PlaceOf(a, value) : (int?)null)
                ?? (texts is not null && texts.TryGetValue(name, out var text) && text is string t
                    ? PlaceOf(a, v => TextOf(v) == t)
                    : Unknown);
        }

        return places;
    }

    /// <summary>The point of a trial; null where it is off the grid, or not known on each axis.</summary>
    public long? PointAt(int[] places)
    {
        var point = 0L;
        for (var a = 0; a < places.Length; a++)
        {
            if (places[a] < 0) return null;
            point = point * _axes[a].Values.Length + places[a];
        }

        return point;
    }

    /// <summary>Whether a trial in these places may come to be at a point, as far as it is on the grid.</summary>
    public bool Fits(long point, int[] places)
    {
        for (var a = 0; a < places.Length; a++)
        {
            if (places[a] >= 0 && places[a] != IndexAt(point, a)) return false;
        }

        return true;
    }

    /// <summary>The values of a point as texts, by parameter.</summary>
    public Dictionary<string, object?> TextsOf(long point)
    {
        var texts = new Dictionary<string, object?>();
        for (var a = 0; a < _axes.Length; a++) texts[_axes[a].Name] = TextOf(ValueOf(point, a));
        return texts;
    }

    /// <summary>A value as a text that only it has.</summary>
    public static string TextOf(object? value)
    {
        var choice = Choice.IsChoice(value) ? Choice.Normalize(value) : value;
        var text = Choice.Describe(choice);
        return choice is double && text.All(c => char.IsAsciiDigit(c) || c == '-') ? text + ".0" : text;
    }

    /// <summary>
    /// A permutation of so many numbers: a Feistel network of four rounds over the next power of four, walked until it lands within.
    /// </summary>
    private static long Permute(ulong seed, long index, long count)
    {
        var bits = 1;
        while (1L << (2 * bits) < count) bits++;
        var mask = (1L << bits) - 1;
        do
        {
            var (left, right) = (index >> bits, index & mask);
            for (var round = 0UL; round < 4; round++) (left, right) = (right, left ^ ((long)Mixed(seed, round, (ulong)right) & mask));
            index = (left << bits) | right;
        }
        while (index >= count);
        return index;
    }

    /// <summary>
    /// The finaliser of SplitMix64 (Steele, Lea and Flood, "Fast Splittable Pseudorandom Number Generators", OOPSLA 2014).
    /// </summary>
    private static ulong Mixed(ulong seed, ulong round, ulong value)
    {
        var z = seed + (4 * value + round + 1) * 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    private int IndexAt(long point, int axis)
    {
        for (var a = _axes.Length - 1; a > axis; a--) point /= _axes[a].Values.Length;
        return (int)(point % _axes[axis].Values.Length);
    }

    private int? PlaceOf(int axis, IReadOnlyList<TrialParameter> parameters)
    {
        foreach (var (name, distribution, value) in parameters)
        {
            if (name == _axes[axis].Name) return IndicesOn(axis, distribution).TryGetValue(value, out var index) ? index : Off;
        }

        return null;
    }

    /// <summary>As the user knows the value: 3 for a parameter whose values are 3.0 and 4.0 is one of them.</summary>
    private int PlaceOf(int axis, object? value)
    {
        var text = TextOf(value);
        return PlaceOf(axis, v => TextOf(v) == text) is >= 0 and var index ? index : PlaceOf(axis, v => Choice.EqualInPython(v, value));
    }

    private int PlaceOf(int axis, Predicate<object?> isIt) =>
        Array.FindIndex(_axes[axis].Values, isIt) is >= 0 and var index ? index : Off;

    /// <summary>The values of an axis within a range, in internal form.</summary>
    private Dictionary<double, int> IndicesOn(int axis, Distribution distribution)
    {
        // Trials of one study share few ranges.
        return _indices.GetOrAdd((axis, distribution), _ =>
        {
            var indices = new Dictionary<double, int>();
            for (var i = 0; i < _axes[axis].Values.Length; i++)
            {
                if (distribution.TryToInternal(_axes[axis].Values[i]) is { } value) indices.TryAdd(value, i);
            }

            return indices;
        });
    }
}
