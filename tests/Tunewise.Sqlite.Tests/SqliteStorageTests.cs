using System.Runtime.InteropServices;
using Dapper;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;
using Tunewise.Relational;
using Tunewise.Spaces;
using Tunewise.Storage;
using Tunewise.Testing;

namespace Tunewise.Sqlite.Tests;

public sealed class SqliteStorageTests : StorageConformance
{
    private readonly TemporaryFolder _folder = new();

    protected override IStudyStorage Open() => SqliteStorage.Open(_folder["studies.db"]);

    protected override IStudyStorage Open(ManualTime time)
    {
        var storage = SqliteStorage.Open(_folder["clock.db"]);
        // The database asks for the time where SQLite answers; 2440587.5 is the Julian day of 1970.
        storage.Use(s =>
        {
            ((SqliteConnection)s.Connection).CreateFunction(
                "julianday", (string _) => (time.GetUtcNow() - DateTimeOffset.UnixEpoch).TotalDays + 2440587.5);
            return true;
        });
        return storage;
    }

    protected override void Cleanup() => _folder.Dispose();

    [Fact]
    public void TwoStorages_OnOneFile_SeeEachOther()
    {
        var study = Storage.OpenStudy("s", [Direction.Minimize]).Id;
        using var other = SqliteStorage.Open(_folder["studies.db"]);
        var (mine, theirs) = (Storage.OpenFeed(study), ((IStudyStorage)other).OpenFeed(study));
        Assert.Empty(mine.ReadFinished());
        Assert.Empty(theirs.ReadFinished());

        for (var round = 0; round < 3; round++)
        {
            var a = Storage.ClaimTrial(study, new ClaimRequest("a", TimeSpan.FromHours(1)))!;
            var b = other.ClaimTrial(study, new ClaimRequest("b", TimeSpan.FromHours(1)))!;
            Assert.Equal([a.Number, b.Number], mine.ReadUnfinished().Select(t => t.Number));
            Assert.True(Storage.FinishTrial(a.Id, new TrialEnding(TrialState.Complete, [1])));
            Assert.True(other.FinishTrial(b.Id, new TrialEnding(TrialState.Pruned, [2])));
            Assert.Equal([a.Number, b.Number], mine.ReadFinished().Select(t => t.Number).Order());
            Assert.Equal([a.Number, b.Number], theirs.ReadFinished().Select(t => t.Number).Order());
            Assert.Empty(mine.ReadFinished());
            Assert.Empty(theirs.ReadFinished());
        }
    }

    [Fact]
    public void TwoStorages_ATrialTakenAway_IsDeliveredOnceToBoth()
    {
        var study = Storage.OpenStudy("s", [Direction.Minimize]).Id;
        using var other = SqliteStorage.Open(_folder["studies.db"]);
        var feed = Storage.OpenFeed(study);
        var trial = Storage.ClaimTrial(study, new ClaimRequest("a", TimeSpan.FromHours(1)))!;
        Assert.Empty(feed.ReadFinished());
        Assert.True(other.FinishTrial(trial.Id, new TrialEnding(TrialState.Failed, []) { Failure = FailureKind.Lost, Retry = true }));
        Assert.False(Storage.AddReport(trial.Id, new TrialReport(0, 1)));
        Assert.False(Storage.FinishTrial(trial.Id, new TrialEnding(TrialState.Complete, [1])));
        Assert.Equal(TrialState.Failed, Assert.Single(feed.ReadFinished()).State);
        Assert.Empty(feed.ReadFinished());
    }

    [Fact]
    public void Writes_WhileTheWholeIsRead_DoNotWait()
    {
        var storage = (SqliteStorage)Storage;
        var study = storage.OpenStudy("s", [Direction.Minimize]).Id;
        var trial = storage.ClaimTrial(study, new ClaimRequest("w", TimeSpan.FromHours(1)))!;
        var feed = ((IStudyStorage)storage).OpenFeed(study);
        Assert.Empty(feed.ReadFinished());
        storage.Read((r, reader) =>
        {
            _ = StudyRows.Content(r, reader, study, default);
            var writes = Task.Run(() =>
            {
                storage.AddReport(trial.Id, new TrialReport(0, 1));
                storage.RenewLeases("w", [trial.Id], TimeSpan.FromHours(1));
                _ = feed.ReadUnfinished();
                storage.FinishTrial(trial.Id, new TrialEnding(TrialState.Complete, [1]));
            });
            Assert.True(writes.Wait(TimeSpan.FromMinutes(1)), "writes wait for a reader of their own process");
            // What is read is of one moment.
            Assert.Equal(TrialState.Running, Assert.Single(StudyRows.Content(r, reader, study, default)!.Trials).State);
            return true;
        });
        Assert.Equal(TrialState.Complete, Assert.Single(feed.ReadFinished()).State);
        Assert.Equal(TrialState.Complete, Assert.Single(storage.GetTrials(study)).State);
    }

