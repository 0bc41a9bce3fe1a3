using System.Collections.Concurrent;
using Tunewise.Samplers.Random;
using Tunewise.Storage;
using Tunewise.Testing;

namespace Tunewise.Tests.Running;

public class RunTests
{
    private static Study NewStudy(IStudyStorage? storage = null, RetryPolicy? retry = null, Tunewise.Pruners.IPruner? pruner = null) =>
        Study.Open(storage ?? new InMemoryStorage(), "run", new StudyOptions
        {
            Sampler = new RandomSampler(),
            Pruner = pruner,
            Seed = 1,
            Retry = retry ?? new RetryPolicy(),
        });

    private static Task<RunReport> Run(
        Study study, Func<Trial, CancellationToken, TrialResult> objective, RunOptions options, CancellationToken token = default) =>
        study.RunAsync(objective, options, token).WaitAsync(TimeSpan.FromMinutes(1), CancellationToken.None);

    [Fact]
    public async Task Run_TotalTrials_TheSameCallAgainGoesNoFurther()
    {
        var study = NewStudy();
        var first = await Run(study, (trial, _) => trial.SuggestFloat("x", 0, 1), new RunOptions { TotalTrials = 5 });
        var second = await Run(study, (trial, _) => trial.SuggestFloat("x", 0, 1), new RunOptions { TotalTrials = 5 });
        var third = await Run(study, (trial, _) => trial.SuggestFloat("x", 0, 1), new RunOptions { TotalTrials = 8, Parallelism = 3 });
        Assert.Equal((5, 0, 3), (first.Complete, second.Complete, third.Complete));
        Assert.Equal(8, study.GetTrials().Count);
        Assert.All([first, second, third], r => Assert.Equal(RunEnd.BudgetReached, r.End));
    }

