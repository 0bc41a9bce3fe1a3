using Tunewise.Numerics;
using Tunewise.Spaces;

namespace Tunewise.History;

/// <summary>
/// The values that finished trials took, as a tree over the order in which a program suggests its parameters: conditional parameters are branches like
/// any other. A node is exhausted when every value of its parameter leads to an exhausted node, so that finite spaces are seen to the end without
/// anyone declaring them. Below a continuous parameter nothing is kept.
/// </summary>
internal sealed class ExploredSpace
{
    /// <summary>Parameters with more values than this are treated as continuous.</summary>
    public const double MostValues = 100_000;

    private readonly Node _root = new();
    private readonly List<Node> _path = [];

    /// <summary>Whether every combination was evaluated.</summary>
    public bool IsExhausted => _root.Exhausted;

    /// <summary>Whether nothing can ever be exhausted, because the first parameter is continuous or the program changed its ranges.</summary>
    public bool IsInfinite => _root.Infinite;

    /// <summary>How many values a distribution has; infinity for a continuous one.</summary>
    public static double CountOf(Distribution distribution) => distribution switch
    {
        CategoricalDistribution c => c.Choices.Count,
        IntDistribution i => (i.High - i.Low) / i.Step + 1.0,
        FloatDistribution { Step: { } step } f => Math.Round((f.High - f.Low) / step) + 1,
        FloatDistribution { IsSingle: true } => 1,
        _ => double.PositiveInfinity,
    };

    /// <summary>The values of a finite distribution in ascending order.</summary>
    public static IEnumerable<double> ValuesOf(Distribution distribution)
    {
        var count = (long)CountOf(distribution);
        for (var i = 0L; i < count; i++)
        {
            yield return distribution switch
            {
                IntDistribution d => d.Low + i * d.Step,
                FloatDistribution { Step: { } step } d => d.Snap(d.Low + i * step),
                FloatDistribution d => d.Low,
                _ => i,
            };
        }
    }

    public void Add(IReadOnlyList<TrialParameter> parameters)
    {
        if (_root.Infinite) return;
        _path.Clear();
        var node = _root;
        foreach (var (name, distribution, value) in parameters)
        {
            if (distribution.IsSingle) continue;
            if (node.Infinite) return;
            if (node.Name is null)
            {
                (node.Name, node.Distribution) = (name, distribution);
                node.Exhausted = false;
                if (!(CountOf(distribution) <= MostValues)) node.MakeInfinite();
            }
            else if (node.Name != name || !node.Distribution!.Equals(distribution))
            {
                // The program changed its ranges or its order: what is left can no longer be known here.
                node.MakeInfinite();
            }

            if (node.Infinite || !distribution.Contains(value)) return;
            _path.Add(node);
            if (!node.Children.TryGetValue(value, out var child)) node.Children.Add(value, child = new Node());
            node = child;
        }

        if (node.Name is not null || node.Infinite) return;
        node.Exhausted = true;
        for (var i = _path.Count - 1; i >= 0; i--)
        {
            var parent = _path[i];
            if (parent.Children.Count < CountOf(parent.Distribution!) || !parent.Children.Values.All(c => c.Exhausted)) return;
            parent.Exhausted = true;
        }
    }

    public bool IsTaken(TrialSoFar asked, string name, Distribution distribution, double value)
    {
        if (_root.Infinite) return false;
        var node = Locate(asked);
        return node is not null && IsTaken(asked, node, name, distribution, value);
    }

    public bool IsTaken(TrialSoFar asked, SearchSpace space, double[] values)
    {
        if (_root.Infinite) return false;
        var node = Locate(asked);
        if (node is null || node.Exhausted) return false;
        while (node is { Name: { } name, Infinite: false })
        {
            double? value = space.IndexOf(name) is >= 0 and var index ? values[index] : Among(asked.Fixed, name);
            if (value is not { } v || !node.Children.TryGetValue(v, out node)) return IsRunning(asked, space, values);
            if (node.Exhausted) return true;
        }

        return IsRunning(asked, space, values);
    }