    [Fact]
    public void Reports_WithoutEnd_WriteTheLogAgainFromItsStart()
    {
        var study = Storage.OpenStudy("s", [Direction.Minimize]).Id;
        var trial = Storage.ClaimTrial(study, new ClaimRequest("w", TimeSpan.FromHours(1)))!;
        // The first 32 bytes are the header; its salts change when the log begins anew (https://www.sqlite.org/fileformat2.html#walformat).
        byte[] Salts()
        {
            using var log = new FileStream(
                _folder["studies.db-wal"], FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            var header = new byte[32];
            log.ReadExactly(header);
            return header[16..24];
        }

        var (begun, changes) = (Salts(), 0);
        for (var step = 0; changes < 3; step++)
        {
            Assert.True(step < 200_000, "what is written stays in the log for ever");
            Assert.True(Storage.AddReport(trial.Id, new TrialReport(step, 1)));
            if (step % 50 != 0 || Salts() is not { } now || now.SequenceEqual(begun)) continue;
            (begun, changes) = (now, changes + 1);
        }
    }

    [Fact]
    public async Task Feed_TrialsThatEndWhileItReadsForTheFirstTime_ComeOnce()
    {
        var study = Storage.OpenStudy("s", [Direction.Minimize]).Id;
        using var stop = new CancellationTokenSource();
        var ended = 0;
        var writer = Task.Run(() =>
        {
            // A writer without end may be faster than 40 readers of an ever longer study.
            while (!stop.IsCancellationRequested && ended < 5000)
            {
                var trial = Storage.ClaimTrial(study, new ClaimRequest("w", TimeSpan.FromHours(1)))!;
                Storage.FinishTrial(trial.Id, new TrialEnding(TrialState.Complete, [1]));
                Interlocked.Increment(ref ended);
            }
        });
        var feeds = Enumerable.Range(0, 40).Select(_ =>
        {
            var feed = Storage.OpenFeed(study);
            return (Feed: feed, First: feed.ReadFinished().ToList());
        }).ToList();
        await stop.CancelAsync();
        await writer.WaitAsync(TimeSpan.FromMinutes(1));
        foreach (var (feed, first) in feeds)
            Assert.Equal(Enumerable.Range(0, ended), first.Concat(feed.ReadFinished()).Select(t => t.Number).Order());
    }

    [Fact]
    public void ReadUnfinished_WhileTrialsBeginAndEndHere_HoldsNoWriterUp()
    {
        var storage = (SqliteStorage)Storage;
        var study = storage.OpenStudy("s", [Direction.Minimize]).Id;
        var claim = new ClaimRequest("w", TimeSpan.FromHours(1));
        void End(FrozenTrial trial) => storage.FinishTrial(trial.Id, new TrialEnding(TrialState.Complete, [1]));
        for (var i = 0; i < 5; i++) storage.AddTrial(study, new FrozenTrial { State = TrialState.Waiting });
        var feed = ((IStudyStorage)storage).OpenFeed(study);
        Assert.Empty(feed.ReadFinished());
        var (first, second) = (storage.ClaimTrial(study, claim)!, storage.ClaimTrial(study, claim)!);
        var written = new List<string>();
        var begun = false;
        storage.Use(s => Trace(s, written.Add));
        storage.Follow((s, _) => Trace(s, sql =>
        {
            // What is read is of a moment before this.
            if (begun || !sql.Contains("FROM trials t LEFT JOIN", StringComparison.Ordinal)) return;
            begun = true;
            End(first);
            storage.ClaimTrial(study, claim);
            End(storage.ClaimTrial(study, claim)!);
        }));
        Assert.Equal(
            [(1, TrialState.Running), (2, TrialState.Running), (4, TrialState.Waiting)],
            feed.ReadUnfinished().Select(t => (t.Number, t.State)));
        Assert.True(begun);
        Assert.Equal([0, 3], feed.ReadFinished().Select(t => t.Number).Order());
        End(second);
        Assert.Equal([(2, TrialState.Running), (4, TrialState.Waiting)], feed.ReadUnfinished().Select(t => (t.Number, t.State)));
        Assert.DoesNotContain(written, sql => sql.Contains("state IN ('RUNNING', 'WAITING') ORDER BY", StringComparison.Ordinal));
    }

    /// <summary>Hears of every statement of a connection when it begins.</summary>
    private static bool Trace(Session session, Action<string> hear)
    {
        SQLitePCL.raw.sqlite3_trace(((SqliteConnection)session.Connection).Handle!, (_, sql) => hear(sql), null);
        return true;
    }

    [Fact]
    public void Open_LeavesTheProcesssDefaultsOfSqliteAlone()
    {
        _ = Storage.GetStudies();
        // sqlite3_vfs (https://www.sqlite.org/c3ref/vfs.html): three ints and a pointer stand before the name.
        var layer = FindLayer(IntPtr.Zero);
        var name = Marshal.PtrToStringUTF8(Marshal.ReadIntPtr(layer, (IntPtr.Size == 8 ? 16 : 12) + IntPtr.Size));
        Assert.Equal(OperatingSystem.IsWindows() ? "win32" : "unix", name);
    }

    [DllImport("e_sqlite3", EntryPoint = "sqlite3_vfs_find")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.AssemblyDirectory | DllImportSearchPath.SafeDirectories)]
    private static extern nint FindLayer(nint name);

