using Dapper;
using Tunewise.Testing;

namespace Tunewise.PostgreSql.Tests;

/// <summary>A database that an earlier version wrote.</summary>
public sealed class UpgradeTests : IDisposable
{
    private readonly TemporarySchema? _schema = Server.Url is null ? null : new TemporarySchema();

    private string Url => _schema!.Url;

    public void Dispose() => _schema?.Dispose();

    private T Ask<T>(string sql)
    {
        using var connection = Server.Connect(Url);
        return connection.QuerySingle<T>(sql);
    }

    [StorageFact]
    public void Open_OlderDatabase_RaisesItsVersionAndGoesOn()
    {
        Server.Execute(Url, File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Fixtures", "tunewise-schema-1.sql")));
        Assert.Equal(1, Ask<int>("SELECT value FROM tunewise_meta WHERE name = 'schema'"));
        var rows = Ask<long>(
            "SELECT (SELECT COUNT(*) FROM trials) + (SELECT COUNT(*) FROM trial_params) + (SELECT COUNT(*) FROM trial_system_attributes)");
        using var storage = PostgresStorage.OpenExisting(Url);
        Assert.Equal(3, Ask<int>("SELECT value FROM tunewise_meta WHERE name = 'schema'"));
        Assert.Equal(rows, Ask<long>(
            "SELECT (SELECT COUNT(*) FROM trials) + (SELECT COUNT(*) FROM trial_params) + (SELECT COUNT(*) FROM trial_system_attributes)"));
        Assert.Equal(["old", "two objectives", "paused"], storage.GetStudies().Select(s => s.Name));
        var study = Study.Load(storage, "old");
        Assert.Equal(0.14858, study.GetBestTrial()!.Value!.Value, 5e-6);
        Assert.Equal("InvalidOperationException: first line of trouble", study.FindTrial(3)!.Reason);
        var trial = study.Ask();
        study.Tell(trial, TrialResult.Diverged("gone", 0.25));
        Assert.Equal(0.25, study.FindTrial(trial.Number)!.LastFiniteValue);
        Assert.Equal(study.Uid, Study.Load(storage, "old").Uid);
        Assert.Empty(storage.Check());
        using (var again = PostgresStorage.OpenExisting(Url)) Assert.Equal(study.Uid, Study.Load(again, "old").Uid);

        // A stranger's deletion takes the id along.
        var other = Study.Load(storage, "two objectives");

        var id = storage.FindStudy("two objectives")!.Id;
        foreach (var constraint in Constraints()) Server.Execute(Url, constraint);
        Server.Execute(Url, $"DELETE FROM studies WHERE study_id = {id}");
        Assert.Equal(0, Ask<long>($"SELECT COUNT(*) FROM tunewise_studies WHERE uid = '{other.Uid}'"));
    }

    [StorageFact]
    public void Open_DatabaseOfTheSecondVersion_MeasuresFromNowOn()
    {
        Server.Execute(Url, File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Fixtures", "tunewise-schema-2.sql")));
        Assert.Equal(2, Ask<int>("SELECT value FROM tunewise_meta WHERE name = 'schema'"));
        using (var reading = PostgresStorage.OpenToRead(Url)) Assert.Equal(["accuracy"], Study.Load(reading, "curves").GetSeries(0).Keys);
        Assert.Equal(2, Ask<int>("SELECT value FROM tunewise_meta WHERE name = 'schema'"));
        using var storage = PostgresStorage.OpenExisting(Url);
        Assert.Equal(3, Ask<int>("SELECT value FROM tunewise_meta WHERE name = 'schema'"));
        Assert.Empty(storage.Check());
        var study = Study.Load(storage, "curves");
        var trial = study.Ask();
        trial.Log(0, ("train/loss", 0.5));
        trial.LogBlob(0, "weights", "histogram", [1, 2, 3]);
        study.Tell(trial, 0.5);
        Assert.Equal([0.5], study.GetSeries("train/loss").Values);

        // What is large goes with a stranger's deletion of the study.
        foreach (var constraint in Constraints()) Server.Execute(Url, constraint);
        Server.Execute(
            Url,
            "DELETE FROM trials WHERE study_id = (SELECT study_id FROM studies WHERE study_name = 'curves')",
            "DELETE FROM studies WHERE study_name = 'curves'");
        Assert.Equal(0, Ask<long>("SELECT (SELECT COUNT(*) FROM tunewise_steps) + (SELECT COUNT(*) FROM tunewise_blobs) "
            + "+ (SELECT COUNT(*) FROM tunewise_blob_contents) + (SELECT COUNT(*) FROM tunewise_names)"));
    }

    /// <summary>Statements that let a study's row go without what belongs to it.</summary>
    private List<string> Constraints()
    {
        using var connection = Server.Connect(Url);
        return [.. connection.Query<string>(
            "SELECT 'ALTER TABLE ' || conrelid::regclass || ' DROP CONSTRAINT ' || conname FROM pg_constraint "
            + "WHERE contype = 'f' AND confrelid IN ('studies'::regclass, 'trials'::regclass)")];
    }
}
