using System.Text.RegularExpressions;
using Dapper;
using Microsoft.Data.Sqlite;
using Tunewise.Spaces;

namespace Tunewise.Sqlite.Tests;

/// <summary>The schema and the encodings are Optuna's: compared with a database that Optuna 4.9.0 wrote.</summary>
public sealed partial class OptunaSchemaTests : IDisposable
{
    private static readonly string Fixture = Path.Combine(AppContext.BaseDirectory, "Fixtures", "optuna-4.9.db");
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Spaces { get; }

    private static SqliteConnection Connect(string path)
    {
        var connection = new SqliteConnection($"Data Source={path};Pooling=False");
        connection.Open();
        return connection;
    }

    private static Dictionary<string, string> Objects(string path)
    {
        using var connection = Connect(path);
        string Plain(string sql) =>
            Spaces.Replace(sql, " ").Replace("( ", "(", StringComparison.Ordinal).Replace(" )", ")", StringComparison.Ordinal).Trim();
        return connection.Query<(string Name, string Sql)>("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL")
            .ToDictionary(o => o.Name, o => Plain(o.Sql));
    }

    private string CopyOfFixture()
    {
        var path = _folder["optuna.db"];
        File.Copy(Fixture, path);
        return path;
    }

    [Fact]
    public void NewDatabase_HasOptunasTablesToTheLetter()
    {
        SqliteStorage.Open(_folder["new.db"]).Dispose();
        var (ours, theirs) = (Objects(_folder["new.db"]), Objects(Fixture));
        foreach (var (name, sql) in theirs) Assert.Equal(sql, ours[name]);
        Assert.All(ours.Keys.Except(theirs.Keys), name => Assert.True(
            name.StartsWith("tunewise_", StringComparison.Ordinal) || name == "sqlite_sequence", name));

        using var connection = Connect(_folder["new.db"]);
        Assert.Equal(
            (1, 12, "4.9.0"),
            connection.QuerySingle<(int, int, string)>("SELECT version_info_id, schema_version, library_version FROM version_info"));
        Assert.Equal("v3.2.0.a", connection.QuerySingle<string>("SELECT version_num FROM alembic_version"));
    }

    [Fact]
    public void WrittenRows_HaveOptunasEncodings()
    {
        var path = _folder["rows.db"];
        using (var storage = SqliteStorage.Open(path))
        {
            var study = Study.Open(
                storage,
                "s",
                new StudyOptions
                {
                    Objectives = [Objective.Maximize("accuracy")],
                    Sampler = new Tunewise.Samplers.Random.RandomSampler(),
                    Seed = 1,
                });
            study.Enqueue(new Dictionary<string, object?>
            {
                ["x"] = 0.25,
                ["opt"] = "adam",
                ["flag"] = true,
                ["n"] = 3,
                ["real"] = 1.0,
                ["none"] = null,
            });
            var trial = study.Ask();
            trial.SuggestFloat("x", 0, 1);
            trial.SuggestFloat("lr", 1e-5, 1e-1, log: true);
            trial.SuggestFloat("drop", 0, 0.5, step: 0.1);
            trial.SuggestInt("n", 1, 10);
            trial.SuggestCategorical<object?>("opt", "adam", null, true, 1.5, 3);
            trial.Report(0, double.NaN);
            trial.Report(1, double.PositiveInfinity);
            trial.Report(2, 0.5);
            trial.SetUserAttribute("é", double.NaN);
            study.Tell(trial, double.NegativeInfinity);
        }

        using var connection = Connect(path);
        Assert.Equal("MAXIMIZE", connection.QuerySingle<string>("SELECT direction FROM study_directions"));
        Assert.Equal(
            "[\"accuracy\"]",
            connection.QuerySingle<string>("SELECT value_json FROM study_system_attributes WHERE key = 'study:metric_names'"));
        Assert.Equal("COMPLETE", connection.QuerySingle<string>("SELECT state FROM trials"));
        Assert.Matches(@"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}$", connection.QuerySingle<string>("SELECT datetime_start FROM trials"));
        Assert.Equal(
            [
                """{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 1.0, "log": false}}""",
                """{"name": "FloatDistribution", "attributes": {"step": null, "low": 1e-05, "high": 0.1, "log": true}}""",
                """{"name": "FloatDistribution", "attributes": {"step": 0.1, "low": 0.0, "high": 0.5, "log": false}}""",
                """{"name": "IntDistribution", "attributes": {"log": false, "step": 1, "low": 1, "high": 10}}""",
                """{"name": "CategoricalDistribution", "attributes": {"choices": ["adam", null, true, 1.5, 3]}}""",
            ],
            connection.Query<string>("SELECT distribution_json FROM trial_params ORDER BY param_id"));
        Assert.Equal(
            [0.25, 3, 0],
            connection.Query<double>("SELECT param_value FROM trial_params WHERE param_name IN ('x', 'n', 'opt') ORDER BY param_id"));
        Assert.Equal((null, "INF_NEG"), connection.QuerySingle<(double?, string)>("SELECT value, value_type FROM trial_values"));
        Assert.Equal(
            [(null, "NAN"), (null, "INF_POS"), (0.5, "FINITE")],
            connection.Query<(double?, string)>(
                "SELECT intermediate_value, intermediate_value_type FROM trial_intermediate_values ORDER BY step"));
        Assert.Equal(
            """{"x": 0.25, "opt": "adam", "flag": true, "n": 3, "real": 1.0, "none": null}""",
            connection.QuerySingle<string>("SELECT value_json FROM trial_system_attributes WHERE key = 'fixed_params'"));
        Assert.Equal(("é", "NaN"), connection.QuerySingle<(string, string)>("SELECT key, value_json FROM trial_user_attributes"));
    }

