namespace Tunewise.Packages.Tests;

/// <summary>A fact about the packages that needs TorchSharp, and is skipped by name where the build did not find it.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class TorchPackageFactAttribute : PackageFactAttribute
{
    public TorchPackageFactAttribute()
    {
        if (!Repository.HasTorchSharp) Skip ??= "the package sources had no TorchSharp when this was built";
    }
}