    /// <summary>The free value nearest to one that is taken, or another free choice; null when all are taken or the space is not finite.</summary>
    public double? Replace(TrialSoFar asked, string name, Distribution distribution, double value, RandomSource random)
    {
        if (_root.Infinite || !IsTaken(asked, name, distribution, value)) return null;
        var node = Locate(asked)!;
        var free = ValuesOf(distribution).Where(v => !IsTaken(asked, node, name, distribution, v)).ToArray();
        if (free.Length == 0) return null;
        return distribution is CategoricalDistribution ? free[random.NextInt(free.Length)] : free.MinBy(v => Math.Abs(v - value));
    }

    private static bool IsTaken(TrialSoFar asked, Node node, string name, Distribution distribution, double value)
    {
        if (node.Exhausted || node.Infinite) return false;
        if (node.Name is not null && (node.Name != name || !node.Distribution!.Equals(distribution))) return false;
        if (node.Name is null && !(CountOf(distribution) <= MostValues)) return false;
        if (node.Children.TryGetValue(value, out var child) && child.Exhausted) return true;
        // What runs now with the same beginning and ends here counts, unless more is known to follow.
        return child is null or { Name: null } && RunningAt(asked, name).Contains(value) && !AllTaken(asked, node, distribution);
    }

    private static bool AllTaken(TrialSoFar asked, Node node, Distribution distribution)
    {
        var running = RunningAt(asked, node.Name ?? "").ToHashSet();
        return node.Name is not null && ValuesOf(distribution).All(v => running.Contains(v) || (node.Children.TryGetValue(v, out var c) && c.Exhausted));
    }

    /// <summary>The values of a parameter in the trials that run now, have the same beginning, and have it as their latest parameter.</summary>
    private static IEnumerable<double> RunningAt(TrialSoFar asked, string name)
    {
        foreach (var trial in asked.History.Unfinished)
        {
            if (trial.Number == asked.Number || trial.State != TrialState.Running) continue;
            if (trial.ParameterList.Count <= asked.Known.Count || !StartsAlike(trial, asked)) continue;
            var rest = trial.ParameterList.Skip(asked.Known.Count).Where(p => !p.Distribution.IsSingle).ToList();
            if (rest.Count == 1 && rest[0].Name == name) yield return rest[0].Value;
        }
    }

    private static bool IsRunning(TrialSoFar asked, SearchSpace space, double[] values)
    {
        foreach (var trial in asked.History.Unfinished)
        {
            if (trial.Number == asked.Number || trial.State != TrialState.Running || !StartsAlike(trial, asked)) continue;
            var same = true;
            var finite = true;
            for (var d = 0; d < space.Count && same; d++)
            {
                finite &= !double.IsInfinity(CountOf(space[d].Distribution));
                same = Among(trial.ParameterList, space[d].Name) == values[d];
            }

            if (same && finite && trial.ParameterList.Count(p => !p.Distribution.IsSingle) == space.Count + asked.Known.Count(p => !p.Distribution.IsSingle)) return true;
        }

        return false;
    }

    private static bool StartsAlike(FrozenTrial trial, TrialSoFar asked)
    {
        for (var i = 0; i < asked.Known.Count; i++)
        {
            if (i >= trial.ParameterList.Count || trial.ParameterList[i].Name != asked.Known[i].Name || trial.ParameterList[i].Value != asked.Known[i].Value) return false;
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

    private Node? Locate(TrialSoFar asked)
    {
        var node = _root;
        foreach (var (name, distribution, value) in asked.Known)
        {
            if (distribution.IsSingle) continue;
            if (node.Infinite || node.Name != name || !node.Children.TryGetValue(value, out node!)) return null;
        }

        return node.Infinite ? null : node;
    }

    private sealed class Node
    {
        public string? Name { get; set; }

        public Distribution? Distribution { get; set; }

        public bool Exhausted { get; set; }

        public bool Infinite { get; private set; }

        public Dictionary<double, Node> Children { get; private set; } = [];

        public void MakeInfinite()
        {
            Infinite = true;
            Exhausted = false;
            Children = [];
        }
    }
}
