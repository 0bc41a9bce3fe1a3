using System.Diagnostics;
using System.Text.Json;

namespace Tunewise.Hosting.Tests.Supervision;

/// <summary>How runs under a supervisor end that do not end by themselves.</summary>
[Collection(SupervisedStudy.OneAtATime)]
public sealed class EndTests : IDisposable
{
    private readonly SupervisedStudy _study = new();

    public void Dispose() => _study.Dispose();

    [Theory]
    [InlineData("INT")]
    [InlineData("TERM")]
    public void Signal_First_StopsTrialsAtTheirCheckpointsAndTheNextRunGoesOn(string signal)
    {
        _study.Enqueue("train", 2, file: "go");
        var first = _study.Run("--devices", "cpu:2", "--trials", "2");
        first.ReadUntil("report", 2, e => e.GetProperty("step").GetInt64() == 0);
        // Both wait in epoch 10 or are on their way there.
        first.Signal(signal);
        Assert.Equal(130, first.WaitForExit());
        Assert.Empty(first.Left());
        Assert.All(
            _study.Trials.Take(2),
            t => Assert.Equal((FailureKind.Interrupted, "the run was stopped while the trial ran"), (t.Failure, t.Reason)));

        _study.Create("go");
        var second = _study.Run("--devices", "cpu:2", "--trials", "2");
        Assert.Equal(0, second.WaitForExit());
        foreach (var origin in new[] { 0, 1 }) AssertWhole(_study.Trials.Skip(2).Single(t => t.Origin == origin), origin);
        Assert.Equal(4, _study.Trials.Count);
        // Nothing is kept but the better model.
        Assert.Single(Directory.GetFiles(Path.Combine(_study.Folder, "test.checkpoints")));
    }

    [Fact]
    public void Signal_Second_KillsAtOnceAndQueuesAgain()
    {
        _study.Enqueue("endless", 2);
        var run = _study.Run("--devices", "cpu:2", "--trials", "2");
        run.ReadUntil("trial_started", 2);
        run.Signal("INT");
        // Two at once may be taken for one.
        run.WaitForError("Stopping: ");
        run.Signal("INT");
        Assert.Equal(130, run.WaitForExit());
        Assert.Empty(run.Left());
        Assert.Equal([TrialState.Failed, TrialState.Failed, TrialState.Waiting, TrialState.Waiting], _study.Trials.Select(t => t.State));
        Assert.All(_study.Trials.Take(2), t => Assert.Equal(FailureKind.Interrupted, t.Failure));
    }

    [Fact]
    public void Signal_SecondWithoutWorkers_EndsTheProcess()
    {
        _study.Enqueue("endless");
        var run = _study.Run("--trials", "1");
        run.ReadUntil("trial_started");
        run.Signal("INT");
        // Two at once may be taken for one.
        run.WaitForError("Stopping: ");
        run.Signal("INT");
        Assert.Equal(130, run.WaitForExit());
        Assert.EndsWith("Ended at once: the next run queues again what ran.", run.Error, StringComparison.Ordinal);
        Assert.Equal(TrialState.Running, _study.Trials[0].State);
    }

    [Fact]
    public void Termination_WithoutWorkers_EndsTheProcessThoughATrialDoesNotListen()
    {
        _study.Enqueue("endless");
        var run = _study.Run("--trials", "1");
        run.ReadUntil("trial_started");
        run.Signal("TERM");
        Assert.Equal(130, run.WaitForExit());
        Assert.EndsWith("Ended: a trial did not stop in time. The next run queues it again.", run.Error, StringComparison.Ordinal);
        Assert.Equal(TrialState.Running, _study.Trials[0].State);
    }

    [Fact]
    public void Worker_ToldToStopByOthers_IsReplacedAndItsTrialGoesOn()
    {
        _study.Enqueue("train", file: "go");
        var run = _study.Run("--devices", "cpu:1", "--trials", "1");
        var worker = run.ReadUntil("worker_started").GetProperty("process").GetInt32();
        run.ReadUntil("report", e => e.GetProperty("step").GetInt64() == 0);
        Process.Start("kill", ["-s", "TERM", $"{worker}"]).WaitForExit();
        _study.Create("go");
        Assert.Equal(0, run.WaitForExit());
        AssertWhole(_study.Trials.Single(t => t.State == TrialState.Complete), origin: 0);
    }

