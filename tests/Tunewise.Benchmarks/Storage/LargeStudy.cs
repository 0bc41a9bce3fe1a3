using System.Diagnostics;
using Tunewise.Hosting;
using Tunewise.Relational;
using Tunewise.Samplers.Random;
using Tunewise.Spaces;
using Tunewise.Storage;

namespace Tunewise.Benchmarks.Storage;

/// <summary>Opening a study with many trials, following another process, and looking at it without reading it all.</summary>
internal static class LargeStudy
{
    private const int News = 100;
    private const int ReportsOfATrial = 1000;

    public static void Measure(string url, int size, Action<string, double, string, string> add)
    {
        using (var filling = StorageUrl.Open(url))
        {
            // Once before, so that compiling is not measured.
            Fill(filling, "warm", 200);
            Look(filling, "warm", 200, (_, _, _, _) => { });
            Fill(filling, "large", size);
            filling.Compact();
        }

        var before = Memory();
        using var storage = StorageUrl.Open(url);
        var clock = Stopwatch.StartNew();
        var study = Study.Load(storage, "large", new StudyOptions { Sampler = new RandomSampler() });
        var read = study.GetBestSoFar().Count;
        if (read != size) throw new InvalidOperationException($"{read} of {size} trials were read");
        var (seconds, wanted) = (clock.Elapsed.TotalSeconds, size switch { 10_000 => "< 0.5", 100_000 => "< 6", _ => "" });
        add($"open {size} trials", seconds, "s", wanted);
        add($"memory, {size} trials", (Memory() - before) / 1048576.0, "MiB", size == 100_000 ? "< 500" : "");

        using (var other = StorageUrl.Open(url)) SingleWriter.Trials(other, "large", News, 1);
        clock.Restart();
        if (study.GetBestSoFar().Count != size + News) throw new InvalidOperationException("the news were not read");
        add($"catch up with {News}", clock.Elapsed.TotalMilliseconds, "ms", "< 10");
        Look(storage, "large", size, add);
        add($"longest report while {size} trials are read", LongestReport(storage, study), "ms", "< 50");
    }

    /// <summary>
    /// Reports of trials, a thousand each, while another thread of the process reads the whole study, three times; in milliseconds.
    /// </summary>
    private static double LongestReport(RelationalStorage storage, Study study)
    {
        using var running = Study.Load(
            storage, "large", new StudyOptions { Sampler = new RandomSampler(), Pruner = new Pruners.NoPruner() });
        var trial = running.Ask();
        var (longest, step) = (0.0, 0L);
        void Report()
        {
            if (step == ReportsOfATrial)
            {
                running.Tell(trial, 1);
                (trial, step) = (running.Ask(), 0);
            }

            var clock = Stopwatch.GetTimestamp();
            trial.Report(step++, 1);
            longest = Math.Max(longest, Stopwatch.GetElapsedTime(clock).TotalMilliseconds);
        }

        // Compiling is not waiting.
        for (var i = 0; i < 200; i++) Report();
        longest = 0;
        var reading = Task.Run(() =>
        {
            for (var i = 0; i < 3; i++) _ = study.GetTrials().Count;
        });
        while (!reading.IsCompleted) Report();
        running.Tell(trial, 1);
        return longest;
    }

    private static void Look(RelationalStorage storage, string name, int size, Action<string, double, string, string> add)
    {
        var study = storage.FindStudy(name)!.Id;
        void Time(string operation, Action look)
        {
            var times = new double[5];
            for (var i = 0; i < times.Length; i++)
            {
                var clock = Stopwatch.StartNew();
                look();
                times[i] = clock.Elapsed.TotalMilliseconds;
            }

            add($"{operation}, {size} trials", times.Order().ElementAt(times.Length / 2), "ms", "< 10");
        }

        Time("best trial", () => storage.GetBestTrials(study, 0, 1));
        Time("top 10", () => storage.GetBestTrials(study, 0, 10));
        Time("page of 100 at 20 %", () => storage.GetPage(study, size / 5, 100));
        Time("counts by state", () => storage.CountTrials(study));
    }

    private static void Fill(RelationalStorage storage, string name, int size)
    {
        var random = new Random(1);
        var range = new FloatDistribution(0, 1);
        FrozenTrial Trial(int number) => new()
        {
            Number = number,
            State = TrialState.Complete,
            Values = [random.NextDouble()],
            StartedAt = DateTime.UtcNow,
            FinishedAt = DateTime.UtcNow,
            ParameterList = [.. SingleWriter.Names.Select(n => new TrialParameter(n, range, random.NextDouble()))],
            Reports = [.. Enumerable.Range(0, SingleWriter.Reports).Select(step => new TrialReport(step, random.NextDouble()))],
        };
        storage.AddStudy(new StudyContent(name, [Direction.Minimize], [.. Enumerable.Range(0, size).Select(Trial)]));
    }

    private static long Memory()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        return Process.GetCurrentProcess().WorkingSet64;
    }
}
