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

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            lock (Lines) Lines.Add(formatter(state, exception));
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
            Sampler = new Tunewise.Samplers.Random.RandomSampler(),
            Pruner = new Tunewise.Pruners.NoPruner(),
            Logger = _log,
            Time = _time,
            StoragePatience = TimeSpan.FromMinutes(1),
            Retry = new RetryPolicy { Lost = 1 },
        });
    }

    /// <summary>A call of this name fails so many times.</summary>
    private void FailTimes(string name, int times, Exception? error = null) =>
        _control.Fail = called => called == name && Interlocked.Decrement(ref times) >= 0 ? error ?? Full : null;

    private Task<RunReport> Run(Func<Trial, TrialResult> objective, int total = 3, CancellationToken token = default) =>
        _study.RunAsync((trial, _) => objective(trial), new RunOptions { TotalTrials = total }, token).WaitAsync(TimeSpan.FromMinutes(1), CancellationToken.None);

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
        Assert.All(_study.Trials, t => Assert.Equal((1, 1, 1), (t.ParameterList.Count, t.Reports.Count, t.UserAttributes.Count)));
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
        Assert.Equal(1, _study.BestTrial!.Value);
    }

    [Fact]
    public async Task Cancelling_EndsTheWait()
    {
        using var cancellation = new CancellationTokenSource();
        _control.Fail = called =>
        {
            if (called != "FinishTrial") return null;
            cancellation.Cancel();
            return Full;
        };
        var report = await Run(_ => 1, total: 2, cancellation.Token);
        Assert.Equal(0, report.Complete);
        Assert.Contains("could not be stored", _log.Lines[^1], StringComparison.Ordinal);
        Assert.Equal(TrialState.Running, _study.FindTrial(0)!.State);
    }

    [Fact]
    public async Task TroubleThatStays_EndsTheRunWithItsError()
    {
        FailTimes("AddReport", 1, new StorageException("the database is damaged"));
        var error = await Assert.ThrowsAsync<StorageException>(() => Run(trial => trial.Report(0, 1).ShouldPrune ? 1 : 2));
        Assert.Equal("the database is damaged", error.Message);
    }
}
