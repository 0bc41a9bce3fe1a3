using Dapper;
using Tunewise.Samplers.Random;
using Tunewise.Storage;
using Tunewise.Testing;

namespace Tunewise.PostgreSql.Tests;

/// <summary>
/// Connections that break around a commit: what was stored is stored once, and known; and studies that are deleted
/// while others write to them.
/// </summary>
public sealed class WrittenOnceTests : IDisposable
{
    private readonly TemporarySchema? _schema = Server.Url is null ? null : new TemporarySchema();

    private string Url => _schema!.Url;

    public void Dispose() => _schema?.Dispose();

    private CuttingProxy Proxy(out string url)
    {
        var settings = PostgresAddress.Parse(Url);
        var proxy = new CuttingProxy(settings.Host!, settings.Port);
        url = Url.Replace($":{settings.Port}/", $":{proxy.Port}/", StringComparison.Ordinal);
        return proxy;
    }

    private static Study Open(IStudyStorage storage) =>
        Study.Open(storage, "s", new StudyOptions { Sampler = new RandomSampler(), Seed = 1 });

    [StorageFact]
    public async Task Enqueue_ConnectionBreaksBetweenCommitAndRead_AddsOneTrial()
    {
        var application = Guid.NewGuid().ToString("N");
        using var storage = PostgresStorage.Open($"{Url}&application_name={application}");
        var study = Open(storage);
        using var other = Server.Connect(Url);
        using var holding = other.BeginTransaction();
        // What is read after the insert waits here; the insert does not.
        other.Execute("LOCK TABLE trial_params IN ACCESS EXCLUSIVE MODE", transaction: holding);
        var enqueue = Task.Run(() => study.Enqueue(new Dictionary<string, object?> { ["x"] = 0.5 }));
        using var watch = Server.Connect(Url);
        SpinWait.SpinUntil(() => watch.QuerySingle<int>("SELECT COUNT(*) FROM trials") == 1, TimeSpan.FromMinutes(1));
        watch.Execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = @application", new { application });
        holding.Rollback();
        Assert.Equal(0, (await enqueue).Number);
        Assert.Single(study.GetTrials());
    }

    [StorageFact]
    public void Enqueue_CommitWhoseAnswerIsLost_IsRecognised()
    {
        using var proxy = Proxy(out var url);
        using var storage = PostgresStorage.Open(url);
        var study = Open(storage);
        proxy.CutAfter("COMMIT\0");
        Assert.Equal(0, study.Enqueue(new Dictionary<string, object?> { ["x"] = 0.5 }).Number);
        Assert.Equal(1, proxy.Cuts);
        Assert.Single(study.GetTrials());
    }

    [StorageFact]
    public void Ask_CommitWhoseAnswerIsLost_GivesTheTrialThatWasClaimed()
    {
        using var proxy = Proxy(out var url);
        using var storage = PostgresStorage.Open(url);
        var study = Open(storage);
        proxy.CutAfter("COMMIT\0");
        var trial = study.Ask();
        Assert.Equal((1, 0), (proxy.Cuts, trial.Number));
        trial.SuggestFloat("x", 0, 1);
        study.Tell(trial, 1);
        Assert.Equal(TrialState.Complete, Assert.Single(study.GetTrials()).State);
    }

    [StorageFact]
    public void TellByNumber_CommitWhoseAnswerIsLost_IsRecognised()
    {
        using var asking = PostgresStorage.Open(Url);
        Open(asking).Ask();
        using var proxy = Proxy(out var url);
        using var storage = PostgresStorage.Open(url);
        var study = Open(storage);
        proxy.CutAfter("COMMIT\0");
        study.Tell(0, 2.5);
        Assert.Equal((1, 2.5), (proxy.Cuts, study.FindTrial(0)!.Value!.Value));
    }

