namespace Tunewise.Packages.Tests;

/// <summary>The tests share the packages, and run one after the other: each keeps every core busy.</summary>
[CollectionDefinition(Name)]
public sealed class SharedPacked : ICollectionFixture<Packed>
{
    public const string Name = "packages";
}
