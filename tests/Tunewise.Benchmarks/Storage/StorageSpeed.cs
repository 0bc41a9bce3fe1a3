using Tunewise.Hosting;

namespace Tunewise.Benchmarks.Storage;

/// <summary>
/// What trials, reports, looks and openings cost on a database, every call durable, beside the same rows written with prepared
/// statements and nothing else.
/// </summary>
internal static class StorageSpeed
{
    private const int WarmUp = 1500;

    public static void Run(int trials, int[] sizes, int processes, string? postgres, FileInfo? json)
    {
        var table = new Table(json, "database", "operation", "measured", "unit", "yardstick", "ratio", "wanted");
        var folder = Directory.CreateTempSubdirectory("tunewise-");
        try
        {
            string File(string name) => Path.Combine(folder.FullName, name + ".db");
            Database("SQLite", table, File, trials, sizes, processes, () => new RawSqlite(File("raw")));
            if (postgres is null)
            {
                Console.WriteLine("PostgreSQL: not measured; name a server with --postgres or TUNEWISE_TEST_POSTGRES");
            }
            else
            {
                using var schemas = new PostgresSchemas(postgres);
                Database("PostgreSQL", table, schemas.Url, trials, sizes, processes, () => new RawPostgres(schemas.Url("raw")));
            }

            table.Save();
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static void Database(
        string name, Table table, Func<string, string> place, int trials, int[] sizes, int processes, Func<RawTrials> openRaw)
    {
        void Add(string operation, double measured, string unit, double? yardstick, string wanted) =>
            table.Add(name, operation, measured, unit, yardstick ?? double.NaN, yardstick is { } y ? measured / y : double.NaN, wanted);

        using (var storage = StorageUrl.Open(place("trials")))
        using (var raw = openRaw())
        {
            SingleWriter.Trials(storage, "warm", WarmUp, 2);
            raw.Trials(WarmUp, 2);
            var (trial, rawTrial) = (SingleWriter.Trials(storage, "trials", trials, 0), raw.Trials(trials, 0));
            var (reported, rawReported) =
                (SingleWriter.Trials(storage, "reports", trials, SingleWriter.Reports), raw.Trials(trials, SingleWriter.Reports));
            Add("5 suggests + finish", trial, "us", rawTrial, name == "SQLite" ? "< 300, <= 1.5 x" : "<= 1.5 x");
            Add(
                "report",
                (reported - trial) / SingleWriter.Reports,
                "us",
                (rawReported - rawTrial) / SingleWriter.Reports,
                name == "SQLite" ? "< 50, <= 1.5 x" : "<= 1.5 x");
        }

        foreach (var size in sizes)
        {
            LargeStudy.Measure(
                place($"large{size}"), size, (operation, measured, unit, wanted) => Add(operation, measured, unit, null, wanted));
        }

        var one = ManyWriters.Throughput(place("one"), 1, trials);
        var many = ManyWriters.Throughput(place("many"), processes, trials);
        Add($"trials/s, {processes} processes", many, "1/s", one, ">= 1 x");
    }
}
