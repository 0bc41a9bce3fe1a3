using System.Diagnostics;
using Microsoft.Data.Sqlite;
using Tunewise.Sqlite;
using Tunewise.Storage;

namespace Tunewise.Benchmarks;

/// <summary>What a trial and a report cost on SQLite, every call durable, beside the same rows written with prepared statements and nothing else.</summary>
internal static class StorageSpeed
{
    private const int Parameters = 5;
    private const int ReportsPerTrial = 20;
    private static readonly string[] Names = [.. Enumerable.Range(0, Parameters).Select(i => $"x{i}")];

    public static void Run(int trials, FileInfo? json)
    {
        var folder = Directory.CreateTempSubdirectory("tunewise-");
        try
        {
            Trials(Path.Combine(folder.FullName, "warm.db"), 100, 1);
            var trial = Trials(Path.Combine(folder.FullName, "trials.db"), trials, 0);
            var withReports = Trials(Path.Combine(folder.FullName, "reports.db"), trials, ReportsPerTrial);
            RawTrials(Path.Combine(folder.FullName, "rawwarm.db"), 100, 1);
            var rawTrial = RawTrials(Path.Combine(folder.FullName, "rawtrials.db"), trials, 0);
            var rawWithReports = RawTrials(Path.Combine(folder.FullName, "rawreports.db"), trials, ReportsPerTrial);

            var table = new Table(json, "operation", "microseconds", "rawMicroseconds");
            table.Add($"trial with {Parameters} parameters", trial, rawTrial);
            table.Add("report", (withReports - trial) / ReportsPerTrial, (rawWithReports - rawTrial) / ReportsPerTrial);
            table.Save();
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    /// <summary>Microseconds per trial through a study: claim, random suggestions, reports with a pruner that is off, finish.</summary>
    private static double Trials(string path, int trials, int reports)
    {
        using var storage = SqliteStorage.Open(path);
        var study = Study.Open(storage, "speed", new StudyOptions { Sampler = new Samplers.Random.RandomSampler(), Pruner = new Pruners.NoPruner(), Seed = 1 });
        var clock = Stopwatch.StartNew();
        for (var t = 0; t < trials; t++)
        {
            var trial = study.Ask();
            foreach (var name in Names) trial.SuggestFloat(name, 0, 1);
            for (var step = 0; step < reports; step++) trial.Report(step, step);
            study.Tell(trial, t);
        }

        return clock.Elapsed.TotalMicroseconds / trials;
    }

    /// <summary>The yardstick: one transaction to claim, one per parameter and report, one to finish, with the driver's prepared statements.</summary>
    private static double RawTrials(string path, int trials, int reports)
    {
        SqliteStorage.Open(path).Dispose();
        using var connection = new SqliteConnection($"Data Source={path};Pooling=False");
        connection.Open();
        Prepare(connection, "PRAGMA synchronous = NORMAL").ExecuteNonQuery();
        Prepare(connection, "INSERT INTO studies VALUES (1, 'raw')").ExecuteNonQuery();
        var distribution = DistributionJson.Write(new Spaces.FloatDistribution(0, 1));
        using var begin = Prepare(connection, "BEGIN IMMEDIATE");
        using var commit = Prepare(connection, "COMMIT");
        using var number = Prepare(connection, "SELECT MAX(number) + 1 FROM trials WHERE study_id = 1");
        using var insert = Prepare(connection, "INSERT INTO trials (trial_id, number, study_id, state, datetime_start) VALUES (@trial, @number, 1, 'RUNNING', @now)", "@trial", "@number", "@now");
        using var lease = Prepare(connection, "INSERT INTO tunewise_leases VALUES (@trial, 'raw', 0)", "@trial");
        using var parameter = Prepare(connection, "INSERT INTO trial_params (trial_id, param_name, param_value, distribution_json) VALUES (@trial, @name, @value, @json)", "@trial", "@name", "@value", "@json");
        using var report = Prepare(connection, "INSERT INTO trial_intermediate_values (trial_id, step, intermediate_value, intermediate_value_type) VALUES (@trial, @step, @value, 'FINITE')", "@trial", "@step", "@value");
        using var finish = Prepare(connection, "UPDATE trials SET state = 'COMPLETE', datetime_complete = @now WHERE trial_id = @trial AND state = 'RUNNING'", "@now", "@trial");
        using var value = Prepare(connection, "INSERT INTO trial_values (trial_id, objective, value, value_type) VALUES (@trial, 0, @value, 'FINITE')", "@trial", "@value");
        using var release = Prepare(connection, "DELETE FROM tunewise_leases WHERE trial_id = @trial", "@trial");

        var clock = Stopwatch.StartNew();
        for (var t = 1; t <= trials; t++)
        {
            begin.ExecuteNonQuery();
            number.ExecuteScalar();
            Run(insert, t, t - 1, "2026-01-01 00:00:00.000000");
            Run(lease, t);
            commit.ExecuteNonQuery();
            foreach (var name in Names) Run(parameter, t, name, 0.5, distribution);
            for (var step = 0; step < reports; step++) Run(report, t, step, (double)step);
            begin.ExecuteNonQuery();
            Run(finish, "2026-01-01 00:00:00.000000", t);
            Run(value, t, (double)t);
            Run(release, t);
            commit.ExecuteNonQuery();
        }

        return clock.Elapsed.TotalMicroseconds / trials;
    }

#pragma warning disable CA2100 // Constant texts.
    private static SqliteCommand Prepare(SqliteConnection connection, string sql, params string[] names)
    {
        var command = connection.CreateCommand();
        command.CommandText = sql;
        foreach (var name in names) command.Parameters.Add(new SqliteParameter { ParameterName = name });
        return command;
    }
#pragma warning restore CA2100

    private static void Run(SqliteCommand command, params ReadOnlySpan<object> values)
    {
        for (var i = 0; i < values.Length; i++) command.Parameters[i].Value = values[i];
        command.ExecuteNonQuery();
    }
}