    [Fact]
    public void Close_OfAnotherStorageOfTheProcess_LeavesTheLocksOfThisOne()
    {
        var study = Storage.OpenStudy("s", [Direction.Minimize]).Id;
        SqliteStorage.Open(_folder["studies.db"]).Dispose();
        // The last process to close a database takes its log in and removes it. Another one must see that it is not the last.
        using (var worker = WorkerProcess.Start("write", _folder["studies.db"], "s", "1")) Assert.Equal((0, ""), worker.WaitForExit());
        Assert.True(File.Exists(_folder["studies.db-wal"]), "another process took itself for the last one");
        Assert.NotNull(Storage.ClaimTrial(study, new ClaimRequest("w", TimeSpan.FromHours(1))));
        using var other = SqliteStorage.Open(_folder["studies.db"]);
        Assert.Equal(2, other.GetTrials(study).Count);
    }

    [Fact]
    public void Delete_OfTheFile_IsNotHiddenByAReader()
    {
        var study = Storage.OpenStudy("s", [Direction.Minimize]).Id;
        var trial = Storage.ClaimTrial(study, new ClaimRequest("w", TimeSpan.FromHours(1)))!;
        foreach (var ending in new[] { "", "-wal", "-shm" }) File.Delete(_folder["studies.db" + ending]);
        // The connection of readers is opened now; it must not make an empty database for writes to vanish beside.
        Assert.Throws<StorageException>(() => Storage.GetTrials(study));
        Assert.False(File.Exists(_folder["studies.db"]));
        Assert.Contains(
            "was deleted",
            Assert.Throws<StorageException>(() => Storage.FinishTrial(trial.Id, new TrialEnding(TrialState.Complete, [1]))).Message,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void File_DeletedOrReplacedWhileInUse_TakesNoMoreWrites(bool replaced)
    {
        if (OperatingSystem.IsWindows()) return;
        var study = Storage.OpenStudy("s", [Direction.Minimize]).Id;
        var trial = Storage.ClaimTrial(study, new ClaimRequest("w", TimeSpan.FromHours(1)))!;
        var feed = Storage.OpenFeed(study);
        foreach (var ending in new[] { "", "-wal", "-shm" }) File.Delete(_folder["studies.db" + ending]);
        if (replaced)
        {
            using var other = SqliteStorage.Open(_folder["studies.db"]);
            other.OpenStudy("another", [Direction.Minimize]);
        }

        foreach (var use in new Action[]
        {
            () => Storage.SetParameter(trial.Id, new TrialParameter("x", new FloatDistribution(0, 1), 0.5)),
            () => Storage.AddReport(trial.Id, new TrialReport(0, 1)),
            () => Storage.SetTrialAttribute(trial.Id, AttributeKind.User, "k", "1"),
            () => Storage.SetStudyAttribute(study, AttributeKind.User, "k", "1"),
            () => Storage.ClaimTrial(study, new ClaimRequest("w", TimeSpan.FromHours(1))),
            // Over connections that are opened only now.
            () => Storage.GetTrials(study),
            () => _ = feed.ReadFinished().Count(),
        })
        {
            var error = Assert.Throws<StorageException>(use);
            Assert.Contains("was deleted or moved while it was in use", error.Message, StringComparison.Ordinal);
            Assert.False(error.IsTemporary);
        }

        Assert.Equal(replaced, File.Exists(_folder["studies.db"]));
    }

    [Fact]
    public void Writes_OfManyBytesEach_DoNotPileUpInTheLog()
    {
        var study = Storage.OpenStudy("s", [Direction.Minimize]).Id;
        var trial = Storage.ClaimTrial(study, new ClaimRequest("w", TimeSpan.FromHours(1)))!;
        var longest = 0L;
        for (var i = 0; i < 40; i++)
        {
            Storage.SetTrialAttribute(
                trial.Id, AttributeKind.User, "model", AttributeJson.Write(new string((char)('a' + i % 26), 10_000_000)));
            longest = Math.Max(longest, new FileInfo(_folder["studies.db-wal"]).Length);
        }

        // In all 400 MB were written.
        Assert.True(longest < 200_000_000, $"the log has grown to {longest} bytes");
    }

    [Fact]
    public void Writes_OfSeveralProcessesWhileAnotherReads_DoNotPileUpInTheLog()
    {
        var study = Storage.OpenStudy("s", [Direction.Minimize]).Id;
        var trial = Storage.ClaimTrial(study, new ClaimRequest("w", TimeSpan.FromHours(1)))!;
        using var scan = WorkerProcess.Start("scan", _folder["studies.db"], "s");
        var writers = Enumerable.Range(0, 2).Select(_ => WorkerProcess.Start("write", _folder["studies.db"], "s", "400")).ToList();
        var longest = 0L;
        for (var step = 0; step < 20_000; step++)
        {
            // Some 24 kB of pages each.
            Storage.SetTrialAttribute(
                trial.Id, AttributeKind.User, "text", AttributeJson.Write(new string((char)('a' + step % 26), 10_000)));
            longest = Math.Max(longest, new FileInfo(_folder["studies.db-wal"]).Length);
        }

        foreach (var writer in writers)
        {
            Assert.Equal((0, ""), writer.WaitForExit());
            writer.Dispose();
        }

        scan.EndInput();
        Assert.Equal((0, ""), scan.WaitForExit());
        Assert.True(longest < 400_000_000, $"the log has grown to {longest} bytes");
    }

    [Fact]
    public void ExportTo_AFileThatSomebodyMakesMeanwhile_LeavesItAsItIs()
    {
        var storage = (SqliteStorage)Storage;
        storage.OpenStudy("s", [Direction.Minimize]);
        StorageException? error = null;
        var export = new Thread(() => error = Assert.Throws<StorageException>(() => storage.ExportTo(_folder["copy.db"])));
        storage.ReadAlone(_ =>
        {
            export.Start();
            Assert.True(
                SpinWait.SpinUntil(() => export.ThreadState.HasFlag(ThreadState.WaitSleepJoin), TimeSpan.FromMinutes(1)),
                "it waits for the connection");
            File.WriteAllText(_folder["copy.db"], "somebody else's");
            return true;
        });
        export.Join();
        Assert.Contains("exists already", error!.Message, StringComparison.Ordinal);
        Assert.Equal("somebody else's", File.ReadAllText(_folder["copy.db"]));
        Assert.Equal(["copy.db"], Directory.GetFiles(_folder[""], "copy*").Select(Path.GetFileName));
    }

    [Fact]
    public async Task Reads_WhileOneOfTheProcessWritesForLong_DoNotWaitForItsUpkeep()
    {
        var dialect = new SqliteDialect(_folder["upkeep.db"]);
        using var writing = new Line(dialect);
        using var reading = new Line(dialect);
        var upkeep = new Upkeep(dialect, writing, reading);
        writing.Open();
        reading.Open();
        using var done = new ManualResetEventSlim();
        var write = Task.Factory.StartNew(() => writing.Use(_ => done.Wait(TimeSpan.FromMinutes(2))), TaskCreationOptions.LongRunning);
        try
        {
            var reads = Task.Factory.StartNew(
                () =>
                {
                    using var begun = new AutoResetEvent(initialState: false);
                    // Among so many some come while the upkeep is at it.
                    for (var i = 0; i < 50; i++)
                    {
                        upkeep.Failed();
                        // What is queued later begins later.
                        ThreadPool.QueueUserWorkItem(_ => begun.Set());
                        begun.WaitOne();
                        reading.Use(s => s.Number("SELECT COUNT(*) FROM trials"));
                    }
                },
                TaskCreationOptions.LongRunning);
            await reads.WaitAsync(TimeSpan.FromMinutes(1));
        }
        finally
        {
            done.Set();
            await write;
        }
    }

    [Fact]
    public void Compact_WhileAnotherProgramReads_LeavesTheLogToHim()
    {
        var study = Storage.OpenStudy("s", [Direction.Minimize]).Id;
        using var other = new SqliteConnection($"Data Source={_folder["studies.db"]};Pooling=False");
        other.Open();
        other.Execute("BEGIN TRANSACTION");
        Assert.Equal(0, other.ExecuteScalar<int>("SELECT COUNT(*) FROM trials"));
        ((SqliteStorage)Storage).Compact();
        Assert.NotNull(Storage.ClaimTrial(study, new ClaimRequest("w", TimeSpan.FromHours(1))));
        // What it reads is of the moment in which it began.
        Assert.Equal(0, other.ExecuteScalar<int>("SELECT COUNT(*) FROM trials"));
    }

    /// <summary>What calls that are tried again fail of while another thread uses a connection.</summary>
    private static async Task<StorageException[]> FailuresWhileHeld(Action<Func<bool>> use, params Action[] calls)
    {
        using var held = new ManualResetEventSlim();
        using var tried = new ManualResetEventSlim();
        var holder = Task.Factory.StartNew(
            () => use(() =>
            {
                held.Set();
                tried.Wait();
                return true;
            }),
            TaskCreationOptions.LongRunning);
        held.Wait();
        try
        {
            var failures = calls.Select(call => Task.Factory.StartNew(
                () => Inside.Patiently(() => Assert.Throws<StorageException>(call)), TaskCreationOptions.LongRunning));
            return await Task.WhenAll(failures).WaitAsync(TimeSpan.FromMinutes(1));
        }
        finally
        {
            tried.Set();
            await holder;
        }
    }

    [Fact]
    public async Task PatientCalls_WhileAnotherKeepsTheConnection_GiveUp()
    {
        var storage = (SqliteStorage)Storage;
        var study = storage.OpenStudy("s", [Direction.Minimize]).Id;
        var trial = storage.ClaimTrial(study, new ClaimRequest("w", TimeSpan.FromHours(1)))!;
        var failures = await FailuresWhileHeld(
            keep => storage.Use(_ => keep()),
            () => storage.ClaimTrial(study, new ClaimRequest("w", TimeSpan.FromHours(1))),
            () => storage.AddReport(trial.Id, new TrialReport(0, 1)),
            () => storage.FinishTrial(trial.Id, new TrialEnding(TrialState.Complete, [1])),
            () => storage.AddLateResult(trial.Id, new FrozenTrial { State = TrialState.Complete, Values = [1] }));
        Assert.All(failures, error => Assert.True(error.IsTemporary));
        Assert.All(
            failures, error => Assert.Contains("keeps another call of this process waiting", error.Message, StringComparison.Ordinal));
    }

    [Fact]
    public async Task PatientCalls_BehindOneWhoComesNext_GiveUp()
    {
        using var line = new Line(new SqliteDialect(_folder["line.db"]));
        var failures = await FailuresWhileHeld(
            keep => line.Use(_ =>
            {
                using var came = new ManualResetEventSlim();
                var thread = new Thread(() =>
                {
                    came.Set();
                    line.UseNext(_ => true);
                });
                thread.Start();
                came.Wait();
                Assert.True(
                    SpinWait.SpinUntil(() => thread.ThreadState.HasFlag(ThreadState.WaitSleepJoin), TimeSpan.FromMinutes(1)),
                    "it waits for the connection");
                return keep();
            }),
            () => line.Use(_ => true));
        Assert.True(Assert.Single(failures).IsTemporary);
    }

    [Fact]
    public void Ask_WhileAnotherProgramHoldsTheFile_SaysSoAndCanBeStopped()
    {
        using var stop = new CancellationTokenSource();
        var warnings = new StoppingLogger(stop);
        using var study = Study.Open(Storage, "s", new StudyOptions { Logger = warnings });
        using var other = new SqliteConnection($"Data Source={_folder["studies.db"]};Pooling=False");
        other.Open();
        using (var hold = other.CreateCommand())
        {
            hold.CommandText = "BEGIN IMMEDIATE";
            hold.ExecuteNonQuery();
            Assert.ThrowsAny<OperationCanceledException>(() => study.Ask(stop.Token));
            hold.CommandText = "ROLLBACK";
            hold.ExecuteNonQuery();
        }

        Assert.Contains("is locked by another program", Assert.Single(warnings.Lines), StringComparison.Ordinal);
        Assert.Equal(0, study.Ask().Number);
    }

    /// <summary>Stops with the first warning.</summary>
    private sealed class StoppingLogger(CancellationTokenSource stop) : ILogger
    {
        public List<string> Lines { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            Lines.Add(formatter(state, exception));
            stop.Cancel();
        }
    }

    [Fact]
    public void Use_AfterDispose_Throws()
    {
        var storage = SqliteStorage.Open(_folder["other.db"]);
        storage.Dispose();
        storage.Dispose();
        Assert.Throws<ObjectDisposedException>(storage.GetStudies);
    }
}
