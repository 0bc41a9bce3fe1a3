using Microsoft.Extensions.Logging;
using Tunewise.Storage;

namespace Tunewise.Tests.Running;

/// <summary>A storage that fails for the moment delays a run, and fails at most the trial that needs it.</summary>
public class PatienceTests
{
    private static readonly StorageException Full = new("the disk is full") { IsTemporary = true };

    /// <summary>Every wait is over at once, and the clock has moved on by it.</summary>
    private sealed class SkippingTime : TimeProvider
    {
        private long _now;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Interlocked.Read(ref _now);

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            // A wait fires once; the renewal of leases, which repeats, is not what is tested here.
            if (period == Timeout.InfiniteTimeSpan)
            {
                Interlocked.Add(ref _now, dueTime.Ticks);
                ThreadPool.UnsafeQueueUserWorkItem(_ => callback(state), null);
            }

            return System.CreateTimer(_ => { }, null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
    }

    private sealed class Warnings : ILogger
    {
        public List<string> Lines { get; } = [];

        /// <summary>Called in the midst of whatever is logged.</summary>
        public Action Logged { get; set; } = () => { };

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            lock (Lines) Lines.Add(formatter(state, exception));
            Logged();
        }
    }

    private readonly IStudyStorage _storage;
    private readonly FailingStorage _control;
    private readonly Warnings _log = new();
    private readonly SkippingTime _time = new();
    private readonly Study _study;

    public PatienceTests()
    {
        (_storage, _control) = FailingStorage.Create();
        _study = Study.Open(_storage, "s", new StudyOptions
        {
            // Looks at the history, as the random one does not.
            Sampler = new Tunewise.Samplers.Tpe.TpeSampler { StartupTrials = 1 },
            Pruner = new Tunewise.Pruners.NoPruner(),
            Logger = _log,
            Time = _time,
            StoragePatience = TimeSpan.FromMinutes(1),
            Retry = new RetryPolicy { AfterLoss = 1 },
        });
    }

    /// <summary>A call of this name fails so many times.</summary>
    private void FailTimes(string name, int times, Exception? error = null) =>
        _control.Fail = called => called == name && Interlocked.Decrement(ref times) >= 0 ? error ?? Full : null;

    private Task<RunReport> Run(Func<Trial, TrialResult> objective, int total = 3, CancellationToken token = default) =>
        _study.RunAsync((trial, _) => objective(trial), new RunOptions { TotalTrials = total }, token)
            .WaitAsync(TimeSpan.FromMinutes(1), CancellationToken.None);

    [Theory]
    [InlineData("AddReport")]
    [InlineData("SetParameter")]
    [InlineData("FinishTrial")]
    [InlineData("ClaimTrial")]
    [InlineData("SetTrialAttribute")]
    public async Task ShortTrouble_DelaysAndWarns_NothingElse(string call)
    {
        FailTimes(call, 5);
        var report = await Run(trial =>
        {
            var x = trial.SuggestFloat("x", 0, 1);
            trial.Report(0, x);
            trial.SetUserAttribute("a", 1);
            return x;
        });
        Assert.Equal((3, 0), (report.Complete, report.Failed));
        Assert.Equal(5, _log.Lines.Count);
        Assert.Equal("the disk is full; trying again in 0.1 s", _log.Lines[0]);
        Assert.Equal("the disk is full; trying again in 1.6 s", _log.Lines[4]);
        Assert.All(_study.GetTrials(), t => Assert.Equal((1, 1, 1), (t.ParameterList.Count, t.Reports.Count, t.UserAttributes.Count)));
    }

    [Fact]
    public async Task LongTrouble_FailsTheTrialNotTheStudy_AndTheTrialIsTriedAgain()
    {
        var full = true;
        _control.Fail = called => called == "AddReport" && full ? Full : null;
        var report = await Run(trial =>
        {
            try
            {
                trial.Report(0, 1);
            }
            catch (StorageException)
            {
                full = false;
                throw;
            }

            return 1;
        });
        Assert.Equal((3, 1, RunEnd.BudgetReached), (report.Complete, report.Failed, report.End));
        var failed = _study.FindTrial(0)!;
        Assert.Equal((FailureKind.Storage, "the disk is full", 1), (failed.Failure!.Value, failed.Reason, failed.RetriedBy!.Value));
    }

    [Fact]
    public async Task TheEndOfATrial_WaitsForAsLongAsItTakes()
    {
        FailTimes("FinishTrial", 200);
        var report = await Run(_ => 1, total: 1);
        Assert.Equal(1, report.Complete);
        Assert.Equal("the disk is full; trying again in 30 s", _log.Lines[150]);
        Assert.Equal(1, _study.GetBestTrial()!.Value);
    }

