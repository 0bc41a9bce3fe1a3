using System.Buffers.Binary;
using System.IO.Compression;
using System.Reflection.Metadata;
using System.Xml.Linq;

namespace Tunewise.Packages.Tests;

/// <summary>What `dotnet pack` makes.</summary>
[Collection(SharedPacked.Name)]
public sealed class ContentsTests(Packed packed)
{
    [PackageFact]
    public void Pack_MakesAPackageWithSymbols_OfEachProject()
    {
        Assert.DoesNotContain(": error", packed.Output, StringComparison.Ordinal);
        Assert.Equal(!Repository.HasTorchSharp, packed.Output.Contains("warning TW0002", StringComparison.Ordinal));
        Assert.Equal(
            Repository.Packages.SelectMany(p => new[] { $"{p}.{Repository.Version}.nupkg", $"{p}.{Repository.Version}.snupkg" })
                .Order(StringComparer.Ordinal),
            Directory.GetFiles(packed.Feed).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    [PackageFact]
    public void Packages_SayWhatTheyAre()
    {
        _ = packed.Output;
        Assert.All(Repository.Packages, name =>
        {
            using var package = Open(name, "nupkg");
            var said = Metadata(package, name);
            string? Said(string what) => said.Elements().SingleOrDefault(e => e.Name.LocalName == what)?.Value;
            Assert.Equal((name, Repository.Version, "MIT"), (Said("id"), Said("version"), Said("license")));
            Assert.Equal(("icon.png", "PACKAGE.md", "The Tunewise authors"), (Said("icon"), Said("readme"), Said("authors")));
            Assert.Contains(" ", Said("description"), StringComparison.Ordinal);
            Assert.Contains("hyperparameter-optimization", Said("tags"), StringComparison.Ordinal);
            Assert.StartsWith($"# {name}\n", Text(package, "PACKAGE.md").ReplaceLineEndings("\n"), StringComparison.Ordinal);
            Assert.StartsWith("MIT License", Text(package, "LICENSE"), StringComparison.Ordinal);
            Assert.Contains("<summary>", Text(package, $"lib/net10.0/{name}.xml"), StringComparison.Ordinal);
            Assert.Equal(
                name is "Tunewise" or "Tunewise.Relational", package.GetEntry("THIRD-PARTY-NOTICES.txt") is not null);

            // A PNG's width and height stand behind its signature and the name of its first part.
            var icon = Bytes(package, "icon.png");
            Assert.Equal("PNG"u8.ToArray(), icon[1..4]);
            Assert.Equal(128, BinaryPrimitives.ReadInt32BigEndian(icon.AsSpan(16)));
            Assert.Equal(128, BinaryPrimitives.ReadInt32BigEndian(icon.AsSpan(20)));
        });
    }

    [PackageFact]
    public void Packages_DependOnWhatTheirProjectsReferTo()
    {
        _ = packed.Output;
        Assert.All(Repository.Packages, name =>
        {
            using var package = Open(name, "nupkg");
            var group = Assert.Single(Metadata(package, name).Descendants(), e => e.Name.LocalName == "group");
            Assert.Equal("net10.0", (string?)group.Attribute("targetFramework"));
            Assert.Equal(
                Repository.DependenciesOf(name).Order(),
                group.Elements().Select(d => ((string)d.Attribute("id")!, (string)d.Attribute("version")!)).Order());
        });
    }

    [PackageFact]
    public void Symbols_NameSourcesWithoutThePlaceTheyWereBuiltIn()
    {
        _ = packed.Output;
        Assert.All(Repository.Packages, name =>
        {
            using var package = Open(name, "snupkg");
            using var symbols = MetadataReaderProvider.FromPortablePdbStream(new MemoryStream(Bytes(package, $"lib/net10.0/{name}.pdb")));
            var reader = symbols.GetMetadataReader();
            Assert.NotEmpty(reader.Documents);
            Assert.All(
                reader.Documents, d => Assert.StartsWith("/_", reader.GetString(reader.GetDocument(d).Name), StringComparison.Ordinal));
        });
    }

    private ZipArchive Open(string package, string kind) =>
        ZipFile.OpenRead(Path.Combine(packed.Feed, $"{package}.{Repository.Version}.{kind}"));

    private static XElement Metadata(ZipArchive package, string name) =>
        XDocument.Parse(Text(package, $"{name}.nuspec")).Root!.Elements().Single();

    private static string Text(ZipArchive package, string entry)
    {
        using var reader = new StreamReader(new MemoryStream(Bytes(package, entry)));
        return reader.ReadToEnd();
    }

    private static byte[] Bytes(ZipArchive package, string entry)
    {
        using var content = (package.GetEntry(entry) ?? throw new FileNotFoundException($"there is no {entry}")).Open();
        using var bytes = new MemoryStream();
        content.CopyTo(bytes);
        return bytes.ToArray();
    }
}
