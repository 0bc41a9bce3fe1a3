namespace Tunewise.PostgreSql.Tests;

/// <summary>A schema of the server's database that goes away with the test.</summary>
internal sealed class TemporarySchema : IDisposable
{
    private readonly string _name = $"tunewise_{Guid.NewGuid():N}";

    public TemporarySchema()
    {
        Url = $"{Server.Url}{(Server.Url!.Contains('?', StringComparison.Ordinal) ? '&' : '?')}search_path={_name}";
        Server.Execute(Server.Url, $"CREATE SCHEMA {_name}");
    }

    /// <summary>The address of the schema.</summary>
    public string Url { get; }

    /// <summary>The same for Optuna: SQLAlchemy's driver by name, and the schema as libpq's option.</summary>
    public string OptunaUrl =>
        $"{Server.Url!.Replace("postgresql://", "postgresql+psycopg2://", StringComparison.Ordinal)}?options=-csearch_path%3D{_name}";

    public void Dispose() => Server.Execute(Server.Url!, $"SET client_min_messages = warning; DROP SCHEMA {_name} CASCADE");
}
