using Tunewise.Numerics;
using Tunewise.Spaces;

namespace Tunewise.History;

/// <summary>
/// The values that finished trials took, as a tree over the order in which a program suggests its parameters: conditional parameters are
/// branches like any other. A node is exhausted when every value of its parameter leads to an exhausted node, so that finite spaces are
/// seen to the end without anyone declaring them. Below a continuous parameter nothing is kept.
/// </summary>
/// <remarks>
/// A path that only one trial took is kept as that trial and not as nodes, so that a space that is far larger than any
/// study costs next to nothing.
/// </remarks>
internal sealed class ExploredSpace : IPrepared
{
    private readonly List<Node> _trail = [];
    private Node _root = new();
    private int _seen;

    /// <summary>Whether every combination was evaluated.</summary>
    public bool IsExhausted => _root.Exhausted;

    /// <inheritdoc/>
    public void Update(StudyHistory history)
    {
        if (history.IsOpen)
        {
            if (!_root.Infinite) (_root = new Node()).MakeInfinite();
            return;
        }

        for (; _seen < history.Count; _seen++)
        {
            if (history.Explores(_seen)) Add(new Path(history.ShapeOf(_seen), _seen));
        }
    }

    /// <summary>Adds a trial that has not finished.</summary>
    public void Add(IReadOnlyList<TrialParameter> parameters)
    {
        var columns = new Dictionary<string, ParameterValues>();
        foreach (var parameter in parameters) (columns[parameter.Name] = new ParameterValues(0)).Set(0, parameter.Value);
        Add(new Path(new TrialShape(parameters, name => columns[name]), 0));
    }

    private void Add(Path path)
    {
        _trail.Clear();
        var node = _root;
        for (var depth = 0; depth < path.Count; depth++)
        {
            if (node.Infinite) return;
            var (name, distribution, value) = path[depth];
            if (node.Name is null)
            {
                // What ended here before goes on after all.
                if (node.Exhausted) Reopen(node);
                node.Begin(name, distribution);
            }
            else if (node.Name != name || !node.Distribution!.Equals(distribution))
            {
                // The program changed its ranges or its order: what is left can no longer be known here.
                if (node.Exhausted) Reopen(node);
                node.MakeInfinite();
            }

            if (node.Infinite || !distribution.Contains(value)) return;
            _trail.Add(node);
            var index = node.IndexOf(value);
            if (index < 0)
            {
                node.Insert(~index, value, new Child(null, path));
                if (depth + 1 == path.Count) Close();
                return;
            }

            if (node.Children[index].Node is { } next)
            {
                node = next;
                continue;
            }

            var other = node.Children[index].Path;
            if (AreAlike(path, other, depth + 1)) return;
            node.Children[index] = new Child(node = Spread(other, depth + 1), default);
        }

        if (node.Name is not null || node.Infinite || node.Exhausted) return;
        node.Exhausted = true;
        Close();
    }

    /// <summary>The node of a path that only one trial took.</summary>
    private static Node Spread(Path path, int depth)
    {
        var node = new Node();
        if (depth == path.Count)
        {
            node.Exhausted = true;
            return node;
        }

        var (name, distribution, value) = path[depth];
        node.Begin(name, distribution);
        if (node.Infinite || !distribution.Contains(value)) return node;
        node.Insert(0, value, new Child(null, path));
        if (depth + 1 == path.Count) node.ExhaustedChildren = 1;
        return node;
    }

    private static bool AreAlike(Path a, Path b, int from)
    {
        if (a.Count != b.Count) return false;
        for (var depth = from; depth < a.Count; depth++)
        {
            var (first, second) = (a[depth], b[depth]);
            if (first.Name != second.Name || first.Value != second.Value || !first.Distribution.Equals(second.Distribution)) return false;
        }

        return true;
    }

    /// <summary>The last node of the trail has one more child that is exhausted.</summary>
    private void Close()
    {
        for (var i = _trail.Count - 1; i >= 0; i--)
        {
            var node = _trail[i];
            node.ExhaustedChildren++;
            if (node.Exhausted || node.Infinite || node.ExhaustedChildren < FiniteValues.CountOf(node.Distribution!)) return;
            node.Exhausted = true;
        }
    }

