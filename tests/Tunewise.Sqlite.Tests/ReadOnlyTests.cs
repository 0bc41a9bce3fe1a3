using Dapper;
using Microsoft.Data.Sqlite;
using Tunewise.Pruners;
using Tunewise.Storage;
using Tunewise.Testing;

namespace Tunewise.Sqlite.Tests;

/// <summary>Who only reads a database leaves it as it was, and needs no permission to write.</summary>
public sealed class ReadOnlyTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private sealed class NamespacesFactAttribute : FactAttribute
    {
        public NamespacesFactAttribute()
        {
            if (!WorkerProcess.HasNamespaces) Skip = "needs mount namespaces (Linux, with 'unshare -rm')";
        }
    }

    [Theory]
    [InlineData("optuna-4.9-studies.db")]
    [InlineData("optuna-4.9.db")]
    [InlineData("tunewise-schema-1.db")]
    public void Database_OfAnotherProgramOrVersion_IsReadAndLeftAsItWas(string fixture)
    {
        foreach (var copy in new[] { "read.db", "written.db" })
            File.Copy(Path.Combine(AppContext.BaseDirectory, "Fixtures", fixture), _folder[copy]);
        var before = File.ReadAllBytes(_folder["read.db"]);
        using (var reading = SqliteStorage.OpenToRead(_folder["read.db"]))
        using (var writing = SqliteStorage.Open(_folder["written.db"]))
        {
            Assert.NotEmpty(reading.GetStudies());
            foreach (var (mine, theirs) in reading.GetStudies().Zip(writing.GetStudies()))
            {
                StudyContents.AssertEqual(writing.GetContent(theirs.Id), reading.GetContent(mine.Id));
                Assert.Equal(writing.CountTrials(theirs.Id), reading.CountTrials(mine.Id));
                Assert.Equal(
                    writing.GetBestTrials(theirs.Id, 0, 3).Select(t => t.Number),
                    reading.GetBestTrials(mine.Id, 0, 3).Select(t => t.Number));
                var study = Study.Load(reading, mine.Name);
                Assert.Equal(study.GetTrials().Count, Inside.KnownTrials(study));
                Assert.Contains(
                    "was opened to read only (OpenToRead)",
                    Assert.Throws<StorageException>(() => reading.SetStudyAttribute(mine.Id, AttributeKind.User, "k", "1")).Message,
                    StringComparison.Ordinal);
            }

            Assert.DoesNotContain(
                reading.Check(), p => p.Description.Contains("is missing", StringComparison.Ordinal) && fixture != "tunewise-schema-1.db");
        }

        Assert.Equal(before, File.ReadAllBytes(_folder["read.db"]));
        Assert.Equal(["read.db", "written.db"], Directory.GetFiles(Path.GetDirectoryName(_folder["x"])!).Select(Path.GetFileName).Order());
    }

    [Fact]
    public void EmptyFile_StaysOne()
    {
        File.WriteAllBytes(_folder["empty.db"], []);
        Assert.Contains(
            "holds no studies",
            Assert.Throws<StorageException>(() => SqliteStorage.OpenToRead(_folder["empty.db"])).Message,
            StringComparison.Ordinal);
        Assert.Empty(File.ReadAllBytes(_folder["empty.db"]));
        Assert.Contains(
            "there is no database",
            Assert.Throws<StorageException>(() => SqliteStorage.OpenToRead(_folder["none.db"])).Message,
            StringComparison.Ordinal);
        Assert.False(File.Exists(_folder["none.db"]));
    }

    [Fact]
    public void Database_ThatOthersWriteTo_IsFollowed()
    {
        using var writing = SqliteStorage.Open(_folder["live.db"]);
        var study = writing.OpenStudy("s", [Direction.Minimize]).Id;
        using var reading = SqliteStorage.OpenToRead(_folder["live.db"]);
        var feed = ((IStudyStorage)reading).OpenFeed(study);
        for (var i = 0; i < 3; i++)
        {
            writing.AddTrial(study, new FrozenTrial { State = TrialState.Complete, Values = [i] });
            Assert.Equal(i, Assert.Single(feed.ReadFinished()).Number);
        }
    }

    [Fact]
    public void Transaction_OfAProgramThatDied_IsNotRead()
    {
        File.Copy(Path.Combine(AppContext.BaseDirectory, "Fixtures", "optuna-4.9-studies.db"), _folder["live.db"]);
        using (var connection = new SqliteConnection($"Data Source={_folder["live.db"]};Pooling=False"))
        {
            connection.Open();
            connection.Execute("PRAGMA cache_size = 2");
            connection.Execute("BEGIN IMMEDIATE");
            connection.Execute("UPDATE trial_params SET param_value = param_value + 1000");
            connection.Execute("UPDATE trial_values SET value = 1000");
            foreach (var ending in new[] { "", "-journal" }) File.Copy(_folder["live.db" + ending], _folder["dead.db" + ending]);
        }

        Assert.True(new FileInfo(_folder["dead.db-journal"]).Length > 0);
        using var dead = SqliteStorage.OpenToRead(_folder["dead.db"]);
        using var whole = SqliteStorage.OpenToRead(_folder["live.db"]);
        foreach (var study in whole.GetStudies()) StudyContents.AssertEqual(whole.GetContent(study.Id), dead.GetContent(study.Id));
    }

    [Fact]
    public void Reading_LeavesNoFilesBesideTheDatabase()
    {
        using (var storage = SqliteStorage.Open(_folder["a.db"])) storage.OpenStudy("s", [Direction.Minimize]);
        using (var storage = SqliteStorage.OpenToRead(_folder["a.db"])) Assert.Single(storage.GetStudies());
        Assert.Equal(["a.db"], Directory.GetFiles(Path.GetDirectoryName(_folder["x"])!).Select(Path.GetFileName));
    }

    /// <summary>What a program that died had written stays in its log: reading moves nothing of it into the file.</summary>
    [Fact]
    public void Reading_OfALogThatADeadProgramLeft_ChangesNothingOfIt()
    {
        Directory.CreateDirectory(_folder["copy"]);
        var copy = Path.Combine(_folder["copy"], "a.db");
        using (var storage = SqliteStorage.Open(_folder["a.db"]))
        {
            var study = storage.OpenStudy("s", [Direction.Minimize]).Id;
            for (var i = 0; i < 20; i++) storage.AddTrial(study, new FrozenTrial { State = TrialState.Complete, Values = [i] });
            foreach (var ending in new[] { "", "-wal" }) File.Copy(_folder["a.db"] + ending, copy + ending);
        }

        byte[][] Contents() => [File.ReadAllBytes(copy), File.ReadAllBytes(copy + "-wal")];
        var before = Contents();
        Assert.NotEmpty(before[1]);
        using (var storage = SqliteStorage.OpenToRead(copy)) Assert.Equal(20, storage.GetTrials(storage.FindStudy("s")!.Id).Count);
        Assert.Equal(before, Contents());
        // Who may write makes a whole of it, as ever.
        using (var storage = SqliteStorage.Open(copy)) Assert.Equal(20, storage.GetTrials(storage.FindStudy("s")!.Id).Count);
        Assert.False(File.Exists(copy + "-wal"));
    }

    [NamespacesFact]
    public void Database_WhereNothingCanBeWritten_IsRead()
    {
        using (var storage = SqliteStorage.Open(_folder["own name #1 %41?.db"]))
        {
            storage.AddTrial(
                storage.OpenStudy("s", [Direction.Minimize]).Id, new FrozenTrial { State = TrialState.Complete, Values = [1] });
        }

        File.Copy(Path.Combine(AppContext.BaseDirectory, "Fixtures", "optuna-4.9-studies.db"), _folder["optuna.db"]);
        var folder = Path.GetDirectoryName(_folder["x"])!;
        string study;
        using (var optunas = SqliteStorage.OpenToRead(_folder["optuna.db"])) study = optunas.GetStudies()[0].Name;
        foreach (var (file, name) in new[] { ("own name #1 %41?.db", "s"), ("optuna.db", study) })
        {
            using var worker = WorkerProcess.StartAfter(
                $"mount --bind '{folder}' '{folder}' && mount -o remount,ro,bind '{folder}'", "read", _folder[file], name);
            Assert.Equal((0, ""), worker.WaitForExit());
            Assert.StartsWith("read ", worker.Lines[^1], StringComparison.Ordinal);
        }
    }

    /// <summary>Who may not write cannot keep others from writing either: what they wrote is seen, and is no damage.</summary>
    [NamespacesFact]
    public void Database_WhereNothingCanBeWritten_OthersWriteMeanwhile_IsReadAnew()
    {
        void Add(int from, int to)
        {
            using var storage = SqliteStorage.Open(_folder["a.db"]);
            var study = storage.OpenStudy("s", [Direction.Minimize]).Id;
            for (var i = from; i < to; i++) storage.AddTrial(study, new FrozenTrial { State = TrialState.Complete, Values = [-i] });
            storage.Compact();
        }

        Add(0, 20);
        var folder = Path.GetDirectoryName(_folder["x"])!;
        using var worker = WorkerProcess.StartAfter(
            $"mount --bind '{folder}' '{folder}' && mount -o remount,ro,bind '{folder}'", "watch", _folder["a.db"], "s");
        worker.ReadLines(1);
        Assert.Equal("20 trials, best -19, front -19", worker.Lines[^1]);
        Add(20, 500);
        worker.WriteLine("again");
        worker.ReadLines(2);
        Assert.Equal("500 trials, best -499, front -499", worker.Lines[^1]);
        worker.EndInput();
        Assert.Equal((0, ""), worker.WaitForExit());
    }

    [NamespacesFact]
    public void Database_ThatIsSomebodyElses_IsReadAndNothingOfTheReadersIsLeftBesideIt()
    {
        using (var storage = SqliteStorage.Open(_folder["a.db"]))
        {
            storage.AddTrial(
                storage.OpenStudy("s", [Direction.Minimize]).Id, new FrozenTrial { State = TrialState.Complete, Values = [1] });
        }

        // The file cannot be written, its folder can.
        using var worker = WorkerProcess.StartAfter(
            $"mount --bind '{_folder["a.db"]}' '{_folder["a.db"]}' && mount -o remount,ro,bind '{_folder["a.db"]}'",
            "read",
            _folder["a.db"],
            "s");
        Assert.Equal((0, ""), worker.WaitForExit());
        Assert.StartsWith("read ", worker.Lines[^1], StringComparison.Ordinal);
        Assert.Equal(["a.db"], Directory.GetFiles(Path.GetDirectoryName(_folder["x"])!).Select(Path.GetFileName));
    }

    [NamespacesFact]
    public void Database_OnAFullDisk_IsReadAndNothingIsLeftBesideIt()
    {
        using (var storage = SqliteStorage.Open(_folder["a.db"]))
        {
            storage.AddTrial(
                storage.OpenStudy("s", [Direction.Minimize]).Id, new FrozenTrial { State = TrialState.Complete, Values = [1] });
        }

        var folder = Path.GetDirectoryName(_folder["x"])!;
        Directory.CreateDirectory(_folder["disk"]);
        var fill = $"mount -t tmpfs -o size=1m tmpfs '{_folder["disk"]}' && cp '{_folder["a.db"]}' '{_folder["disk"]}' && cat /dev/zero > "
            + $"'{_folder["disk"]}/ballast' 2>/dev/null; true";
        using var worker = WorkerProcess.StartAfter(fill, "read", Path.Combine(folder, "disk", "a.db"), "s");
        Assert.Equal((0, ""), worker.WaitForExit());
        Assert.StartsWith("read ", worker.Lines[^1], StringComparison.Ordinal);
    }

    [Fact]
    public void Link_ToNothingYet_IsMadeAndReadThroughTheLink()
    {
        if (OperatingSystem.IsWindows()) return;
        Directory.CreateDirectory(_folder["scratch"]);
        File.CreateSymbolicLink(_folder["link.db"], Path.Combine(_folder["scratch"], "real.db"));
        Assert.StartsWith(
            "there is no database",
            Assert.Throws<StorageException>(() => SqliteStorage.OpenToRead(_folder["link.db"])).Message,
            StringComparison.Ordinal);
        using (var storage = SqliteStorage.Open(_folder["link.db"])) storage.OpenStudy("s", [Direction.Minimize]);
        using (var storage = SqliteStorage.OpenToRead(_folder["link.db"])) Assert.Single(storage.GetStudies());
        Assert.True(File.Exists(Path.Combine(_folder["scratch"], "real.db")));
        File.CreateSymbolicLink(_folder["round.db"], _folder["round.db"]);
        Assert.Contains(
            "is a link that leads nowhere",
            Assert.Throws<StorageException>(() => SqliteStorage.Open(_folder["round.db"])).Message,
            StringComparison.Ordinal);
    }

    [NamespacesFact]
    public void Database_WithALogWhereNothingCanBeWritten_SaysWhatToDo()
    {
        var folder = Path.GetDirectoryName(_folder["x"])!;
        using (var storage = SqliteStorage.Open(_folder["a.db"]))
        {
            storage.OpenStudy("s", [Direction.Minimize]);
            foreach (var ending in new[] { "", "-wal" }) File.Copy(_folder["a.db" + ending], _folder["b.db" + ending]);
        }

        using var worker = WorkerProcess.StartAfter(
            $"mount --bind '{folder}' '{folder}' && mount -o remount,ro,bind '{folder}'", "read", _folder["b.db"], "s");
        var (status, error) = worker.WaitForExit();
        Assert.Equal(1, status);
        Assert.Contains("copy it together with 'b.db-wal'", error, StringComparison.Ordinal);
    }

    [Fact]
    public void ExportOfWhatIsOnlyRead_IsWhole()
    {
        File.Copy(Path.Combine(AppContext.BaseDirectory, "Fixtures", "optuna-4.9-studies.db"), _folder["optuna.db"]);
        using (var reading = SqliteStorage.OpenToRead(_folder["optuna.db"])) reading.ExportTo(_folder["copy.db"]);
        using var connection = new SqliteConnection($"Data Source={_folder["copy.db"]};Pooling=False");
        Assert.True(connection.ExecuteScalar<int>("SELECT COUNT(*) FROM trials") > 0);
        Assert.Equal(0, connection.ExecuteScalar<int>("SELECT COUNT(*) FROM sqlite_master WHERE name LIKE 'tunewise%'"));
    }

    [Fact]
    public void Load_WithPruneBy_OfAStudyThatDoesNotKnowIt_Reads()
    {
        IReadOnlyList<Objective> objectives = [Objective.Minimize("x"), Objective.Minimize("y")];
        using (var storage = SqliteStorage.Open(_folder["two.db"]))
        using (var study = Study.Open(storage, "s", new StudyOptions { Objectives = objectives }))
        {
            study.Ask().Report(0, 0.5);
        }

        using var reading = SqliteStorage.OpenToRead(_folder["two.db"]);
        using var read = Study.Load(reading, "s", new StudyOptions { PruneBy = "y" });
        Assert.Equal(["y"], read.GetSeries(0).Keys);
    }

    [Fact]
    public void Series_WhoseStepIsNone_AreLeftOutByAllReaders()
    {
        using (var storage = SqliteStorage.Open(_folder["odd.db"]))
        {
            using (var study = Study.Open(storage, "s"))
            {
                var trial = study.Ask();
                for (var step = 0; step < 4; step++) trial.Log(step, ("a", step));
                study.Tell(trial, 1.0);
            }
        }

        using (var connection = new SqliteConnection($"Data Source={_folder["odd.db"]};Pooling=False"))
        {
            connection.Open();
            connection.Execute("UPDATE tunewise_steps SET step = 'abc' WHERE step = 2; UPDATE tunewise_steps SET step = -7 WHERE step = 3");
        }

        using var reading = SqliteStorage.OpenToRead(_folder["odd.db"]);
        using var read = Study.Load(reading, "s");
        Assert.Equal([0L, 1], read.GetSeries(0)["a"].Steps);
        Assert.Equal([0L, 1], read.GetSeries("a").Steps);
        Assert.Equal([0L, 1], read.ReadSeries().Points.Select(p => p.Step));
    }

    /// <summary>SQLite gives the ids of deleted rows again.</summary>
    [Fact]
    public void ReadSeries_IdsOfAnotherStudyAreGivenAgain_MissesNothing()
    {
        using var storage = SqliteStorage.Open(_folder["ids.db"]);
        using var study = Study.Open(storage, "s", new StudyOptions { Pruner = new NoPruner() });
        var trial = study.Ask();
        trial.Report(0, 0.5);
        using (var other = Study.Open(storage, "other", new StudyOptions { Pruner = new NoPruner() }))
        {
            var stranger = other.Ask();
            for (var step = 0; step < 50; step++) stranger.Report(step, 1);
        }

        var news = study.ReadSeries();
        Assert.Single(news.Points);
        // Behind all that the other study reported.
        Assert.True(news.Position.Report > 50);
        storage.DeleteStudy(storage.FindStudy("other")!.Id);
        for (var step = 1; step < 90; step++) trial.Report(step, step);
        Assert.Equal(Enumerable.Range(1, 89).Select(s => (long)s), study.ReadSeries(news.Position).Points.Select(p => p.Step));
    }
}
