using System.Globalization;
using MathNet.Numerics.Statistics;
using Tunewise.Numerics;
using Tunewise.Samplers;

namespace Tunewise.Benchmarks.Quality;

/// <summary>
/// How good the best value is after a number of trials: median and quartiles over seeds, the average rank of each sampler, and who beats
/// whom, with the sign test over the problems.
/// </summary>
internal static class SamplerQuality
{
    public static void Run(string problems, string samplers, int seeds, int trials, int threads, FileInfo? json, FileInfo? each)
    {
        var table = new Table(json, "problem", "sampler", "trials", "seeds", "median", "q1", "q3", "mean", "best", "worst", "rank");
        var contenders = NamedSamplers.Parse(samplers).ToArray();
        var scores = new Dictionary<(string Problem, string Sampler), double[]>();
        var chosen = Problems.Parse(problems).ToArray();
        foreach (var problem in chosen)
        {
            var fit = contenders.Where(c => c.Serves(problem)).ToArray();
            foreach (var contender in fit)
            {
                var best = new double[seeds];
                Parallel.For(
                    0,
                    seeds,
                    new ParallelOptions { MaxDegreeOfParallelism = threads },
                    seed => best[seed] = Score(problem, contender.Create(), seed, trials));
                scores[(problem.Name, contender.Name)] = best;
            }

            // Equal medians share the better rank.
            var medians = fit.ToDictionary(c => c.Name, c => scores[(problem.Name, c.Name)].Median());
            foreach (var contender in fit)
            {
                var own = medians[contender.Name];
                var rank = 1 + medians.Values.Count(m => m < own - 1e-9 * Math.Abs(own));
                var values = scores[(problem.Name, contender.Name)];
                table.Add(
                    problem.Name,
                    contender.Name,
                    trials,
                    seeds,
                    own,
                    values.LowerQuartile(),
                    values.UpperQuartile(),
                    values.Average(),
                    values.Min(),
                    values.Max(),
                    rank);
            }
        }

        table.Save();
        if (each is not null)
        {
            File.WriteAllLines(
                each.FullName,
                scores.SelectMany(s => s.Value.Select((value, seed) =>
                    string.Create(CultureInfo.InvariantCulture, $"{s.Key.Problem},{s.Key.Sampler},{seed},{value:R}"))));
        }

        Compare(chosen, contenders, scores);
    }

    private static double Score(Problem problem, ISampler sampler, int seed, int trials)
    {
        var study = Study.InMemory(new StudyOptions
        {
            Objectives = [.. Enumerable.Repeat(Objective.Minimize(), problem.Objectives)],
            Sampler = sampler,
            Pruner = new Pruners.NoPruner(),
            Seed = seed,
        });
        var own = problem.OfSeed?.Invoke(seed);
        for (var t = 0; t < trials; t++)
        {
            var trial = study.Ask();
            var values = own?.Invoke(trial) ?? problem.Evaluate(trial, RandomSource.For((ulong)seed, t, "noise"));
            study.Tell(trial, TrialResult.Complete(values));
        }

        if (problem.Objectives > 1)
            return problem.BestVolume - Hypervolume.Compute(study.GetParetoFront().Select(t => t.Values), problem.Reference);
        var best = study.GetBestTrial()!;
        // A study that found nothing feasible has no result at all.
        return !best.IsFeasible ? double.PositiveInfinity : problem.Truth?.Invoke(best) ?? best.Value!.Value;
    }

    private static void Compare(Problem[] problems, NamedSampler[] samplers, Dictionary<(string Problem, string Sampler), double[]> scores)
    {
        double RankOf(Problem problem, string sampler)
        {
            var own = scores[(problem.Name, sampler)].Median();
            var others = scores.Where(s => s.Key.Problem == problem.Name).Select(s => s.Value.Median()).ToArray();
            return 1 + others.Count(m => m < own) + (others.Count(m => m == own) - 1) / 2.0;
        }

        Console.WriteLine();
        Console.WriteLine("average rank (1 is best)");
        foreach (var (name, rank, count) in samplers
            .Select(s => (s.Name, Served: problems.Where(p => scores.ContainsKey((p.Name, s.Name))).ToArray()))
            .Where(s => s.Served.Length > 0)
            .Select(s => (s.Name, Rank: s.Served.Average(p => RankOf(p, s.Name)), s.Served.Length))
            .OrderBy(s => s.Rank))
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {name,-18} {rank,6:F2}  on {count} problems"));
        }

        Console.WriteLine();
        Console.WriteLine("problems that the row wins to those that the column wins; * = sign test p < 0.05, ** = p < 0.001");
        Console.WriteLine("  " + new string(' ', 18) + string.Concat(samplers.Select(s => s.Name.PadLeft(18))));
        foreach (var a in samplers)
        {
            var cells = samplers.Select(b =>
            {
                var (wins, losses) = (0, 0);
                foreach (var problem in problems)
                {
                    if (!scores.TryGetValue((problem.Name, a.Name), out var own)
                        || !scores.TryGetValue((problem.Name, b.Name), out var other))
                    {
                        continue;
                    }

                    // A problem goes to whoever is ahead with more of its seeds.
                    var ahead = own.Zip(other).Sum(s => s.First < s.Second ? 1 : s.First > s.Second ? -1 : 0);
                    if (ahead > 0) wins++;
                    else if (ahead < 0) losses++;
                }

                return SignTest.Describe(wins, losses);
            });
            Console.WriteLine($"  {a.Name,-18}" + string.Concat(cells.Select(c => c.PadLeft(18))));
        }
    }
}
