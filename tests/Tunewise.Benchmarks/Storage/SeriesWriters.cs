using System.Diagnostics;
using System.Globalization;
using Tunewise.Hosting;

namespace Tunewise.Benchmarks.Storage;

/// <summary>Processes that report to one study at once, and log series beside it or do not.</summary>
internal static class SeriesWriters
{
    public const string Command = "series-writer";
    private const int Trials = 20;
    private const int Steps = 50;

    /// <summary>The longest that any report of any process took.</summary>
    public static TimeSpan LongestReport(string url, int processes, int series)
    {
        using (var storage = StorageUrl.Open(url)) Study.Open(storage, "s", SeriesSpeed.Plain).Dispose();
        var started = Enumerable.Range(0, processes)
            .Select(_ => ManyWriters.Start(Command, url, series.ToString(CultureInfo.InvariantCulture)))
            .ToList();
        var longest = started.Max(p => double.Parse(p.StandardOutput.ReadToEnd(), CultureInfo.InvariantCulture));
        foreach (var process in started) process.Dispose();
        return TimeSpan.FromMilliseconds(longest);
    }

    public static int Work(string url, int series)
    {
        using var storage = StorageUrl.Open(url);
        using var study = Study.Load(storage, "s", SeriesSpeed.Plain with { Objectives = null });
        var values = Enumerable.Range(0, series).Select(i => ($"metric {i}", i / 3.0)).ToArray();
        var longest = TimeSpan.Zero;
        for (var t = 0; t < Trials; t++)
        {
            var trial = study.Ask();
            for (var step = 0; step < Steps; step++)
            {
                trial.Log(step, values);
                var clock = Stopwatch.StartNew();
                trial.Report(step, step);
                // Compiling is not waiting.
                if (t > 0 && clock.Elapsed > longest) longest = clock.Elapsed;
                Thread.Sleep(2);
            }

            study.Tell(trial, t);
        }

        Console.WriteLine(longest.TotalMilliseconds.ToString(CultureInfo.InvariantCulture));
        return 0;
    }
}
