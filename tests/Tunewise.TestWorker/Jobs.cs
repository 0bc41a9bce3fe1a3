using Microsoft.Extensions.Logging;
using Tunewise.Hosting;
using Tunewise.Pruners;
using Tunewise.Samplers.Random;
using Tunewise.Sqlite;

namespace Tunewise.TestWorker;

/// <summary>What a test worker can do.</summary>
internal static class Jobs
{
    private static StudyOptions Options { get; } = new() { Sampler = new RandomSampler(), Pruner = new NoPruner(), Seed = 1 };

    public static async Task RunAsync(string url, string name, RunOptions options, Action<string> acknowledge)
    {
        using var storage = StorageUrl.Open(url);
        var study = Study.Open(storage, name, Options);
        await study.RunAsync(
            (trial, _) => Evaluate(trial, acknowledge), options with { Callbacks = [(_, trial) => acknowledge($"finish {trial.Number}")] });
    }

    public static void Log(string url, string name, int steps, Action<string> acknowledge)
    {
        using var storage = StorageUrl.Open(url);
        using var study = Study.Open(storage, name, Options);
        var trial = study.Ask();
        for (var step = 0; step < steps; step++) trial.Log(step, ("loss", step / 8.0), ("trial", trial.Number));
        acknowledge($"logged {trial.Number}");
        Console.ReadLine();
        study.Tell(trial, 1);
    }

    public static void Scan(string url, string name)
    {
        using var storage = StorageUrl.OpenExisting(url);
        var study = storage.FindStudy(name)!.Id;
        var ended = Task.Run(Console.In.ReadToEnd);
        do
        {
            var trials = storage.GetTrials(study);
            for (var i = 0; i < trials.Count; i++)
            {
                if (trials[i].Number != i) throw new TunewiseException($"trial {i} has the number {trials[i].Number}");
                if (trials[i].State == TrialState.Complete && (trials[i].Values.Count != 1 || trials[i].ParameterList.Count != 2))
                {
                    throw new TunewiseException(
                        $"trial {i} is complete with {trials[i].Values.Count} values and {trials[i].ParameterList.Count} parameters");
                }
            }

            storage.GetBestTrials(study, 0, 10);
            storage.CountTrials(study);
        }
        while (!ended.IsCompleted);
    }

    /// <summary>Opens a study to read it, and says how many trials it has: at once, and whenever a line comes.</summary>
    public static void Watch(string url, string study, Action<string> acknowledge)
    {
        using var storage = StorageUrl.OpenToRead(url);
        var opened = Study.Load(storage, study);
        do
        {
            acknowledge($"{opened.GetTrials().Count} trials, best {opened.GetBestTrial()?.Value}, front {opened.GetParetoFront()[0].Value}");
        }
        while (Console.ReadLine() is not null);
    }

    public static void Read(string url, string name, Action<string> acknowledge)
    {
        using var storage = StorageUrl.OpenToRead(url);
        acknowledge($"read {Study.Load(storage, name, Options).GetTrials().Count}");
    }

    public static void Export(string url, string file, Action<string> acknowledge)
    {
        using var storage = StorageUrl.OpenExisting(url);
        try
        {
            ((SqliteStorage)storage).ExportTo(file);
        }
        finally
        {
            acknowledge($"left {Directory.GetFiles(Path.GetDirectoryName(file)!).Length}");
        }
    }

    public static void OpenAll(Action<string> acknowledge)
    {
        acknowledge("ready");
        while (Console.ReadLine() is { } url)
        {
            using var storage = StorageUrl.Open(url);
            var study = Study.Open(storage, "s", Options);
            study.Tell(study.Ask(), 1);
            acknowledge($"opened {study.Uid}");
        }
    }

    public static void UseUpDescriptors(string url, string name, Action<string> acknowledge)
    {
        using var storage = StorageUrl.Open(url);
        var study = Study.Open(storage, name, Options);
        var trial = study.Ask();
        var files = new List<FileStream>();
        // Once before, so that nothing needs to be loaded when no file can be opened any more.
        study.ReapLostTrials();
        try
        {
            while (true) files.Add(File.OpenRead(typeof(Jobs).Assembly.Location));
        }
        catch (IOException)
        {
            // That was the last one.
        }

        var reaped = study.ReapLostTrials();
        foreach (var file in files) file.Dispose();
        study.Tell(trial, 1);
        acknowledge($"reaped {reaped}");
    }

    public static void Ask(string url, string name, TimeSpan lease, Action<string> acknowledge)
    {
        using var storage = StorageUrl.Open(url);
        var study = Study.Open(storage, name, Options with { LeaseDuration = lease });
        var trial = study.Ask();
        acknowledge($"asked {trial.Number} {trial.SuggestFloat("x", 0, 1):R}");
        Console.ReadLine();
        try
        {
            trial.Report(0, 1);
            study.Tell(trial, trial.Number);
            acknowledge("kept");
        }
        catch (TrialLostException)
        {
            acknowledge("refused");
        }
    }

    public static async Task FillDiskAsync(string url, string name, string ballast, Action<string> acknowledge)
    {
        using var storage = StorageUrl.Open(url);
        var study = Study.Open(storage, name, Options with { Logger = new WarningPrinter(acknowledge) });
        study.Tell(study.Ask(), 0);
        Fill(ballast);
        acknowledge("filled");
        var freed = Task.Run(() =>
        {
            Console.ReadLine();
            File.Delete(ballast);
        });
        await study.RunAsync(
            (trial, _) => Evaluate(trial, acknowledge),
            new RunOptions { TotalTrials = 30, Callbacks = [(_, trial) => acknowledge($"finish {trial.Number}")] });
        await freed;
    }

    private static TrialResult Evaluate(Trial trial, Action<string> acknowledge)
    {
        acknowledge($"claim {trial.Number}");
        foreach (var name in new[] { "x", "y" })
        {
            var value = trial.SuggestFloat(name, 0, 1);
            acknowledge($"suggest {trial.Number} {name} {value:R}");
        }

        for (var step = 0; step < 10; step++)
        {
            trial.Log(step, SeriesPrecision.Bits64, ("logged", step + trial.Number + 0.5));
            trial.Report(step, step + trial.Number);
            acknowledge($"report {trial.Number} {step}");
        }

        return trial.Number;
    }

    private static void Fill(string path)
    {
        using var file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
        for (var size = 65536; size >= 512; size /= 2)
        {
            try
            {
                while (true) file.Write(new byte[size]);
            }
            catch (IOException)
            {
                // Full to within the size that was tried.
            }
        }
    }

    /// <summary>Prints warnings as lines of the worker.</summary>
    private sealed class WarningPrinter(Action<string> print) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            print($"warning {formatter(state, exception)}");
    }
}
