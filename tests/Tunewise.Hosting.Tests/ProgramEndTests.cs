using System.Diagnostics;
using System.Globalization;
using Tunewise.Hosting.Tests.Supervision;
using Tunewise.Testing;

namespace Tunewise.Hosting.Tests;

/// <summary>
/// How programs end whose output, terminal, storage or code is not as it should be: with a line at most and an exit code that tells.
/// </summary>
[Collection(SupervisedStudy.OneAtATime)]
public sealed class ProgramEndTests : IDisposable
{
    private const string Missing = "error: part of the output is missing, because standard output cannot be written: ";
    private static readonly string[] Devices = ["--devices", "cpu:2"];
    private readonly SupervisedStudy _study = new();

    public void Dispose() => _study.Dispose();

    /// <summary>Runs where a user may mount things in a namespace of its own.</summary>
    [AttributeUsage(AttributeTargets.Method)]
    private sealed class NamespaceFactAttribute : FactAttribute
    {
        public NamespaceFactAttribute() => Skip = WorkerProcess.HasNamespaces ? null : "needs mount namespaces (Linux, with 'unshare -rm')";
    }

    /// <summary>Runs where a terminal can be had and taken away.</summary>
    [AttributeUsage(AttributeTargets.Method)]
    private sealed class TerminalFactAttribute : FactAttribute
    {
        public TerminalFactAttribute() =>
            Skip = File.Exists("/usr/bin/script") ? null : "needs a terminal of its own (Linux, with 'script')";
    }

    /// <summary>The program with its output where a shell puts it.</summary>
    private SupervisedStudy.Running In(string shell, params string[] arguments) => _study.StartUnder(["sh", "-c", shell, "sh"], arguments);

    private void AssertComplete(int count) =>
        Assert.Equal(Enumerable.Repeat(TrialState.Complete, count), _study.Trials.Select(t => t.State));

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Run_OutputOnAFullDisk_GoesOnAndTellsAtItsEnd(bool supervised)
    {
        if (OperatingSystem.IsWindows()) return;
        _study.Enqueue("print", 3);
        var run = In("exec \"$@\" > /dev/full", ["run", "--trials", "3", .. supervised ? Devices : []]);
        Assert.Equal(1, run.WaitForExit());
        Assert.Equal(Missing + "No space left on device", run.Error);
        AssertComplete(3);
    }

    [Theory]
    [InlineData("exec \"$@\" > /dev/full 2> /dev/full", false)]
    [InlineData("exec \"$@\" > /dev/full 2> /dev/full", true)]
    [InlineData("exec \"$@\" >&- 2>&-", false)]
    [InlineData("exec \"$@\" >&- 2>&-", true)]
    [InlineData("exec \"$@\" <&- >&- 2>&-", false)]
    public void Run_NeitherOutputNorErrors_GoesOnAndTellsByItsExitCode(string shell, bool supervised)
    {
        if (OperatingSystem.IsWindows()) return;
        _study.Enqueue("print", 2);
        _study.Enqueue("mutter");
        Assert.Equal(1, In(shell, ["run", "--trials", "3", .. supervised ? Devices : []]).WaitForExit());
        AssertComplete(3);
    }

    [Fact]
    public void Run_ClosedOutput_SaysSo()
    {
        if (OperatingSystem.IsWindows()) return;
        _study.Enqueue("print");
        var run = In("exec \"$@\" >&-", "run", "--trials", "1");
        Assert.Equal(1, run.WaitForExit());
        Assert.Equal(Missing + "it is closed", run.Error);
        AssertComplete(1);
    }

    [Theory]
    [InlineData("trials")]
    [InlineData("best")]
    [InlineData("trials --format json")]
    [InlineData("--help")]
    public void Verb_OutputOnAFullDisk_IsOneLine(string verb)
    {
        if (OperatingSystem.IsWindows()) return;
        _study.Enqueue("good");
        Assert.Equal(0, _study.Run("--trials", "1").WaitForExit());
        var run = In("exec \"$@\" > /dev/full", verb.Split(' '));
        Assert.Equal(1, run.WaitForExit());
        Assert.Equal(Missing + "No space left on device", run.Error);
    }

