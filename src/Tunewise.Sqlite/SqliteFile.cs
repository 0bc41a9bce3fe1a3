using Microsoft.Data.Sqlite;
using SQLitePCL;
using Tunewise.Relational;

namespace Tunewise.Sqlite;

/// <summary>Looks at a path before anything is written to it.</summary>
internal static class SqliteFile
{
    // https://www.sqlite.org/fileformat2.html#page_size
    private const int SmallestPage = 512;

    private const string Scheme = "sqlite:///";

    // A reader takes an index of shared memory with it; it grows by so much.
    // https://www.sqlite.org/walformat.html#the_wal_index_file_format
    private const int SmallestIndex = 32 * 1024;

    /// <summary>The full path, if it can be opened as a study database or created as one.</summary>
    /// <param name="path">The path.</param>
    /// <param name="mustExist">There must be a file.</param>
    /// <param name="mustHold">There must be studies in it, and they are only to be read.</param>
    /// <exception cref="StorageException">It cannot; the message says why and what to do.</exception>
    public static string Check(string path, bool mustExist, bool mustHold = false)
    {
        RefuseOtherAddress(path);
        var full = Path.GetFullPath(path);
        if (Directory.Exists(full)) throw new StorageException($"'{path}' is a folder; name a database file in it");
        var target = TargetFile.Of(path);
        if (!File.Exists(target))
        {
            if (mustExist) throw new StorageException($"there is no database '{path}'; run a study first, or name another file");
            TargetFile.CheckFolder(target);
            return full;
        }

        if (FileKind.IsSpecial(full)) throw new StorageException($"'{path}' is a pipe or a device; name a database file");
        // An empty file is as good as none; one that is shorter than a page SQLite would take for empty.
        var length = new FileInfo(target).Length;
        if (length is > 0 and < SmallestPage)
        {
            throw new StorageException(
                $"'{path}' is not a SQLite database, or one that was cut off and is damaged; name another file, or restore a copy");
        }

        if (length > 0) CheckSchema(path, full, mustHold);
        else if (mustHold) throw Empty(path);
        return full;
    }

    /// <summary>What SQLite or Optuna would take for something else than a path.</summary>
    private static void RefuseOtherAddress(string path)
    {
        if (path == ":memory:")
            throw new StorageException("':memory:' is no file; use InMemoryStorage, or Study.InMemory(), for studies that are not kept");
        if (!path.Contains("://", StringComparison.Ordinal)) return;
        var remedy = path.StartsWith(Scheme, StringComparison.Ordinal) && path.Length > Scheme.Length
            ? $"give the path alone ('{path[Scheme.Length..]}'), or open the address with StorageUrl.Open of Tunewise.Hosting"
            : "give a path, or open the address with StorageUrl.Open of Tunewise.Hosting";
        throw new StorageException($"'{path}' is an address and no path; {remedy}");
    }

    /// <summary>
    /// A connection to read over, which takes with it what it needs beside the file, and first undoes what a program that died had half
    /// written, where it may. Where nothing can be written the file is read as one that nobody changes, if nothing is left beside it.
    /// </summary>
    public static SqliteConnection OpenToRead(string full)
    {
        // What SQLite keeps beside a file lies where a link leads to.
        full = TargetFile.Of(full);
        var hadIndex = File.Exists(full + "-shm");
        try
        {
            return Open(full);
        }
        catch (SqliteException error) when (error.SqliteErrorCode is raw.SQLITE_CANTOPEN or raw.SQLITE_READONLY or raw.SQLITE_FULL
            or raw.SQLITE_IOERR)
        {
            if (!hadIndex) DeleteStub(full);
            foreach (var (ending, name) in new[] { ("-wal", "write-ahead log"), ("-journal", "rollback journal") })
            {
                if (new FileInfo(full + ending) is { Exists: true, Length: > 0 })
                {
                    throw new StorageException(
                        $"'{full}' has a {name} that cannot be read where nothing can be written; "
                            + $"copy it together with '{Path.GetFileName(full)}{ending}' to another folder",
                        error);
                }
            }

            return OpenUnchanging(full);
        }
    }

