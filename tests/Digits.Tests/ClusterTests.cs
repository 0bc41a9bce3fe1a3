using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Tunewise;
using Tunewise.Sqlite;
using Tunewise.Testing;

namespace Digits.Tests;

/// <summary>
/// The example files for clusters do what they say, as far as that can be seen without a cluster: their commands are run as
/// the cluster would run them.
/// </summary>
public sealed class ClusterTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("tunewise-tests-");

    public void Dispose() => _folder.Delete(recursive: true);

    private string Database => Path.Combine(_folder.FullName, "digits.db");

    [Fact]
    public void Slurm_TheBatchScript_StartsOneWorkerPerTask()
    {
        if (OperatingSystem.IsWindows()) return;
        // As srun does: the same command once per task, with SIGTERM passed on, and the worst exit code at the end.
        var bin = Directory.CreateDirectory(Path.Combine(_folder.FullName, "bin"));
        var srun = Path.Combine(bin.FullName, "srun");
        File.WriteAllText(srun, """
            #!/bin/bash
            [ "$1" = --kill-on-bad-exit=0 ] || exit 9
            shift
            for ((task = 0; task < SLURM_NTASKS; task++)); do SLURM_PROCID=$task "$@" & tasks+=($!); done
            worst=0
            for task in "${tasks[@]}"; do wait "$task" || worst=$?; done
            exit "$worst"
            """);
        File.SetUnixFileMode(srun, (UnixFileMode)0b111_101_101);
        var start = new ProcessStartInfo("bash", [Example("slurm.sbatch"), "--backend", "managed", "--trials", "8", "--epochs", "2"])
        {
            WorkingDirectory = _folder.FullName,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["PATH"] = $"{bin.FullName}:{Environment.GetEnvironmentVariable("PATH")}";
        start.Environment["SLURM_NTASKS"] = "3";
        start.Environment["SLURM_CPUS_PER_TASK"] = "1";
        start.Environment["PROGRAM"] = Path.Combine(AppContext.BaseDirectory, "Digits.dll");

        var (refused, _, why) = Run(start);
        Assert.NotEqual(0, refused);
        Assert.Contains("set STORAGE to the address of the PostgreSQL server", why, StringComparison.Ordinal);

        start.Environment["STORAGE"] = Database;
        var (exitCode, output, error) = Run(start);
        Assert.Equal((0, ""), (exitCode, error));
        Assert.Equal(3, output.Split('\n').Count(l => l.StartsWith("Worker on cpu for study 'digits'", StringComparison.Ordinal)));
        AssertWhole(8);
    }

    [OptunaFact]
    public void Kubernetes_TheJob_RunsAWorkerPerIndex()
    {
        // A Python with Optuna can read YAML.
        var text = PythonWithOptuna.Run(
            "import json, sys, yaml; print(json.dumps(yaml.safe_load(open(sys.argv[1]))))", Example("kubernetes.yaml"));
        var job = JsonDocument.Parse(text).RootElement;
        Assert.Equal(("batch/v1", "Job"), (job.GetProperty("apiVersion").GetString(), job.GetProperty("kind").GetString()));
        var spec = job.GetProperty("spec");
        Assert.Equal("Indexed", spec.GetProperty("completionMode").GetString());
        var pod = spec.GetProperty("template").GetProperty("spec");
        // What Kubernetes demands of a Job with a policy for failures.
        Assert.Equal("Never", pod.GetProperty("restartPolicy").GetString());
        var container = pod.GetProperty("containers")[0];
        Assert.Equal("STORAGE", container.GetProperty("env")[0].GetProperty("name").GetString());
        string[] command = [.. container.GetProperty("command")
            .EnumerateArray()
            .Concat(container.GetProperty("args").EnumerateArray())
            .Select(a => a.GetString()!)];

        var processes = Enumerable.Range(0, 2).Select(index =>
        {
            string[] own = [.. command.Skip(1).Select(a => a.Replace("$(STORAGE)", Database, StringComparison.Ordinal)
                .Replace("/app/Digits.dll", Path.Combine(AppContext.BaseDirectory, "Digits.dll"), StringComparison.Ordinal)
                .Replace("/checkpoints", Path.Combine(_folder.FullName, "checkpoints"), StringComparison.Ordinal)
                .Replace("500", "6", StringComparison.Ordinal)), "--backend", "managed", "--epochs", "2"];
            var start = new ProcessStartInfo(command[0], own) { RedirectStandardOutput = true, RedirectStandardError = true };
            start.Environment["JOB_COMPLETION_INDEX"] = $"{index}";
            return Process.Start(start)!;
        }).ToArray();
        foreach (var process in processes)
        {
            using (process)
            {
                var error = process.StandardError.ReadToEndAsync();
                process.StandardOutput.ReadToEnd();
                process.WaitForExit();
                Assert.Equal((0, ""), (process.ExitCode, error.GetAwaiter().GetResult()));
            }
        }

        AssertWhole(6);
    }

    private void AssertWhole(int trials)
    {
        using var storage = SqliteStorage.OpenExisting(Database);
        var all = Study.Load(storage, "digits").GetTrials();
        Assert.Equal(Enumerable.Range(0, trials), all.Select(t => t.Number));
        Assert.All(all, t => Assert.True(t.State is TrialState.Complete or TrialState.Pruned, $"{t}"));
    }

    private static string Example(string name, [CallerFilePath] string here = "") =>
        Path.Combine(Path.GetDirectoryName(here)!, "..", "..", "studies", "Cluster", name);

    private static (int ExitCode, string Output, string Error) Run(ProcessStartInfo start)
    {
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, error.GetAwaiter().GetResult());
    }
}
