using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Tunewise.Benchmarks.Storage;
using Tunewise.Hosting;
using Tunewise.Pruners;
using Tunewise.Storage;

namespace Tunewise.Benchmarks.Histories;

/// <summary>A process that opens a study, runs one trial of it and tells what that has cost.</summary>
internal static class HistoryWorker
{
    public const string Command = "memory-worker";
    public const string Curves = "curves";
    public const string Whole = "whole";
    public const string Real = "real";

    /// <summary>Does it in a process of its own.</summary>
    /// <param name="study">Which of the studies.</param>
    /// <param name="sampler">The sampler's name.</param>
    /// <param name="size">How many reports the trial makes, or how many trials are made where there is no database.</param>
    /// <param name="url">The database, or null for a study in the process's own memory.</param>
    public static HistoryCost Measure(string study, string sampler, int size, string? url)
    {
        string[] arguments = [Command, study, sampler, size.ToString(CultureInfo.InvariantCulture)];
        using var worker = ManyWriters.Start(url is null ? arguments : [.. arguments, url]);
        var answer = worker.StandardOutput.ReadToEnd();
        worker.WaitForExit();
        if (worker.ExitCode != 0) throw new InvalidOperationException("a worker failed");
        return JsonSerializer.Deserialize<HistoryCost>(answer)!;
    }

    /// <summary>The process.</summary>
    public static void Work(string study, string sampler, int size, string? url)
    {
        var before = Live();
        using var storage = Open(study, size, url);
        var opened = Live();
        using var peak = new HeapPeak();
        var (live, first, later) = study == Curves ? Report(storage, study, sampler, size) : Ask(storage, study, sampler);
        var cost = new HistoryCost(opened - before, live - opened, peak.Bytes, PeakOfProcess(), first, later);
        Console.WriteLine(JsonSerializer.Serialize(cost));
    }

    private static IStudyStorage Open(string study, int trials, string? url)
    {
        if (url is not null) return StorageUrl.Open(url);
        var storage = new InMemoryStorage();
        storage.AddStudy(FinishedTrials.Points(study, trials, study == Whole));
        return storage;
    }

    /// <summary>A trial that the pruner judges at every step; its verdicts are not heeded.</summary>
    private static (long Live, double First, double Later) Report(IStudyStorage storage, string name, string sampler, int reports)
    {
        var random = new Random(2);
        var opened = Stopwatch.GetTimestamp();
        using var study = Load(storage, name, sampler, new MedianPruner());
        var trial = study.Ask();
        var level = Enumerable.Range(0, FinishedTrials.Rates).Average(i => trial.SuggestFloat(FinishedTrials.NameOf(i), 0, 1));
        var (first, since) = (0.0, 0L);
        for (var step = 0; step < reports; step++)
        {
            var verdict = trial.Report(step, FinishedTrials.Loss(level, step, reports, random));
            if (!verdict.Reason.Contains("median", StringComparison.Ordinal))
                throw new InvalidOperationException($"the pruner did not judge: {verdict.Reason}");
            if (step > 0) continue;
            first = Stopwatch.GetElapsedTime(opened).TotalSeconds;
            since = Stopwatch.GetTimestamp();
        }

        var later = Stopwatch.GetElapsedTime(since).TotalMicroseconds / Math.Max(1, reports - 1);
        study.Tell(trial, level);
        var live = Live();
        GC.KeepAlive(study);
        return (live, first, later);
    }

    private static (long Live, double First, double Later) Ask(IStudyStorage storage, string name, string sampler)
    {
        using var study = Load(storage, name, sampler, new NoPruner());
        var trial = study.Ask();
        var sum = 0.0;
        for (var i = 0; i < FinishedTrials.Coordinates; i++)
        {
            sum += name == Whole
                ? trial.SuggestInt(FinishedTrials.NameOf(i), 1, FinishedTrials.Last)
                : trial.SuggestFloat(FinishedTrials.NameOf(i), 1, FinishedTrials.Last);
        }

        study.Tell(trial, sum);
        var live = Live();
        GC.KeepAlive(study);
        return (live, 0, 0);
    }

    private static Study Load(IStudyStorage storage, string name, string sampler, IPruner pruner) =>
        Study.Load(storage, name, new StudyOptions { Sampler = NamedSamplers.Parse(sampler).Single().Create(), Pruner = pruner, Seed = 1 });

    private static long Live()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        return GC.GetTotalMemory(forceFullCollection: false);
    }

    private static long PeakOfProcess()
    {
        using var own = Process.GetCurrentProcess();
        return own.PeakWorkingSet64;
    }
}
