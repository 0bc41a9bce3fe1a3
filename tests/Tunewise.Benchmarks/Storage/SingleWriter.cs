using System.Diagnostics;
using Tunewise.Pruners;
using Tunewise.Samplers.Random;
using Tunewise.Storage;

namespace Tunewise.Benchmarks.Storage;

/// <summary>Trials through a study, one after another: claim, random suggestions, reports with a pruner that is off, finish.</summary>
internal static class SingleWriter
{
    public const int Reports = 20;

    public static readonly string[] Names = [.. Enumerable.Range(0, 5).Select(i => $"x{i}")];

    /// <summary>Microseconds per trial.</summary>
    public static double Trials(IStudyStorage storage, string name, int trials, int reports)
    {
        var study = Study.Open(storage, name, new StudyOptions { Sampler = new RandomSampler(), Pruner = new NoPruner(), Seed = 1 });
        var clock = Stopwatch.StartNew();
        for (var t = 0; t < trials; t++)
        {
            var trial = study.Ask();
            foreach (var parameter in Names) trial.SuggestFloat(parameter, 0, 1);
            for (var step = 0; step < reports; step++) trial.Report(step, step);
            study.Tell(trial, t);
        }

        return clock.Elapsed.TotalMicroseconds / trials;
    }
}
