using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Tunewise;
using Tunewise.Sqlite;
using Tunewise.Torch.Tests;

namespace Digits.Tests;

/// <summary>The program as a user starts it, in a folder of its own.</summary>
public sealed partial class ProgramTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("tunewise-tests-");

    public void Dispose() => _folder.Delete(recursive: true);

    [GeneratedRegex(@"tested on those: accuracy (\d+\.\d+) %")]
    private static partial Regex TestAccuracy { get; }

    private Process Start(params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet")
        {
            WorkingDirectory = _folder.FullName,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "Digits.dll"));
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        return Process.Start(start)!;
    }

    private (int ExitCode, string Output, string Error) Run(params string[] arguments)
    {
        using var process = Start(arguments);
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, error.GetAwaiter().GetResult());
    }

    private static Study Open(SqliteStorage storage) => Study.Load(storage, "digits");

    private SqliteStorage Storage() => SqliteStorage.OpenExisting(Path.Combine(_folder.FullName, "digits.db"));

    [Fact]
    public void Managed_FindsAGoodNetwork_AndGoesOnToTheTotal()
    {
        var first = Run("--backend", "managed", "--trials", "15", "--epochs", "15");
        Assert.Equal((0, ""), (first.ExitCode, first.Error));
        Assert.Contains("Trials: ", first.Output, StringComparison.Ordinal);
        Assert.Contains(" epochs.", first.Output, StringComparison.Ordinal);
        Assert.True(double.Parse(TestAccuracy.Match(first.Output).Groups[1].Value, CultureInfo.InvariantCulture) > 94, first.Output);

        var second = Run("--backend", "managed", "--trials", "20", "--epochs", "15");
        Assert.Contains("going on from 15 to 20 trials", second.Output, StringComparison.Ordinal);
        using var storage = Storage();
        Assert.Equal(20, Open(storage).GetTrials().Count);
        Assert.All(Open(storage).GetTrials(), t => Assert.Equal(t.Get<string>("optimizer") == "SGD", t.Parameters.ContainsKey("momentum")));
    }

    [Fact]
    public void Parallel1_SameSeed_GivesTheSameTrialsToTheBit()
    {
        double?[] Values(string study)
        {
            Assert.Equal(0, Run("--backend", "managed", "--trials", "12", "--epochs", "5", "--parallel", "1", "--study", study).ExitCode);
            using var storage = Storage();
            return [.. Study.Load(storage, study).GetTrials().Select(t => t.Value)];
        }

        Assert.Equal(Values("a"), Values("b"));
    }

    [Fact]
    public void NewStudyAfterADeletedOne_TrainsItsOwnTrials()
    {
        var checkpoints = Path.Combine(_folder.FullName, "digits.checkpoints");
        Assert.Equal(0, Run("--backend", "managed", "--trials", "3", "--seed", "1", "--epochs", "8", "--parallel", "1").ExitCode);
        Assert.Single(Directory.GetFiles(checkpoints));
        double?[] before;
        using (var storage = Storage()) before = [.. Open(storage).GetTrials().Select(t => t.Value)];
        var deleted = Run("delete", "--yes");
        Assert.Contains("Deleted study 'digits' with 3 trials and 1 checkpoint.", deleted.Output, StringComparison.Ordinal);
        Assert.False(Directory.Exists(checkpoints));

        Assert.Equal(0, Run("--backend", "managed", "--trials", "3", "--seed", "77", "--epochs", "3", "--parallel", "1").ExitCode);
        using var again = Storage();
        Assert.All(Open(again).GetTrials(), t => Assert.Equal([0, 1, 2], t.Reports.Select(r => r.Step)));
        Assert.NotEqual(before, Open(again).GetTrials().Select(t => t.Value));
    }

    [Fact]
    public void CopyExportAndImport_SayWhatBecomesOfCheckpoints()
    {
        Assert.Equal(0, Run("--backend", "managed", "--trials", "2", "--epochs", "3").ExitCode);
        Assert.Contains("Its checkpoints stay with the original", Run("copy", "--as", "copy").Output, StringComparison.Ordinal);
        Assert.Contains(
            "Its checkpoints are not in the file; they stay in ", Run("export", "digits.jsonl").Output, StringComparison.Ordinal);
        Assert.Contains("do not belong to this one", Run("import", "digits.jsonl", "--as", "again").Output, StringComparison.Ordinal);
        Assert.Contains("find the same checkpoints, in ", Run("export", "whole.db").Output, StringComparison.Ordinal);
        using var storage = Storage();
        var ids = new[] { "digits", "copy", "again" }.Select(n => Study.Load(storage, n).Uid).ToList();
        Assert.Equal(3, ids.Distinct().Count());
        using var whole = SqliteStorage.OpenExisting(Path.Combine(_folder.FullName, "whole.db"));
        Assert.Equal(ids[0], Open(whole).Uid);
    }

    [Fact]
    public void CtrlC_LetsTrialsStopAtTheNextReport_AndTheNextStartRunsThemAgain()
    {
        if (OperatingSystem.IsWindows()) return;
        using var process = Start("--backend", "managed", "--trials", "1000", "--epochs", "30");
        // Wait for two finished trials, then interrupt.
        var lines = new List<string>();
        while (lines.Count(l => l.StartsWith('[')) < 2 && process.StandardOutput.ReadLine() is { } line) lines.Add(line);
        using (var kill = Process.Start("kill", ["-INT", process.Id.ToString(CultureInfo.InvariantCulture)])) kill.WaitForExit();
        var output = process.StandardOutput.ReadToEnd();
        var error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.Equal(130, process.ExitCode);
        Assert.Contains("running trials stop at their next report and are queued again", error, StringComparison.Ordinal);
        Assert.Contains("The same command goes on", output, StringComparison.Ordinal);

        using var storage = Storage();
        var interrupted = Open(storage).GetTrials().Where(t => t.Failure == FailureKind.Interrupted).ToArray();
        Assert.NotEmpty(interrupted);
        Assert.DoesNotContain(Open(storage).GetTrials(), t => t.State == TrialState.Running);
        var total = Open(storage).GetTrials().Count(t => t.State is TrialState.Complete or TrialState.Pruned) + interrupted.Length;
        Assert.Equal(0, Run("--backend", "managed", "--epochs", "30", "--trials", total.ToString(CultureInfo.InvariantCulture)).ExitCode);
        Assert.All(interrupted, t =>
        {
            // A worker that was just taking its next trial may have taken the one that another had queued again, and queued it once more.
            var again = t;
            while (again.RetriedBy is { } next) again = Open(storage).FindTrial(next)!;
            Assert.True(again.State is TrialState.Complete or TrialState.Pruned, $"{again} {again.Failure} {again.Detail ?? again.Reason}");
        });
    }

    [Fact]
    public void Kill_InMidTrial_TheNextStartRunsItAgain()
    {
        using (var process = Start("--backend", "managed", "--trials", "1000", "--epochs", "30"))
        {
            while (process.StandardOutput.ReadLine() is { } line && !line.StartsWith('['))
            {
            }

            process.Kill();
            process.WaitForExit();
        }

        int finished;
        using (var storage = Storage()) finished = Open(storage).GetTrials().Count(t => t.State is TrialState.Complete or TrialState.Pruned);
        var result = Run("--backend", "managed", "--epochs", "30", "--trials", (finished + 2).ToString(CultureInfo.InvariantCulture));
        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        using var after = Storage();
        Assert.Equal(finished + 2, Open(after).GetTrials().Count(t => t.State is TrialState.Complete or TrialState.Pruned));
    }

    [Theory]
    [InlineData("--backend tensorflow", 2, "--backend must be torch or managed, got 'tensorflow'")]
    [InlineData("--epochs 0", 2, "--epochs must be at least 1, got 0")]
    [InlineData("worker --epochs -1", 2, "--epochs must be at least 1, got -1")]
    [InlineData("--storage .", 1, "is a folder")]
    [InlineData("--storage nowhere/x.db", 1, "does not exist")]
    public void BadInput_IsOneLine_AndLeavesNothingBehind(string arguments, int exitCode, string expected)
    {
        var result = Run(arguments.Split(' '));
        Assert.Equal(exitCode, result.ExitCode);
        Assert.Contains(expected, result.Error, StringComparison.Ordinal);
        Assert.Single(result.Error.TrimEnd().Split('\n'));
        Assert.Empty(_folder.GetFileSystemInfos());
    }

    [TorchFact]
    public void Torch_IsTheDefault_PrunesAndResumes()
    {
        var first = Run("--trials", "12", "--epochs", "10");
        Assert.Equal((0, ""), (first.ExitCode, first.Error));
        Assert.Equal(0, Run("--trials", "16", "--epochs", "10").ExitCode);
        using var storage = Storage();
        var trials = Open(storage).GetTrials();
        Assert.Equal(16, trials.Count(t => t.State is TrialState.Complete or TrialState.Pruned));
        Assert.All(trials, t => Assert.Equal("torch", t.UserAttributes["backend"]));
        Assert.Contains(trials, t => t.State == TrialState.Pruned);
    }

    [TorchFact]
    public void Devices_TheSupervisor_NeverLoadsTorch()
    {
        if (!OperatingSystem.IsLinux()) return;
        // Long enough to be looked at; ended by the test.
        using var supervisor = Start("--devices", "cpu:1", "--backend", "torch", "--trials", "1000", "--log", "json");
        var worker = 0;
        while (supervisor.StandardOutput.ReadLine() is { } line)
        {
            var happened = System.Text.Json.JsonDocument.Parse(line).RootElement;
            if (happened.GetProperty("event").GetString() == "worker_started") worker = happened.GetProperty("process").GetInt32();
            if (happened.GetProperty("event").GetString() == "report") break;
        }

        bool HasTorch(int process) => File.ReadAllText($"/proc/{process}/maps").Contains("libtorch", StringComparison.Ordinal);
        Assert.True(HasTorch(worker), "the worker trains with it");
        Assert.False(HasTorch(supervisor.Id), "the supervisor does not");
        using (var process = Process.GetProcessById(worker))
        {
            supervisor.Kill();
            process.WaitForExit();
        }
    }
}
