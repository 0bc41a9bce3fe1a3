using System.Diagnostics;
using Tunewise.Hosting;
using Tunewise.Pruners;
using Tunewise.Samplers.Random;

namespace Tunewise.Benchmarks.Storage;

/// <summary>What series cost: the space they take, writing them step by step, reading them, and until somebody else sees them.</summary>
internal static class SeriesSpeed
{
    private const int Steps = 20;

    public static void Run(int trials, int series, int manyTrials, int manySeries, int processes, string? postgres, FileInfo? json)
    {
        var table = new Table(json, "database", "operation", "measured", "unit", "wanted");
        var folder = Directory.CreateTempSubdirectory("tunewise-");
        try
        {
            string File(string name) => Path.Combine(folder.FullName, name + ".db");
            Database("SQLite", table, File, trials, series, processes);
            if (postgres is null)
            {
                Console.WriteLine("PostgreSQL: not measured; name a server with --postgres or TUNEWISE_TEST_POSTGRES");
            }
            else
            {
                using var schemas = new PostgresSchemas(postgres);
                Database("PostgreSQL", table, schemas.Url, trials / 10, series, processes);
            }

            if (manyTrials > 0) Study("SQLite", table, File("many"), manyTrials, manySeries, wanted: false);
            table.Save();
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static void Database(string name, Table table, Func<string, string> place, int trials, int series, int processes)
    {
        // Compiling is not measured.
        using (var warm = StorageUrl.Open(place("warm"))) Fill(warm, 100, series);
        Study(name, table, place("series"), trials, series, wanted: name == "SQLite" && trials == 10_000 && series == 30);
        var worst = Latency(place("follow"));
        table.Add(name, "a value seen elsewhere, latest of 50", worst.TotalMilliseconds, "ms", "<= 300");
        foreach (var logged in new[] { 0, series })
        {
            table.Add(
                name,
                logged == 0 ? $"longest report, {processes} processes" : $"the same with {logged} series",
                SeriesWriters.LongestReport(place($"writers{logged}"), processes, logged).TotalMilliseconds,
                "ms",
                logged == 0 ? "" : "as without");
        }
    }

    private static void Study(string name, Table table, string url, int trials, int series, bool wanted)
    {
        var of = $"{trials} x {Steps} x {series}";
        string Wanted(string text) => wanted ? text : "";
        using (var storage = StorageUrl.Open(url))
        {
            var clock = Stopwatch.StartNew();
            Fill(storage, trials, series);
            var seconds = clock.Elapsed.TotalSeconds;
            table.Add(name, $"write {of}", seconds, "s", Wanted("<= 20"));
            table.Add(name, $"a step of {series} values", seconds * 1e6 / trials / Steps, "us", Wanted("<= 60"));
        }

        if (File.Exists(url)) table.Add(name, $"size of {of}", new FileInfo(url).Length / 1e6, "MB", Wanted("<= 40"));
        using (var storage = StorageUrl.Open(url))
        {
            var study = Tunewise.Study.Load(storage, "s");
            table.Add(name, "one trial's series", Median(20, i => study.GetSeries(trials / 20 * i).Count), "ms", Wanted("<= 2"));
            table.Add(name, "one series of all trials", Median(5, i => study.GetSeries($"metric {i}").Count), "ms", Wanted("<= 150"));
            table.Add(name, "who has seen all looks for news", News(study), "ms", "");
        }
    }

    private static double News(Study study)
    {
        SeriesPosition? position = null;
        while (true)
        {
            var news = study.ReadSeries(position);
            position = news.Position;
            if (news.IsComplete) break;
        }

        return Median(20, _ => study.ReadSeries(position).Points.Count);
    }

    private static double Median(int count, Func<int, int> read)
    {
        var times = new double[count];
        for (var i = 0; i < count; i++)
        {
            var clock = Stopwatch.StartNew();
            _ = read(i);
            times[i] = clock.Elapsed.TotalMilliseconds;
        }

        return times.Order().ElementAt(count / 2);
    }

    private static void Fill(Relational.RelationalStorage storage, int trials, int series)
    {
        using var study = Tunewise.Study.Open(storage, "s", Plain);
        var random = new Random(1);
        var values = new (string Name, double Value)[series];
        for (var t = 0; t < trials; t++)
        {
            var trial = study.Ask();
            for (var step = 0; step < Steps; step++)
            {
                for (var i = 0; i < series; i++) values[i] = ($"metric {i}", random.NextDouble());
                trial.Log(step, values);
            }

            study.Tell(trial, random.NextDouble());
        }
    }

    /// <summary>The longest time from logging a value to reading it over another connection, a step every fifty milliseconds.</summary>
    private static TimeSpan Latency(string url)
    {
        using var writing = StorageUrl.Open(url);
        using var study = Tunewise.Study.Open(writing, "s", Plain);
        using var reading = StorageUrl.Open(url);
        var follower = Tunewise.Study.Load(reading, "s");
        var (trial, longest, position) = (study.Ask(), TimeSpan.Zero, default(SeriesPosition));
        for (var step = 0; step < 50; step++)
        {
            var clock = Stopwatch.StartNew();
            trial.Log(step, ("loss", step));
            var seen = false;
            while (!seen)
            {
                Thread.Sleep(10);
                var news = follower.ReadSeries(position);
                position = news.Position;
                seen = news.Points.Any(p => p.Step == step);
            }

            if (clock.Elapsed > longest) longest = clock.Elapsed;
        }

        study.Tell(trial, 1);
        return longest;
    }

    internal static StudyOptions Plain => new() { Sampler = new RandomSampler(), Pruner = new NoPruner(), Seed = 1 };
}
