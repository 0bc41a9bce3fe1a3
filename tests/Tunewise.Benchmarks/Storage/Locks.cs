using System.Diagnostics;
using System.Globalization;
using Tunewise.Hosting;
using Tunewise.Pruners;
using Tunewise.Samplers.Random;

namespace Tunewise.Benchmarks.Storage;

/// <summary>
/// Eight processes that write as fast as they can, four that read the whole study again and again, and one that holds a read open: how
/// long a writer waits at most.
/// </summary>
internal static class Locks
{
    private const int Writers = 8;
    private const int Readers = 4;

    public static void Run(int seconds, string? postgres, FileInfo? json)
    {
        var table = new Table(json, "database", "operation", "trials", "slowestMilliseconds", "wanted");
        var folder = Directory.CreateTempSubdirectory("tunewise-");
        try
        {
            Measure("SQLite", Path.Combine(folder.FullName, "locks.db"), seconds, table);
            if (postgres is not null)
            {
                using var schemas = new PostgresSchemas(postgres);
                Measure("PostgreSQL", schemas.Url("locks"), seconds, table);
            }

            table.Save();
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    /// <summary>One of the writers: until its input ends, then tells how many trials it wrote and its slowest call.</summary>
    public static void Write(string url)
    {
        using var storage = StorageUrl.Open(url);
        var study = Study.Open(storage, "s", new StudyOptions { Sampler = new RandomSampler(), Pruner = new NoPruner() });
        var ended = Task.Run(Console.In.ReadToEnd);
        var (trials, slowest) = (0, 0.0);
        T Time<T>(Func<T> call)
        {
            var clock = Stopwatch.GetTimestamp();
            var result = call();
            slowest = Math.Max(slowest, Stopwatch.GetElapsedTime(clock).TotalMilliseconds);
            return result;
        }

        // Compiling is not waiting.
        SingleWriter.Trials(storage, "s", 50, 1);
        Console.WriteLine("ready");
        while (!ended.IsCompleted)
        {
            var trial = Time(() => study.Ask());
            foreach (var name in SingleWriter.Names) Time(() => trial.SuggestFloat(name, 0, 1));
            Time(() => trial.Report(0, 1));
            Time(() =>
            {
                study.Tell(trial, trials);
                return 0;
            });
            trials++;
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{trials} {slowest:R}"));
    }

    /// <summary>One of the readers.</summary>
    public static void Read(string url)
    {
        using var storage = StorageUrl.Open(url);
        var study = storage.FindStudy("s")!.Id;
        var ended = Task.Run(Console.In.ReadToEnd);
        Console.WriteLine("ready");
        while (!ended.IsCompleted) storage.GetTrials(study);
    }

    private static void Measure(string name, string url, int seconds, Table table)
    {
        using var storage = StorageUrl.Open(url);
        Study.Open(storage, "s");
        var readers = Enumerable.Range(0, Readers).Select(_ => ManyWriters.Start("lock-reader", url)).ToArray();
        var writers = Enumerable.Range(0, Writers).Select(_ => ManyWriters.Start("lock-writer", url)).ToArray();
        var trials = 0;
        var slowest = 0.0;
        storage.Use(s => s.Snapshot(r =>
        {
            // Held open from here to the end.
            r.Number("SELECT COUNT(*) FROM trials");
            foreach (var process in readers.Concat(writers)) process.StandardOutput.ReadLine();
            Thread.Sleep(TimeSpan.FromSeconds(seconds));
            foreach (var process in writers)
            {
                process.StandardInput.Close();
                var words = (process.StandardOutput.ReadLine() ?? throw new InvalidOperationException("a writer failed")).Split(' ');
                trials += int.Parse(words[0], CultureInfo.InvariantCulture);
                slowest = Math.Max(slowest, double.Parse(words[1], CultureInfo.InvariantCulture));
            }

            return 0;
        }));
        foreach (var process in readers) process.StandardInput.Close();
        foreach (var process in readers.Concat(writers))
        {
            process.WaitForExit();
            if (process.ExitCode != 0) throw new InvalidOperationException("a process failed");
            process.Dispose();
        }

        table.Add(name, $"{Writers} writers, {Readers} readers, {seconds} s", trials, slowest, "< 2000");
    }
}
