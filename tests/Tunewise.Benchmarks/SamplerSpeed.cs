using System.Diagnostics;

namespace Tunewise.Benchmarks;

/// <summary>The engine's and the sampler's own cost per trial: float parameters, a trivial objective, storage in memory.</summary>
internal static class SamplerSpeed
{
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(2);

    public static void Run(string samplers, int[] parameters, int[] trials, FileInfo? json)
    {
        var table = new Table(json, "sampler", "parameters", "trials", "microsecondsPerTrial");
        foreach (var (name, create) in NamedSamplers.Parse(samplers).Select(s => (s.Name, s.Create)))
        {
            // The first seconds are the compiler's: they are thrown away.
            var warmUp = Stopwatch.StartNew();
            while (warmUp.Elapsed < WarmUp) Measure(create(), 5, 1000);
            foreach (var d in parameters)
            {
                foreach (var n in trials) table.Add(name, d, n, Measure(create(), d, n));
            }
        }

        table.Save();
    }

    private static double Measure(Samplers.ISampler sampler, int parameters, int trials)
    {
        var names = Enumerable.Range(0, parameters).Select(i => $"x{i}").ToArray();
        var study = Study.InMemory(new StudyOptions { Sampler = sampler, Pruner = new Pruners.NoPruner(), Seed = 1 });
        var clock = Stopwatch.StartNew();
        for (var t = 0; t < trials; t++)
        {
            var trial = study.Ask();
            var sum = 0.0;
            foreach (var name in names)
            {
                var x = trial.SuggestFloat(name, -5, 5);
                sum += x * x;
            }

            study.Tell(trial, sum);
        }

        return clock.Elapsed.TotalMicroseconds / trials;
    }
}