    [Fact]
    public void Supervisor_Killed_LeavesNoOrphansAndItsTrialsGoOnFromTheirCheckpoints()
    {
        _study.Enqueue("endless");
        _study.Enqueue("fork", file: "go");
        _study.Enqueue("train", file: "go");
        var run = _study.Run("--devices", "cpu:3", "--trials", "3");
        // All three have begun: what they report first, and that the endless one was started.
        run.ReadUntilAll(e => Is(e, "trial_started", 0), e => Is(e, "report", 1), e => Is(e, "report", 2));
        // The workers, and what the forking trial started.
        Assert.Equal(5, run.Left().Count);
        using (var supervisor = Process.GetProcessById(run.Id)) supervisor.Kill();
        run.WaitUntilNoneIsLeft();
        Assert.Empty(run.Left());

        // The endless one had to be killed; its trial was lost, the other one's was stopped. A second run takes up both.
        _study.Create("go");
        var second = _study.Run("--devices", "cpu:1", "--trials", "3", "--limit", "1");
        Assert.Equal(0, second.WaitForExit());
        var trials = _study.Trials;
        Assert.Equal(FailureKind.TimedOut, trials.Single(t => t.Origin == 0 && t.RetriedBy is null).Failure);
        AssertWhole(trials.Single(t => t.Origin == 2 && t.RetriedBy is null), origin: 2);
        Assert.Equal(TrialState.Complete, trials.Single(t => t.Origin == 1 && t.RetriedBy is null).State);
        Assert.Empty(second.Left());
    }

    [Fact]
    public void Worker_Killed_IsReplacedAndItsTrialGoesOnFromItsCheckpoint()
    {
        _study.Enqueue("train", file: "go");
        var run = _study.Run("--devices", "cpu:1", "--trials", "1", "--crash-retries", "1");
        var worker = run.ReadUntil("worker_started").GetProperty("process").GetInt32();
        run.ReadUntil("report", e => e.GetProperty("step").GetInt64() == 0);
        using (var process = Process.GetProcessById(worker)) process.Kill();
        _study.Create("go");
        Assert.Equal(0, run.WaitForExit());
        Assert.Equal(FailureKind.Crash, _study.Trials[0].Failure);
        Assert.Equal("the worker crashed: it was killed (SIGKILL) by someone other than this supervisor", _study.Trials[0].Reason);
        AssertWhole(_study.Trials[1], origin: 0);
    }

    [Fact]
    public void Worker_Stopped_IsKilledWhenItsTrialIsSilentAndReplaced()
    {
        _study.Enqueue("wait", file: "never");
        _study.Enqueue("good");
        var run = _study.Run("--devices", "cpu:1", "--trials", "2", "--silence-limit", "1s");
        var worker = run.ReadUntil("worker_started").GetProperty("process").GetInt32();
        run.ReadUntil("report");
        Process.Start("kill", ["-s", "STOP", $"{worker}"]).WaitForExit();
        Assert.Equal(0, run.WaitForExit());
        Assert.Equal(FailureKind.TimedOut, _study.Trials[0].Failure);
        Assert.Equal(TrialState.Complete, _study.Trials[1].State);
    }

    [Fact]
    public void TimeLimit_Passed_StartsNoMoreAndFinishesWhatRuns()
    {
        _study.Enqueue("wait", file: "go");
        _study.Enqueue("good", 5);
        var run = _study.Run("--devices", "cpu:1", "--trials", "6", "--time-limit", "3s");
        run.ReadUntil("report");
        // The trial ends after the limit, because nothing but this lets it go on.
        run.ReadUntil(
            "warning", e => e.GetProperty("message").GetString()!.StartsWith("the time limit is reached", StringComparison.Ordinal));
        _study.Create("go");
        Assert.Equal(0, run.WaitForExit());
        Assert.Equal("TimeLimit", run.Events[^1].GetProperty("end").GetString());
        Assert.Equal([TrialState.Complete, .. Enumerable.Repeat(TrialState.Waiting, 5)], _study.Trials.Select(t => t.State));
    }

    private static bool Is(JsonElement happened, string name, int trial) =>
        happened.GetProperty("event").GetString() == name && happened.GetProperty("trial").GetInt32() == trial;

    /// <summary>The training's curve is a running hash over all its epochs: any that was left out or trained twice would show.</summary>
    private static void AssertWhole(FrozenTrial trial, int origin)
    {
        Assert.Equal((TrialState.Complete, origin), (trial.State, trial.Origin));
        var state = 1u;
        for (var epoch = 0; epoch < 30; epoch++)
        {
            state = unchecked(state * 1_664_525 + (uint)epoch + 1_013_904_223);
            Assert.Equal(new TrialReport(epoch, state), trial.Reports[epoch]);
        }

        Assert.Equal(30, trial.Reports.Count);
    }
}
