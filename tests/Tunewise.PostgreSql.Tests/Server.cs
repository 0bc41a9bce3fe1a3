using Dapper;
using Npgsql;
using Tunewise.PostgreSql.Tests;
using Tunewise.Testing;

[assembly: StorageNeeds(Server.Variable, "the address of a PostgreSQL server, such as postgresql://user@host/database,")]

namespace Tunewise.PostgreSql.Tests;

/// <summary>The PostgreSQL server that the tests may use: the address in the variable TUNEWISE_TEST_POSTGRES.</summary>
internal static class Server
{
    public const string Variable = "TUNEWISE_TEST_POSTGRES";

    public static string? Url { get; } = Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } url ? url : null;

    /// <summary>Runs statements as a stranger would.</summary>
    public static void Execute(string url, params string[] statements)
    {
        using var connection = Connect(url);
        foreach (var statement in statements) connection.Execute(statement);
    }

    public static NpgsqlConnection Connect(string url)
    {
        var settings = PostgresAddress.Parse(url);
        settings.Pooling = false;
        var connection = new NpgsqlConnection(settings.ToString());
        connection.Open();
        return connection;
    }
}
