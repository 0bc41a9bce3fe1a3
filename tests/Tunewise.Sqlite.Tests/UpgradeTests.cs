using Dapper;
using Microsoft.Data.Sqlite;
using Tunewise.Pruners;
using Tunewise.Testing;

namespace Tunewise.Sqlite.Tests;

/// <summary>A database that an earlier version wrote, with a view and a table of somebody else's in it.</summary>
public sealed class UpgradeTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly string _path;

    public UpgradeTests()
    {
        _path = _folder["old.db"];
        File.Copy(Path.Combine(AppContext.BaseDirectory, "Fixtures", "tunewise-schema-1.db"), _path);
    }

    public void Dispose() => _folder.Dispose();

    private SqliteConnection Connect()
    {
        var connection = new SqliteConnection($"Data Source={_path};Pooling=False");
        connection.Open();
        return connection;
    }

    private T Ask<T>(Func<SqliteConnection, T> ask)
    {
        using var connection = Connect();
        return ask(connection);
    }

    private int Version => Ask(c => c.QuerySingle<int>("SELECT value FROM tunewise_meta WHERE name = 'schema'"));

    /// <summary>Everything that is not Tunewise's own: how it is defined, and every row.</summary>
    private List<string> Foreign() => Ask(c =>
    {
        var objects = c.Query<(string Name, string Type, string Sql)>(
            "SELECT name, type, sql FROM sqlite_master WHERE name NOT LIKE 'tunewise%' AND name NOT LIKE 'sqlite%' ORDER BY name").ToList();
        var lines = objects.Select(o => o.Sql).ToList();
        foreach (var (name, _, _) in objects.Where(o => o.Type is "table" or "view"))
        {
            lines.AddRange(
                c.Query($"SELECT * FROM {name} ORDER BY 1").Select(row => string.Join('|', ((IDictionary<string, object>)row).Values)));
        }

        return lines;
    });

    [Fact]
    public void Open_OlderDatabase_RaisesItsVersionAndLeavesTheRestAlone()
    {
        var before = Foreign();
        Assert.Equal(1, Version);
        SqliteStorage.OpenExisting(_path).Dispose();
        Assert.Equal(3, Version);
        Assert.Equal(before, Foreign());
        Assert.Equal("ok", Ask(c => c.QuerySingle<string>("PRAGMA integrity_check")));
        Assert.Empty(Ask(c => c.Query("PRAGMA foreign_key_check").ToList()));
        // The second time there is nothing to do.
        var changes = Ask(c => c.QuerySingle<int>("PRAGMA schema_version"));
        SqliteStorage.OpenExisting(_path).Dispose();
        Assert.Equal(changes, Ask(c => c.QuerySingle<int>("PRAGMA schema_version")));
    }

    [Fact]
    public async Task Open_DatabaseOfTheSecondVersion_MeasuresAndJudgesFromNowOn()
    {
        File.Copy(Path.Combine(AppContext.BaseDirectory, "Fixtures", "tunewise-schema-2.db"), _path, overwrite: true);
        Assert.Equal(2, Version);
        var before = Foreign();
        using (var reading = SqliteStorage.OpenToRead(_path))
        {
            var old = Study.Load(reading, "curves");
            Assert.Equal(["accuracy"], old.GetSeries(0).Keys);
            Assert.Equal(6, old.GetSeries("accuracy").Trials.Count(t => t == 0));
            Assert.Empty(old.GetVerdicts(0));
            Assert.Empty(old.GetBlobs(0));
            Assert.NotEmpty(old.ReadSeries().Points);
        }

        Assert.Equal(2, Version);
        using var storage = SqliteStorage.OpenExisting(_path);
        Assert.Equal(3, Version);
        Assert.Equal(before, Foreign());
        Assert.Empty(storage.Check());
        var study = Study.Load(storage, "curves", new StudyOptions { Pruner = new MedianPruner { StartupTrials = 1 } });
        await study.RunAsync(
            trial =>
            {
                trial.SuggestFloat("lr", 1e-4, 1, log: true);
                trial.Log(0, ("train/loss", trial.Number));
                trial.Report(0, 0.5);
                return 0.5;
            },
            totalTrials: 14);
        Assert.Equal([13, 14], study.GetSeries("train/loss").Values);
        Assert.Equal("MedianPruner", Assert.Single(study.GetVerdicts(14)).Decision.Rule);
        Assert.Equal(0.9155, study.GetBestTrial()!.Value!.Value, 5e-5);

        // A trial that was paused can be gone on with.
        var halving = Study.Load(storage, "halving");
        Assert.True(storage.ContinueTrial(storage.FindStudy("halving")!.Id, 10));
        var next = halving.Ask();
        Assert.Equal((10, 2), (next.Continues!.Value, next.Reports.Count));
    }

    [Fact]
    public async Task Open_OlderDatabase_HasItsStudiesAndGoesOn()
    {
        using var storage = SqliteStorage.OpenExisting(_path);
        Assert.Equal(["old", "two objectives", "paused"], storage.GetStudies().Select(s => s.Name));
        var study = Study.Load(storage, "old", new StudyOptions { Retry = new RetryPolicy { AfterException = 1 } });
        Assert.Equal("schema 1", study.GetUserAttributes()["owner"]);
        Assert.Equal(0.14858, study.GetBestTrial()!.Value!.Value, 5e-6);
        Assert.Equal(
            (FailureKind.Exception, "InvalidOperationException: first line of trouble", 4),
            (study.FindTrial(3)!.Failure!.Value, study.FindTrial(3)!.Reason!, study.FindTrial(3)!.RetriedBy!.Value));
        Assert.Equal(
            (FailureKind.InvalidResult, "the objective returned NaN"), (study.FindTrial(7)!.Failure!.Value, study.FindTrial(7)!.Reason!));
        Assert.Equal(5, Study.Load(storage, "two objectives").CountTrials()[TrialState.Complete]);
        Assert.Equal(3, Study.Load(storage, "paused").GetTrials().Count(t => t.IsPaused));

        // What the newer version brought works, and the trial of a worker that is gone is run again.
        var report = await study.RunAsync(
            (trial, _) => trial.SuggestFloat("lr", 1e-4, 1, log: true) > 2 ? 0 : TrialResult.Diverged("gone", 0.25),
            new RunOptions { TotalTrials = 17 });
        Assert.Equal(RunEnd.BudgetReached, report.End);
        Assert.Equal(0.25, study.GetTrials()[^1].LastFiniteValue);
        study.AddCheckpointFolder("/somewhere");
        Assert.Single(study.GetCheckpointFolders());
        Assert.Empty(storage.Check());
    }

    [Fact]
    public void Open_UpgradeThatFails_ChangesNothing()
    {
        // The very last statement fails: the one that raises the version.
        Ask(c => c.Execute(
            "CREATE TRIGGER no_upgrade BEFORE UPDATE ON tunewise_meta WHEN NEW.name = 'schema' BEGIN SELECT RAISE(ABORT, 'no'); END"));
        List<string> Objects() => Ask(c => c.Query<string>("SELECT sql FROM sqlite_master ORDER BY name").ToList());
        var before = Objects();
        Assert.Throws<StorageException>(() => SqliteStorage.OpenExisting(_path));
        Assert.Equal(before, Objects());
        Assert.Equal(1, Version);
        Ask(c => c.Execute("DROP TRIGGER no_upgrade"));
        SqliteStorage.OpenExisting(_path).Dispose();
        Assert.Equal(3, Version);
    }

    [Fact]
    public void Open_OlderDatabaseByTenProcessesAtOnce_IsUpgradedOnce()
    {
        var workers = Enumerable.Range(0, 10).Select(_ => WorkerProcess.Start("open")).ToArray();
        foreach (var worker in workers) worker.ReadUntil("ready");
        foreach (var worker in workers) worker.WriteLine(_path);
        Assert.Single(workers.Select(w => w.ReadUntil("opened ")).Distinct());
        foreach (var worker in workers)
        {
            worker.EndInput();
            Assert.Equal((0, ""), worker.WaitForExit());
            worker.Dispose();
        }

        Assert.Equal(3, Version);
        using var storage = SqliteStorage.OpenExisting(_path);
        Assert.Equal(10, Study.Load(storage, "s").GetTrials().Count);
    }

    [Fact]
    public void DeletedByAStranger_AStudyTakesItsIdAndFoldersAlong()
    {
        long id;
        using (var storage = SqliteStorage.OpenExisting(_path))
        {
            id = storage.FindStudy("two objectives")!.Id;
            storage.GetUid(id);
            storage.AddCheckpointFolder(id, "/x");
        }

        Ask(c => c.Execute("PRAGMA foreign_keys = OFF; DELETE FROM studies WHERE study_id = @id", new { id }));
        Assert.Equal(
            0,
            Ask(c => c.QuerySingle<int>(
                "SELECT (SELECT COUNT(*) FROM tunewise_studies WHERE study_id = @id) + (SELECT COUNT(*) FROM tunewise_checkpoint_folders "
                    + "WHERE study_id = @id)",
                new { id })));
    }
}
