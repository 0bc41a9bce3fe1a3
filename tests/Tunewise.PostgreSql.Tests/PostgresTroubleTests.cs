using Dapper;
using Tunewise.Samplers.BruteForce;
using Tunewise.Samplers.Random;
using Tunewise.Storage;
using Tunewise.Testing;

namespace Tunewise.PostgreSql.Tests;

/// <summary>Servers that end connections, and databases that are not for studies.</summary>
public sealed class PostgresTroubleTests : IDisposable
{
    private readonly TemporarySchema? _schema = Server.Url is null ? null : new TemporarySchema();

    private string Url => _schema!.Url;

    public void Dispose() => _schema?.Dispose();

    private static int EndConnections(string application)
    {
        using var connection = Server.Connect(Server.Url!);
        return connection.QuerySingle<int>(
            "SELECT COUNT(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = @application", new { application });
    }

    private string Refused()
    {
        var error = Assert.Throws<StorageException>(() => PostgresStorage.Open(Url));
        Assert.DoesNotContain('\n', error.Message);
        Assert.False(error.IsTemporary);
        return error.Message;
    }

    [StorageFact]
    public async Task ConnectionsEndedAgainAndAgain_TheRunGoesOnAndLosesNothing()
    {
        var application = Guid.NewGuid().ToString("N");
        using var storage = PostgresStorage.Open($"{Url}&application_name={application}");
        var study = Study.Open(storage, "s", new StudyOptions { Sampler = new RandomSampler(), Seed = 1 });
        var ended = 0;
        var report = await study.RunAsync((trial, _) =>
        {
            var x = trial.SuggestFloat("x", 0, 1);
            if (trial.Number % 3 == 0) Interlocked.Add(ref ended, EndConnections(application));
            trial.SuggestFloat("y", 0, 1);
            for (var step = 0; step < 3; step++) trial.Report(step, x);
            if (trial.Number % 3 == 1) Interlocked.Add(ref ended, EndConnections(application));
            return x;
        }, new RunOptions { TotalTrials = 30, Parallelism = 2 });
        Assert.Equal((30, 0), (report.Complete, report.Failed));
        Assert.True(ended >= 10);
        var trials = study.GetTrials();
        Assert.Equal(Enumerable.Range(0, 30), trials.Select(t => t.Number));
        Assert.All(trials, t => Assert.Equal((TrialState.Complete, 2, 3), (t.State, t.ParameterList.Count, t.Reports.Count)));
    }

    [StorageFact]
    public async Task ConnectionCutDuringARollback_TheRunGoesOn()
    {
        var settings = PostgresAddress.Parse(Url);
        using var proxy = new CuttingProxy(settings.Host!, settings.Port);
        using var storage = PostgresStorage.Open(Url.Replace($":{settings.Port}/", $":{proxy.Port}/", StringComparison.Ordinal));
        using var other = PostgresStorage.Open(Url);
        using var study = Study.Open(storage, "s", new StudyOptions { Sampler = new BruteForceSampler() });
        var id = other.FindStudy("s")!.Id;
        var report = await study.RunAsync((trial, _) =>
        {
            var x = trial.SuggestInt("x", 0, 1000);
            if (trial.Number == 4)
            {
                // The next look finds what another one added, and reads it once it has found it: each in a transaction that is rolled back.
                other.AddTrial(id, new FrozenTrial { State = TrialState.Complete, Values = [1] });
                proxy.CutBefore("ROLLBACK");
            }

            return x;
        }, new RunOptions { TotalTrials = 20 });
        Assert.Equal((RunEnd.BudgetReached, 19, 0, 1), (report.End, report.Complete, report.Failed, proxy.Cuts));
    }

    [StorageFact]
    public async Task RowsHeldByAnotherSession_PatientCallsGiveUp_AndOthersWait()
    {
        using var storage = PostgresStorage.Open(Url);
        var study = storage.OpenStudy("s", [Direction.Minimize]).Id;
        var claim = new ClaimRequest("w", TimeSpan.FromHours(1)) { TotalTrials = 10 };
        var trial = storage.ClaimTrial(study, claim)!;
        using var holding = Server.Connect(Url);
        holding.Execute("BEGIN; SELECT 1 FROM studies FOR UPDATE; SELECT 1 FROM trials FOR UPDATE");
        foreach (var call in new Action[]
        {
            () => storage.ClaimTrial(study, claim),
            () => storage.AddReport(trial.Id, new TrialReport(0, 1)),
        })
        {
            var error = await Task.Run(() => Inside.Patiently(() => Assert.Throws<StorageException>(call)))
                .WaitAsync(TimeSpan.FromMinutes(1));
            Assert.Contains("is locked by another session; wait until it is done", error.Message, StringComparison.Ordinal);
            Assert.True(error.IsTemporary);
        }

        // Without patience of its own a call waits beyond the server's limit: it asks for the lock again.
        using var watch = Server.Connect(Url);
        var reported = Task.Run(() => storage.AddReport(trial.Id, new TrialReport(1, 1)));
        var begun = new HashSet<DateTime>();
        Assert.True(SpinWait.SpinUntil(() =>
        {
            begun.UnionWith(watch.Query<DateTime>(
                "SELECT a.query_start FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid "
                    + "WHERE NOT l.granted AND @pid = ANY(pg_blocking_pids(a.pid))",
                new { pid = holding.ProcessID }));
            return begun.Count >= 2;
        }, TimeSpan.FromMinutes(1)));
        holding.Execute("ROLLBACK");
        Assert.True(await reported);
        Assert.Equal([1], storage.FindTrial(study, 0)!.Reports.Select(r => r.Step));
    }

