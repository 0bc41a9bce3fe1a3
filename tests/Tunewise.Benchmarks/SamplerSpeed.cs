using System.Diagnostics;
using Tunewise.Benchmarks.Quality;

namespace Tunewise.Benchmarks;

/// <summary>
/// The engine's and the sampler's own cost per trial: float parameters or choices, a trivial objective or several, storage in memory.
/// </summary>
internal static class SamplerSpeed
{
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(2);

    /// <summary>A measurement is given up when it has taken this long; its cost is then that of the trials it got through.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    public static void Run(string samplers, int[] parameters, int[] trials, int choices, int objectives, FileInfo? json)
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
            "heapMegabytes",
            "allocatedMegabytesPerTrial");
        foreach (var contender in NamedSamplers.Parse(samplers).Where(s => s.Serves(Problems.Plain)))
        {
            // The first seconds are the compiler's: they are thrown away.
            var warmUp = Stopwatch.StartNew();
            while (warmUp.Elapsed < WarmUp) Measure(contender.Create(), 5, 300, 0, objectives);
            foreach (var d in parameters)
            {
                foreach (var n in trials)
                {
                    var (average, lastTenth, last, measured, megabytes, allocated) =
                        Measure(contender.Create(), d, n, choices, objectives);
                    table.Add(contender.Name, d, n, average, lastTenth, last, measured, megabytes, allocated);
                }
            }
        }

        table.Save();
    }

    private static (double Average, double LastTenth, double Last, int Measured, double Megabytes, double Allocated) Measure(
        Samplers.ISampler sampler, int parameters, int trials, int choices, int objectives)
    {
        var names = Enumerable.Range(0, parameters).Select(i => $"x{i}").ToArray();
        var labels = Enumerable.Range(0, choices).ToArray();
        var study = Study.InMemory(new StudyOptions
        {
            Objectives = [.. Enumerable.Repeat(Objective.Minimize(), objectives)],
            Sampler = sampler,
            Pruner = new Pruners.NoPruner(),
            Seed = 1,
        });
        var before = GC.GetTotalAllocatedBytes(precise: true);
        var clock = Stopwatch.StartNew();
        var (lastTenth, last, t) = (TimeSpan.Zero, TimeSpan.Zero, 0);
        for (; t < trials && clock.Elapsed < Limit; t++)
        {
            if (t == trials - trials / 10) lastTenth = clock.Elapsed;
            if (t == trials - 1) last = clock.Elapsed;
            var trial = study.Ask();
            var values = new double[objectives];
            foreach (var name in names)
            {
                var x = choices > 0 ? 10.0 * trial.SuggestCategorical(name, labels) / choices - 5 : trial.SuggestFloat(name, -5, 5);
                for (var m = 0; m < objectives; m++) values[m] += (x - m) * (x - m);
            }

            study.Tell(trial, TrialResult.Complete(values));
        }

        var elapsed = clock.Elapsed;
        // What the limit cut off has no end to be measured.
        var ofTenth = lastTenth == TimeSpan.Zero
            ? double.NaN
            : (elapsed - lastTenth).TotalMicroseconds / Math.Max(t - (trials - trials / 10), 1);
        var ofLast = last == TimeSpan.Zero ? double.NaN : (elapsed - last).TotalMicroseconds;
        var allocated = (GC.GetTotalAllocatedBytes(precise: true) - before) / 1e6 / t;
        var heap = GC.GetTotalMemory(forceFullCollection: true) / 1e6;
        GC.KeepAlive(study);
        return (elapsed.TotalMicroseconds / t, ofTenth, ofLast, t, heap, allocated);
    }
}
