using System.Xml.Linq;

namespace Tunewise.Packages.Tests;

/// <summary>The packages, made once for all tests, in a folder that goes away with them.</summary>
public sealed class Packed : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("tunewise-packages-");
    private readonly Lazy<string> _output;

    public Packed() => _output = new(() =>
    {
        Directory.CreateDirectory(Feed);
        Directory.CreateDirectory(Cache);
        // Beside the sources that the user has, not instead of them.
        var source = new XElement("add", new XAttribute("key", "packed"), new XAttribute("value", Feed));
        new XElement("configuration", new XElement("packageSources", source)).Save(Path.Combine(_folder.FullName, "nuget.config"));
        return Dotnet.Run(Repository.Root, new Dictionary<string, string>(), "pack", "Tunewise.sln", "--nologo", "-o", Feed);
    });

    /// <summary>Where the packages are.</summary>
    internal string Feed => Path.Combine(_folder.FullName, "feed");

    /// <summary>What `dotnet pack` said.</summary>
    internal string Output => _output.Value;

    /// <summary>The packages that programs restored; empty at the beginning.</summary>
    internal string Cache => Path.Combine(_folder.FullName, "cache");

    /// <summary>A new program of a template that refers to packages alone.</summary>
    /// <param name="template">The template of `dotnet new`.</param>
    /// <param name="name">The program's name.</param>
    /// <param name="files">Its sources.</param>
    /// <param name="packages">The packages, with their versions.</param>
    internal PackagedProgram New(
        string template, string name, IReadOnlyDictionary<string, string> files, params (string Name, string Version)[] packages)
    {
        _ = _output.Value;
        var program = new PackagedProgram(this, Path.Combine(_folder.FullName, name));
        Dotnet.Run(_folder.FullName, program.Variables, "new", template, "--no-restore", "-o", name);
        foreach (var (package, version) in packages)
            Dotnet.Run(program.Folder, program.Variables, "add", "package", package, "--version", version, "--no-restore");
        foreach (var (file, text) in files) File.WriteAllText(Path.Combine(program.Folder, file), text);
        return program;
    }

    public void Dispose() => _folder.Delete(recursive: true);
}
