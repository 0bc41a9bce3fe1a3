using System.Text.Json;

namespace Tunewise.Packages.Tests;

/// <summary>A program that was made from packages.</summary>
internal sealed class PackagedProgram(Packed packed, string folder)
{
    public string Folder => folder;

    /// <summary>Its commands find packages in the sources and nowhere else, and their warnings are errors.</summary>
    public IReadOnlyDictionary<string, string> Variables { get; } = new Dictionary<string, string>
    {
        ["NUGET_PACKAGES"] = packed.Cache,
        ["TreatWarningsAsErrors"] = "true",
        ["MSBuildTreatWarningsAsErrors"] = "true",
        // Whether the sources know of vulnerabilities is not asked here.
        ["NuGetAudit"] = "false",
    };

    public void Build() => Dotnet.Run(folder, Variables, "build", "--nologo");

    /// <summary>Runs it, and returns what it printed.</summary>
    public string Run(params string[] arguments)
    {
        var output = Dotnet.Run(folder, Variables, ["run", "--", .. arguments]);
        foreach (var package in Directory.GetDirectories(packed.Cache, "tunewise*"))
        {
            var metadata = Path.Combine(package, Repository.Version, ".nupkg.metadata");
            Assert.Equal(packed.Feed, JsonDocument.Parse(File.ReadAllText(metadata)).RootElement.GetProperty("source").GetString());
        }

        return output;
    }
}
