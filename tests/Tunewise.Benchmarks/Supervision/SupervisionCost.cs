using System.Diagnostics;
using System.Text.Json;
using Tunewise.Hosting.Processes;

namespace Tunewise.Benchmarks.Supervision;

/// <summary>
/// What worker processes cost: a trial's overhead, the supervisor's share of a core, and how soon a killed worker is replaced.
/// </summary>
internal static class SupervisionCost
{
    private const int Workers = 8;
    private const int BusyMilliseconds = 1000;

    public static void Run(int trials, int seconds, int kills, FileInfo? json)
    {
        var table = new Table(json, "operation", "measured", "unit", "yardstick", "times", "asked");
        Overhead(table, trials);
        Share(table, seconds);
        Replacement(table, kills);
        table.Save();
    }

    /// <summary>
    /// Trials that do nothing, in a worker and on a thread of a program without one; from the first trial's start to the last one's end.
    /// </summary>
    private static void Overhead(Table table, int trials)
    {
        var (here, there) = (Cost(trials, "--devices", "none"), Cost(trials, "--devices", "cpu:1"));
        table.Add("a worker's cost per trial", 1000 * there, "ms", 1000 * here, there / here, "< 2 ms");
    }

    private static double Cost(int trials, params string[] devices)
    {
        using var run = new Study([.. devices, "--trials", $"{trials}"]);
        // The first trials are spent on compiling.
        var warm = trials / 4;
        for (var ended = 0; ended < warm; ended++) run.ReadUntil("trial_ended");
        var started = Stopwatch.GetTimestamp();
        for (var ended = warm; ended < trials; ended++) run.ReadUntil("trial_ended");
        return Stopwatch.GetElapsedTime(started).TotalSeconds / (trials - warm);
    }

    /// <summary>Eight workers whose trials take a second and report ten times. The yardstick is a worker's own share.</summary>
    private static void Share(Table table, int seconds)
    {
        using var run = new Study(
            ["--devices", $"cpu:{Workers}", "--trials", $"{100 * Workers * seconds}", "--milliseconds", $"{BusyMilliseconds}"]);
        var workers = new List<int>();
        for (var ready = 0; ready < Workers; ready++) workers.Add(run.ReadUntil("worker_started").GetProperty("process").GetInt32());
        // What runs for the first time is compiled, and what runs often once more; a study runs for longer than that.
        for (var ended = 0; ended < Math.Min(30, 2 * seconds) * Workers; ended++) run.ReadUntil("trial_ended");
        var started = Stopwatch.GetTimestamp();
        var (supervisor, worker) = (CpuOf(run.Id), CpuOf(workers[0]));
        while (Stopwatch.GetElapsedTime(started).TotalSeconds < seconds) run.ReadUntil("trial_ended");
        var elapsed = Stopwatch.GetElapsedTime(started).TotalSeconds;
        var (own, other) = ((CpuOf(run.Id) - supervisor) / elapsed, (CpuOf(workers[0]) - worker) / elapsed);
        table.Add("the supervisor of 8 workers", 100 * own, "% of a core", 100 * other, own / other, "< 1 %");
    }

    /// <summary>From SIGKILL to the new worker's first trial. The yardstick is starting the program to say how it is used.</summary>
    private static void Replacement(Table table, int kills)
    {
        var bare = Median(Enumerable.Range(0, kills).Select(_ =>
        {
            var started = Stopwatch.GetTimestamp();
            using var process = Start(["--help"]);
            process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return Stopwatch.GetElapsedTime(started).TotalSeconds;
        }));

        using var run = new Study(["--devices", "cpu:1", "--trials", "10000", "--milliseconds", $"{10 * BusyMilliseconds}"]);
        var worker = run.ReadUntil("worker_started").GetProperty("process").GetInt32();
        run.ReadUntil("trial_started");
        var times = new List<double>();
        for (var i = 0; i < kills; i++)
        {
            using var process = Process.GetProcessById(worker);
            var started = Stopwatch.GetTimestamp();
            process.Kill();
            worker = run.ReadUntil("worker_started").GetProperty("process").GetInt32();
            run.ReadUntil("trial_started");
            times.Add(Stopwatch.GetElapsedTime(started).TotalSeconds);
        }

        table.Add("a killed worker replaced, median", Median(times), "s", bare, Median(times) / bare, "< 2 s");
        table.Add("a killed worker replaced, longest", times.Max(), "s", bare, times.Max() / bare, "< 2 s");
    }

    private static double CpuOf(int process)
    {
        using var found = Process.GetProcessById(process);
        return found.TotalProcessorTime.TotalSeconds;
    }

    private static double Median(IEnumerable<double> values) => values.Order().ToArray() is var sorted ? sorted[sorted.Length / 2] : 0;

    private static Process Start(IReadOnlyList<string> arguments)
    {
        var own = ProgramCommand.Current;
        var start = new ProcessStartInfo(own.File) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in own.Arguments.Append(BusyStudy.Name).Concat(arguments)) start.ArgumentList.Add(argument);
        return Process.Start(start)!;
    }

    /// <summary>The study as a process of its own, in a folder of its own.</summary>
    private sealed class Study : IDisposable
    {
        private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("tunewise-supervision-");
        private readonly Process _process;

        public Study(string[] arguments)
        {
            _process = Start(["run", .. arguments, "--log", "json", "--storage", Path.Combine(_folder.FullName, "busy.db")]);
            _ = _process.StandardError.ReadToEndAsync();
        }

        public int Id => _process.Id;

        public JsonElement ReadUntil(string name)
        {
            while (_process.StandardOutput.ReadLine() is { } line)
            {
                // Parsing every report would measure the reader.
                if (!line.Contains(name, StringComparison.Ordinal)) continue;
                var json = JsonDocument.Parse(line).RootElement;
                if (json.GetProperty("event").GetString() == name) return json;
            }

            throw new InvalidOperationException($"the study ended before '{name}'");
        }

        public void Dispose()
        {
            _process.Kill();
            _process.WaitForExit();
            _process.Dispose();
            _folder.Delete(recursive: true);
        }
    }
}
