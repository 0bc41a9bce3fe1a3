using Tunewise.Hosting;
using Tunewise.Storage;

namespace Tunewise.Benchmarks.Histories;

/// <summary>
/// What a worker's memory holds of a long study, and how soon it has it: of curves that a pruner looks at, and of points in a finite space.
/// </summary>
internal static class HistoryMemory
{
    private const int UsualTrials = 100_000;
    private const int UsualReports = 100;
    private const string Pruned = "random";
    private static readonly string[] Samplers = [Pruned, "tpe"];

    public static void Run(int trials, int reports, int points, FileInfo? json)
    {
        var table = new Table(json, "trials", "reports", "operation", "measured", "unit", "yardstick", "wanted");
        var folder = Directory.CreateTempSubdirectory("tunewise-");
        try
        {
            var file = Path.Combine(folder.FullName, "memory.db");
            Add(file, () => FinishedTrials.Curves(HistoryWorker.Curves, trials, reports));
            Curves(table, file, trials, reports);
            Add(file, () => FinishedTrials.Points(HistoryWorker.Whole, points, whole: true));
            Add(file, () => FinishedTrials.Points(HistoryWorker.Real, points, whole: false));
            foreach (var sampler in Samplers)
            {
                Points(table, sampler, "SQLite", points, file);
                Points(table, sampler, "in memory", points, url: null);
            }

            table.Save();
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static void Curves(Table table, string file, int trials, int reports)
    {
        var cost = HistoryWorker.Measure(HistoryWorker.Curves, Pruned, reports, file);
        void Row(string operation, double measured, string unit, string wanted = "") =>
            table.Add(trials, reports, operation, measured, unit, double.NaN, wanted);

        Row("history", Megabytes(cost.History), "MB", (trials, reports) == (UsualTrials, UsualReports) ? "< 250" : "");
        Row("most of the heap", Megabytes(cost.HeapPeak), "MB");
        Row("most of the process", Megabytes(cost.ProcessPeak), "MB");
        Row("opened to the first verdict", cost.FirstVerdict, "s");
        // Each is at a step that nobody of this process has asked for, so that all trials are looked through.
        Row("each further report, at a step that is new", cost.LaterVerdict, "us");
    }

    /// <summary>Ten whole numbers; the yardstick is ten real ones, of which nobody can tell what is left.</summary>
    private static void Points(Table table, string sampler, string storage, int points, string? url)
    {
        var whole = HistoryWorker.Measure(HistoryWorker.Whole, sampler, points, url);
        var real = HistoryWorker.Measure(HistoryWorker.Real, sampler, points, url);
        void Row(string operation, Func<HistoryCost, double> measured, string unit) =>
            table.Add(points, 0, $"{operation}, {sampler}, {storage}", measured(whole), unit, measured(real), "1 x");

        Row("history", cost => Megabytes(cost.History), "MB");
        Row("a trial", cost => (cost.Storage + cost.History) / points, "bytes");
    }

    /// <summary>What was made to be added is garbage afterwards.</summary>
    private static void Add(string file, Func<StudyContent> content)
    {
        using var storage = StorageUrl.Open(file);
        storage.AddStudy(content());
    }

    private static double Megabytes(double bytes) => bytes / 1e6;
}
