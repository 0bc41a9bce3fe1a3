using System.Data.Common;
using Dapper;
using Microsoft.Data.Sqlite;
using Tunewise.Relational;

namespace Tunewise.Sqlite;

/// <summary>SQLite: one writer at a time over the whole file, a write-ahead log so that readers never wait, and waits far beyond Optuna's five seconds.</summary>
internal sealed class SqliteDialect(string path) : SqlDialect
{
    private const int BusyMilliseconds = 60_000;

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

    public override string Description => path;

    public override string BeginWrite => "BEGIN IMMEDIATE";

    public override string BeginRead => "BEGIN";

    public override string NowMilliseconds => "CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)";

    public override DbConnection Connect()
    {
        // No pool: a disposed storage lets go of its file.
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder
        {
            DataSource = path,
            Mode = SqliteOpenMode.ReadWriteCreate,
            DefaultTimeout = BusyMilliseconds / 1000,
            ForeignKeys = true,
            Pooling = false,
        }.ToString());
        try
        {
            connection.Open();
            // SQLite waits for locks by itself, with pauses from 1 ms on; the driver's own loop would poll every 150 ms.
            connection.Execute($"PRAGMA busy_timeout = {BusyMilliseconds}");
            UseWriteAheadLog(connection);
            connection.Execute("PRAGMA synchronous = NORMAL");
            EnsureSchema(connection);
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

    public override long ForeignChanges(Session session) => session.Number("PRAGMA data_version");

    public override StorageException Translate(DbException error) => Translate(path, error);

    public static StorageException Translate(string path, DbException error)
    {
        var code = (error as SqliteException)?.SqliteErrorCode ?? 0;
        var message = code switch
        {
            ReadOnlyCode => $"'{path}' cannot be written; change the permissions of the file and its folder, or name another path",
            CannotOpenCode => $"'{path}' cannot be opened; check that its folder exists and can be written",
            FullCode => $"the disk that holds '{path}' is full; free some space and start again: everything acknowledged so far is safe",
            DiskErrorCode => $"the disk that holds '{path}' fails ({error.Message}); check it, and move the database if needed",
            NotADatabaseCode => $"'{path}' is not a SQLite database; name another file",
            CorruptCode => $"'{path}' is damaged ({error.Message}); restore a copy, or recover it with 'sqlite3 {path} .recover'",
            BusyCode or LockedCode => $"'{path}' was locked by another program for {BusyMilliseconds / 1000} seconds; close what holds it open",
            ConstraintCode when error.Message.Contains("FOREIGN KEY", StringComparison.Ordinal) => "the study was deleted; open it again to create a new one",
            _ => $"the database '{path}' failed: {error.Message}",
        };
        return new StorageException(message, error);
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

    private static void EnsureSchema(SqliteConnection connection)
    {
        var wanted = Schema.Optuna.Concat(Schema.Own).Concat(Triggers).Select(o => o.Name);
        if (!wanted.Except(Names(connection)).Any()) return;

        // Under the write lock, so that of ten processes that start at once one creates and nine find everything done.
        connection.Execute("BEGIN IMMEDIATE");
        var done = false;
        try
        {
            var known = Names(connection);
            var fresh = !known.Contains("studies");
            foreach (var (name, sql) in (fresh ? Schema.Optuna : []).Concat(Schema.Own).Concat(Triggers))
            {
                if (!known.Contains(name)) connection.Execute(sql);
            }

            if (fresh)
            {
                connection.Execute("INSERT INTO version_info VALUES (1, @OptunaVersion, @LibraryVersion)", new { Schema.OptunaVersion, Schema.LibraryVersion });
                connection.Execute("INSERT INTO alembic_version VALUES (@AlembicVersion)", new { Schema.AlembicVersion });
            }

            connection.Execute("INSERT OR IGNORE INTO tunewise_meta (name, value) VALUES ('schema', @OwnVersion)", new { Schema.OwnVersion });
            connection.Execute("COMMIT");
            done = true;
        }
        finally
        {
            if (!done) Rollback(connection);
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

    private static HashSet<string> Names(SqliteConnection connection) => [.. connection.Query<string>("SELECT name FROM sqlite_master")];

    /// <summary>
    /// Optuna's own UPDATEs of a state are not guarded: two workers that read WAITING would both run the trial. The triggers make the second one
    /// fail with the error that Optuna takes for "someone else was faster". A migration of Optuna's may drop them, so they are checked at every open.
    /// </summary>
    private static readonly (string Name, string Sql)[] Triggers =
    [
        ("tunewise_claim", "CREATE TRIGGER tunewise_claim BEFORE UPDATE OF state ON trials WHEN NEW.state = 'RUNNING' AND OLD.state <> 'WAITING' BEGIN SELECT RAISE(ABORT, 'trial is not WAITING'); END"),
        ("tunewise_finish", "CREATE TRIGGER tunewise_finish BEFORE UPDATE OF state ON trials WHEN OLD.state IN ('COMPLETE', 'PRUNED', 'FAIL') BEGIN SELECT RAISE(ABORT, 'trial is finished'); END"),
    ];
}