    [Fact]
    public async Task Run_ManyStudiesOnOneStorage_NeverOvershootTheTotal()
    {
        using var storage = new InMemoryStorage();
        await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => Run(
            NewStudy(storage), (trial, _) => trial.SuggestFloat("x", 0, 1), new RunOptions { TotalTrials = 50, Parallelism = 2 })));
        Assert.Equal(Enumerable.Range(0, 50), Study.Load(storage, "run").GetTrials().Select(t => t.Number));
    }

    [Fact]
    public async Task Run_AdditionalTrials_RunsThatManyMore()
    {
        var study = NewStudy();
        for (var i = 0; i < 2; i++)
            Assert.Equal(3, (await Run(study, (_, _) => 1.0, new RunOptions { AdditionalTrials = 3, Parallelism = 2 })).Complete);
        Assert.Equal(6, study.GetTrials().Count);
    }

    [Fact]
    public async Task Run_NoBudgetOrWrongOptions_ListsEveryProblem()
    {
        var error = await Assert.ThrowsAsync<ArgumentException>(
            () => Run(NewStudy(), (_, _) => 1.0, new RunOptions { Parallelism = 0, MaxConsecutiveFailures = 0, CountedStates = [] }));
        foreach (var part in new[] { "needs an end", "Parallelism", "MaxConsecutiveFailures", "CountedStates" })
            Assert.Contains(part, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_Parallel_RunsThatManyAtOnce()
    {
        using var all = new Barrier(4);
        var report = await Run(
            NewStudy(),
            (_, token) => all.SignalAndWait(TimeSpan.FromSeconds(30), token) ? 1.0 : TrialResult.Failed("alone"),
            new RunOptions { TotalTrials = 8, Parallelism = 4 });
        Assert.Equal(8, report.Complete);
    }

    [Fact]
    public async Task Run_SameSeed_GivesTheSameTrialsAcrossResumes()
    {
        async Task<double[]> Values(params int[] totals)
        {
            using var storage = new InMemoryStorage();
            foreach (var total in totals)
            {
                var study = Study.Open(storage, "s", new StudyOptions { Seed = 9 });
                await Run(
                    study,
                    (trial, _) => trial.SuggestFloat("x", -1, 1) * trial.SuggestFloat("y", -1, 1),
                    new RunOptions { TotalTrials = total });
            }

            return [.. Study.Load(storage, "s").GetTrials().Select(t => t.Value!.Value)];
        }

        Assert.Equal(await Values(30), await Values(7, 19, 30));
    }

    [Fact]
    public async Task Run_Exception_FailsTheTrialAndGoesOn()
    {
        var study = NewStudy();
        var report = await Run(
            study, (trial, _) => trial.Number == 1 ? throw new InvalidOperationException("boom") : 1.0, new RunOptions { TotalTrials = 3 });
        Assert.Equal((2, 1), (report.Complete, report.Failed));
        Assert.IsType<InvalidOperationException>(report.LastFailure);
        var failed = study.FindTrial(1)!;
        Assert.Equal((FailureKind.Exception, "InvalidOperationException: boom"), (failed.Failure!.Value, failed.Reason!));
        Assert.Contains(nameof(Run_Exception_FailsTheTrialAndGoesOn), failed.Detail!, StringComparison.Ordinal);
    }

    /// <summary>What the trial has, the report has: not what stopped the objective, nor nothing at all.</summary>
    [Fact]
    public async Task Run_Report_SaysWhyTheLastTrialFailed()
    {
        var study = NewStudy();
        var report = await Run(
            study,
            (trial, token) =>
            {
                study.StopTrial(trial.Number, FailureKind.TimedOut, "it took too long");
                token.ThrowIfCancellationRequested();
                return 1;
            },
            new RunOptions { TotalTrials = 1 });
        Assert.Equal(("it took too long", study.FindTrial(0)!.Reason), (report.LastReason, report.LastReason));
        Assert.EndsWith("; last failure: it took too long", report.ToString(), StringComparison.Ordinal);
        report = await Run(NewStudy(), (_, _) => double.NaN, new RunOptions { TotalTrials = 3 });
        Assert.EndsWith("3 failed, 0 interrupted; last failure: the objective returned NaN", report.ToString(), StringComparison.Ordinal);
        report = await Run(NewStudy(), (_, _) => throw new InvalidOperationException("boom"), new RunOptions { TotalTrials = 1 });
        Assert.Equal("InvalidOperationException: boom", report.LastReason);
        report = await Run(NewStudy(), (_, _) => 1, new RunOptions { TotalTrials = 1 });
        Assert.Null(report.LastReason);
        Assert.DoesNotContain("last failure", report.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_ExceptionWithStopPolicy_ThrowsItAfterTheOthers()
    {
        var study = NewStudy();
        await Assert.ThrowsAsync<InvalidOperationException>(() => Run(
            study,
            (_, _) => throw new InvalidOperationException("boom"),
            new RunOptions { TotalTrials = 5, OnFailure = FailurePolicy.Stop }));
        Assert.Equal(TrialState.Failed, Assert.Single(study.GetTrials()).State);
    }

    [Fact]
    public async Task Run_EveryTrialFails_GivesUp()
    {
        var study = NewStudy();
        var report = await Run(
            study, (_, _) => throw new InvalidOperationException("boom"), new RunOptions { TotalTrials = 100, MaxConsecutiveFailures = 4 });
        Assert.Equal((RunEnd.TooManyFailures, 4), (report.End, report.Failed));
    }

    [Fact]
    public async Task Run_FailureThatStopsIt_FromATimeLimit_IsAFailureAndNoCancellation()
    {
        var study = NewStudy();
        var run = Run(
            study,
            (trial, token) =>
            {
                token.WaitHandle.WaitOne();
                token.ThrowIfCancellationRequested();
                return 1.0;
            },
            new RunOptions { TotalTrials = 3, OnFailure = FailurePolicy.Stop, TrialTimeLimit = TimeSpan.FromMilliseconds(1) });
        var error = await Assert.ThrowsAsync<TunewiseException>(() => run);
        Assert.Contains("the trial ran for longer than its", error.Message, StringComparison.Ordinal);
        Assert.True(run.IsFaulted);
    }

    [Fact]
    public async Task Run_PruningAndLossInsideATask_AreWhatTheyAre()
    {
        var study = NewStudy(pruner: new Tunewise.Pruners.MedianPruner { StartupTrials = 1 });
        study.AddTrial([], 0.0, [new TrialReport(0, 1)]);
        await Run(study, (trial, _) =>
        {
            Task.Run(() =>
            {
                trial.Report(0, 2);
                trial.ThrowIfPruned();
            }, CancellationToken.None).Wait(CancellationToken.None);
            return 0.0;
        }, new RunOptions { TotalTrials = 2 });
        Assert.Equal(TrialState.Pruned, study.FindTrial(1)!.State);
        await Run(study, (trial, _) =>
        {
            study.Storage.FinishTrial(
                study.FindTrial(trial.Number, CancellationToken.None)!.Id,
                new TrialEnding(TrialState.Failed, []) { Failure = FailureKind.Lost, Retry = trial.Attempts == 0 });
            Task.Run(() => trial.Report(0, 2), CancellationToken.None).Wait(CancellationToken.None);
            return 0.0;
        }, new RunOptions { AdditionalTrials = 1 });
        Assert.Equal(FailureKind.Lost, study.FindTrial(2)!.Failure);
        await Run(
            study,
            (_, _) => throw new AggregateException(new OperationCanceledException(), new InvalidOperationException("boom")),
            new RunOptions { AdditionalTrials = 1 });
        Assert.Equal("InvalidOperationException: boom", study.FindTrial(3)!.Reason);
    }

    [Fact]
    public async Task Run_TextCutInTheMiddleOfACharacter_IsKept()
    {
        using var storage = new InMemoryStorage();
        var study = NewStudy(storage);
        study.Enqueue(new Dictionary<string, object?> { ["c"] = "ab\ud83d" });
        await Run(study, (trial, _) =>
        {
            trial.SetUserAttribute("note", "\"x\"\n\ud83d");
            return trial.SuggestCategorical("c", "ab\ud83d", "b") == "b" ? 2 : 1;
        }, new RunOptions { TotalTrials = 1 });
        Assert.Equal((1.0, "\"x\"\n\ud83d"), (study.GetBestTrial()!.Value!.Value, (string)study.GetBestTrial()!.UserAttributes["note"]!));
    }

    [Fact]
    public async Task Run_QueuedBySomebodyWhoWritesNoJson_FailsThatTrialAlone()
    {
        using var storage = new InMemoryStorage();
        var study = NewStudy(storage);
        storage.AddTrial(
            1,
            new FrozenTrial
            {
                State = TrialState.Waiting,
                SystemAttributesJson = new Dictionary<string, string> { ["fixed_params"] = "{broken" },
            });
        var report = await Run(study, (_, _) => 1.0, new RunOptions { TotalTrials = 3 });
        Assert.Equal(2, report.Complete);
        Assert.Equal([TrialState.Failed, TrialState.Complete, TrialState.Complete], study.GetTrials().Select(t => t.State));
        Assert.StartsWith("what was queued cannot be read", study.FindTrial(0)!.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_DivergedTrialsInARow_DoNotEndTheRun_AndDoNotHideABrokenProgram()
    {
        var study = NewStudy(retry: new RetryPolicy { AfterException = 3, AfterCrash = 3, AfterLoss = 3, AfterStorageFailure = 3 });
        var report = await Run(study, (trial, _) =>
        {
            trial.Report(0, 0.5);
            trial.Report(1, double.PositiveInfinity);
            return trial.Number % 2 == 0 ? double.NaN : TrialResult.Diverged("the loss became NaN\nsomewhere", 0.25);
        }, new RunOptions { TotalTrials = 30, MaxConsecutiveFailures = 2 });
        Assert.Equal((RunEnd.BudgetReached, 30), (report.End, report.Failed));
        Assert.All(study.GetTrials(), t => Assert.Equal((FailureKind.Diverged, null), (t.Failure!.Value, t.RetriedBy)));
        Assert.Equal(("the objective returned NaN", 0.5), (study.GetTrials()[0].Reason!, study.GetTrials()[0].LastFiniteValue!.Value));
        Assert.Equal(
            ("the loss became NaN", "the loss became NaN\nsomewhere", 0.25),
            (study.GetTrials()[1].Reason!, study.GetTrials()[1].Detail!, study.GetTrials()[1].LastFiniteValue!.Value));
        Assert.Throws<ArgumentException>(() => TrialResult.Diverged("x", double.NaN));

        var broken = await Run(
            study,
            (trial, _) => trial.Number % 2 == 0 ? double.NaN : throw new InvalidOperationException("boom"),
            new RunOptions { AdditionalTrials = 30, MaxConsecutiveFailures = 4 });
        Assert.Equal((RunEnd.TooManyFailures, 4), (broken.End, study.GetTrials().Count(t => t.Failure == FailureKind.Exception)));
    }

    [Fact]
    public async Task Run_ExceptionOfManyLines_KeepsTheFirstAsTheReason()
    {
        var study = NewStudy();
        await Run(study, (_, _) => throw new InvalidOperationException("\nfirst \r\nsecond"), new RunOptions { TotalTrials = 1 });
        await Run(study, (_, _) => TrialResult.Failed("first\nsecond"), new RunOptions { TotalTrials = 2 });
        Assert.Equal(["InvalidOperationException: first", "first"], study.GetTrials().Select(t => t.Reason));
        Assert.All(study.GetTrials(), t => Assert.Contains("second", t.Detail, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Run_Retry_TriesTheSameParametersAsOftenAsAllowed()
    {
        var study = NewStudy(retry: new RetryPolicy { AfterException = 2 });
        var seen = new List<(double X, int Attempts)>();
        var report = await Run(study, (trial, _) =>
        {
            seen.Add((trial.SuggestFloat("x", 0, 1), trial.Attempts));
            throw new InvalidOperationException("boom");
        }, new RunOptions { TotalTrials = 2 });
        Assert.Equal([0, 1, 2, 0, 1, 2], seen.Select(s => s.Attempts));
        Assert.Equal(2, seen.Select(s => s.X).Distinct().Count());
        Assert.Equal(6, report.Failed);
        Assert.Equal([1, 2, null, 4, 5, null], study.GetTrials().Select(t => t.RetriedBy));
    }

    [Fact]
    public async Task Run_OutOfMemory_IsItsOwnKind()
    {
        var study = NewStudy();
        await Run(study, (trial, _) => trial.Number == 0 ? throw new OutOfMemoryException() : throw new IOException("gpu"), new RunOptions
        {
            TotalTrials = 2,
            ClassifyFailure = e => e is IOException ? FailureKind.OutOfMemory : null,
        });
        Assert.All(study.GetTrials(), t => Assert.Equal(FailureKind.OutOfMemory, t.Failure));
    }

    [Fact]
    public async Task Run_WrongNumberOfValues_EndsTheRunWithOneClearError()
    {
        var study = NewStudy();
        var error = await Assert.ThrowsAsync<TunewiseException>(
            () => Run(study, (_, _) => new[] { 1.0, 2.0 }, new RunOptions { TotalTrials = 5 }));
        Assert.Equal("the objective returned 2 values, study 'run' has 1 objective (minimize)", error.Message);
        Assert.Equal(FailureKind.InvalidResult, Assert.Single(study.GetTrials()).Failure);
    }

    [Fact]
    public async Task Run_Cancelled_StopsAtTheNextReportAndQueuesAgain()
    {
        var study = NewStudy();
        using var cancellation = new CancellationTokenSource();
        var report = await Run(study, (trial, _) =>
        {
            trial.SuggestFloat("x", 0, 1);
            for (var step = 0; ; step++)
            {
                if (step == 3) cancellation.Cancel();
                trial.Report(step, step);
            }
        }, new RunOptions { TotalTrials = 5 }, cancellation.Token);
        Assert.Equal((RunEnd.Cancelled, 1), (report.End, report.Interrupted));
        var (stopped, queued) = (study.FindTrial(0)!, study.FindTrial(1)!);
        Assert.Equal((FailureKind.Interrupted, 4), (stopped.Failure!.Value, stopped.Reports.Count));
        Assert.Equal((TrialState.Waiting, stopped.Parameters["x"]), (queued.State, queued.Parameters["x"]));

        // The interrupted trial does not count: five others are run, the first with its parameters.
        var next = await Run(study, (trial, _) => trial.SuggestFloat("x", 0, 1), new RunOptions { TotalTrials = 5 });
        Assert.Equal(5, next.Complete);
        Assert.Equal(stopped.Parameters["x"], study.FindTrial(1)!.Value);
    }

    [Fact]
    public async Task Run_Stop_FinishesWhatRuns()
    {
        var study = NewStudy();
        var report = await Run(study, (trial, _) =>
        {
            if (trial.Number == 2) study.Stop();
            return 1.0;
        }, new RunOptions { TotalTrials = 100 });
        Assert.Equal((RunEnd.Stopped, 3), (report.End, report.Complete));
    }

    [Fact]
    public async Task Run_TimeLimit_StartsNoFurtherTrial()
    {
        var time = new ManualTime();
        var study = Study.Open(new InMemoryStorage(), "s", new StudyOptions { Time = time, Sampler = new RandomSampler() });
        var report = await Run(study, (_, _) =>
        {
            time.Advance(TimeSpan.FromSeconds(10));
            return 1.0;
        }, new RunOptions { TimeLimit = TimeSpan.FromSeconds(25) });
        Assert.Equal((RunEnd.TimeLimit, 3, TimeSpan.FromSeconds(30)), (report.End, report.Complete, report.Elapsed));
    }

    [Fact]
    public async Task Run_CallbacksAndObserver_SeeEveryTrial()
    {
        var study = NewStudy();
        var (called, observer) = (new List<int>(), new Recorder());
        await Run(study, (trial, _) =>
        {
            trial.Report(0, 1);
            return trial.Number == 1 ? TrialResult.Failed("x") : 1.0;
        }, new RunOptions { TotalTrials = 3, Observer = observer, Callbacks = [(s, t) => called.Add(t.Number)] });
        Assert.Equal([0, 1, 2], called);
        Assert.Equal(
            ["start 0", "report 0", "end 0 Complete", "start 1", "report 1", "end 1 Failed", "start 2", "report 2", "end 2 Complete"],
            observer.Events);
    }

    [Fact]
    public async Task Run_CallbackThrows_EndsTheRun() =>
        await Assert.ThrowsAsync<NotSupportedException>(() => Run(
            NewStudy(), (_, _) => 1.0, new RunOptions { TotalTrials = 3, Callbacks = [(_, _) => throw new NotSupportedException()] }));

    [Fact]
    public async Task Run_ObserverThrows_LetsGoOfTheTrial()
    {
        var time = new ManualTime();
        var storage = new InMemoryStorage(time);
        var study = Study.Open(storage, "s", new StudyOptions { Time = time, LeaseDuration = TimeSpan.FromSeconds(30) });
        await Assert.ThrowsAsync<NotSupportedException>(
            () => Run(study, (_, _) => 1.0, new RunOptions { TotalTrials = 1, Observer = new Throwing() }));
        // Its lease is no longer renewed, so another worker may take it.
        for (var i = 0; i < 4; i++) time.Advance(TimeSpan.FromSeconds(10));
        Assert.True(storage.GetLeases(1).Single().Expired);
    }

    private sealed class Throwing : IRunObserver
    {
        public void Started(Trial trial) => throw new NotSupportedException();
    }

    [Fact]
    public async Task Run_Twice_InOneObject_IsRefused()
    {
        var study = NewStudy();
        await Run(study, (_, token) =>
        {
            Assert.Throws<InvalidOperationException>(
                () => Run(study, (_, _) => 1.0, new RunOptions { TotalTrials = 9 }, token).GetAwaiter().GetResult());
            return 1.0;
        }, new RunOptions { TotalTrials = 1 });
        Assert.Equal(TrialState.Complete, study.FindTrial(0)!.State);
    }

    [Fact]
    public async Task Run_Async_AwaitsTheObjective()
    {
        var study = NewStudy();
        var report = await study.RunAsync(async (trial, token) =>
        {
            await Task.Yield();
            return trial.SuggestFloat("x", 0, 1);
        }, new RunOptions { TotalTrials = 4, Parallelism = 2 });
        Assert.Equal(4, report.Complete);
    }

    [Fact]
    public async Task Run_PrunedByException_StoresTheReason()
    {
        var study = NewStudy(pruner: new Tunewise.Pruners.MedianPruner { StartupTrials = 1 });
        study.AddTrial([], 0.0, [new TrialReport(0, 1)]);
        await Run(study, (trial, _) =>
        {
            trial.Report(0, 2);
            trial.ThrowIfPruned();
            return 0.0;
        }, new RunOptions { TotalTrials = 2 });
        Assert.Equal(
            (TrialState.Pruned, 2.0, "step 0: 2, median of 1 trial 1"),
            (study.FindTrial(1)!.State, study.FindTrial(1)!.Value!.Value, study.FindTrial(1)!.Reason!));
    }

    [Fact]
    public async Task Run_ExpiredLease_IsReapedAndTriedAgain_TheLateWorkerLosesOnlyTheTrial()
    {
        using var storage = new InMemoryStorage();
        var study = NewStudy(storage);
        var info = storage.FindStudy("run")!;
        var lost = storage.ClaimTrial(info.Id, new ClaimRequest("another machine", TimeSpan.Zero))!;
        storage.SetParameter(lost.Id, new TrialParameter("x", new Tunewise.Spaces.FloatDistribution(0, 1), 0.75));
        var report = await Run(study, (trial, _) => trial.SuggestFloat("x", 0, 1), new RunOptions { TotalTrials = 1 });
        Assert.Equal(1, report.Complete);
        Assert.Equal(
            (FailureKind.Lost, "the worker's lease ran out", 1),
            (study.FindTrial(0)!.Failure!.Value, study.FindTrial(0)!.Reason!, study.FindTrial(0)!.RetriedBy!.Value));
        Assert.Equal(0.75, study.FindTrial(1)!.Value);
        Assert.False(storage.FinishTrial(lost.Id, new TrialEnding(TrialState.Complete, [1])));
    }

    [Fact]
    public async Task Run_TrialTakenAway_ThrowsIntoTheObjectiveAndGoesOn()
    {
        using var storage = new InMemoryStorage();
        var study = NewStudy(storage);
        var report = await Run(study, (trial, _) =>
        {
            if (trial.Number == 0)
            {
                storage.FinishTrial(
                    storage.FindTrial(1, 0)!.Id, new TrialEnding(TrialState.Failed, []) { Failure = FailureKind.Lost, Retry = true });
                trial.Report(0, 1);
            }

            return 1.0;
        }, new RunOptions { TotalTrials = 3 });
        Assert.Equal((3, 0), (report.Complete, report.Failed));
    }

    [Fact]
    public void Leases_AreRenewedWhileATrialRuns_AndALostOneIsNoticed()
    {
        var time = new ManualTime();
        var storage = new InMemoryStorage(time);
        var study = Study.Open(storage, "s", new StudyOptions { Time = time, LeaseDuration = TimeSpan.FromSeconds(30) });
        var trial = study.Ask();
        for (var i = 0; i < 10; i++) time.Advance(TimeSpan.FromSeconds(10));
        Assert.False(storage.GetLeases(1).Single().Expired);
        storage.FinishTrial(
            storage.FindTrial(1, 0)!.Id, new TrialEnding(TrialState.Failed, []) { Failure = FailureKind.Lost, Retry = true });
        time.Advance(TimeSpan.FromSeconds(10));
        Assert.Throws<TrialLostException>(() => trial.SuggestFloat("x", 0, 1));
    }

    [Fact]
    public void Leases_OfATrialEndedElsewhere_AreRenewedNoLonger()
    {
        var time = new ManualTime();
        var study = Study.Open(new InMemoryStorage(time), "s", new StudyOptions { Time = time, LeaseDuration = TimeSpan.FromSeconds(30) });
        study.Ask();
        Assert.Equal(1, time.Timers);
        study.Tell(0, 1.0);
        time.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(0, time.Timers);
    }

    private sealed class Recorder : IRunObserver
    {
        private readonly ConcurrentQueue<string> _events = [];

        public IEnumerable<string> Events => _events;

        public void Started(Trial trial) => _events.Enqueue($"start {trial.Number}");

        public void Reported(Trial trial, TrialReport report, Tunewise.Pruners.ReportDecision decision) =>
            _events.Enqueue($"report {trial.Number}");

        public void Finished(FrozenTrial trial) => _events.Enqueue($"end {trial.Number} {trial.State}");
    }

    [Fact]
    public async Task Run_PrunedByTheObjectiveForAReason_KeepsIt()
    {
        using var study = Study.InMemory();
        await study.RunAsync(
            (trial, _) => trial.SuggestFloat("x", 0, 1) < 2 ? throw new TrialPrunedException("loss exploded") : 0.0,
            new RunOptions { TotalTrials = 1 });
        Assert.Equal((TrialState.Pruned, "loss exploded"), (study.GetTrials()[0].State, study.GetTrials()[0].Reason));
    }
}
