using System.Text.RegularExpressions;
using Tunewise.PostgreSql;
using Tunewise.Relational;
using Tunewise.Sqlite;

namespace Tunewise.Hosting;

/// <summary>Opens storages by their addresses, as command lines and Optuna name them.</summary>
public static partial class StorageUrl
{
    private const string Sqlite = "sqlite:///";
    private const string Forms =
        "write a path such as study.db, sqlite:///study.db (four slashes begin an absolute path), or postgresql://user@host/database";

    /// <summary>Opens a storage, and creates its tables if there are none.</summary>
    /// <param name="url">"sqlite:///x.db", "postgresql://user:password@host:port/database", or the path of a SQLite file.</param>
    /// <exception cref="ArgumentException">It is no address of a storage.</exception>
    /// <exception cref="StorageException">The storage cannot be opened; the message says what to do.</exception>
    public static RelationalStorage Open(string url) => Open(url, SqliteStorage.Open, PostgresStorage.Open);

    /// <summary>
    /// Adds something to a storage. A file that is not there yet is made aside: it comes to be when all has been added, or not at all.
    /// </summary>
    /// <returns>What the storage is.</returns>
    /// <exception cref="ArgumentException">It is no address of a storage.</exception>
    /// <exception cref="StorageException">It cannot be added; nothing is left behind.</exception>
    internal static string Add(string url, Action<RelationalStorage> add)
    {
        if (FileOf(url) is { } file)
        {
            // A link is there, also where its file is not.
            var target = TargetFile.Of(file);
            if (!File.Exists(target) && !Directory.Exists(target) && TryMake(target, add)) return Path.GetFullPath(file);
        }

        using var storage = Open(url);
        add(storage);
        return storage.Description;
    }

    /// <summary>Makes a database of one thing; false when somebody else has made one of the name meanwhile.</summary>
    private static bool TryMake(string full, Action<RelationalStorage> add)
    {
        using var aside = new UnfinishedFile(full);
        try
        {
            using (var storage = SqliteStorage.Open(aside.Path)) add(storage);
            // Closing takes it in, if there is room.
            if (new FileInfo(aside.Path + "-wal") is { Exists: true, Length: > 0 })
                throw new StorageException($"'{full}' cannot be written to its end; is the disk full?");
            aside.Finish();
            return true;
        }
        catch (StorageException error)
        {
            throw new StorageException(error.Message.Replace(aside.Path, full, StringComparison.Ordinal), error);
        }
        catch (IOException) when (File.Exists(full))
        {
            return false;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new StorageException($"'{full}' cannot be written ({error.Message}); name another path", error);
        }
    }

    /// <summary>Opens a storage that must be there already.</summary>
    /// <param name="url">As for <see cref="Open(string)"/>.</param>
    /// <exception cref="ArgumentException">It is no address of a storage.</exception>
    /// <exception cref="StorageException">There is none, or it cannot be opened; the message says what to do.</exception>
    public static RelationalStorage OpenExisting(string url) => Open(url, SqliteStorage.OpenExisting, PostgresStorage.OpenExisting);

    /// <summary>Opens a storage to read it; nothing is written to it.</summary>
    /// <param name="url">As for <see cref="Open(string)"/>.</param>
    /// <exception cref="ArgumentException">It is no address of a storage.</exception>
    /// <exception cref="StorageException">There is none, it holds no studies, or it cannot be read; the message
    /// says what to do.</exception>
    public static RelationalStorage OpenToRead(string url) => Open(url, SqliteStorage.OpenToRead, PostgresStorage.OpenToRead);

    /// <summary>The same address for people: without a password.</summary>
    /// <param name="url">As for <see cref="Open(string)"/>.</param>
    public static string WithoutPassword(string url)
    {
        ArgumentNullException.ThrowIfNull(url);
        url = PasswordOption().Replace(url, "").TrimEnd('?', '&');
        var start = url.IndexOf("://", StringComparison.Ordinal);
        var at = start < 0 ? -1 : url.LastIndexOf('@');
        var colon = at < 0 ? -1 : url.IndexOf(':', start + 3);
        return colon < 0 || colon > at ? url : string.Concat(url.AsSpan(0, colon), url.AsSpan(at));
    }

    /// <summary>Looks at an address without opening anything.</summary>
    /// <exception cref="ArgumentException">It is no address of a storage.</exception>
    internal static void Check(string url)
    {
        if (IsPostgres(url)) PostgresAddress.Parse(url);
        else FileOf(url);
    }

    /// <summary>The path of a SQLite file; null when the address names a server.</summary>
    /// <exception cref="ArgumentException">It is no address of a storage.</exception>
    internal static string? FileOf(string url)
    {
        if (IsPostgres(url)) return null;
        if (string.IsNullOrWhiteSpace(url)) throw new ArgumentException($"a storage needs an address, got an empty one; {Forms}");
        if (url.IndexOf("://", StringComparison.Ordinal) is var end && end < 0) return url;
        if (url.StartsWith(Sqlite, StringComparison.Ordinal) && url.Length > Sqlite.Length && !url.Contains('?', StringComparison.Ordinal))
            return url[Sqlite.Length..];
        throw new ArgumentException(
            url[..end] == "sqlite" ? $"'{url}' names no file; {Forms}" : $"'{url[..end]}' is no storage that is known here; {Forms}");
    }

    [GeneratedRegex("(?<=[?&])(password|pwd|psw|ssl(%20|[ _])?password)=[^&]*&?", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex PasswordOption();

    private static bool IsPostgres(string url) => PostgresAddress.IsUrl(url);

    private static RelationalStorage Open(string url, Func<string, RelationalStorage> sqlite, Func<string, RelationalStorage> postgres)
    {
        ArgumentNullException.ThrowIfNull(url);
        return FileOf(url) is { } file ? sqlite(file) : postgres(url);
    }
}
