using System.Globalization;
using System.Text.RegularExpressions;

namespace Tunewise.Packages.Tests;

/// <summary>
/// What a user makes from the packages, in an empty folder and with an empty package cache: the programs of their readmes, and a service.
/// </summary>
[Collection(SharedPacked.Name)]
public sealed partial class ProgramTests(Packed packed)
{
    [GeneratedRegex(@"^Best trial: trial (\d+): Complete (\S+)", RegexOptions.Multiline)]
    private static partial Regex BestTrial { get; }

    [GeneratedRegex(@"^First trial: trial (\d+): Complete (\S+)", RegexOptions.Multiline)]
    private static partial Regex FirstTrial { get; }

    /// <summary>What README shows first runs as it is pasted.</summary>
    [PackageFact]
    public void Readme_ItsFirstProgram_FindsTheMinimum()
    {
        var files = new Dictionary<string, string> { ["Program.cs"] = Repository.FirstProgram() };
        var best = BestTrial.Match(packed.New("console", "TryReadme", files, ("Tunewise.Sqlite", Repository.Version)).Run());
        Assert.True(double.Parse(best.Groups[2].Value, CultureInfo.InvariantCulture) < 0.1, best.Value);
    }

    [PackageFact]
    public void Engine_Alone_SearchesInMemory()
    {
        var output = Readme("Tunewise").Run();
        Assert.Matches(BestTrial, output);
        Assert.Contains("learning_rate", output, StringComparison.Ordinal);
    }

    [PackageFact]
    public void Sqlite_KeepsTheStudy_AndTheSecondStartGoesOnWithIt()
    {
        var program = Readme("Tunewise.Sqlite");
        var output = program.Run();
        Assert.Contains("40 trials", output, StringComparison.Ordinal);
        Assert.Matches(BestTrial, output);
        Assert.True(File.Exists(Path.Combine(program.Folder, "rosenbrock.db")));
        Assert.Equal(output, program.Run());
    }

    [PackageFact]
    public void PostgreSql_ItsProgramBuilds() => Readme("Tunewise.PostgreSql").Build();

    [PackageFact]
    public void Training_ASessionOfOnesOwn_FitsALine()
    {
        var best = BestTrial.Match(Readme("Tunewise.Training").Run());
        Assert.True(double.Parse(best.Groups[2].Value, CultureInfo.InvariantCulture) < 0.01, best.Value);
    }

    [PackageFact]
    public void Hosting_GivesACommandLine_AndStartsWorkers()
    {
        var program = Readme("Tunewise.Hosting");
        Assert.Contains("Best trial: ", program.Run("--trials", "6"), StringComparison.Ordinal);
        Assert.Contains("10 complete", program.Run("run", "--devices", "cpu:2", "--trials", "10"), StringComparison.Ordinal);
        Assert.Equal(11, program.Run("trials", "--format", "csv").TrimEnd().Split('\n').Length);
        Assert.Matches(@"x +\d", program.Run("best"));
    }

    [PackageFact]
    public void Worker_AServiceRunsAStudy_AndEnds()
    {
        var source = Path.Combine(Repository.Root, "tests", "Tunewise.Packages.Tests", "Programs", "Worker");
        var files = Directory.GetFiles(source).ToDictionary(f => Path.GetFileName(f), File.ReadAllText);
        var program = packed.New("worker", "service", files, ("Tunewise.Hosting", Repository.Version));
        var output = program.Run();
        Assert.Contains("the run of study worker ended (BudgetReached)", output, StringComparison.Ordinal);
        Assert.Contains("30 trials", output, StringComparison.Ordinal);
        Assert.Matches(BestTrial, output);
        Assert.True(File.Exists(Path.Combine(program.Folder, "worker.db")));
    }

    [TorchPackageFact]
    public void Torch_BringsTorchSharp_AndTrainsWithABackend()
    {
        var program = Readme("Tunewise.Torch", ("Tunewise.Sqlite", Repository.Version), ("TorchSharp-cpu", Repository.TorchSharpVersion));
        var output = program.Run();
        Assert.Contains("30 trials", output, StringComparison.Ordinal);
        // The search finds better ones than it began with.
        double Of(Match trial) => double.Parse(trial.Groups[2].Value, CultureInfo.InvariantCulture);
        var (first, best) = (Of(FirstTrial.Match(output)), Of(BestTrial.Match(output)));
        Assert.True(best < first / 2, output);
    }

    /// <summary>The program of a package's readme.</summary>
    private PackagedProgram Readme(string package, params (string Name, string Version)[] more) => packed.New(
        "console",
        $"Try{package}",
        new Dictionary<string, string> { ["Program.cs"] = Repository.ProgramOf(package) },
        [(package, Repository.Version), .. more]);
}