    /// <summary>A node that follows the trail is exhausted no more.</summary>
    private void Reopen(Node node)
    {
        node.Exhausted = false;
        for (var i = _trail.Count - 1; i >= 0; i--)
        {
            _trail[i].ExhaustedChildren--;
            if (!_trail[i].Exhausted) return;
            _trail[i].Exhausted = false;
        }
    }

    public bool IsTaken(TrialSoFar asked, string name, Distribution distribution, double value)
    {
        return Locate(asked) is { } place && IsTaken(asked, place, name, distribution, value);
    }

    public bool IsTaken(TrialSoFar asked, SearchSpace space, double[] values)
    {
        if (Locate(asked) is not { Exhausted: false } place) return false;
        while (place is { Name: { } name, Infinite: false })
        {
            double? value = space.IndexOf(name) is >= 0 and var index ? values[index] : Among(asked.Fixed, name);
            if (value is not { } v || place.At(v) is not { } next) return IsRunning(asked, space, values);
            if (next.Exhausted) return true;
            place = next;
        }

        return IsRunning(asked, space, values);
    }

    /// <summary>
    /// The free value nearest to one that is taken, or another free choice; null when all are taken or the space is not finite.
    /// </summary>
    public double? Replace(TrialSoFar asked, string name, Distribution distribution, double value, RandomSource random)
    {
        if (Locate(asked) is not { } place || !IsTaken(asked, place, name, distribution, value)) return null;
        var free = FiniteValues.Of(distribution).Where(v => !IsTaken(asked, place, name, distribution, v)).ToArray();
        if (free.Length == 0) return null;
        return distribution is CategoricalDistribution ? free[random.NextInt(free.Length)] : free.MinBy(v => Math.Abs(v - value));
    }

    private static bool IsTaken(TrialSoFar asked, Place place, string name, Distribution distribution, double value)
    {
        if (place.Exhausted || place.Infinite) return false;
        if (place.Name is not null && (place.Name != name || !place.Distribution!.Equals(distribution))) return false;
        if (place.Name is null && !FiniteValues.AreFew(distribution)) return false;
        var next = place.At(value);
        if (next is { Exhausted: true }) return true;
        // What runs now with the same beginning and ends here counts, unless more is known to follow.
        return next is null or { Name: null } && RunningAt(asked, name).Contains(value) && !AllTaken(asked, place, distribution);
    }

    private static bool AllTaken(TrialSoFar asked, Place place, Distribution distribution)
    {
        var running = RunningAt(asked, place.Name ?? "").ToHashSet();
        return place.Name is not null && FiniteValues.Of(distribution).All(v => running.Contains(v) || place.At(v) is { Exhausted: true });
    }

    /// <summary>
    /// The values of a parameter in the trials that run now, have the same beginning, and have it as their latest parameter.
    /// </summary>
    private static IEnumerable<double> RunningAt(TrialSoFar asked, string name)
    {
        foreach (var trial in asked.History.OthersThatRun(asked.Number))
        {
            if (trial.ParameterList.Count <= asked.Known.Count || !StartsAlike(trial, asked)) continue;
            var rest = trial.ParameterList.Skip(asked.Known.Count).Where(p => !p.Distribution.IsSingle).ToList();
            if (rest.Count == 1 && rest[0].Name == name) yield return rest[0].Value;
        }
    }

    private static bool IsRunning(TrialSoFar asked, SearchSpace space, double[] values)
    {
        foreach (var trial in asked.History.OthersThatRun(asked.Number))
        {
            if (!StartsAlike(trial, asked)) continue;
            var same = true;
            var finite = true;
            for (var d = 0; d < space.Count && same; d++)
            {
                finite &= !double.IsInfinity(FiniteValues.CountOf(space[d].Distribution));
                same = Among(trial.ParameterList, space[d].Name) == values[d];
            }

            if (same
                && finite
                && trial.ParameterList.Count(
                    p => !p.Distribution.IsSingle) == space.Count + asked.Known.Count(p => !p.Distribution.IsSingle))
            {
                return true;
            }
        }

        return false;
    }

