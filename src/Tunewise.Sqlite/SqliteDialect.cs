using System.Data.Common;
using System.Runtime.CompilerServices;
using Dapper;
using Microsoft.Data.Sqlite;
using SQLitePCL;
using Tunewise.Relational;

namespace Tunewise.Sqlite;

/// <summary>
/// SQLite: one writer at a time over the whole file, a write-ahead log so that readers never wait, and waits far
/// beyond Optuna's five seconds.
/// </summary>
internal sealed class SqliteDialect(string path, bool readsOnly = false) : SqlDialect
{
    private static readonly int BusyMilliseconds = (int)AtMost.TotalMilliseconds;

    // Primary result codes, https://www.sqlite.org/rescode.html
    private const int ReadOnlyCode = 8;
    private const int DiskErrorCode = 10;
    private const int CorruptCode = 11;
    private const int FullCode = 13;
    private const int CannotOpenCode = 14;
    private const int ConstraintCode = 19;
    private const int NotADatabaseCode = 26;
    private const int BusyCode = 5;
    private const int LockedCode = 6;
    private const int SharedMemorySizeCode = DiskErrorCode | (19 << 8);

    /// <summary>So many pages of the write-ahead log are taken into the database in a few milliseconds.</summary>
    private const int FewPages = 4000;

    private static readonly ColumnTypes Types = new()
    {
        Id = "INTEGER",
        Time = "DATETIME",
        Real = "FLOAT",
        State = "VARCHAR(8)",
        Direction = "VARCHAR(8)",
        ValueType = "VARCHAR(7)",
        IntermediateValueType = "VARCHAR(7)",
        Bytes = "BLOB",
        // Behind the largest number there is no room for another row.
        Version = "INTEGER PRIMARY KEY AUTOINCREMENT CHECK (version < 4611686018427387904)",
    };

    /// <summary>
    /// The connections that take the file for one that nobody changes, with what it was like when they were opened.
    /// </summary>
    private readonly ConditionalWeakTable<DbConnection, FileStamp> _unchanging = [];

    /// <summary>What the first connection has open, and all others must.</summary>
    private OpenFile? _file;
    private long _taken;
    private volatile bool _heldUp;

    public override string Description => path;

    public override bool ReadsOnly => readsOnly;

    public override string NowMilliseconds => "CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)";

    public override DbConnection Connect() => readsOnly ? ConnectToRead() : ConnectToWrite();

    public override bool IsStale(DbConnection connection) =>
        _unchanging.TryGetValue(connection, out var seen) && seen != FileStamp.Of(path);

    private SqliteConnection ConnectToRead()
    {
        try
        {
            var stamp = FileStamp.Of(path);
            var connection = SqliteFile.OpenToRead(path);
            if (SqliteFile.IsUnchanging(connection)) _unchanging.Add(connection, stamp);
            BusyWait.Install(connection.Handle!, BusyMilliseconds);
            connection.Execute("PRAGMA temp_store = MEMORY");
            var columns = Schema.ColumnsOf(connection.ExecuteReader(
                "SELECT m.name, c.name FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type = 'table' AND c.name IS NOT NULL"));
            foreach (var sql in Schema.Substitutes(Types, columns, "main")) connection.Execute(sql);
            connection.Execute("PRAGMA query_only = ON");
            return connection;
        }
        catch (SqliteException error)
        {
            throw Translate(path, error);
        }
    }

