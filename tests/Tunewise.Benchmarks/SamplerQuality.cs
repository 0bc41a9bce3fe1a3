using MathNet.Numerics.Statistics;

namespace Tunewise.Benchmarks;

/// <summary>How good the best value is after a number of trials: median and quartiles over seeds.</summary>
internal static class SamplerQuality
{
    public static void Run(string problems, string samplers, int seeds, int trials, FileInfo? json)
    {
        var table = new Table(json, "problem", "sampler", "trials", "seeds", "median", "q1", "q3");
        foreach (var problem in Problems.Parse(problems))
        {
            foreach (var (name, create) in NamedSamplers.Parse(samplers))
            {
                var best = Enumerable.Range(0, seeds).Select(seed => Minimize(problem, create(), seed, trials)).ToArray();
                table.Add(problem.Name, name, trials, seeds, best.Median(), best.LowerQuartile(), best.UpperQuartile());
            }
        }

        table.Save();
    }

    private static double Minimize(Problem problem, Samplers.ISampler sampler, int seed, int trials)
    {
        var names = Enumerable.Range(0, problem.Bounds.Length).Select(i => $"x{i}").ToArray();
        var study = Study.InMemory(new StudyOptions { Sampler = sampler, Pruner = new Pruners.NoPruner(), Seed = seed });
        var best = double.PositiveInfinity;
        for (var t = 0; t < trials; t++)
        {
            var trial = study.Ask();
            var x = names.Zip(problem.Bounds, (n, b) => trial.SuggestFloat(n, b.Low, b.High)).ToArray();
            var value = problem.Evaluate(x);
            best = Math.Min(best, value);
            study.Tell(trial, value);
        }

        return best;
    }
}
