using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Tunewise.Packages.Tests;

/// <summary>What the sources say about the packages.</summary>
internal static partial class Repository
{
    public static string Root { get; } = FindRoot();

    /// <summary>The projects that become packages.</summary>
    public static IReadOnlyList<string> Packages { get; } =
        [.. Directory.GetFiles(Path.Combine(Root, "src"), "*.csproj", SearchOption.AllDirectories)
            .Select(p => Path.GetFileNameWithoutExtension(p)!)
            .Where(p => p != "Probe" && (HasTorchSharp || p != "Tunewise.Torch"))
            .Order(StringComparer.Ordinal)];

    public static bool HasTorchSharp =>
#if TORCHSHARP
        true;
#else
        false;
#endif

    public static string Version { get; } =
        XDocument.Load(Path.Combine(Root, "Directory.Build.props")).Descendants("Version").Single().Value;

    private static readonly XDocument Central = XDocument.Load(Path.Combine(Root, "Directory.Packages.props"));

    public static string TorchSharpVersion { get; } = Central.Descendants("TorchSharpVersion").Single().Value;

    [GeneratedRegex("^```csharp\n(.*?)^```$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Code { get; }

    /// <summary>What a package should depend on, with versions: what its project refers to and does not keep to itself.</summary>
    public static IEnumerable<(string Name, string Version)> DependenciesOf(string package)
    {
        var project = XDocument.Load(Path.Combine(Root, "src", package, $"{package}.csproj"));
        foreach (var reference in project.Descendants("ProjectReference"))
            yield return (Path.GetFileNameWithoutExtension((string)reference.Attribute("Include")!), Version);
        foreach (var reference in project.Descendants("PackageReference").Where(r => (string?)r.Attribute("PrivateAssets") != "all"))
        {
            var name = (string)reference.Attribute("Include")!;
            var central = Central.Descendants("PackageVersion").Single(p => (string?)p.Attribute("Include") == name);
            yield return (name, (string)central.Attribute("Version")!);
        }

        // Its reference stands in the targets that it imports.
        if (package == "Tunewise.Torch") yield return ("TorchSharp", TorchSharpVersion);
    }

    /// <summary>The program in a package's readme.</summary>
    public static string ProgramOf(string package)
    {
        var text = File.ReadAllText(Path.Combine(Root, "src", package, "PACKAGE.md")).ReplaceLineEndings("\n");
        return Assert.Single(Code.Matches(text)).Groups[1].Value;
    }

    /// <summary>The first code of the repository's readme.</summary>
    public static string FirstProgram() => Code.Match(File.ReadAllText(Path.Combine(Root, "README.md")).ReplaceLineEndings("\n")).Groups[1].Value;

    private static string FindRoot([CallerFilePath] string here = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "..", ".."));
}
