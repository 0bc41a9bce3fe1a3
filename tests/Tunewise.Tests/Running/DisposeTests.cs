using Tunewise.Storage;
using Tunewise.Testing;

namespace Tunewise.Tests.Running;

/// <summary>A study that is closed gives back what it holds.</summary>
public class DisposeTests
{
    private static StudyOptions Options(ManualTime? time = null) =>
        new() { Pruner = new Tunewise.Pruners.NoPruner(), Time = time ?? TimeProvider.System };

    [Fact]
    public void Dispose_TrialsThatWereAskedFor_AreQueuedAgainAtOnce_AndNothingTicksOn()
    {
        var (storage, time) = (new InMemoryStorage(), new ManualTime());
        using (var study = Study.Open(storage, "s", Options(time)))
        {
            study.Tell(study.Ask(), 1);
            var trial = study.Ask();
            trial.SuggestFloat("x", 0, 1);
        }

        Assert.Equal(0, time.Timers);
        using var other = Study.Open(storage, "s", Options());
        Assert.Equal([TrialState.Complete, TrialState.Failed, TrialState.Waiting], other.GetTrials().Select(t => t.State));
        Assert.Equal(
            (FailureKind.Interrupted, "the study was closed while the trial ran"),
            (other.FindTrial(1)!.Failure!.Value, other.FindTrial(1)!.Reason!));
        Assert.Equal(other.FindTrial(1)!.Parameters["x"], other.Ask().Parameters["x"]);
    }

    [Fact]
    public void Dispose_StorageThatFails_TriesForOneGraceInAll()
    {
        var time = new ManualTime { WaitsTakeNoTime = true };
        var (storage, control) = FailingStorage.Create(time);
        var study = Study.Open(storage, "s", Options(time));
        _ = study.Ask(6);
        control.Fail = call => call == "FinishTrial" ? new StorageException("the disk is full") { IsTemporary = true } : null;
        var before = time.GetTimestamp();
        study.Dispose();
        Assert.InRange(time.GetElapsedTime(before), TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(12));
    }

