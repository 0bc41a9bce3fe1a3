using Dapper;
using Microsoft.Data.Sqlite;
using Tunewise.Relational;
using Tunewise.Testing;

namespace Tunewise.Sqlite.Tests;

public sealed class SqliteCheckTests : DatabaseCheckConformance
{
    private readonly TemporaryFolder _folder = new();

    protected override RelationalStorage Open() => SqliteStorage.Open(_folder["check.db"]);

    protected override void Cleanup() => _folder.Dispose();

    protected override void Break(params string[] statements)
    {
        using var connection = new SqliteConnection($"Data Source={_folder["check.db"]};Pooling=False;Foreign Keys=False");
        connection.Open();
        foreach (var statement in statements) connection.Execute(statement);
    }
}