    private static bool StartsAlike(FrozenTrial trial, TrialSoFar asked)
    {
        for (var i = 0; i < asked.Known.Count; i++)
        {
            if (i >= trial.ParameterList.Count
                || trial.ParameterList[i].Name != asked.Known[i].Name
                || trial.ParameterList[i].Value != asked.Known[i].Value)
            {
                return false;
            }
        }

        return true;
    }

    private static double? Among(IReadOnlyList<TrialParameter> parameters, string name)
    {
        foreach (var parameter in parameters)
        {
            if (parameter.Name == name) return parameter.Value;
        }

        return null;
    }

    /// <summary>Where the trial stands; null where nothing is known of what follows.</summary>
    private Place? Locate(TrialSoFar asked)
    {
        var place = new Place(_root, default, 0);
        foreach (var (name, distribution, value) in asked.Known)
        {
            if (distribution.IsSingle) continue;
            if (place.Infinite || place.Name != name || place.At(value) is not { } next) return null;
            place = next;
        }

        return place.Infinite ? null : place;
    }

    /// <summary>The parameters of a trial that have more than one value.</summary>
    private readonly struct Path(TrialShape shape, int row)
    {
        public int Count => shape.Open.Length;

        public TrialParameter this[int depth] => shape.At(shape.Open[depth], row);
    }

    /// <summary>What a value leads to: a node, or what the only trial that took it took further on.</summary>
    private readonly record struct Child(Node? Node, Path Path);

    /// <summary>A node as it is read, also one that is kept as a path.</summary>
    private readonly struct Place(Node? node, Path path, int depth)
    {
        public string? Name => node is not null ? node.Name : depth < path.Count ? path[depth].Name : null;

        public Distribution? Distribution => node is not null ? node.Distribution : depth < path.Count ? path[depth].Distribution : null;

        public bool Exhausted => node is not null ? node.Exhausted : depth == path.Count;

        public bool Infinite => node is not null ? node.Infinite : depth < path.Count && !FiniteValues.AreFew(path[depth].Distribution);

        /// <summary>What a value of the parameter leads to; null when no trial had it.</summary>
        public Place? At(double value)
        {
            if (node is not null)
                return node.IndexOf(value) is >= 0 and var i ? new Place(node.Children[i].Node, node.Children[i].Path, depth + 1) : null;
            return depth < path.Count && path[depth].Value == value && path[depth].Distribution.Contains(value)
                ? new Place(null, path, depth + 1)
                : null;
        }
    }

    /// <summary>Where trials part, or one begins.</summary>
    private sealed class Node
    {
        private double[] _values = [];
        private Child[] _children = [];
        private int _count;

        public string? Name { get; private set; }

        public Distribution? Distribution { get; private set; }

        public bool Exhausted { get; set; }

        public bool Infinite { get; private set; }

        public int ExhaustedChildren { get; set; }

        /// <summary>In ascending order of their values.</summary>
        public Span<Child> Children => _children.AsSpan(0, _count);

        /// <summary>The position of a value, or the complement of where it belongs.</summary>
        public int IndexOf(double value) => Array.BinarySearch(_values, 0, _count, value);

        public void Begin(string name, Distribution distribution)
        {
            (Name, Distribution) = (name, distribution);
            if (!FiniteValues.AreFew(distribution)) MakeInfinite();
        }

        public void Insert(int index, double value, Child child)
        {
            if (_count == _values.Length)
            {
                Array.Resize(ref _values, Math.Max(2, 2 * _count));
                Array.Resize(ref _children, _values.Length);
            }

            Array.Copy(_values, index, _values, index + 1, _count - index);
            Array.Copy(_children, index, _children, index + 1, _count - index);
            (_values[index], _children[index]) = (value, child);
            _count++;
        }

        public void MakeInfinite()
        {
            (Infinite, Exhausted, ExhaustedChildren) = (true, false, 0);
            (_values, _children, _count) = ([], [], 0);
        }
    }
}