    /// <summary>Cancels at the first call of this name, which fails so many times.</summary>
    private CancellationTokenSource CancelAt(string name, int failures)
    {
        var cancellation = new CancellationTokenSource();
        _control.Fail = called =>
        {
            if (called != name) return null;
            cancellation.Cancel();
            return Interlocked.Decrement(ref failures) >= 0 ? Full : null;
        };
        return cancellation;
    }

    [Fact]
    public async Task Cancelling_WhileAResultCannotBeStored_IsTriedForAGraceAndKeepsIt()
    {
        using var cancellation = CancelAt("FinishTrial", failures: 3);
        var report = await Run(_ => 1, total: 2, cancellation.Token);
        Assert.Equal((1, 0), (report.Complete, report.Interrupted));
        Assert.Equal(TrialState.Complete, _study.FindTrial(0)!.State);
    }

    [Fact]
    public async Task Cancelling_WhenTheGraceIsOver_LeavesTheTrialToItsLease()
    {
        using var cancellation = CancelAt("FinishTrial", failures: int.MaxValue);
        var report = await Run(_ => 1, total: 2, cancellation.Token);
        Assert.Equal((0, 1, RunEnd.Cancelled), (report.Complete, report.Interrupted, report.End));
        Assert.Contains("could not be stored", _log.Lines[^1], StringComparison.Ordinal);
        Assert.Equal(TrialState.Running, _study.FindTrial(0)!.State);
    }

    [Theory]
    [InlineData("ClaimTrial")]
    [InlineData("GetLeases")]
    [InlineData("SetParameter")]
    [InlineData("AddReport")]
    public async Task Cancelling_DuringAnOutage_EndsAsCancelled(string call)
    {
        using var cancellation = CancelAt(call, failures: call is "SetParameter" or "AddReport" ? 1_000 : int.MaxValue);
        var report = await Run(
            trial =>
            {
                trial.SuggestFloat("x", 0, 1);
                trial.Report(0, 1);
                return 1;
            },
            total: 2, cancellation.Token);
        Assert.Equal((RunEnd.Cancelled, 0, 0), (report.End, report.Complete, report.Failed));
    }

    [Theory]
    [InlineData("FindTrial")]
    [InlineData("GetLeases")]
    [InlineData("GetTrials")]
    public async Task WhatARunReadsBetweenItsTrials_WaitsForAsLongAsItTakes(string call)
    {
        // Far longer than a trial would wait.
        var seen = 0;
        FailTimes(call, 200);
        var report = await _study.RunAsync(
            (_, _) => 1.0,
            new RunOptions { TotalTrials = 2, Callbacks = [(_, _) => seen++] }).WaitAsync(TimeSpan.FromMinutes(1));
        Assert.Equal((2, 2, RunEnd.BudgetReached), (report.Complete, seen, report.End));
    }

    [Fact]
    public async Task OutOfMemory_WhileTheStorageFails_IsStoredInTheEnd()
    {
        FailTimes("SetTrialAttribute", 200);
        await Run(_ => throw new OutOfMemoryException(), total: 1);
        Assert.Equal(FailureKind.OutOfMemory, _study.FindTrial(0)!.Failure);
        Assert.False(_study.FindTrial(0)!.IsFeasible);
    }

    [Fact]
    public async Task TimeLimitOfATrial_EndsItsWait()
    {
        _control.Fail = called =>
        {
            if (called != "AddReport") return null;
            _study.StopTrial(0, FailureKind.TimedOut, "too long");
            return Full;
        };
        var report = await Run(trial => trial.Report(0, 1).ShouldPrune ? 1 : 2, total: 1);
        Assert.Equal(
            (1, FailureKind.TimedOut, "too long"), (report.Failed, _study.FindTrial(0)!.Failure!.Value, _study.FindTrial(0)!.Reason));
    }

    [Fact]
    public async Task WhoWaitsWhileLookingForLostTrials_KeepsNobodyElseFromAsking()
    {
        Task<Trial>? other = null;
        _log.Logged = () =>
        {
            _control.Fail = _ => null;
            other ??= Task.Run(() => _study.Ask());
            Assert.True(other.Wait(TimeSpan.FromMinutes(1)), "others may ask while somebody waits for the storage");
        };
        FailTimes("GetLeases", 1);
        var first = _study.Ask();
        Assert.NotNull(other);
        Assert.NotEqual(first.Number, (await other).Number);
    }

