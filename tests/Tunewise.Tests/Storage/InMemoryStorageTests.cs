using Tunewise.Storage;
using Tunewise.Testing;

namespace Tunewise.Tests.Storage;

public sealed class InMemoryStorageTests : StorageConformance
{
    protected override bool Persists => false;

    protected override IStudyStorage Open() => new InMemoryStorage();

    protected override IStudyStorage Open(ManualTime time) => new InMemoryStorage(time);
}
