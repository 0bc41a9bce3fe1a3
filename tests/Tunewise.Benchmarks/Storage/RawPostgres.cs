using Npgsql;
using Tunewise.PostgreSql;

namespace Tunewise.Benchmarks.Storage;

/// <summary>The yardstick on PostgreSQL.</summary>
internal sealed class RawPostgres(string url) : RawTrials(Connect(url))
{
    protected override void InTransaction(Action work)
    {
        using var transaction = Connection.BeginTransaction();
        work();
        transaction.Commit();
    }

    private static NpgsqlConnection Connect(string url)
    {
        PostgresStorage.Open(url).Dispose();
        var settings = PostgresAddress.Parse(url);
        settings.Pooling = false;
        settings.MaxAutoPrepare = 100;
        settings.AutoPrepareMinUsages = 2;
        var connection = new NpgsqlConnection(settings.ToString());
        connection.Open();
        return connection;
    }
}