    [Fact]
    public void OptunasUnguardedUpdates_AreStoppedByTheTriggers()
    {
        var path = CopyOfFixture();
        SqliteStorage.Open(path).Dispose();
        using var connection = Connect(path);
        Assert.Equal(
            19,
            Assert.Throws<SqliteException>(
                () => connection.Execute("UPDATE trials SET state = 'RUNNING' WHERE trial_id = 9")).SqliteErrorCode);
        Assert.Equal(
            19,
            Assert.Throws<SqliteException>(
                () => connection.Execute("UPDATE trials SET state = 'FAIL' WHERE trial_id = 1")).SqliteErrorCode);
        Assert.Equal(1, connection.Execute("UPDATE trials SET state = 'FAIL' WHERE trial_id = 9"));
    }

    [Fact]
    public void Fixture_Demo_IsReadValueForValue()
    {
        using var storage = SqliteStorage.Open(CopyOfFixture());
        var study = Study.Load(storage, "demo");
        Assert.Equal([Objective.Minimize("loss")], study.Objectives);
        var note = (IReadOnlyDictionary<string, object?>)study.GetUserAttributes()["note"]!;
        Assert.Equal([1L, 2L, null], (IEnumerable<object?>)note["a"]!);
        Assert.Equal((double.NaN, "é"), (note["f"], note["u"]));

        var trials = study.GetTrials();
        Assert.Equal(Enumerable.Range(0, 9), trials.Select(t => t.Number));
        Assert.Equal(
            [
                TrialState.Complete, TrialState.Complete, TrialState.Pruned, TrialState.Failed, TrialState.Complete,
                TrialState.Failed, TrialState.Complete, TrialState.Complete, TrialState.Running,
            ],
            trials.Select(t => t.State));

        var first = trials[0];
        Assert.Equal(0.25, first.Value);
        Assert.Equal(["x", "lr", "drop", "n", "h", "b", "opt"], first.ParameterList.Select(p => p.Name));
        Assert.Equal(
            [
                new FloatDistribution(0, 1),
                new FloatDistribution(1e-5, 0.1, log: true),
                new FloatDistribution(0, 0.5, step: 0.1),
                new IntDistribution(1, 10),
                new IntDistribution(16, 256, log: true),
                new IntDistribution(8, 64, step: 8),
                new CategoricalDistribution(["adam", "sgd", null, true, 1.5, 3]),
            ],
            first.ParameterList.Select(p => p.Distribution));
        Assert.Equal([0.25, 0.0015676677195506068, 0.4, 7L, 72L, 32L, "adam"], first.ParameterList.Select(p => p.External));
        Assert.Equal(
            [new(0, double.NaN), new(1, double.PositiveInfinity), new(2, double.NegativeInfinity), new TrialReport(3, 0.25)],
            first.Reports);
        Assert.Equal("first", first.UserAttributes["memo"]);
        Assert.Equal([1L, "z"], (IEnumerable<object?>)first.UserAttributes["k"]!);
        Assert.Equal([-0.25], first.Constraints);
        Assert.Equal(new DateTimeOffset(2026, 11, 21, 9, 9, 29, 99, 173, TimeSpan.Zero), first.StartedAt);
        Assert.Equal(TimeSpan.FromMicroseconds(57431), first.Duration);

        Assert.Equal(0.832619845547938, trials[2].Value!.Value, 1e-15);
        Assert.Empty(trials[3].Values);
        Assert.Equal(double.PositiveInfinity, trials[4].Value);
        Assert.Empty(trials[5].Values);
        Assert.False(trials[7].IsFeasible);
        Assert.Null(trials[8].FinishedAt);
        // Optuna: the best feasible trial.
        Assert.Equal(6, study.GetBestTrial()!.Number);
    }

    [Fact]
    public void Fixture_TwoObjectives_AreRead()
    {
        using var storage = SqliteStorage.Open(CopyOfFixture());
        var study = Study.Load(storage, "mo", new StudyOptions { Sampler = new Tunewise.Samplers.Random.RandomSampler() });
        Assert.Equal([Direction.Minimize, Direction.Maximize], study.Objectives.Select(o => o.Direction));
        Assert.Equal([0.00011437481734488664, double.NegativeInfinity], study.FindTrial(1)!.Values);
        Assert.NotEmpty(study.GetParetoFront());
        Assert.All(study.GetParetoFront(), t => Assert.Equal(2, t.Values.Count));
        Assert.Equal(["demo", "mo", "demo2"], storage.GetStudies().Select(s => s.Name));
    }

    [Fact]
    public async Task Fixture_IsContinued()
    {
        using var storage = SqliteStorage.Open(CopyOfFixture());
        var study = Study.Load(storage, "demo", new StudyOptions { Seed = 1 });
        var report = await study.RunAsync((trial, _) =>
        {
            var x = trial.SuggestFloat("x", 0, 1);
            trial.SuggestCategorical<object?>("opt", "adam", "sgd", null, true, 1.5, 3);
            return x;
        }, new RunOptions { AdditionalTrials = 15 });
        Assert.Equal(15, report.Complete);
        Assert.Equal(Enumerable.Range(0, 24), study.GetTrials().Select(t => t.Number));
        // A trial that Optuna runs, without a lease of ours, is left alone.
        Assert.Equal(TrialState.Running, study.FindTrial(8)!.State);
        await Assert.ThrowsAsync<ArgumentException>(() => study.RunAsync(
            (trial, _) => trial.SuggestInt("x", 0, 1), new RunOptions { AdditionalTrials = 1, OnFailure = FailurePolicy.Stop }));
    }
}
