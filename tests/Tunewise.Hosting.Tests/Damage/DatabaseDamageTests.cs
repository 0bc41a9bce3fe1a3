using System.Globalization;
using Microsoft.Data.Sqlite;
using Tunewise.Sqlite;
using Tunewise.Testing;

namespace Tunewise.Hosting.Tests.Damage;

/// <summary>
/// Random damage to databases, Tunewise's and Optuna's: a verb ends with a line and a status, and what check calls in order every
/// verb and Optuna can read.
/// </summary>
public sealed class DatabaseDamageTests : IDisposable
{
    private static readonly string[] OddValues =
    [
        "NULL", "''", "'x'", "'NaN'", "-1", "0", "7", "7.5", "1e308", "9223372036854775807", "-9223372036854775808",
        "4611686018427387904", "x'ff00'", "'null'", "'[]'", "'{}'", "'{\"a\": '", "'\"\\udcff\"'",
        "'[NaN, Infinity]'", "'1e999'", "'2026-99-99'", "'COMPLETE'", "'FAIL'", "'WAITING'", "'RUNNING'", "'PRUNED'",
        "'FINITE'", "'NAN'", "'INF_NEG'", "'MAXIMIZE'", "'NOT_SET'", "'constraints'", "'fixed_params'", "'{\"x\": 0.5}'",
        "'{\"name\": \"IntDistribution\", \"attributes\": {\"log\": false, \"step\": 1, \"low\": 0, \"high\": 4611686018427387904}}'",
        "'{\"name\": \"CategoricalDistribution\", \"attributes\": {\"choices\": [[1], {}, null]}}'",
        "'{\"name\": \"CategoricalDistribution\", \"attributes\": {\"choices\": []}}'",
        "'{\"name\": \"FloatDistribution\", \"attributes\": {\"low\": 1, \"high\": 0}}'",
        "'{\"name\": \"FloatDistribution\", \"attributes\": {\"low\": 0.0, \"high\": 1.0, \"log\": false, \"step\": null}}'",
    ];

    private readonly StudyVerbs _verbs = new();

    public void Dispose() => _verbs.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Databases_DamagedAnywhere_EndWithALineAndAStatus(bool optunas)
    {
        if (optunas)
        {
            File.Copy(Path.Combine(AppContext.BaseDirectory, "Fixtures", "optuna-4.9-studies.db"), _verbs.Database);
            // A trial that has run since the recording was made would be a problem of its own.
            _verbs.Damage("UPDATE trials SET datetime_start = datetime('now') WHERE state = 'RUNNING'");
        }
        else await _verbs.CreateAsync();
        SqliteConnection.ClearAllPools();
        var whole = await File.ReadAllBytesAsync(_verbs.Database);
        var (studies, columns) = Contents();
        var inOrder = new List<string>();
        var random = new Random(optunas ? 3 : 2);
        for (var i = 0; i < DamageCases.Count / 4; i++)
        {
            foreach (var ending in new[] { "-wal", "-shm" }) File.Delete(_verbs.Database + ending);
            await File.WriteAllBytesAsync(_verbs.Database, whole);
            var seed = random.Next();
            var done = DamageDatabase(whole, columns, new Random(seed));
            try
            {
                var study = studies[i % studies.Count];
                if (await _verbs.RunAsync(study, "check") == 0)
                {
                    if (Studies().Contains(study)) await RandomDamage.ReadAsync(_verbs, study);
                    if (inOrder.Count < 150)
                    {
                        inOrder.Add(_verbs[$"in-order-{i}.db"]);
                        using var storage = SqliteStorage.OpenToRead(_verbs.Database);
                        storage.ExportTo(inOrder[^1]);
                    }
                }
                else
                {
                    foreach (var args in new string[][]
                    {
                        ["best"],
                        ["trials"],
                        ["trials", "--format", "json"],
                        ["trials", "--format", "csv"],
                        ["importance"],
                        ["export", _verbs["out.jsonl"]],
                    })
                    {
                        await _verbs.RunAsync(study, args);
                    }

                    File.Delete(_verbs["out.jsonl"]);
                }

                if (i % 5 == 0) await _verbs.RunAsync(study, "run", "--trials", "8");
                if (i % 3 == 0) await _verbs.RunAsync(study, "check", "--repair");
            }
            catch (Exception error)
            {
                throw new InvalidOperationException($"case {i}, seed {seed}: {done}", error);
            }
        }

        Assert.NotEmpty(inOrder);
        if (PythonWithOptuna.IsHere) PythonWithOptuna.Run(ReadAll, [.. inOrder]);
    }

