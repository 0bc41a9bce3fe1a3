using System.Text.Json;

namespace Tunewise.Hosting.Tests.Supervision;

[Collection(SupervisedStudy.OneAtATime)]
public sealed class MisbehavingTrialsTests : IDisposable
{
    private readonly SupervisedStudy _study = new();

    public void Dispose() => _study.Dispose();

    [Fact]
    public void Run_TwoHundredTrialsOfAllKinds_EndsWithEveryGoodOneCompleteAndEveryBadOneExplained()
    {
        // The kind of trial, how it fails, and what its reason says; good ones do not.
        (string Kind, FailureKind? Failure, string Reason)[] expected =
        [
            ("segfault", FailureKind.Crash, "the worker crashed: segmentation fault (SIGSEGV)"),
            ("abort", FailureKind.Crash, "the worker crashed: it aborted (SIGABRT)"),
            ("endless", FailureKind.TimedOut, "the trial ran for longer than its 4.0 s; it did not stop when asked, and was killed"),
            ("stubborn", FailureKind.TimedOut, "the trial ran for longer than its 4.0 s; it did not stop when asked, and was killed"),
            ("greedy", FailureKind.OutOfMemory, "more than the 400 MB that it may"),
            ("throw", FailureKind.Exception, "InvalidOperationException: on purpose"),
            ("exit", FailureKind.Crash, "the worker ended in mid-trial with exit code 0"),
            ("close", FailureKind.Crash, "the worker closed its line to the supervisor"),
            ("oom", FailureKind.OutOfMemory, "CUDA out of memory"),
            ("managed-oom", FailureKind.OutOfMemory, "OutOfMemoryException"),
            ("cuda", FailureKind.Exception, "device-side assert"),
            ("chatter", null, ""),
            ("fork", null, ""),
            ("good", null, ""),
        ];
        // Mixed, so that each kind meets workers that others left behind.
        var counts = expected.ToDictionary(e => e.Kind, e => e.Kind switch { "good" => 78, "endless" or "stubborn" => 6, _ => 10 });
        for (var round = 0; round < 78; round++)
        {
            foreach (var (kind, count) in counts)
            {
                if (round < count) _study.Enqueue(kind);
            }
        }

        var run = _study.Run("--devices", "cpu:4", "--trials", "200", "--limit", "4", "--worker-memory", "400MB");
        Assert.Equal(0, run.WaitForExit());

        var trials = _study.Trials;
        Assert.Equal(200, trials.Count);
        foreach (var (kind, failure, reason) in expected)
        {
            var own = trials.Where(t => (string?)t.Parameters["kind"] == kind).ToArray();
            Assert.Equal(counts[kind], own.Length);
            foreach (var trial in own)
            {
                var ended = (trial.State, trial.Failure);
                Assert.True(
                    (failure is null ? TrialState.Complete : TrialState.Failed, failure) == ended,
                    $"{kind}: {ended}, {trial.Reason}\n{trial.Detail}");
                if (failure is not null) Assert.Contains(reason, trial.Reason, StringComparison.Ordinal);
                else Assert.Equal([0, 1, 2], trial.Reports.Select(r => r.Step));
                Assert.Equal(failure != FailureKind.OutOfMemory, trial.IsFeasible);
            }
        }

        Assert.Empty(run.Left());
        Assert.Empty(_study.With(s => s.Storage.GetLeases(1)));
        var end = run.Events[^1];
        Assert.Equal(
            ("run_ended", 98, 102),
            (end.GetProperty("event").GetString(), end.GetProperty("complete").GetInt32(), end.GetProperty("failed").GetInt32()));
        Assert.Contains("summarized on cpu by another process: True", end.GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Run_Crash_KeepsTheLastWordsAndIsTriedAgain()
    {
        _study.Enqueue("once");
        _study.Enqueue("abort");
        var run = _study.Run("--devices", "cpu:1", "--trials", "2", "--crash-retries", "1");
        Assert.Equal(0, run.WaitForExit());
        var trials = _study.Trials;
        // Both crashed and were tried again; one does not crash twice.
        Assert.Equal([TrialState.Failed, TrialState.Failed, TrialState.Complete, TrialState.Failed], trials.Select(t => t.State));
        Assert.Equal([2, 3, null, null], trials.Select(t => t.RetriedBy));
        Assert.Equal(3, run.Events.Count(e => Is(e, "worker_failed")));
    }

    [MemoryGroupFact]
    public void Run_BeyondTheMemoryOfTheMachine_TheKernelTakesTheTrialAndNotTheStudy()
    {
        _study.Enqueue("good");
        _study.Enqueue("greedy");
        _study.Enqueue("good");
        using var memory = new MemoryGroup(600L << 20);
        var run = _study.StartUnder(memory.Starter, "run", "--devices", "cpu:1", "--trials", "3", "--log", "json");
        Assert.Equal(0, run.WaitForExit());
        var trials = _study.Trials;
        Assert.Equal([TrialState.Complete, TrialState.Failed, TrialState.Complete], trials.Select(t => t.State));
        Assert.Equal(
            (FailureKind.OutOfMemory, "the system killed the worker for want of memory (SIGKILL)"), (trials[1].Failure, trials[1].Reason));
        Assert.False(trials[1].IsFeasible, "the sampler is told");
    }

    [Fact]
    public void Run_WorkersThatCannotStart_GivesUpAfterTheTriesWithTheReason()
    {
        var run = _study.Run("--devices", "cpu:2", "--start", "crash");
        Assert.Equal(1, run.WaitForExit());
        Assert.Equal(6, run.Events.Count(e => Is(e, "worker_started")));
        Assert.Equal(2, run.Events.Count(e => Is(e, "worker_given_up")));
        Assert.StartsWith(
            "error: no worker is left: a worker failed to start 3 times in a row: exit code 3", run.Error, StringComparison.Ordinal);
        Assert.Contains("could not load the data", run.Error, StringComparison.Ordinal);
        Assert.Empty(_study.Trials);
    }

    [Fact]
    public void Run_ProgramThatRefuses_SaysWhyOnce()
    {
        var run = _study.Run("--devices", "cpu:2", "--start", "refuse");
        Assert.Equal(1, run.WaitForExit());
        Assert.Equal("error: --start refuse was asked for", run.Error.Trim());
        Assert.InRange(run.Events.Count(e => Is(e, "worker_started")), 1, 2);
    }

    [Fact]
    public void Run_ProgramThatCannotMakeItsObjective_SaysWhyOnce()
    {
        foreach (var arguments in new string[][] { ["--devices", "cpu:2"], [] })
        {
            var run = _study.Run([.. arguments, "--start", "fail"]);
            Assert.Equal(1, run.WaitForExit());
            Assert.Equal(
                "error: the program could not make its objective: FileNotFoundException: there is no file 'images.bin'", run.Error.Trim());
            Assert.InRange(run.Events.Count(e => Is(e, "worker_started")), 0, 2);
        }

        var worker = _study.Start("worker", "--start", "fail");
        worker.ReadAll();
        Assert.Equal(
            (1, "error: the program could not make its objective: FileNotFoundException: there is no file 'images.bin'"),
            (worker.ExitCode, worker.Error.Trim()));
    }

    [Theory]
    [InlineData(
        "timeout",
        "the program could not make its objective: TaskCanceledException: The request was canceled due to the configured timeout")]
    [InlineData("storage", "there is no database 'earlier.db'")]
    [InlineData(
        "range",
        "the program could not make its objective: ArgumentOutOfRangeException: height ('-1') must be a non-negative value. "
            + "(Parameter 'height')")]
    public void Run_WhateverTheProgramThrowsAtItsStart_IsOneLineAndOneTry(string start, string message)
    {
        foreach (var arguments in new string[][] { ["--devices", "cpu:2"], [] })
        {
            var run = _study.Run([.. arguments, "--start", start]);
            Assert.Equal(1, run.WaitForExit());
            Assert.StartsWith("error: " + message, run.Error.Trim(), StringComparison.Ordinal);
            Assert.DoesNotContain('\n', run.Error.Trim());
            Assert.InRange(run.Events.Count(e => Is(e, "worker_started")), 0, 2);
        }
    }

    [Fact]
    public void Run_StudyDeletedMeanwhile_EndsTheRun()
    {
        _study.Enqueue("wait", 2, file: "go");
        var run = _study.Run("--devices", "cpu:2", "--trials", "5");
        run.ReadUntil("report", 2);
        _study.With(s =>
        {
            s.Delete();
            return 0;
        });
        _study.Create("go");
        Assert.Equal(1, run.WaitForExit());
        using var storage = Tunewise.Sqlite.SqliteStorage.OpenExisting(_study.Database);
        Assert.Empty(storage.GetStudies());
    }

    [Fact]
    public void Run_TrialsThatDiverge_AreNoSignOfABrokenProgram()
    {
        _study.Enqueue("nan", 12);
        var run = _study.Run("--devices", "cpu:2", "--trials", "12", "--most-failures", "3");
        Assert.Equal(0, run.WaitForExit());
        Assert.All(_study.Trials, t => Assert.Equal(
            (FailureKind.Diverged, "the objective returned NaN", 0.75), (t.Failure!.Value, t.Reason!, t.LastFiniteValue!.Value)));
        Assert.Contains("12 failed (12 diverged)", run.Events[^1].ToString(), StringComparison.Ordinal);
        _study.Enqueue("throw", 12);
        Assert.Equal(1, _study.Run("--devices", "cpu:1", "--trials", "24", "--most-failures", "3").WaitForExit());
        Assert.Equal(3, _study.Trials.Count(t => t.Failure == FailureKind.Exception));
    }

    [Fact]
    public void Run_StepReportedTwice_IsWarnedOfOnceOnTheCommandLine()
    {
        _study.Enqueue("twice", 2);
        var here = _study.Start("run", "--trials", "1");
        here.ReadAll();
        Assert.Equal("warning: trial 0: step 7 was reported before; the first value of a step stays", here.Error.Trim());
        var supervised = _study.Run("--devices", "cpu:1", "--trials", "2");
        Assert.Equal(0, supervised.WaitForExit());
        Assert.Equal(
            "trial 1: step 7 was reported before; the first value of a step stays",
            Assert.Single(supervised.Events, e => Is(e, "warning")).GetProperty("message").GetString());
    }

    [Fact]
    public void Run_ErrorOfManyLines_HasTheFirstAsItsReasonAndTheRestInTheDetail()
    {
        _study.Enqueue("cuda");
        _study.Run("--devices", "cpu:1", "--trials", "1").WaitForExit();
        var trial = _study.Trials[0];
        Assert.Equal("ExternalException: CUDA error: device-side assert triggered", trial.Reason);
        Assert.Contains("frame #0: c10::Error::Error", trial.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_SilentTrial_IsStoppedAndOneThatReportsIsNot()
    {
        _study.Enqueue("endless");
        _study.Enqueue("good");
        var run = _study.Run("--devices", "cpu:1", "--trials", "2", "--silence-limit", "2s");
        Assert.Equal(0, run.WaitForExit());
        Assert.Contains("the trial reported nothing for 2.0 s", _study.Trials[0].Reason, StringComparison.Ordinal);
        Assert.Equal(TrialState.Complete, _study.Trials[1].State);
    }

    [Fact]
    public void Run_TrialsPerWorker_ReplacesTheProcess()
    {
        _study.Enqueue("good", 6);
        _study.Enqueue("cuda");
        _study.Enqueue("good", 1);
        var run = _study.Run("--devices", "cpu:1", "--trials", "8", "--trials-per-worker", "3");
        Assert.Equal(0, run.WaitForExit());
        var processes = _study.Trials.Select(t => (long)t.UserAttributes["process"]!).ToArray();
        // Three, three, the device error, and what comes after it.
        Assert.Equal([3, 3, 1, 1], processes.GroupBy(p => p).Select(g => g.Count()));
        Assert.Contains(run.Events, e => Is(e, "worker_ended") && e.GetProperty("message").GetString() == "its trial met a device error");
        Assert.Contains(run.Events, e => Is(e, "worker_ended") && e.GetProperty("message").GetString() == "after 3 trials");
    }

    private static bool Is(JsonElement happened, string name) => happened.GetProperty("event").GetString() == name;
}