    [Theory]
    [InlineData("run --trials 5")]
    [InlineData("run --trials 5 --devices cpu:2")]
    [InlineData("trials")]
    public void Program_WhoseReaderHasSeenEnough_EndsWellAndWithoutAWord(string arguments)
    {
        if (OperatingSystem.IsWindows()) return;
        _study.Enqueue("print", 5);
        if (arguments == "trials") Assert.Equal(0, _study.Run("--trials", "5").WaitForExit());
        var run = In("{ \"$@\"; echo \"ended with $?\" >&2; } | head -n 1", arguments.Split(' '));
        Assert.Single(run.ReadAll().TrimEnd().Split('\n'));
        Assert.Equal("ended with 0", run.Error);
        AssertComplete(5);
    }

    [TerminalFact]
    public void Run_TerminalGone_GoesOnToItsEnd()
    {
        _study.Enqueue("wait", file: "go");
        _study.Enqueue("print", 3);
        var start = new ProcessStartInfo(
            "script",
            [
                "-qec",
                $"dotnet '{Path.Combine(AppContext.BaseDirectory, "Tunewise.TestStudy.dll")}' run --trials 4 --storage '{_study.Database}'",
                "/dev/null",
            ])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            WorkingDirectory = _study.Folder,
        };
        start.Environment["TERM"] = "xterm";
        using var terminal = Process.Start(start)!;
        // The table shows the trial's report.
        var shown = "";
        var buffer = new char[1024];
        while (!shown.Contains("1000", StringComparison.Ordinal) && terminal.StandardOutput.Read(buffer) is > 0 and var count)
            shown += new string(buffer, 0, count);
        using var program = Process.GetProcessById((int)(long)_study.Trials[0].UserAttributes["process"]!);
        terminal.Kill();
        terminal.WaitForExit();
        _study.Create("go");
        program.WaitForExit();
        AssertComplete(4);
    }

    [Theory]
    [InlineData("run")]
    [InlineData("run --devices cpu:2")]
    [InlineData("trials")]
    public void Storage_APipe_IsRefusedInOneLine(string arguments)
    {
        if (!OperatingSystem.IsLinux()) return;
        using (var make = Process.Start("mkfifo", _study.Database)) make.WaitForExit();
        var run = _study.Start(arguments.Split(' '));
        Assert.Equal(1, run.WaitForExit());
        Assert.Equal($"error: '{_study.Database}' is a pipe or a device; name a database file", run.Error);
    }

    [Fact]
    public void Import_FileThatCannotBeRead_IsOneLine()
    {
        if (!OperatingSystem.IsLinux()) return;
        // Reading where nothing is mapped is an I/O error.
        var run = _study.Start("import", "/proc/self/mem");
        Assert.Equal(1, run.WaitForExit());
        Assert.StartsWith("error: '/proc/self/mem' cannot be read: Input/output error", run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', run.Error);
    }

    [NamespaceFact]
    public void Export_ToAFullDisk_NamesThatDisk()
    {
        _study.Enqueue("good");
        Assert.Equal(0, _study.Run("--trials", "1").WaitForExit());
        var disk = Path.Combine(_study.Folder, "disk");
        Directory.CreateDirectory(disk);
        foreach (var (name, message) in new[]
        {
            ("a.db", "the disk that holds '{0}' is full"),
            ("a.jsonl", "'{0}' cannot be written: No space left on device"),
        })
        {
            var path = Path.Combine(disk, name);
            var run = _study.StartUnder(
                [
                    "unshare", "-rm", "sh", "-c",
                    $"mount -t tmpfs -o size=4k tmpfs '{disk}' && head -c 4096 /dev/zero > '{disk}/ballast' && exec \"$@\"", "sh",
                ],
                "export",
                path);
            Assert.Equal(1, run.WaitForExit());
            Assert.StartsWith("error: " + string.Format(CultureInfo.InvariantCulture, message, path), run.Error, StringComparison.Ordinal);
            Assert.DoesNotContain('\n', run.Error);
        }
    }

    [NamespaceFact]
    public void Import_ToAFullDisk_NamesThatDiskAndLeavesNothing()
    {
        _study.Enqueue("good", 30);
        Assert.Equal(0, _study.Run("--trials", "30").WaitForExit());
        var elsewhere = Directory.CreateTempSubdirectory("tunewise-tests-");
        try
        {
            var file = Path.Combine(elsewhere.FullName, "study.jsonl");
            Assert.Equal(0, _study.Start("export", file).WaitForExit());
            // A disk that is too small is where the database was.
            const string Mount = "mount -t tmpfs -o size=200k tmpfs \"$folder\" && \"$@\"; code=$?; ls -A \"$folder\"; exit $code";
            var run = _study.StartUnder(["env", $"folder={_study.Folder}", "unshare", "-rm", "sh", "-c", Mount, "sh"], "import", file);
            Assert.Equal("", run.ReadAll());
            Assert.Equal(1, run.ExitCode);
            Assert.StartsWith($"error: the disk that holds '{_study.Database}' is full", run.Error, StringComparison.Ordinal);
            Assert.DoesNotContain('\n', run.Error);
        }
        finally
        {
            elsewhere.Delete(recursive: true);
        }
    }

    [Fact]
    public void Objective_WhoseThreadDies_EndsTheProgramWithALine()
    {
        _study.Enqueue("thread");
        var run = _study.Run("--trials", "1");
        Assert.Equal(1, run.WaitForExit());
        Assert.Matches(@"^error: InvalidOperationException: on a thread of its own \(Behaviour.cs:\d+\)$", run.Error);
        // Under a supervisor only its worker ends, and the line is kept with the trial.
        var supervised = _study.Run("--trials", "1", "--devices", "cpu:1");
        Assert.Equal(0, supervised.WaitForExit());
        var trial = _study.Trials[^1];
        Assert.Equal((FailureKind.Crash, "the worker ended in mid-trial with exit code 1"), (trial.Failure, trial.Reason));
        Assert.StartsWith("error: InvalidOperationException: on a thread of its own", trial.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void StackTrace_OnDemand_FollowsTheLine()
    {
        var run = _study.StartUnder(["env", "TUNEWISE_STACKTRACE=1"], "run", "--start", "fail");
        Assert.Equal(1, run.WaitForExit());
        var lines = run.Error.Split('\n');
        Assert.Equal("error: the program could not make its objective: FileNotFoundException: there is no file 'images.bin'", lines[0]);
        Assert.Contains(lines, l => l.Contains("   at Tunewise.TestStudy.Behaviour.Start(", StringComparison.Ordinal));
    }

    [Fact]
    public void Signal_BeforeTheRunHasBegun_EndsItWithoutAnError()
    {
        if (OperatingSystem.IsWindows()) return;
        var asked = Path.Combine(_study.Folder, "asked");
        using (var make = Process.Start("mkfifo", asked)) make.WaitForExit();
        // nvidia-smi says that it was asked, and does not answer.
        File.WriteAllText(Path.Combine(_study.Folder, "bin", "nvidia-smi"), $"#!/bin/sh\necho > '{asked}'\nexec sleep 1000\n");
        var run = _study.Start("run", "--devices", "all");
        File.ReadAllText(asked);
        run.Signal("INT");
        Assert.Equal(130, run.WaitForExit());
        Assert.StartsWith("Stopping: ", run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', run.Error);
    }

    [Theory]
    [InlineData("run --start usage")]
    [InlineData("run --start usage --devices cpu:2")]
    [InlineData("worker --start usage")]
    public void Program_ThatFindsFaultWithItsCall_IsWrongUsage(string arguments)
    {
        var run = _study.Start(arguments.Split(' '));
        Assert.Equal(2, run.WaitForExit());
        Assert.Equal("error: --start usage needs another option (--help lists what there is)", run.Error);
    }

    [Theory]
    [InlineData("--trials 1 run --devices cpu:1")]
    [InlineData("--study run run --trials 1 --devices cpu:1")]
    public void Run_WhatIsBeforeTheVerb_ReachesTheWorkers(string arguments)
    {
        if (!arguments.Contains("--study", StringComparison.Ordinal)) _study.Enqueue("good");
        else _study.Enqueue("run", "good");
        var run = _study.Start([.. arguments.Split(' '), "--log", "json"]);
        Assert.Equal(0, run.WaitForExit());
        Assert.Equal(
            "summarized on cpu by another process: True, best 0",
            run.Events[^1].GetProperty("message")
                .GetString()!
                .Split('\n')
                .Single(l => l.StartsWith("summarized", StringComparison.Ordinal)));
    }
}
