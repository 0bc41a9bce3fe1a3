using MathNet.Numerics.LinearAlgebra.Double;
using Tunewise.Numerics;

namespace Tunewise.Samplers.Nsga;

/// <summary>
/// NSGA-III (Deb and Jain, "An Evolutionary Many-Objective Optimization Algorithm Using Reference-Point-Based Nondominated Sorting
/// Approach", IEEE Transactions on Evolutionary Computation 18, 2014): as <see cref="NsgaIISampler"/>, but a front that does not fit whole
/// is thinned so that every direction of a grid of reference directions keeps someone. For three objectives and more.
/// </summary>
public sealed class NsgaIIISampler : NsgaSampler
{
    /// <summary>Into how many parts an edge of the simplex of reference directions is divided.</summary>
    /// <value>At least 1. The default is 3.</value>
    public int Divisions { get; init; } = 3;

    /// <inheritdoc/>
    public override IEnumerable<string> Validate(IReadOnlyList<Objective> objectives)
    {
        foreach (var problem in base.Validate(objectives)) yield return problem;
        if (Divisions < 1) yield return $"NsgaIIISampler.Divisions must be at least 1, got {Divisions}";
    }

    private protected override string Name => nameof(NsgaIIISampler);

    private protected override int[] SelectFromFront(
        IReadOnlyList<double[]> front, IReadOnlyList<double[]> chosen, int count, RandomSource random)
    {
        if (count == 0) return [];
        var all = chosen.Concat(front).Select(p => Array.ConvertAll(p, v => double.IsFinite(v) ? v : v > 0 ? 1e300 : -1e300)).ToArray();
        var normalised = Normalise(all);
        var directions = Directions(front[0].Length, Divisions);
        var niches = normalised.Select(p => Nearest(p, directions)).ToArray();
        var counts = new int[directions.Count];
        for (var i = 0; i < chosen.Count; i++) counts[niches[i].Direction]++;

        var open = Enumerable.Range(chosen.Count, front.Count).ToList();
        var result = new List<int>();
        var closed = new bool[directions.Count];
        while (result.Count < count)
        {
            // The emptiest direction; among equally empty ones by chance.
            var least = Enumerable.Range(0, counts.Length).Where(d => !closed[d]).Min(d => counts[d]);
            var emptiest = Enumerable.Range(0, counts.Length).Where(d => !closed[d] && counts[d] == least).ToArray();
            var direction = emptiest[random.NextInt(emptiest.Length)];
            var own = open.Where(i => niches[i].Direction == direction).ToArray();
            if (own.Length == 0)
            {
                closed[direction] = true;
                continue;
            }

            var next = counts[direction] == 0 ? own.MinBy(i => niches[i].Distance) : own[random.NextInt(own.Length)];
            result.Add(next - chosen.Count);
            open.Remove(next);
            counts[direction]++;
        }

        return [.. result];
    }

    /// <summary>
    /// The points of a simplex whose coordinates are multiples of one over the divisions (Das and Dennis, SIAM Journal
    /// on Optimization 8, 1998).
    /// </summary>
    internal static List<double[]> Directions(int objectives, int divisions)
    {
        var directions = new List<double[]>();
        void Add(int[] parts, int position, int left)
        {
            if (position == objectives - 1)
            {
                parts[position] = left;
                directions.Add(Array.ConvertAll(parts, p => (double)p / divisions));
                return;
            }

            for (parts[position] = 0; parts[position] <= left; parts[position]++) Add(parts, position + 1, left - parts[position]);
        }

        Add(new int[objectives], 0, divisions);
        return directions;
    }

    /// <summary>Moves the best of each objective to 0 and the intercepts of the plane through the extreme points to 1.</summary>
    private static double[][] Normalise(double[][] points)
    {
        var m = points[0].Length;
        var ideal = Enumerable.Range(0, m).Select(k => points.Min(p => p[k])).ToArray();
        var shifted = points.Select(p => p.Select((v, k) => v - ideal[k]).ToArray()).ToArray();
        var worst = Enumerable.Range(0, m).Select(k => shifted.Max(p => p[k])).ToArray();
        // Each objective in units of its own range, so that what counts as degenerate does not depend on how it is measured.
        var units = worst.Select(w => w > 0 ? w : 1).ToArray();
        var extremes = new DenseMatrix(m, m);
        for (var k = 0; k < m; k++)
        {
            // The extreme point of an axis is the one with the least achievement scalarising value along it.
            var extreme = shifted.MinBy(p => p.Select((v, j) => (j == k ? 1 : 1e6) * v / units[j]).Max())!;
            extremes.SetRow(k, extreme);
        }

        for (var k = 0; k < m; k++) extremes.SetColumn(k, extremes.Column(k) / units[k]);
        var intercepts = units;
        if (Math.Abs(extremes.Determinant()) > 1e-12)
        {
            var plane = extremes.Solve(DenseVector.Create(m, 1));
            if (plane.ForAll(c => c > 1e-6)) intercepts = [.. plane.Select((c, k) => units[k] / c)];
        }

        return [.. shifted.Select(p => p.Select((v, k) => v / intercepts[k]).ToArray())];
    }

    private static (int Direction, double Distance) Nearest(double[] point, List<double[]> directions)
    {
        var (best, least) = (0, double.PositiveInfinity);
        for (var d = 0; d < directions.Count; d++)
        {
            var direction = directions[d];
            var length = direction.Sum(v => v * v);
            var along = point.Zip(direction).Sum(p => p.First * p.Second) / length;
            var distance = point.Zip(direction).Sum(p => (p.First - along * p.Second) * (p.First - along * p.Second));
            if (distance < least) (best, least) = (d, distance);
        }

        return (best, Math.Sqrt(least));
    }
}
