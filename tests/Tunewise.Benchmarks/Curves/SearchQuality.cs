using System.Globalization;

namespace Tunewise.Benchmarks.Curves;

/// <summary>
/// How good the best complete trial is after 5, 10 and 20 full trainings' worth of epochs, for pairs of a sampler and a pruner on real
/// training curves: a row per pair and problem, and the means over the problems of each family.
/// </summary>
internal static class SearchQuality
{
    private const string Default = "default";
    private static readonly int[] Trainings = [5, 10, 20];

    public static void Run(SearchQualityOptions options)
    {
        options.Validate();
        var problems = CurveProblem.Parse(options.Problems);
        if (options.LeaveOneOut && problems.Count < 2) throw new ArgumentException("--leave-one-out needs at least 2 problems");
        var table = new Table(
            options.Json,
            "problem",
            "sampler",
            "pruner",
            "seeds",
            "regretAt5",
            "regretAt10",
            "regretAt20",
            "trials",
            "decisionMilliseconds");
        var lines = new List<string>();
        var last = new Dictionary<string, double[]>();
        foreach (var sampler in options.Samplers.Split(','))
        {
            foreach (var pruner in options.Pruners.Split(','))
            {
                var results = problems.Select(p => (Problem: p, Seeds: Measure(p, sampler, pruner, options))).ToArray();
                last[$"{sampler} {pruner}"] = [.. results.Select(r => r.Seeds.Average(s => s.Regrets[^1]))];
                foreach (var (problem, seeds) in results)
                {
                    Add(problem.Name, seeds);
                    lines.AddRange(seeds.Select((r, seed) => string.Join(
                        ',',
                        (string[])[problem.Family, problem.Name, sampler, pruner, $"{seed}", .. r.Regrets.Select(
                            v => v.ToString("R", CultureInfo.InvariantCulture))])));
                }

                foreach (var family in results.GroupBy(r => r.Problem.Family)) Add(family.Key, [.. family.SelectMany(r => r.Seeds)]);
                if (options.Ratio) PrintRatios(results, sampler, pruner, options);

                void Add(string name, SearchResult[] seeds) => table.Add(
                    name,
                    sampler,
                    pruner,
                    seeds.Length,
                    seeds.Average(s => s.Regrets[0]),
                    seeds.Average(s => s.Regrets[1]),
                    seeds.Average(s => s.Regrets[2]),
                    seeds.Average(s => s.Trials),
                    seeds.Average(s => s.DecisionMilliseconds));
            }
        }

        table.Save();
        if (last.Count > 1) Compare(last);
        if (options.LeaveOneOut) LeaveOneOut.Print(problems, last);
        if (options.Each is not null) File.WriteAllLines(options.Each.FullName, lines);
    }

    /// <summary>How much worse the results are than with one worker whom nothing disturbs, on curves of the same shape.</summary>
    private static void PrintRatios(
        (CurveProblem Problem, SearchResult[] Seeds)[] results, string sampler, string pruner, SearchQualityOptions options)
    {
        var calm = options with { Workers = 1, Disturbances = new Disturbances(null, false, false, 1, options.Disturbances.Shape) };
        static double[] AtTheEnd(SearchResult[] seeds) => [.. seeds.Select(s => s.Regrets[^1])];
        foreach (var family in results.GroupBy(r => r.Problem.Family))
        {
            var undisturbed = family.Select(r => AtTheEnd(Measure(r.Problem, sampler, pruner, calm))).ToArray();
            var disturbed = family.Select(r => AtTheEnd(r.Seeds)).ToArray();
            Console.WriteLine($"  {family.Key}: regret at the end, to that with one worker and no disturbance: {PairedRatio.Describe(disturbed, undisturbed)}");
        }
    }

    private static void Compare(Dictionary<string, double[]> regrets)
    {
        Console.WriteLine();
        Console.WriteLine("problems that the row wins to those that the column wins, at the end; * = sign test p < 0.05, ** = p < 0.001");
        var width = regrets.Keys.Max(k => k.Length) + 2;
        Console.WriteLine("  " + new string(' ', width) + string.Concat(regrets.Keys.Select(k => k.PadLeft(width))));
        foreach (var (row, own) in regrets)
        {
            var cells = regrets.Values.Select(other => SignTest.Describe(
                own.Zip(other).Count(p => p.First < p.Second), own.Zip(other).Count(p => p.First > p.Second)));
            Console.WriteLine("  " + row.PadRight(width) + string.Concat(cells.Select(c => c.PadLeft(width))));
        }
    }

    private static SearchResult[] Measure(CurveProblem problem, string sampler, string pruner, SearchQualityOptions options)
    {
        var create = sampler == Default ? null : NamedSamplers.Parse(sampler).Single().Create;
        var prune = pruner == Default ? null : NamedPruners.Parse(pruner, problem.Epochs).Single().Create;
        var results = new SearchResult[options.Seeds];
        Parallel.For(
            0,
            options.Seeds,
            new ParallelOptions { MaxDegreeOfParallelism = options.Threads },
            seed => results[seed] = SimulatedSearch.Run(
                problem, create?.Invoke(), prune?.Invoke(), seed, options.Workers, options.Disturbances, Trainings));
        return results;
    }
}
