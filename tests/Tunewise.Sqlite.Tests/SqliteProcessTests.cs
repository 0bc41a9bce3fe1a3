using Dapper;
using Microsoft.Data.Sqlite;
using Tunewise.Storage;
using Tunewise.Testing;

namespace Tunewise.Sqlite.Tests;

public sealed class SqliteProcessTests : ProcessConformance
{
    private readonly TemporaryFolder _folder = new();

    protected override int Kills => 200;

    protected override string Url(string name) => _folder[name + ".db"];

    protected override string OptunaUrl(string name) => "sqlite:///" + Url(name);

    protected override IStudyStorage Open(string url) => SqliteStorage.Open(url);

    protected override void Cleanup() => _folder.Dispose();

    protected override void CheckIntegrity(string url)
    {
        using var connection = Connect(url);
        Assert.Equal("ok", connection.QuerySingle<string>("PRAGMA integrity_check"));
    }

    protected override IDisposable HoldOpenRead(string url)
    {
        var connection = Connect(url);
        connection.Execute("BEGIN DEFERRED");
        connection.Query<int>("SELECT COUNT(*) FROM trials");
        return connection;
    }

    protected override void ExecuteAsStranger(string url, params string[] statements)
    {
        using var connection = Connect(url);
        foreach (var statement in statements) connection.Execute(statement);
    }

    private static SqliteConnection Connect(string path)
    {
        var connection = new SqliteConnection($"Data Source={path};Pooling=False");
        connection.Open();
        return connection;
    }
}