    /// <summary>Whether a connection takes the file for one that nobody changes.</summary>
    public static bool IsUnchanging(SqliteConnection connection) =>
        // What the connection itself calls its source is the file's path.
        new SqliteConnectionStringBuilder(connection.ConnectionString).DataSource.StartsWith("file:", StringComparison.Ordinal);

    /// <summary>As a file that nobody changes.</summary>
    private static SqliteConnection OpenUnchanging(string full) =>
        Open($"file:{Uri.EscapeDataString(full).Replace("%2F", "/", StringComparison.OrdinalIgnoreCase)}?immutable=1");

    /// <summary>Takes away what a reader had begun to make beside the file when the disk was full. What others use is larger.</summary>
    private static void DeleteStub(string full)
    {
        try
        {
            if (new FileInfo(full + "-shm") is not { Exists: true, Length: < SmallestIndex }
                || new FileInfo(full + "-wal") is { Exists: true, Length: > 0 })
            {
                return;
            }

            File.Delete(full + "-shm");
            File.Delete(full + "-wal");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // It is in nobody's way.
        }
    }

    private static SqliteConnection Open(string source)
    {
        var isUnchanging = source.StartsWith("file:", StringComparison.Ordinal);
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder
        {
            DataSource = source,
            Mode = isUnchanging ? SqliteOpenMode.ReadOnly : SqliteOpenMode.ReadWrite,
            Pooling = false,
            DefaultTimeout = 1,
        }.ToString());
        try
        {
            var hasLog = !isUnchanging && new FileInfo(source + "-wal") is { Exists: true, Length: > 0 };
            connection.Open();
            // What others wrote stays where they left it; a log of our own would be litter.
            if (hasLog) _ = raw.sqlite3_db_config(connection.Handle, raw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, out _);
            // Somebody else's file, which nobody has open: what would be made beside it would be ours, and in its owner's way.
            if (!isUnchanging
                && raw.sqlite3_db_readonly(connection.Handle, "main") == 1
                && !File.Exists(source + "-wal")
                && !File.Exists(source + "-journal"))
            {
                connection.Dispose();
                return OpenUnchanging(source);
            }

            // Only now the file is looked at.
            _ = Strings(connection, "SELECT name FROM sqlite_master LIMIT 1");
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    private static StorageException Empty(string path) => new($"'{path}' holds no studies; run a study first, or name another file");

    // Only SQLite may open the file: closing any other handle would drop the locks of all connections that this process has to it
    // (https://www.sqlite.org/howtocorrupt.html, 2.2), and the next process to close the file would take itself for the last one.
    private static void CheckSchema(string path, string full, bool onlyToRead)
    {
        try
        {
            using var connection = onlyToRead
                ? OpenToRead(full)
                : new SqliteConnection(
                    new SqliteConnectionStringBuilder { DataSource = full, Mode = SqliteOpenMode.ReadWrite, Pooling = false }.ToString());
            connection.Open();
            // SQLite falls back to reading where it may not write.
            if (!onlyToRead && raw.sqlite3_db_readonly(connection.Handle, "main") == 1)
                throw new StorageException($"'{path}' cannot be written; change its permissions or name another file");
            var tables = Strings(connection, "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'");
            if (tables.Count == 0 && onlyToRead) throw Empty(path);
            if (tables.Count == 0) return;
            if (!tables.Contains("studies") || !tables.Contains("trials") || !tables.Contains("version_info"))
            {
                throw new StorageException(
                    $"'{path}' is a database of another program (it has the tables {string.Join(", ", tables.Order().Take(5))}); "
                    + "name another file");
            }

            Schema.Check($"'{path}'", tables, sql => Strings(connection, sql).FirstOrDefault());
        }
        catch (SqliteException error)
        {
            throw SqliteDialect.Translate(path, error);
        }
    }

    private static List<string> Strings(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
#pragma warning disable CA2100 // Called with constants only.
        command.CommandText = sql;
#pragma warning restore CA2100
        using var reader = command.ExecuteReader();
        var list = new List<string>();
        while (reader.Read()) list.Add(reader.IsDBNull(0) ? "" : reader.GetString(0));
        return list;
    }
}
