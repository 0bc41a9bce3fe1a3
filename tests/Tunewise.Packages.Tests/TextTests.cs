namespace Tunewise.Packages.Tests;

/// <summary>What the readmes of packages say that is said elsewhere, too.</summary>
public sealed class TextTests
{
    [Fact]
    public void Torch_NamesTheBackendInTheVersionOfTorchSharp() => Assert.Contains(
        $"`dotnet add package TorchSharp-cpu --version {Repository.TorchSharpVersion}`",
        File.ReadAllText(Path.Combine(Repository.Root, "src", "Tunewise.Torch", "PACKAGE.md")),
        StringComparison.Ordinal);
}
