using System.Globalization;

namespace Tunewise.Benchmarks.Curves;

/// <summary>
/// What is chosen on some problems graded on the others: for every problem the pair of a sampler and a pruner that is the best on all
/// others, and its regret there. A problem's regret counts relative to that of all pairs, and each family as much as the other.
/// </summary>
internal static class LeaveOneOut
{
    /// <summary>Prints the choice for each problem and the mean regret of each family.</summary>
    /// <param name="problems">The problems.</param>
    /// <param name="regrets">One mean regret per problem, by pair.</param>
    public static void Print(IReadOnlyList<CurveProblem> problems, IReadOnlyDictionary<string, double[]> regrets)
    {
        var families = Enumerable.Range(0, problems.Count).GroupBy(p => problems[p].Family).ToArray();
        var means = Enumerable.Range(0, problems.Count).Select(p => Math.Max(regrets.Values.Average(r => r[p]), 1e-12)).ToArray();
        var graded = new double[problems.Count];
        Console.WriteLine();
        Console.WriteLine("chosen on all other problems, and its regret at the end on the one that was left out");
        for (var p = 0; p < problems.Count; p++)
        {
            var others = families.Select(f => f.Where(o => o != p).ToArray()).Where(f => f.Length > 0).ToArray();
            if (others.Length == 0) return;
            var (pair, own) = regrets.MinBy(r => others.Sum(f => f.Average(o => r.Value[o] / means[o])));
            graded[p] = own[p];
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {problems[p].Name,-60} {pair,-28} {own[p]:F4}"));
        }

        foreach (var family in families)
        {
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"  {family.Key,-60} {"",-28} {family.Average(p => graded[p]):F4}"));
        }
    }
}
