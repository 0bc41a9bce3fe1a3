using Microsoft.Data.Sqlite;
using SQLitePCL;
using Tunewise.Relational;

namespace Tunewise.Sqlite;

/// <summary>
/// Keeps studies in a SQLite file: in Optuna's schema, in write-ahead-log mode, durable against the death of any process when a call
/// returns. Any number of processes of one machine may have the file open; for several machines use a database server.
/// </summary>
public sealed class SqliteStorage : RelationalStorage
{
    private SqliteStorage(SqliteDialect dialect)
        : base(dialect)
    {
    }

    /// <summary>Opens a database file, and creates it if there is none.</summary>
    /// <param name="path">The file; relative paths start at the current directory.</param>
    /// <exception cref="StorageException">The path cannot be a database: a folder, not writable, another program's file, another version's
    /// schema. The file is left as it was.</exception>
    public static SqliteStorage Open(string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        return new SqliteStorage(new SqliteDialect(SqliteFile.Check(path, mustExist: false)));
    }

    /// <summary>Opens a database file that must be there already.</summary>
    /// <param name="path">The file; relative paths start at the current directory.</param>
    /// <exception cref="StorageException">There is no such file, or <see cref="Open"/> would not open it either.</exception>
    public static SqliteStorage OpenExisting(string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        return new SqliteStorage(new SqliteDialect(SqliteFile.Check(path, mustExist: true)));
    }

    /// <summary>
    /// Opens a database file to read it. Nothing is written to it, also where it lacks Tunewise's tables or is in another journal mode; a
    /// file and a folder without write permission will do. What would write throws.
    /// </summary>
    /// <param name="path">The file; relative paths start at the current directory.</param>
    /// <exception cref="StorageException">There is no such file, or it holds no studies.</exception>
    public static SqliteStorage OpenToRead(string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        return new SqliteStorage(new SqliteDialect(SqliteFile.Check(path, mustExist: true, mustHold: true), readsOnly: true));
    }

    /// <summary>Writes to another file, which a connection that only reads refuses as well.</summary>
    private static bool WriteTo(string path, Session session)
    {
        var readsOnly = session.Number("PRAGMA query_only");
        session.Execute("PRAGMA query_only = OFF");
        try
        {
            session.Execute("VACUUM INTO @path", ("@path", path));
            return true;
        }
        finally
        {
            session.Execute($"PRAGMA query_only = {(readsOnly == 0 ? "OFF" : "ON")}");
        }
    }

    /// <summary>
    /// Writes the whole database, as of one moment, to a new file without gaps and without a write-ahead log beside it: one file to copy
    /// and to send, also for viewers that cannot read a database in write-ahead-log mode. Others may go on writing meanwhile.
    /// </summary>
    /// <param name="path">The new file; there must be none yet.</param>
    /// <exception cref="StorageException">There is such a file, or it cannot be written; nothing is left behind.</exception>
    public void ExportTo(string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        var full = SqliteFile.Check(path, mustExist: false);
        if (File.Exists(full)) throw Exists(path);
        // Under a name that nobody else has until it is whole: what comes to be at the path meanwhile is somebody else's.
        var unfinished = $"{full}.{Guid.NewGuid():N}";
        try
        {
            ReadAlone(s => WriteTo(unfinished, s));
            TargetFile.Name(unfinished, full);
        }
        catch (StorageException error) when (
            error.InnerException is SqliteException { SqliteErrorCode: raw.SQLITE_FULL or raw.SQLITE_CANTOPEN or raw.SQLITE_READONLY })
        {
            // What cannot be written is the new file; the database is only read.
            throw SqliteDialect.Translate(path, (SqliteException)error.InnerException);
        }
        catch (IOException) when (File.Exists(full))
        {
            throw Exists(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new StorageException($"'{path}' cannot be written ({error.Message}); name another path", error);
        }
        finally
        {
            foreach (var ending in new[] { "", "-journal" }) File.Delete(unfinished + ending);
        }
    }

    private static StorageException Exists(string path) => new($"'{path}' exists already; name a new file");
}