    [StorageFact]
    public void Compact_WhileAnotherReads_SaysSoAndLetsOthersBy()
    {
        using var storage = PostgresStorage.Open(Url);
        using var reader = Server.Connect(Url);
        reader.Execute("BEGIN; SELECT COUNT(*) FROM trial_intermediate_values");
        var error = Assert.Throws<StorageException>(storage.Compact);
        Assert.True(error.IsTemporary);
        Assert.Contains("compacting needs its tables for itself; try again later", error.Message, StringComparison.Ordinal);
        reader.Execute("ROLLBACK");
        storage.Compact();
    }

    [StorageFact]
    public void Compact_MayTakeLongerThanAStatement()
    {
        using var storage = PostgresStorage.Open(Url + "&command timeout=1");
        storage.OpenStudy("s", [Direction.Minimize]);
        // What the server takes its time over when it writes the table anew.
        Server.Execute(
            Url,
            "CREATE FUNCTION slow(id INTEGER) RETURNS INTEGER LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN PERFORM pg_sleep(1.5); "
                + "RETURN id; END $$",
            "CREATE INDEX slow ON studies (slow(study_id))");
        storage.Compact();
    }

    [StorageFact]
    public void OtherProgramsTables_AreRefusedAndLeftAlone()
    {
        Server.Execute(Url, "CREATE TABLE trials (id INTEGER)", "CREATE TABLE customers (id INTEGER)");
        Assert.Contains("tables of another program with the same names (trials)", Refused(), StringComparison.Ordinal);
        using var connection = Server.Connect(Url);
        Assert.Equal(
            2, connection.QuerySingle<int>("SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = current_schema()"));
    }

    [StorageFact]
    public void OtherVersions_AreRefused()
    {
        PostgresStorage.Open(Url).Dispose();
        Server.Execute(Url, "UPDATE alembic_version SET version_num = 'v9.9.9.z'");
        Assert.Contains("has the Optuna schema v9.9.9.z, this program reads v3.2.0.a", Refused(), StringComparison.Ordinal);
        Server.Execute(
            Url, "UPDATE alembic_version SET version_num = 'v3.2.0.a'", "UPDATE tunewise_meta SET value = 1000 WHERE name = 'schema'");
        Assert.Contains("written by a newer Tunewise", Refused(), StringComparison.Ordinal);
    }

    [StorageFact]
    public void OpenExisting_NoStudies_SaysSoAndCreatesNothing()
    {
        Assert.Contains(
            "holds no studies", Assert.Throws<StorageException>(() => PostgresStorage.OpenExisting(Url)).Message, StringComparison.Ordinal);
        using var connection = Server.Connect(Url);
        Assert.Equal(
            0, connection.QuerySingle<int>("SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = current_schema()"));
    }

    [StorageFact]
    public void NoSuchDatabase_SaysSo() =>
        Assert.Contains(
            "there is no such database; create it with 'createdb'",
            Assert.Throws<StorageException>(
                () => PostgresStorage.Open(new Uri(new Uri(Server.Url!), "/no_such_database").ToString())).Message,
            StringComparison.Ordinal);

    [StorageFact]
    public void ReadOnlyUser_IsToldSo()
    {
        var message = Assert.Throws<StorageException>(
            () => PostgresStorage.Open($"{Url}&options=-cdefault_transaction_read_only%3Don")).Message;
        Assert.Contains("cannot be written", message, StringComparison.Ordinal);
    }

    [StorageFact]
    public void NamesThatPostgresCannotKeep_AreOneClearError()
    {
        using var storage = PostgresStorage.Open(Url);
        Assert.Contains(
            "character of code 0",
            Assert.Throws<StorageException>(() => storage.OpenStudy("a\0b", [Direction.Minimize])).Message,
            StringComparison.Ordinal);
        var study = Study.Open(storage, "s");
        var trial = study.Ask();
        Assert.Contains(
            "keeps steps up to 2147483647",
            Assert.Throws<StorageException>(() => trial.Report(long.MaxValue, 1)).Message,
            StringComparison.Ordinal);
        study.Tell(trial, 1);
        Assert.Empty(study.FindTrial(0)!.Reports);
    }

    [OptunaFact]
    public void Tables_AreThoseThatOptunaCreates()
    {
        using var optunas = new TemporarySchema();
        PythonWithOptuna.Run("import sys, optuna; optuna.storages.RDBStorage(sys.argv[1])", optunas.OptunaUrl);
        PostgresStorage.Open(Url).Dispose();
        List<(string, string, string, string, int?)> Columns(string url)
        {
            using var connection = Server.Connect(url);
            return [.. connection.Query<(string, string, string, string, int?)>(
                "SELECT table_name, column_name, udt_name, is_nullable, character_maximum_length FROM information_schema.columns "
                + "WHERE table_schema = current_schema() AND table_name NOT LIKE 'tunewise%' ORDER BY table_name, ordinal_position")];
        }

        Assert.Equal(Columns(optunas.Url), Columns(Url));
        using var storage = PostgresStorage.Open(Url);
        Assert.Empty(storage.Check());
    }
}
