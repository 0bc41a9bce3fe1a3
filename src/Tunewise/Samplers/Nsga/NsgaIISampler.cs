using Tunewise.Numerics;

namespace Tunewise.Samplers.Nsga;

/// <summary>
/// The non-dominated sorting genetic algorithm (Deb et al., "A Fast and Elitist Multiobjective Genetic Algorithm: NSGA-II", IEEE
/// Transactions on Evolutionary Computation 6, 2002): for several objectives and budgets of many generations. Parents are ranked by fronts
/// and, within one, by how lonely they are; trials that violate a constraint rank behind all others (Deb's constrained domination). Serves
/// every kind of parameter and conditional spaces.
/// </summary>
public sealed class NsgaIISampler : NsgaSampler
{
    private protected override string Name => nameof(NsgaIISampler);

    private protected override int[] SelectFromFront(
        IReadOnlyList<double[]> front, IReadOnlyList<double[]> chosen, int count, RandomSource random)
    {
        var distances = CrowdingDistances(front);
        return [.. Enumerable.Range(0, front.Count).OrderByDescending(i => distances[i]).ThenBy(i => i).Take(count)];
    }

    /// <summary>
    /// The sum over the objectives of the gap between a point's neighbours, in shares of the objective's range; infinite at the ends.
    /// </summary>
    internal static double[] CrowdingDistances(IReadOnlyList<double[]> front)
    {
        var distances = new double[front.Count];
        for (var m = 0; front.Count > 0 && m < front[0].Length; m++)
        {
            var order = Enumerable.Range(0, front.Count).OrderBy(i => front[i][m]).ToArray();
            var finite = front.Select(p => p[m]).Where(double.IsFinite).ToArray();
            var range = finite.Length == 0 ? 0 : finite.Max() - finite.Min();
            distances[order[0]] = distances[order[^1]] = double.PositiveInfinity;
            if (!(range > 0)) continue;
            for (var k = 1; k + 1 < order.Length; k++)
            {
                var gap = (front[order[k + 1]][m] - front[order[k - 1]][m]) / range;
                distances[order[k]] += double.IsNaN(gap) ? 0 : gap;
            }
        }

        return distances;
    }
}
