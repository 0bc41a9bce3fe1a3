#if TORCHSHARP
using Tunewise.Testing;
#endif

namespace Tunewise.Torch.Tests;

/// <summary>What the package shows is a text that does not change by accident.</summary>
public sealed class PublicApiTests
{
    [TorchFact]
    public void PublicInterface_IsAsWritten()
    {
#if TORCHSHARP
        PublicApi.AssertIsAsWritten(typeof(TorchModels).Assembly);
#endif
    }
}
