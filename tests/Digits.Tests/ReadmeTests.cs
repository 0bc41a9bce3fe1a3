using System.Runtime.CompilerServices;

namespace Digits.Tests;

public class ReadmeTests
{
    [Fact]
    public void Readme_ShowsTheQuickstartAsItIs()
    {
        var root = Path.GetFullPath(Path.Combine(Here(), "..", "..", ".."));
        var program = File.ReadAllText(Path.Combine(root, "studies", "Quickstart", "Program.cs")).ReplaceLineEndings("\n").Trim();
        Assert.Contains(
            "```csharp\n" + program + "\n```",
            File.ReadAllText(Path.Combine(root, "README.md")).ReplaceLineEndings("\n"),
            StringComparison.Ordinal);
    }

    private static string Here([CallerFilePath] string path = "") => path;
}