    private const string ReadAll = """
        import sys, optuna
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        for path in sys.argv[1:]:
            try:
                storage = optuna.storages.RDBStorage("sqlite:///" + path, skip_compatibility_check=True, skip_table_creation=True)
                for summary in optuna.study.get_all_study_summaries(storage, include_best_trial=False):
                    study = optuna.load_study(study_name=summary.study_name, storage=storage)
                    for trial in study.trials:
                        trial.params, trial.values, trial.user_attrs
            except Exception as error:
                raise RuntimeError(path + ": " + repr(error)[:2000])
        """;

    private HashSet<string> Studies()
    {
        using var storage = SqliteStorage.OpenToRead(_verbs.Database);
        return [.. storage.GetStudies().Select(s => s.Name)];
    }

    /// <summary>The names of the studies, and the columns of all tables.</summary>
    private (List<string> Studies, List<(string Table, string Column)> Columns) Contents()
    {
        var studies = Studies().Order(StringComparer.Ordinal).ToList();
        var columns = _verbs.Texts(
            "SELECT m.name || ' ' || c.name FROM sqlite_master m, pragma_table_info(m.name) c "
            + "WHERE m.type = 'table' AND m.name NOT LIKE 'alembic%'").Select(t => t.Split(' ')).Select(t => (t[0], t[1])).ToList();
        return (studies, columns);
    }

    /// <summary>Bytes of the file, a value, a row, some characters of a text, or an object of the schema.</summary>
    private string DamageDatabase(byte[] whole, List<(string Table, string Column)> columns, Random random)
    {
        string Pick(string[] from) => from[random.Next(from.Length)];
        static string Quotable(string text) =>
            text.Replace("\u0000", "", StringComparison.Ordinal).Replace("'", "''", StringComparison.Ordinal);
        if (random.Next(10) == 0)
        {
            File.WriteAllBytes(_verbs.Database, RandomDamage.To(whole, random));
            return "bytes";
        }

        var done = "";
        for (var times = random.Next(1, 3); times > 0; times--)
        {
            var (table, column) = columns[random.Next(columns.Count)];
            var row = string.Create(
                CultureInfo.InvariantCulture,
                $"rowid = (SELECT rowid FROM {table} LIMIT 1 OFFSET (SELECT {random.Next(1000)} % MAX(1, COUNT(*)) FROM {table}))");
            var at = random.Next(80).ToString(CultureInfo.InvariantCulture);
            var sql = random.Next(8) switch
            {
                0 => $"DELETE FROM {table} WHERE {row}",
                1 => $"UPDATE {table} SET {column} = substr({column}, 1, {at}) WHERE {row}",
                2 => $"UPDATE {table} SET {column} = substr({column}, 1, {at}) || '{Quotable(Pick(RandomDamage.Texts))}' "
                    + $"|| substr({column}, {at} + 2) WHERE {row}",
                3 when random.Next(5) == 0 => $"DROP TABLE {table}",
                _ => $"UPDATE {table} SET {column} = {Pick(OddValues)} WHERE {row}",
            };
            // The counter of SQLite's own is none of a program's business.
            if (table == "sqlite_sequence") continue;
            try
            {
                _verbs.Damage(sql);
                done += sql + "; ";
            }
            catch (SqliteException)
            {
                // A rule of the schema was in the way.
            }
        }

        return done;
    }
}
