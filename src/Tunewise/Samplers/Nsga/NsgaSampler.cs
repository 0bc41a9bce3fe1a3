using Tunewise.History;
using Tunewise.Numerics;
using Tunewise.Samplers.Random;
using Tunewise.Spaces;

namespace Tunewise.Samplers.Nsga;

/// <summary>
/// What the genetic algorithms share: generations, parents, crossover and mutation. A trial carries the generation that it was bred for;
/// the parents of a generation follow from the history alone.
/// </summary>
public abstract class NsgaSampler : ISampler
{
    internal const string GenerationAttribute = "tunewise:nsga";

    private protected NsgaSampler()
    {
    }

    /// <summary>How many complete trials make a generation, and how many of them and their parents become the next parents.</summary>
    /// <value>At least 2. The default is 50.</value>
    public int PopulationSize { get; init; } = 50;

    /// <summary>How likely a child mixes two parents; otherwise it has one.</summary>
    /// <value>From 0 to 1. The default is 0.9.</value>
    public double CrossoverProbability { get; init; } = 0.9;

    /// <summary>How likely each parameter is mutated, or null for one over the number of parameters.</summary>
    /// <value>From 0 to 1. The default is null.</value>
    public double? MutationProbability { get; init; }

    /// <inheritdoc/>
    public virtual IEnumerable<string> Validate(IReadOnlyList<Objective> objectives)
    {
        if (PopulationSize < 2) yield return $"{Name}.PopulationSize must be at least 2, got {PopulationSize}";
        if (!(CrossoverProbability is >= 0 and <= 1))
            yield return $"{Name}.CrossoverProbability must be from 0 to 1, got {Words.Exact(CrossoverProbability)}";
        if (MutationProbability is { } p && !(p is >= 0 and <= 1))
            yield return $"{Name}.MutationProbability must be from 0 to 1, got {Words.Exact(p)}";
    }

    /// <inheritdoc/>
    public SearchSpace InferJointSpace(SamplingContext context, string name)
    {
        // One child for the whole trial, bred at its first parameter; what no parent has is sampled by itself.
        if (context.Known.Any(p => !p.Distribution.IsSingle && context.Fixed.All(f => f.Name != p.Name))) return SearchSpace.Empty;
        var breeding = BreedingOf(context);
        context.SetAttribute(GenerationAttribute, breeding.Generation);
        return breeding.Parents.Count == 0 ? SearchSpace.Empty : context.History.Branches.Everything;
    }

    /// <inheritdoc/>
    public double[]? SampleJoint(SamplingContext context, SearchSpace space)
    {
        var breeding = BreedingOf(context);
        double[] child = [];
        // A child that repeats an earlier trial is bred again.
        for (var attempt = 0; attempt < 10; attempt++)
        {
            child = Breed(context, space, breeding.Parents);
            if (!context.IsEvaluated(space, child)) break;
        }

        return child;
    }

    /// <inheritdoc/>
    public double Sample(SamplingContext context, string name, Distribution distribution) =>
        RandomSampler.Draw(context.Random, distribution);

    private protected abstract string Name { get; }

    /// <summary>Chooses from a front that does not fit whole.</summary>
    /// <param name="front">The losses of its points.</param>
    /// <param name="chosen">The losses of those chosen already.</param>
    /// <param name="count">How many to choose.</param>
    /// <param name="random">The stream of this generation.</param>
    private protected abstract int[] SelectFromFront(
        IReadOnlyList<double[]> front, IReadOnlyList<double[]> chosen, int count, RandomSource random);

    private Breeding BreedingOf(SamplingContext context) => context.History.Prepared(this, () => new Breeding(this, context.Seed));

