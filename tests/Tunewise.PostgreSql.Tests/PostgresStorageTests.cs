using Tunewise.Storage;
using Tunewise.Testing;

namespace Tunewise.PostgreSql.Tests;

public sealed class PostgresStorageTests : StorageConformance
{
    private TemporarySchema? _schema;

    protected override long MaxStep => int.MaxValue;

    protected override IStudyStorage Open() => PostgresStorage.Open((_schema ??= new TemporarySchema()).Url);

    protected override void Cleanup() => _schema?.Dispose();
}
