using Tunewise.Storage;
using Tunewise.Testing;

namespace Tunewise.PostgreSql.Tests;

public sealed class PostgresStorageTests : StorageConformance
{
    private TemporarySchema? _schema;
    private CuttingProxy? _proxy;

    protected override long MaxStep => int.MaxValue;

    protected override IStudyStorage Open() => PostgresStorage.Open((_schema ??= new TemporarySchema()).Url);

    // Each statement is a way to a server, and each lost answer a new connection.
    protected override int StudySequences => 12;

    protected override IStudyStorage Open(ManualTime time)
    {
        _schema ??= new TemporarySchema();
        var settings = PostgresAddress.Parse(_schema.Url);
        _proxy ??= new CuttingProxy(settings.Host!, settings.Port);
        // The schema's own clock comes before the server's.
        var url = _schema.Url.Replace($":{settings.Port}/", $":{_proxy.Port}/", StringComparison.Ordinal) + ",pg_catalog";
        var storage = PostgresStorage.Open(url);
        if (time.Moved is null)
        {
            Server.Execute(
                _schema.Url,
                "CREATE TABLE test_clock (moved timestamptz)",
                "INSERT INTO test_clock VALUES (NULL)",
                $"CREATE FUNCTION clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE AS 'SELECT moved FROM {settings.SearchPath}.test_clock'");
            time.Moved = () => Server.Execute(_schema.Url, $"UPDATE test_clock SET moved = '{time.GetUtcNow():yyyy-MM-dd HH:mm:ss}+00'");
            time.Moved();
        }

        return storage;
    }

    protected override bool LoseAnswerTo(string? statement)
    {
        _proxy?.CutAfter(statement);
        return true;
    }

    protected override void Cleanup()
    {
        _proxy?.Dispose();
        _schema?.Dispose();
    }
}
