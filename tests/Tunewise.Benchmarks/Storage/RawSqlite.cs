using System.Data.Common;
using Microsoft.Data.Sqlite;
using Tunewise.Sqlite;

namespace Tunewise.Benchmarks.Storage;

/// <summary>The yardstick on SQLite.</summary>
internal sealed class RawSqlite(string path) : RawTrials(Connect(path))
{
    private DbCommand? _begin;
    private DbCommand? _commit;

    protected override void InTransaction(Action work)
    {
        (_begin ??= Prepare("BEGIN IMMEDIATE")).ExecuteNonQuery();
        work();
        (_commit ??= Prepare("COMMIT")).ExecuteNonQuery();
    }

    private static SqliteConnection Connect(string path)
    {
        SqliteStorage.Open(path).Dispose();
        var connection = new SqliteConnection($"Data Source={path};Pooling=False");
        connection.Open();
        using var synchronous = connection.CreateCommand();
        synchronous.CommandText = "PRAGMA synchronous = NORMAL";
        synchronous.ExecuteNonQuery();
        return connection;
    }
}
