namespace Tunewise.Packages.Tests;

/// <summary>A fact about the packages: it takes a while, runs where a variable asks for it, and is skipped by name elsewhere.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal class PackageFactAttribute : FactAttribute
{
    public const string Variable = "TUNEWISE_TEST_PACKAGES";

    public PackageFactAttribute() =>
        Skip = Environment.GetEnvironmentVariable(Variable) == "1" ? null : $"packs everything; set {Variable}=1 to run it";
}