    [Fact]
    public async Task Dispose_WithinAnObjective_IsRefused()
    {
        var study = Study.InMemory(Options());
        var report = await study.RunAsync(
            (_, _) =>
            {
                study.Dispose();
                return 1.0;
            },
            new RunOptions { TotalTrials = 1 });
        Assert.Contains(
            "call Stop() there", Assert.IsType<InvalidOperationException>(report.LastFailure).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Dispose_WithinAnObjectiveOfAnotherRunWithinIt_IsRefused()
    {
        var outer = Study.InMemory(Options());
        var report = await outer.RunAsync(
            async (_, token) =>
            {
                using var inner = Study.InMemory(Options());
                var refused = await inner.RunAsync(
                    (_, _) =>
                    {
                        outer.Dispose();
                        return 1.0;
                    },
                    new RunOptions { TotalTrials = 1 },
                    token);
                Assert.Contains(
                    "call Stop() there", Assert.IsType<InvalidOperationException>(refused.LastFailure).Message, StringComparison.Ordinal);
                return 1.0;
            },
            new RunOptions { TotalTrials = 1 }).WaitAsync(TimeSpan.FromMinutes(1));
        Assert.Equal(1, report.Complete);
        outer.Dispose();
    }

    [Fact]
    public void Tell_AfterDispose_SaysWhatBecameOfTheTrial()
    {
        var study = Study.InMemory(Options());
        var trial = study.Ask();
        study.Dispose();
        Assert.Contains(
            "the study was closed while the trial ran; trial 1 tries it again",
            Assert.Throws<TrialLostException>(() => study.Tell(trial, 1)).Message,
            StringComparison.Ordinal);
        Assert.ThrowsAny<OperationCanceledException>(() => Study.InMemory().Ask(new CancellationToken(canceled: true)));
    }

    [Fact]
    public async Task DisposeAsync_WhileItRuns_EndsTheRunAsCancelled()
    {
        using var storage = new InMemoryStorage();
        var study = Study.Open(storage, "s", Options());
        var started = new TaskCompletionSource();
        var run = study.RunAsync(
            (trial, _) =>
            {
                started.TrySetResult();
                for (var step = 0; step >= 0; step++) trial.Report(step, step);
                return 1.0;
            },
            new RunOptions { TotalTrials = 3 });
        await started.Task;
        await study.DisposeAsync();
        Assert.Equal(RunEnd.Cancelled, (await run).End);
        Assert.Equal([TrialState.Failed, TrialState.Waiting], storage.GetTrials(1).Select(t => t.State));
        Assert.Throws<ObjectDisposedException>(() => study.Ask());
        await Assert.ThrowsAsync<ObjectDisposedException>(() => study.RunAsync((_, _) => 1.0, new RunOptions { TotalTrials = 3 }));
        await study.DisposeAsync();
    }

    [Fact]
    public async Task Dispose_WhileOthersAsk_LeavesNothingHeld()
    {
        for (var round = 0; round < 20; round++)
        {
            using var storage = new InMemoryStorage();
            var study = Study.Open(storage, "s", Options());
            using var begun = new CountdownEvent(4);
            var askers = Enumerable.Range(0, 4).Select(_ => Task.Run(() =>
            {
                study.Ask();
                begun.Signal();
                try
                {
                    while (true) study.Ask();
                }
                catch (ObjectDisposedException)
                {
                    // Closed.
                }
            })).ToArray();
            begun.Wait(TimeSpan.FromMinutes(1));
            await Task.WhenAll(study.DisposeAsync().AsTask(), study.DisposeAsync().AsTask());
            await Task.WhenAll(askers);
            Assert.Empty(storage.GetTrials(1, [TrialState.Running]));
        }
    }

    [Fact]
    public async Task Dispose_WhenWhatAnObjectiveHungOntoItsTokenThrows_GivesBackAllTheSame()
    {
        using var storage = new InMemoryStorage();
        var study = Study.Open(storage, "s", Options());
        study.Ask();
        var started = new TaskCompletionSource();
        var run = study.RunAsync(
            (trial, token) =>
            {
                using var registration = token.Register(() => throw new InvalidOperationException("on purpose"));
                started.TrySetResult();
                for (var step = 0; step >= 0; step++) trial.Report(step, step);
                return 1.0;
            },
            new RunOptions { TotalTrials = 3 });
        await started.Task;
        study.Dispose();
        Assert.True(run.IsCompleted);
        Assert.Empty(storage.GetTrials(1, [TrialState.Running]));
    }

    [Fact]
    public void Dispose_AfterItsStorage_IsQuiet()
    {
        var (storage, control) = FailingStorage.Create();
        var study = Study.Open(storage, "s", Options());
        study.Ask();
        control.Fail = _ => new ObjectDisposedException("storage");
        study.Dispose();
    }

    private sealed class OnStart(Action act) : IRunObserver
    {
        public void Started(Trial trial) => act();
    }

    private sealed class RuleThat(Action acts) : Tunewise.Stopping.IStopRule
    {
        public string? Check(Tunewise.Stopping.StopContext context)
        {
            acts();
            return null;
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Dispose_WithinWhatTheRunCalls_IsRefused(bool inBatches)
    {
        foreach (var options in new Func<Action, RunOptions>[]
        {
            act => new RunOptions { Observer = new OnStart(act), TotalTrials = 1, InBatches = inBatches },
            act => new RunOptions { StopRules = [new RuleThat(act)], TotalTrials = 1, InBatches = inBatches },
        })
        {
            var study = Study.InMemory(Options());
            var run = study.RunAsync((_, _) => 1.0, options(study.Dispose));
            var error = await Assert.ThrowsAsync<InvalidOperationException>(() => run.WaitAsync(TimeSpan.FromMinutes(1)));
            Assert.Contains("call Stop() there", error.Message, StringComparison.Ordinal);
        }
    }
}