    private double[] Breed(SamplingContext context, SearchSpace space, IReadOnlyList<int> parents)
    {
        var (history, random) = (context.History, context.Random);
        var first = Tournament(history, parents, random);
        var second = random.NextDouble() < CrossoverProbability ? Tournament(history, parents, random) : first;
        var mutation = MutationProbability ?? 1.0 / space.Count;
        var child = new double[space.Count];
        for (var d = 0; d < space.Count; d++)
        {
            var distribution = space[d].Distribution;
            var (a, b) = (ValueOf(history, space[d], first), ValueOf(history, space[d], second));
            if (double.IsNaN(a)) a = b;
            if (double.IsNaN(b)) b = a;
            child[d] = double.IsNaN(a) ? RandomSampler.Draw(random, distribution) : Variation.Cross(distribution, a, b, random);
            if (random.NextDouble() < mutation) child[d] = Variation.Mutate(distribution, child[d], random);
        }

        return child;
    }

    private static double ValueOf(StudyHistory history, SearchSpace.Dimension dimension, int row) =>
        history.Parameter(dimension.Name)?.ValueIn(row, dimension.Distribution) ?? double.NaN;

    /// <summary>The better of two parents drawn at random.</summary>
    private static int Tournament(StudyHistory history, IReadOnlyList<int> parents, RandomSource random)
    {
        var (a, b) = (parents[random.NextInt(parents.Count)], parents[random.NextInt(parents.Count)]);
        var (violationA, violationB) = (history.ViolationOf(a), history.ViolationOf(b));
        if (violationA != violationB) return violationA < violationB ? a : b;
        return NonDomination.Dominates(history.LossesOf(b), history.LossesOf(a)) ? b : a;
    }

    /// <summary>The generations so far.</summary>
    private sealed class Breeding(NsgaSampler sampler, ulong seed) : IPrepared
    {
        private readonly Dictionary<long, List<int>> _rows = [];

        // By generation; the first has none.
        private readonly List<IReadOnlyList<int>> _parents = [[]];
        private int _seen;

        /// <summary>The generation that is being filled now.</summary>
        public int Generation => _parents.Count - 1;

        /// <summary>Its parents; none in the first.</summary>
        public IReadOnlyList<int> Parents => _parents[^1];

        public void Update(StudyHistory history)
        {
            for (; _seen < history.Count; _seen++)
            {
                if (history.StateOf(_seen) != TrialState.Complete || history.ValuesOf(_seen).Length != history.Directions.Count) continue;
                // Trials of other samplers and of users belong to the first generation.
                var generation = history.AttributeOf(_seen, GenerationAttribute) is long g ? g : 0;
                if (!_rows.TryGetValue(generation, out var rows)) _rows.Add(generation, rows = []);
                rows.Add(_seen);
                // One that comes late may be a better parent than those that did not: its generation is closed anew.
                if (generation >= 0 && generation < Generation) _parents.RemoveRange((int)generation + 1, Generation - (int)generation);
            }

            while (_rows.TryGetValue(Generation, out var bred) && bred.Count >= sampler.PopulationSize)
            {
                var candidates = Parents.Concat(bred.OrderBy(history.NumberOf)).Distinct().ToArray();
                _parents.Add(Select(history, candidates, sampler.PopulationSize, RandomSource.For(seed, Generation, "nsga")));
            }
        }

        private List<int> Select(StudyHistory history, int[] candidates, int count, RandomSource random)
        {
            var chosen = new List<int>();
            // Feasible ones by fronts, then the others by how much they violate.
            var feasible = candidates.Where(history.IsFeasible).ToArray();
            var losses = feasible.Select(r => history.LossesOf(r)).ToArray();
            var ranks = NonDomination.Ranks(losses, count);
            for (var rank = 0; chosen.Count < Math.Min(count, feasible.Length); rank++)
            {
                var front = Enumerable.Range(0, feasible.Length).Where(i => ranks[i] == rank).ToArray();
                var room = count - chosen.Count;
                if (front.Length > room)
                {
                    var before = chosen.Select(r => history.LossesOf(r)).ToArray();
                    front = [.. sampler.SelectFromFront([.. front.Select(i => losses[i])], before, room, random).Select(k => front[k])];
                }

                chosen.AddRange(front.Select(i => feasible[i]));
            }

            chosen.AddRange(candidates.Where(r => !history.IsFeasible(r))
                .OrderBy(history.ViolationOf)
                .ThenBy(history.NumberOf)
                .Take(count - chosen.Count));
            return chosen;
        }
    }
}