    private SqliteConnection ConnectToWrite()
    {
        EnsureThere();
        // No pool: a disposed storage lets go of its file.
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder
        {
            DataSource = path,
            // A file that was there is not made anew, empty, when somebody has deleted it.
            Mode = _file is null ? SqliteOpenMode.ReadWriteCreate : SqliteOpenMode.ReadWrite,
            // The driver tries again by itself for as long; how long is waited, BusyWait alone says.
            DefaultTimeout = 1,
            ForeignKeys = true,
            Pooling = false,
        }.ToString());
        try
        {
            connection.Open();
            var file = _file ?? new OpenFile(connection.Handle!);
            EnsureThere();
            BusyWait.Install(connection.Handle!, BusyMilliseconds);
            UseWriteAheadLog(connection);
            connection.Execute("PRAGMA synchronous = NORMAL");
            LogHook.Install(connection.Handle!);
            EnsureSchema(connection);
            _file = file;
            return connection;
        }
        catch (SqliteException error)
        {
            connection.Dispose();
            throw Translate(error);
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    // Deleted rows' ids are remembered, so that they are not used again: a reader that remembers a deleted study would
    // take the new one for it.
    public override string NewId(string table, string column) =>
        $"(SELECT COALESCE(MAX(v), 0) + 1 FROM (SELECT MAX({column}) AS v FROM {table} UNION ALL SELECT value AS v FROM tunewise_meta "
        + $"WHERE name = 'last_{column}'))";

    // Texts are larger than all numbers.
    public override string NextNumber => "CASE WHEN typeof(MAX(number)) IN ('integer', 'null') THEN MAX(number) + 1 ELSE 'none' END";

    // SQLite keeps in any column what it is given, and reads a text as the number 0.
    public override string RealOnly(string column) => $"CASE WHEN typeof({column}) IN ('real', 'integer') THEN {column} END";

    // Of the types only those of no number are read with their value.
    public override string TypeUnlessFinite(string value, string type) =>
        $"CASE WHEN {type} <> 'FINITE' THEN {type} WHEN typeof({value}) IN ('text', 'blob') THEN 'NAN' END";

    public override string IsOneOf(string column) => $"{column} IN (SELECT value FROM json_each(@ids))";

    public override object Ids(IReadOnlyCollection<long> ids) => $"[{string.Join(',', ids)}]";

    /// <summary>As many pages of the write-ahead log as SQLite's own checkpoints have.</summary>
    public override int WorkThatWantsUpkeep => 1000;

    /// <summary>The pages in the write-ahead log.</summary>
    public override int TakeWork() => LogHook.TakePages();

    /// <summary>Takes the write-ahead log into the database as far as nobody needs it any more, without waiting for anybody.</summary>
    public override bool Keep(Session session)
    {
        using var rows = session.Read("PRAGMA wal_checkpoint(PASSIVE)");
        rows.Read();
        var (isBusy, pages, done) = (rows.GetInt64(0) != 0, rows.GetInt64(1), rows.GetInt64(2));
        // Somebody else is at it.
        if (isBusy) return true;
        var (news, isStuck) = (pages - _taken, done == _taken);
        _taken = done;
        _heldUp = pages - done > FewPages;
        // A reader needs all that is left.
        return isStuck || news <= FewPages;
    }

    public override bool IsHeldUp => _heldUp;

    /// <summary>
    /// Takes all of the write-ahead log in and lets it begin anew: readers who come while those of now are waited for read without it.
    /// </summary>
    public override bool KeepAll(Session session)
    {
        _taken = 0;
        return WaitAtMost(Briefly, () =>
        {
            var end = Environment.TickCount64 + (long)Briefly.TotalMilliseconds;
            while (session.Number("PRAGMA wal_checkpoint(RESTART)") != 0)
            {
                // For readers SQLite has waited, for another checkpoint it does not.
                if (Environment.TickCount64 >= end) return false;
                Thread.Sleep(1);
            }

            return true;
        });
    }

    /// <summary>A file that bears its name no more takes all that is written to it along.</summary>
    public override void EnsureThere()
    {
        if (_file is { HasMoved: true })
        {
            throw new StorageException(
                $"'{path}' was deleted or moved while it was in use, or another file was put in its place; put it back, or start again");
        }
    }

    public override string NextStepVersion => "SELECT MAX(version) + 1 FROM tunewise_steps";

    /// <summary>Without the driver's reader, which makes an array of each blob: half the time.</summary>
    public override void ForEachStep(
        Session session, string sql, StepVisitor visit, params ReadOnlySpan<(string Name, object? Value)> parameters)
    {
        var handle = ((SqliteConnection)session.Connection).Handle!;
        SqliteException.ThrowExceptionForRC(raw.sqlite3_prepare_v2(handle, sql, out var statement), handle);
        using (statement)
        {
            foreach (var (name, value) in parameters)
                raw.sqlite3_bind_int64(statement, raw.sqlite3_bind_parameter_index(statement, name), (long)value!);
            int code;
            while ((code = raw.sqlite3_step(statement)) == raw.SQLITE_ROW)
            {
                visit(
                    raw.sqlite3_column_int64(statement, 0),
                    raw.sqlite3_column_int64(statement, 1),
                    raw.sqlite3_column_blob(statement, 2));
            }

            if (code != raw.SQLITE_DONE) SqliteException.ThrowExceptionForRC(code, handle);
        }
    }

    public override IEnumerable<string> OwnObjects => Schema.Own(Types).Select(o => o.Name);

    public override void BeginWrite(Session session) => session.Execute("BEGIN IMMEDIATE");

    public override void BeginRead(Session session) => session.Execute("BEGIN");

    public override void Commit(Session session) => session.Execute("COMMIT");

    public override void Rollback(Session session) => session.Execute("ROLLBACK");

    public override long ForeignChanges(Session session) => _unchanging.TryGetValue(session.Connection, out var stamp)
        ? stamp.WrittenAt.Ticks
        : session.Number("PRAGMA data_version");

    public override void Compact(Session session)
    {
        session.Execute("VACUUM");
        session.Execute("ANALYZE");
        // Waits for readers, and everybody who writes for it: so not for long.
        WaitAtMost(Shortly, () => session.Execute("PRAGMA wal_checkpoint(TRUNCATE)"));
    }

    public override IEnumerable<string> CheckPages(Session session)
    {
        var lines = new List<string>();
        try
        {
            using var rows = session.Read("PRAGMA integrity_check");
            while (rows.Read()) lines.Add(rows.GetString(0));
        }
        catch (SqliteException error) when (error.SqliteErrorCode is CorruptCode or NotADatabaseCode)
        {
            // Too damaged to be checked to the end.
            lines.Add(error.Message);
        }

        return lines is ["ok"] ? [] : lines;
    }

    public override IReadOnlyList<string> MissingObjects(Session session)
    {
        var known = Names(session.Connection);
        return [.. Objects.Select(o => o.Name).Where(n => !Schema.IsKnown(n, known))];
    }

    public override void CreateMissing(Session session)
    {
        foreach (var name in MissingObjects(session)) session.Execute(Objects.First(o => o.Name == name).Sql);
    }

    public override StorageException Translate(DbException error) => readsOnly && error is SqliteException { SqliteErrorCode: ReadOnlyCode }
        ? new(
            $"'{path}' was opened to read only (OpenToRead) and cannot be written; open it with SqliteStorage.Open or OpenExisting to write",
            error)
        : Translate(path, error);

    public static StorageException Translate(string path, DbException error)
    {
        var code = (error as SqliteException)?.SqliteErrorCode ?? 0;
        // The index of the write-ahead log cannot grow: that is a full disk, too.
        var extended = (error as SqliteException)?.SqliteExtendedErrorCode ?? 0;
        if (extended == SharedMemorySizeCode) code = FullCode;
        var message = code switch
        {
            ReadOnlyCode => $"'{path}' cannot be written; change the permissions of the file and its folder, or name another path",
            CannotOpenCode => $"'{path}' cannot be opened; check that its folder exists and can be written",
            FullCode => $"the disk that holds '{path}' is full; free some space: everything acknowledged so far is safe",
            DiskErrorCode => $"the disk that holds '{path}' fails ({error.Message}); check it, and move the database if needed",
            NotADatabaseCode => $"'{path}' is not a SQLite database; name another file",
            CorruptCode => $"'{path}' is damaged ({error.Message}); restore a copy, or recover it with 'sqlite3 {path} .recover'",
            BusyCode or LockedCode => $"'{path}' is locked by another program; wait until it is done, or close what holds the file",
            ConstraintCode when error.Message.Contains("FOREIGN KEY", StringComparison.Ordinal) =>
                "the study was deleted; open it again to create a new one",
            _ => $"the database '{path}' failed: {error.Message}",
        };
        return new StorageException(message, error)
        {
            IsTemporary = code is FullCode or BusyCode or LockedCode || extended == SharedMemorySizeCode,
        };
    }

    /// <summary>The change of mode needs the file for itself and does not wait for it, so several first starts take turns here.</summary>
    private static void UseWriteAheadLog(SqliteConnection connection)
    {
        var end = Environment.TickCount64 + BusyMilliseconds;
        while (true)
        {
            try
            {
                connection.Execute("PRAGMA journal_mode = WAL");
                return;
            }
            catch (SqliteException error) when (error.SqliteErrorCode is BusyCode or LockedCode && Environment.TickCount64 < end)
            {
                Thread.Sleep(5);
            }
        }
    }

    private void EnsureSchema(SqliteConnection connection)
    {
        var found = Names(connection);
        if (!Objects.Select(o => o.Name).Except(found).Any() && !IsOutdated(connection, found)) return;

        // Under the write lock, so that of ten processes that start at once one creates and nine find everything done.
        connection.Execute("BEGIN IMMEDIATE");
        var done = false;
        try
        {
            var known = Names(connection);
            if (IsOutdated(connection, known)) Outgrow(connection, known);
            foreach (var (name, sql) in Objects)
            {
                if (!known.Contains(name)) connection.Execute(sql);
            }

            if (!known.Contains("studies"))
            {
                foreach (var row in Schema.FirstRows) connection.Execute(row);
            }

            connection.Execute(Schema.WriteVersion);
            connection.Execute("COMMIT");
            done = true;
        }
        finally
        {
            if (!done) Rollback(connection);
        }
    }

    /// <summary>Whether there are tables of ours of an older version, or of none that is known.</summary>
    private bool IsOutdated(SqliteConnection connection, HashSet<string> known) =>
        known.Contains("tunewise_meta")
            ? Schema.IsOutdated($"'{path}'", connection.QueryFirstOrDefault<string>(Schema.ReadVersion))
            : OwnObjects.Any(known.Contains);

    /// <summary>
    /// Takes what older versions have otherwise out of the way: columns are added, triggers are dropped to be created again.
    /// </summary>
    private static void Outgrow(SqliteConnection connection, HashSet<string> known)
    {
        foreach (var (table, column, type) in Schema.AddedColumns)
        {
            if (!known.Contains(table)) continue;
            var columns = connection.Query<string>($"SELECT name FROM pragma_table_info('{table}')");
            if (!columns.Contains(column)) connection.Execute($"ALTER TABLE {table} ADD COLUMN {column} {type}");
        }

        foreach (var (name, _) in Triggers)
        {
            connection.Execute($"DROP TRIGGER IF EXISTS {name}");
            known.Remove(name);
        }
    }

    private static void Rollback(SqliteConnection connection)
    {
        try
        {
            connection.Execute("ROLLBACK");
        }
        catch (SqliteException)
        {
            // On a full disk, say, SQLite has rolled back by itself; the first error is the one to tell.
        }
    }

    private static HashSet<string> Names(DbConnection connection) =>
        [.. connection.Query<string>("SELECT name FROM sqlite_master WHERE name IS NOT NULL")];

    /// <summary>
    /// Optuna's own UPDATEs of a state are not guarded: two workers that read WAITING would both run the trial. The triggers make the
    /// second one fail with the error that Optuna takes for "someone else was faster". The others remember numbers and ids of what is
    /// deleted, by whomever. A migration of Optuna's may drop them, so they are checked at every open.
    /// </summary>
    private static readonly (string Name, string Sql)[] Triggers =
    [
        ("tunewise_claim", $"CREATE TRIGGER tunewise_claim BEFORE UPDATE OF state ON trials WHEN {TrialRuleSql.RunsUnclaimed} "
            + "BEGIN SELECT RAISE(ABORT, 'trial is not WAITING'); END"),
        ("tunewise_finish", $"CREATE TRIGGER tunewise_finish BEFORE UPDATE OF state ON trials WHEN {TrialRuleSql.ChangesFinished} "
            + "BEGIN SELECT RAISE(ABORT, 'trial is finished'); END"),
        ("tunewise_trial_deleted", "CREATE TRIGGER tunewise_trial_deleted AFTER DELETE ON trials BEGIN "
            + "INSERT INTO tunewise_numbers (study_id, next_number) SELECT OLD.study_id, OLD.number + 1 WHERE OLD.study_id IS NOT NULL "
            + "AND OLD.number IS NOT NULL ON CONFLICT (study_id) DO UPDATE SET next_number = MAX(next_number, excluded.next_number); "
            + "INSERT INTO tunewise_meta (name, value) VALUES ('last_trial_id', OLD.trial_id) ON CONFLICT (name) DO UPDATE "
            + "SET value = MAX(value, excluded.value); "
            + $"{DeleteWith(Schema.LargeTrialTables, "trial_id")} END"),
        ("tunewise_study_deleted", "CREATE TRIGGER tunewise_study_deleted AFTER DELETE ON studies BEGIN "
            + $"{DeleteWith(Schema.OwnStudyTables, "study_id")} "
            + "INSERT INTO tunewise_meta (name, value) VALUES ('last_study_id', OLD.study_id) ON CONFLICT (name) DO UPDATE "
            + "SET value = MAX(value, excluded.value); END"),
    ];

    private static string DeleteWith(IEnumerable<string> tables, string key) =>
        string.Join(' ', tables.Select(table => $"DELETE FROM {table} WHERE {key} = OLD.{key};"));

    private static IReadOnlyList<(string Name, string Sql)> Objects { get; } = [.. Schema.Optuna(Types), .. Schema.Own(Types), .. Triggers];
}
