using Microsoft.Data.Sqlite;
using Tunewise.Relational;

namespace Tunewise.Sqlite;

/// <summary>Looks at a path before anything is written to it.</summary>
internal static class SqliteFile
{
    private static ReadOnlySpan<byte> Header => "SQLite format 3\0"u8;

    /// <summary>The full path, if it can be opened as a study database or created as one.</summary>
    /// <exception cref="StorageException">It cannot; the message says why and what to do.</exception>
    public static string Check(string path, bool mustExist)
    {
        var full = Path.GetFullPath(path);
        if (Directory.Exists(full)) throw new StorageException($"'{path}' is a folder; name a database file in it");
        if (!File.Exists(full))
        {
            if (mustExist) throw new StorageException($"there is no database '{path}'; run a study first, or name another file");
            var folder = Path.GetDirectoryName(full)!;
            if (!Directory.Exists(folder)) throw new StorageException($"the folder '{folder}' does not exist; create it or name another path");
            return full;
        }

        if (!CheckHeader(path, full)) return full;
        CheckSchema(path, full);
        return full;
    }

    /// <summary>Checks that the file can be read and written and is a database; false for an empty file, which is as good as none.</summary>
    private static bool CheckHeader(string path, string full)
    {
        try
        {
            using var file = new FileStream(full, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
            if (file.Length == 0) return false;
            Span<byte> start = stackalloc byte[Header.Length];
            if (file.ReadAtLeast(start, start.Length, throwOnEndOfStream: false) == start.Length && start.SequenceEqual(Header)) return true;
            throw new StorageException($"'{path}' is not a SQLite database; name another file");
        }
        catch (UnauthorizedAccessException error)
        {
            throw new StorageException($"'{path}' cannot be written; change its permissions or name another file", error);
        }
        catch (IOException error)
        {
            throw new StorageException($"'{path}' cannot be opened: {error.Message}", error);
        }
    }

    private static void CheckSchema(string path, string full)
    {
        try
        {
            using var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = full, Mode = SqliteOpenMode.ReadOnly, Pooling = false }.ToString());
            connection.Open();
            var tables = Strings(connection, "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'");
            if (tables.Count == 0) return;
            if (!tables.Contains("studies") || !tables.Contains("trials") || !tables.Contains("version_info"))
                throw new StorageException($"'{path}' is a database of another program (it has the tables {string.Join(", ", tables.Order().Take(5))}); name another file");

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
        while (reader.Read()) list.Add(reader.GetString(0));
        return list;
    }
}
