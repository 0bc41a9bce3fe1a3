using Dapper;
using Npgsql;
using Tunewise.PostgreSql;

namespace Tunewise.Benchmarks.Storage;

/// <summary>Schemas of a server that go away after the measurement.</summary>
internal sealed class PostgresSchemas(string server) : IDisposable
{
    private readonly string _prefix = $"tunewise_{Guid.NewGuid():N}";
    private readonly List<string> _names = [];

    /// <summary>The address of a schema, created at the first call.</summary>
    public string Url(string name)
    {
        var schema = $"{_prefix}_{name}";
        if (!_names.Contains(schema))
        {
            Execute($"CREATE SCHEMA {schema}");
            _names.Add(schema);
        }

        return $"{server}{(server.Contains('?', StringComparison.Ordinal) ? '&' : '?')}search_path={schema}";
    }

    public void Dispose()
    {
        foreach (var schema in _names) Execute($"SET client_min_messages = warning; DROP SCHEMA {schema} CASCADE");
    }

    private void Execute(string sql)
    {
        using var connection = new NpgsqlConnection(PostgresAddress.Parse(server).ToString());
        connection.Execute(sql);
    }
}