    [Theory]
    [InlineData("ClaimTrial")]
    [InlineData("ReadFinished")]
    public async Task Cancelling_ABatchDuringAnOutage_EndsAsCancelledAndGivesBack(string call)
    {
        _study.Tell(_study.Ask(), 1);
        using var cancellation = CancelAt(call, failures: 10);
        var report = await _study.RunAsync(
            (trial, _) => trial.SuggestFloat("x", 0, 1),
            new RunOptions { TotalTrials = 9, Parallelism = 4, InBatches = true },
            cancellation.Token).WaitAsync(TimeSpan.FromMinutes(1), CancellationToken.None);
        Assert.Equal(RunEnd.Cancelled, report.End);
        Assert.Empty(_study.GetTrials([TrialState.Running]));
    }

    [Fact]
    public async Task WhoWaitsForTheHistory_KeepsNobodyElseFromIt()
    {
        // Otherwise eight trials wait one after another, and the last gives up after eight times its patience.
        var (first, second) = (_study.Ask(), _study.Ask());
        second.SuggestFloat("y", 0, 1);
        _study.Tell(_study.Ask(), 1);
        Task<double>? other = null;
        _log.Logged = () =>
        {
            _control.Fail = _ => null;
            other ??= Task.Run(() => second.SuggestFloat("x", 0, 1));
            Assert.True(other.Wait(TimeSpan.FromMinutes(1)), "the history is free while somebody waits for the storage");
        };
        FailTimes("ReadFinished", 1);
        first.SuggestFloat("x", 0, 1);
        Assert.NotNull(other);
        Assert.InRange(await other, 0, 1);
    }

    [Fact]
    public void AskAndTell_KeepToTheirPatienceAndTheirToken_AndSayWhatTheyWaitFor()
    {
        var trial = _study.Ask();
        _control.Fail = called => called is "FinishTrial" or "ClaimTrial" ? Full : null;
        Assert.Throws<StorageException>(() => _study.Ask());
        Assert.Throws<StorageException>(() => _study.Tell(trial, 1));
        Assert.Contains("the disk is full; trying again in", _log.Lines[0], StringComparison.Ordinal);
        using var cancelled = new CancellationTokenSource();
        cancelled.Cancel();
        Assert.Throws<OperationCanceledException>(() => _study.Ask(cancelled.Token));
        Assert.Throws<OperationCanceledException>(() => _study.Tell(trial, 1, cancelled.Token));
        Assert.Throws<OperationCanceledException>(() => _study.Tell(0, 1, cancelled.Token));
        // Nothing is lost by it.
        _control.Fail = _ => null;
        _study.Tell(trial, 1);
        Assert.Equal(1, _study.GetBestTrial()!.Value);
    }

    [Fact]
    public void AskForSeveral_ThatFailsHalfWay_GivesBackWhatItTook()
    {
        var claims = 0;
        _control.Fail = called => called == "ClaimTrial" && ++claims > 2 ? new StorageException("the database is damaged") : null;
        Assert.Throws<StorageException>(() => _study.Ask(4));
        _control.Fail = _ => null;
        Assert.Empty(_study.GetTrials([TrialState.Running]));
        Assert.Equal(2, _study.GetTrials([TrialState.Waiting]).Count);
        Assert.Equal([2, 3], _study.Ask(2).Select(t => t.Number));
    }

    [Fact]
    public async Task TroubleThatStays_EndsTheRunWithItsError()
    {
        FailTimes("AddReport", 1, new StorageException("the database is damaged"));
        var error = await Assert.ThrowsAsync<StorageException>(() => Run(trial => trial.Report(0, 1).ShouldPrune ? 1 : 2));
        Assert.Equal("the database is damaged", error.Message);
    }

    private sealed class Noting : Tunewise.Samplers.ISampler
    {
        private int _asked;

        public double Sample(Tunewise.Samplers.SamplingContext context, string name, Tunewise.Spaces.Distribution distribution)
        {
            context.SetAttribute("note", name);
            return ++_asked;
        }
    }

    [Theory]
    [InlineData("SetParameter")]
    [InlineData("SetTrialAttribute")]
    public void SuggestionThatFailed_AskedForAgain_IsWhatIsStoredWithItsNotes(string call)
    {
        var (storage, control) = FailingStorage.Create();
        using var study = Study.Open(storage, "s", new StudyOptions { Sampler = new Noting(), StoragePatience = TimeSpan.Zero });
        var trial = study.Ask();
        control.Fail = called => called == call ? Full : null;
        Assert.Throws<StorageException>(() => trial.SuggestFloat("x", 0, 9));
        control.Fail = _ => null;
        var x = trial.SuggestFloat("x", 0, 9);
        study.Tell(trial, 1);
        Assert.Equal(x, study.FindTrial(0)!.Parameters["x"]);
        Assert.Equal("x", study.FindTrial(0)!.SystemAttributes["note"]);
    }
}
