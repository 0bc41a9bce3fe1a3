using Dapper;
using Tunewise.Storage;
using Tunewise.Testing;

namespace Tunewise.PostgreSql.Tests;

public sealed class PostgresProcessTests : ProcessConformance
{
    private readonly Dictionary<string, TemporarySchema> _schemas = [];

    protected override int Kills => 30;

    protected override string Url(string name)
    {
        lock (_schemas)
        {
            if (!_schemas.TryGetValue(name, out var schema)) _schemas.Add(name, schema = new TemporarySchema());
            return schema.Url;
        }
    }

    protected override string OptunaUrl(string name) => _schemas[name].OptunaUrl;

    protected override IStudyStorage Open(string url) => PostgresStorage.Open(url);

    protected override void Cleanup()
    {
        foreach (var schema in _schemas.Values) schema.Dispose();
    }

    protected override IDisposable HoldOpenRead(string url)
    {
        var connection = Server.Connect(url);
        connection.Execute("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT COUNT(*) FROM trials");
        return connection;
    }

    protected override void ExecuteAsStranger(string url, params string[] statements) => Server.Execute(url, statements);
}
