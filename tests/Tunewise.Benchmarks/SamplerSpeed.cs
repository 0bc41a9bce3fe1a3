using System.Diagnostics;
using Tunewise.Benchmarks.Quality;

namespace Tunewise.Benchmarks;

/// <summary>The engine's and the sampler's own cost per trial: float parameters, a trivial objective, storage in memory.</summary>
internal static class SamplerSpeed
{
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(2);

    /// <summary>A measurement is given up when it has taken this long; its cost is then that of the trials it got through.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    public static void Run(string samplers, int[] parameters, int[] trials, FileInfo? json)
    {
        var table = new Table(
            json,
            "sampler",
            "parameters",
            "trials",
            "microsecondsPerTrial",
            "lastTenthMicroseconds",
            "lastTrialMicroseconds",
            "measuredTrials",
            "heapMegabytes");
        foreach (var contender in NamedSamplers.Parse(samplers).Where(s => s.Serves(Problems.Plain)))
        {
            // The first seconds are the compiler's: they are thrown away.
            var warmUp = Stopwatch.StartNew();
            while (warmUp.Elapsed < WarmUp) Measure(contender.Create(), 5, 300);
            foreach (var d in parameters)
            {
                foreach (var n in trials)
                {
                    var (average, lastTenth, last, measured, megabytes) = Measure(contender.Create(), d, n);
                    table.Add(contender.Name, d, n, average, lastTenth, last, measured, megabytes);
                }
            }
        }

        table.Save();
    }

    private static (double Average, double LastTenth, double Last, int Measured, double Megabytes) Measure(
        Samplers.ISampler sampler, int parameters, int trials)
    {
        var names = Enumerable.Range(0, parameters).Select(i => $"x{i}").ToArray();
        var study = Study.InMemory(new StudyOptions { Sampler = sampler, Pruner = new Pruners.NoPruner(), Seed = 1 });
        var clock = Stopwatch.StartNew();
        var (lastTenth, last, t) = (TimeSpan.Zero, TimeSpan.Zero, 0);
        for (; t < trials && clock.Elapsed < Limit; t++)
        {
            if (t == trials - trials / 10) lastTenth = clock.Elapsed;
            if (t == trials - 1) last = clock.Elapsed;
            var trial = study.Ask();
            var sum = 0.0;
            foreach (var name in names)
            {
                var x = trial.SuggestFloat(name, -5, 5);
                sum += x * x;
            }

            study.Tell(trial, sum);
        }

        var elapsed = clock.Elapsed;
        // What the limit cut off has no end to be measured.
        var ofTenth = lastTenth == TimeSpan.Zero
            ? double.NaN
            : (elapsed - lastTenth).TotalMicroseconds / Math.Max(t - (trials - trials / 10), 1);
        var ofLast = last == TimeSpan.Zero ? double.NaN : (elapsed - last).TotalMicroseconds;
        var heap = GC.GetTotalMemory(forceFullCollection: true) / 1e6;
        GC.KeepAlive(study);
        return (elapsed.TotalMicroseconds / t, ofTenth, ofLast, t, heap);
    }
}