    [StorageTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task CommitThatGoesOnWhileItIsTriedAgain_IsRecognised(bool ask)
    {
        using var proxy = Proxy(out var url);
        using var storage = PostgresStorage.Open(url);
        var study = Open(storage);
        using var holding = Server.Connect(Url);
        // The server commits once the test lets it: a slow disk, a replica that answers late.
        var table = ask ? "tunewise_leases" : "tunewise_keys";
        holding.Execute(
            "CREATE FUNCTION commit_slowly() RETURNS trigger LANGUAGE plpgsql SET lock_timeout = 0 AS $$ "
            + "BEGIN PERFORM pg_advisory_xact_lock_shared(hashtext(current_schema())); RETURN NULL; END $$;"
            + $"CREATE CONSTRAINT TRIGGER slow AFTER INSERT ON {table} DEFERRABLE INITIALLY DEFERRED FOR EACH ROW "
            + "EXECUTE FUNCTION commit_slowly();"
            + "SELECT pg_advisory_lock(hashtext(current_schema()))");
        proxy.CutAt("COMMIT\0");
        var call = Task.Run(() => ask ? study.Ask().Number : study.Enqueue(new Dictionary<string, object?> { ["x"] = 0.5 }).Number);
        using var watch = Server.Connect(Url);
        // The first try waits for the test, the second one for the first.
        Assert.True(SpinWait.SpinUntil(
            () => watch.QuerySingle<int>(
                "SELECT COUNT(*) FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid WHERE NOT l.granted "
                + "AND a.application_name = 'Tunewise' AND l.pid <> pg_backend_pid() AND a.query_start > now() - interval '1 minute'") >= 2,
            TimeSpan.FromMinutes(1)));
        holding.Execute($"SELECT pg_advisory_unlock(hashtext(current_schema())); DROP TRIGGER slow ON {table}");
        Assert.Equal(0, await call.WaitAsync(TimeSpan.FromMinutes(1)));
        Assert.Single(study.GetTrials());
    }

    [StorageFact]
    public void Suggest_StatementWhoseAnswerIsLost_IsInTheProcesssOwnView()
    {
        using var proxy = Proxy(out var url);
        using var storage = PostgresStorage.Open(url);
        var study = Open(storage);
        var trial = study.Ask();
        foreach (var (statement, write) in new (string, Action)[]
        {
            ("INSERT INTO trial_params", () => trial.SuggestFloat("x", 0, 1)),
            ("INSERT INTO trial_intermediate_values", () => trial.Report(0, 0.25)),
            ("INSERT INTO trial_user_attributes", () => trial.SetUserAttribute("note", "here")),
        })
        {
            proxy.CutAfter(statement);
            write();
        }

        Assert.Equal(3, proxy.Cuts);
        var id = storage.FindStudy("s")!.Id;
        var shown = Assert.Single(((IStudyStorage)storage).OpenFeed(id).ReadUnfinished());
        var stored = storage.FindTrial(id, 0)!;
        Assert.Equal(stored.ParameterList, shown.ParameterList);
        Assert.Equal(stored.Reports, shown.Reports);
        Assert.Equal("here", shown.UserAttributes["note"]);
        study.Tell(trial, 1);
        Assert.Equal(["x"], Assert.Single(study.Storage.OpenFeed(id).ReadFinished()).ParameterList.Select(p => p.Name));
    }

    [StorageFact]
    public void AddLateResult_CommitWhoseAnswerIsLost_IsKept()
    {
        using var proxy = Proxy(out var url);
        using var storage = PostgresStorage.Open(url);
        var study = storage.OpenStudy("s", [Direction.Minimize]).Id;
        var trial = storage.ClaimTrial(study, new ClaimRequest("w", TimeSpan.FromHours(1)))!;
        storage.FinishTrial(trial.Id, new TrialEnding(TrialState.Failed, []) { Failure = FailureKind.Lost });
        var late = new FrozenTrial { State = TrialState.Complete, Values = [0.5], FinishedAt = DateTime.UtcNow };
        proxy.CutAfter("COMMIT\0");
        Assert.True(Assert.Throws<StorageException>(() => storage.AddLateResult(trial.Id, late)).IsTemporary);
        Assert.Equal(1, storage.AddLateResult(trial.Id, late)!.Number);
        Assert.Equal(2, storage.GetTrials(study).Count);
        // Somebody else's late result is not it.
        Assert.Null(storage.AddLateResult(
            trial.Id, new FrozenTrial { State = TrialState.Complete, Values = [0.5], FinishedAt = DateTime.UtcNow.AddSeconds(1) }));
    }

    [StorageFact]
    public async Task Delete_WhileEightWorkersWrite_Succeeds_AndTheyAreTold()
    {
        using var storage = PostgresStorage.Open(Url);
        Open(storage);
        using var go = new CountdownEvent(8);
        using var deleted = new CancellationTokenSource();
        var writers = Enumerable.Range(0, 8).Select(_ => Task.Run(() =>
        {
            using var own = PostgresStorage.Open(Url);
            var study = Study.Open(own, "s", new StudyOptions { Sampler = new RandomSampler() });
            var first = true;
            try
            {
                while (true)
                {
                    var trial = study.Ask();
                    for (var step = 0; step < 20; step++)
                    {
                        trial.SuggestFloat($"x{step}", 0, 1);
                        trial.Report(step, step);
                        if (first) go.Signal();
                        first = false;
                    }

                    study.Tell(trial, 1);
                }
            }
            catch (TrialLostException error)
            {
                return error.Message;
            }
            catch (StorageException error) when (error.Message.Contains("the study was deleted", StringComparison.Ordinal))
            {
                return error.Message;
            }
        })).ToArray();
        Assert.True(go.Wait(TimeSpan.FromMinutes(1)), "all writers write");
        Study.Load(storage, "s").Delete();
        Assert.All(await Task.WhenAll(writers), Assert.NotEmpty);
        Assert.Null(storage.FindStudy("s"));
        using var connection = Server.Connect(Url);
        foreach (var table in new[] { "trials", "trial_params", "trial_intermediate_values", "tunewise_leases", "tunewise_studies" })
            Assert.Equal(0, connection.QuerySingle<int>($"SELECT COUNT(*) FROM {table}"));
    }
}
