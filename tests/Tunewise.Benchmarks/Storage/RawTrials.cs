using System.Data.Common;
using System.Diagnostics;

namespace Tunewise.Benchmarks.Storage;

/// <summary>
/// The yardstick: one transaction to claim, one per parameter and report, one to finish, with the driver's prepared statements.
/// </summary>
internal abstract class RawTrials : IDisposable
{
    private readonly DbConnection _connection;
    private readonly DbCommand _insert;
    private readonly DbCommand _lease;
    private readonly DbCommand _parameter;
    private readonly DbCommand _report;
    private readonly DbCommand _finish;
    private readonly DbCommand _value;
    private readonly DbCommand _release;
    private int _trials;

    protected DbConnection Connection => _connection;

    protected RawTrials(DbConnection connection)
    {
        _connection = connection;
        using (var study = connection.CreateCommand())
        {
            study.CommandText = "INSERT INTO studies (study_id, study_name) VALUES (1, 'raw')";
            study.ExecuteNonQuery();
        }

        const string Now = "'2026-01-01 00:00:00.000000'";
        _insert = Prepare(
            "INSERT INTO trials (trial_id, number, study_id, state, datetime_start) VALUES (@trial, COALESCE((SELECT MAX(number) + 1 "
                + $"FROM trials WHERE study_id = 1), 0), 1, 'RUNNING', {Now})",
            "@trial");
        _lease = Prepare("INSERT INTO tunewise_leases (trial_id, worker, expires_ms) VALUES (@trial, 'raw', 0)", "@trial");
        _parameter = Prepare(
            "INSERT INTO trial_params (trial_id, param_name, param_value, distribution_json) VALUES (@trial, @name, @value, @json)",
            "@trial",
            "@name",
            "@value",
            "@json");
        _report = Prepare(
            "INSERT INTO trial_intermediate_values (trial_id, step, intermediate_value, intermediate_value_type) "
                + "VALUES (@trial, @step, @value, 'FINITE')",
            "@trial",
            "@step",
            "@value");
        _finish = Prepare(
            $"UPDATE trials SET state = 'COMPLETE', datetime_complete = {Now} WHERE trial_id = @trial AND state = 'RUNNING'", "@trial");
        _value = Prepare(
            "INSERT INTO trial_values (trial_id, objective, value, value_type) VALUES (@trial, 0, @value, 'FINITE')", "@trial", "@value");
        _release = Prepare("DELETE FROM tunewise_leases WHERE trial_id = @trial", "@trial");
    }

    /// <summary>Microseconds per trial.</summary>
    public double Trials(int trials, int reports)
    {
        const string distribution =
            """{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 1.0, "log": false}}""";
        var clock = Stopwatch.StartNew();
        for (var i = 0; i < trials; i++)
        {
            var t = ++_trials;
            InTransaction(() =>
            {
                Run(_insert, t);
                Run(_lease, t);
            });
            foreach (var name in SingleWriter.Names) Run(_parameter, t, name, 0.5, distribution);
            for (var step = 0; step < reports; step++) Run(_report, t, step, (double)step);
            InTransaction(() =>
            {
                Run(_finish, t);
                Run(_value, t, (double)t);
                Run(_release, t);
            });
        }

        return clock.Elapsed.TotalMicroseconds / trials;
    }

    public void Dispose()
    {
        foreach (var command in new[] { _insert, _lease, _parameter, _report, _finish, _value, _release }) command.Dispose();
        _connection.Dispose();
        GC.SuppressFinalize(this);
    }

    protected abstract void InTransaction(Action work);

#pragma warning disable CA2100 // Constant texts.
    protected DbCommand Prepare(string sql, params string[] names)
    {
        var command = _connection.CreateCommand();
        command.CommandText = sql;
        foreach (var name in names)
        {
            var parameter = command.CreateParameter();
            parameter.ParameterName = name;
            command.Parameters.Add(parameter);
        }

        return command;
    }
#pragma warning restore CA2100

    private static void Run(DbCommand command, params ReadOnlySpan<object> values)
    {
        for (var i = 0; i < values.Length; i++) command.Parameters[i].Value = values[i];
        command.ExecuteNonQuery();
    }
}
