namespace Tunewise.Torch.Tests;

/// <summary>A test that needs TorchSharp: it runs where the build found the package, and is skipped by name where it did not.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class TorchFactAttribute : FactAttribute
{
    public TorchFactAttribute()
    {
#if !TORCHSHARP
        Skip = "the package sources had no TorchSharp when this was built";
#endif
    }
}
