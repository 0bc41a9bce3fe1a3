using Tunewise.Relational;
using Tunewise.Testing;

namespace Tunewise.PostgreSql.Tests;

public sealed class PostgresCheckTests : DatabaseCheckConformance
{
    private TemporarySchema? _schema;

    protected override string OnTrials => " ON trials";

    protected override RelationalStorage Open() => PostgresStorage.Open((_schema ??= new TemporarySchema()).Url);

    protected override void Cleanup() => _schema?.Dispose();

    // Without foreign keys, as after a restore gone wrong.
    protected override void Break(params string[] statements) =>
        Server.Execute(_schema!.Url, ["SET session_replication_role = replica", .. statements]);
}
