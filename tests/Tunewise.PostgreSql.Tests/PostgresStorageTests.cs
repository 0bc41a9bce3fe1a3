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
                "CREATE FUNCTION clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE AS "
                    + $"'SELECT moved FROM {settings.SearchPath}.test_clock'");
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

    [StorageFact]
    public void AddStudy_WhatNoColumnHolds_NamesTheTrialAndAddsNothing()
    {
        using var schema = new TemporarySchema();
        using var storage = PostgresStorage.Open(schema.Url);
        foreach (var (trial, expected) in new[]
        {
            (Inside.WithUserAttribute(new string('k', 513), "1"), "trial 0 of study 's': an attribute's name has 513 characters"),
            (
                new FrozenTrial
                {
                    State = TrialState.Complete,
                    Values = [1],
                    ParameterList = [new("a\0b", new Spaces.FloatDistribution(0, 1), 0.5)],
                },
                "trial 0 of study 's': a parameter's name holds the character of code 0"),
            (
                new FrozenTrial { State = TrialState.Complete, Values = [1], Reports = [new(1L << 40, 1)] },
                "trial 0 of study 's', report at step 1099511627776"),
        })
        {
            var error = Assert.Throws<StorageException>(
                () => storage.AddStudy(new Storage.StudyContent("s", [Direction.Minimize], [trial])));
            Assert.StartsWith(expected, error.Message, StringComparison.Ordinal);
            Assert.Null(storage.FindStudy("s"));
        }
    }
}
