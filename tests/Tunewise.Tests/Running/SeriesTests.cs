using Microsoft.Extensions.Logging;
using Tunewise.Pruners;
using Tunewise.Samplers.Random;
using Tunewise.Storage;
using Tunewise.Testing;

namespace Tunewise.Tests.Running;

/// <summary>What a trial logs beside its reports, and what is said to them.</summary>
public sealed class SeriesTests : IDisposable
{
    private readonly ManualTime _time = new();
    private readonly InMemoryStorage _storage = new();
    private readonly Warnings _log = new();
    private readonly Study _study;

    public SeriesTests() => _study = Open(_storage);

    public void Dispose() => _study.Dispose();

    private Study Open(IStudyStorage storage, StudyOptions? options = null) => Study.Open(storage, "s", (options ?? new StudyOptions()) with
    {
        Objectives = [Objective.Maximize("accuracy")],
        Sampler = new RandomSampler(),
        Pruner = options?.Pruner ?? new NoPruner(),
        Seed = 1,
        Time = _time,
        Logger = _log,
    });

    private static string Text(Series series) => string.Join(' ', series.Steps.Zip(series.Values, (s, v) => FormattableString.Invariant($"{s}:{v}")));

    [Fact]
    public void Log_IsReadBackAtOnce_TogetherWithTheReports()
    {
        var trial = _study.Ask();
        trial.Log(0, ("train/loss", 2), ("rate", 0.25));
        trial.Report(0, 0.5);
        trial.Log(1, ("train/loss", 1.5));
        trial.Log(0, ("val/f1", 0.75));
        var series = _study.GetSeries(0);
        Assert.Equal(["accuracy", "rate", "train/loss", "val/f1"], series.Keys.Order());
        Assert.Equal("0:2 1:1.5", Text(series["train/loss"]));
        Assert.Equal("0:0.5", Text(series["accuracy"]));
        Assert.Equal(["rate"], _study.GetSeries(0, "rate", "nobody").Keys);
        Assert.Equal([2, 1.5], _study.GetSeries("train/loss").Values);
        Assert.Equal([0.5], _study.GetSeries("accuracy").Values);
        Assert.Equal(["accuracy", "train/loss", "rate", "val/f1"], _study.GetSeriesNames());
        Assert.Equal("train/loss: 2 values of 1 trial", _study.GetSeries("train/loss").ToString());
        Assert.Throws<ArgumentException>(() => _study.GetSeries(1));
    }

    [Fact]
    public void Log_IsSeenByOthersAMomentLater_AndBeforeTheTrialEnds()
    {
        using var other = Open(_storage);
        var trial = _study.Ask();
        trial.Log(0, ("a", 1));
        Assert.Empty(other.GetSeries(0));
        _time.Advance(TimeSpan.FromMilliseconds(250));
        Assert.Equal("0:1", Text(other.GetSeries(0)["a"]));
        trial.Log(1, ("a", 2));
        _study.Tell(trial, 1);
        Assert.Equal("0:1 1:2", Text(other.GetSeries(0)["a"]));
        // No timer is left when nothing waits.
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(0, _time.Timers);
    }

    [Fact]
    public void Log_SoMuchThatTheStorageMustBeSlow_IsWrittenAtOnce()
    {
        using var other = Open(_storage);
        var trial = _study.Ask();
        var values = Enumerable.Range(0, 100).Select(i => ($"n{i}", (double)i)).ToArray();
        for (var step = 0; step < 600; step++) trial.Log(step, values);
        Assert.True(other.GetSeries("n0").Count >= 500);
    }

    [Fact]
    public void Log_StorageFailsForAWhile_LosesNothing()
    {
        var (storage, control) = FailingStorage.Create();
        using var study = Open(storage);
        var trial = study.Ask();
        control.Fail = call => call == nameof(IStudyStorage.AddSteps) ? new StorageException("the disk is full") { IsTemporary = true } : null;
        trial.Log(0, ("a", 1));
        _time.Advance(TimeSpan.FromSeconds(3));
        trial.Log(1, ("a", 2));
        trial.Log(0, ("a", 7));
        _time.Advance(TimeSpan.FromSeconds(3));
        Assert.Contains("what trial 0 measured could not be written and waits: the disk is full", Assert.Single(_log.Lines), StringComparison.Ordinal);
        control.Fail = _ => null;
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal("0:7 1:2", Text(study.GetSeries(0)["a"]));
        study.Tell(trial, 1);
    }

    [Fact]
    public void Log_StorageFailsUntilTheEnd_IsWrittenWithIt()
    {
        var (storage, control) = FailingStorage.Create();
        using var study = Open(storage);
        var trial = study.Ask();
        control.Fail = call => call == nameof(IStudyStorage.AddSteps) ? new StorageException("the disk is full") { IsTemporary = true } : null;
        trial.Log(0, ("a", 1));
        _time.Advance(TimeSpan.FromSeconds(3));
        study.Tell(trial, 1);
        Assert.Equal("0:1", Text(study.GetSeries(0)["a"]));
    }

    [Fact]
    public void Log_TrialWasTakenAway_ComesWithTheLateResult()
    {
        var trial = _study.Ask();
        trial.Log(0, ("a", 1));
        _time.Advance(TimeSpan.FromSeconds(1));
        _storage.FinishTrial(_study.FindTrial(0)!.Id, new TrialEnding(TrialState.Failed, []) { Failure = FailureKind.Lost });
        trial.Log(1, ("a", 2));
        _time.Advance(TimeSpan.FromSeconds(1));
        trial.Log(2, ("a", 3));
        _study.Tell(trial, 0.5);
        Assert.Equal("0:1", Text(_study.GetSeries(0)["a"]));
        Assert.Equal("0:1 1:2 2:3", Text(_study.GetSeries(1)["a"]));
        var late = _study.Ask();
        _storage.FinishTrial(_study.FindTrial(2)!.Id, new TrialEnding(TrialState.Failed, []) { Failure = FailureKind.Lost, Retry = true });
        Assert.Throws<TrialLostException>(() =>
        {
            late.Log(0, ("a", 1));
            _time.Advance(TimeSpan.FromSeconds(1));
            late.Log(1, ("a", 1));
        });
    }

    [Fact]
    public async Task Run_TriedAgain_HasTheSeriesUpToWhereItGoesOn()
    {
        var broken = false;
        using var study = Open(new InMemoryStorage(), new StudyOptions
        {
            Retry = new RetryPolicy { AfterException = 1 },
            Pruner = new MedianPruner(),
        });
        await study.RunAsync(trial =>
        {
            // As from a checkpoint of step 2.
            for (var step = trial.Attempts == 0 ? 0 : 3; step < 6; step++)
            {
                trial.Log(step, ("a", step + 10 * trial.Attempts));
                trial.Report(step, step);
                if (step == 4 && !broken)
                {
                    broken = true;
                    throw new InvalidOperationException("broke");
                }
            }

            return 1.0;
        }, totalTrials: 1);
        Assert.Equal("0:0 1:1 2:2 3:3 4:4", Text(study.GetSeries(0)["a"]));
        Assert.Equal("0:0 1:1 2:2 3:13 4:14 5:15", Text(study.GetSeries(1)["a"]));
        Assert.Equal([3, 4, 5], study.GetSeries(1)["accuracy"].Steps);
        Assert.Equal([3L, 4, 5], study.GetVerdicts(1).Select(v => v.Step));
    }

    [Fact]
    public void Log_NamesThatAreNone_AreRefused()
    {
        var trial = _study.Ask();
        Assert.Contains(
            "series 'accuracy' is what trial.Report stores",
            Assert.Throws<ArgumentException>(() => trial.Log(0, ("accuracy", 1))).Message,
            StringComparison.Ordinal);
        foreach (var name in new[] { "", " ", new string('n', 201), "a\nb" })
            Assert.Throws<ArgumentException>(() => trial.Log(0, ("fine", 1), (name, 1)));
        Assert.Throws<ArgumentOutOfRangeException>(() => trial.Log(-1, ("a", 1)));
        Assert.Empty(_study.GetSeries(0));
        trial.Log(3);
        Assert.Empty(_study.GetSeries(0));
    }

    [Fact]
    public async Task Log_RunIsStopped_ThrowsAndKeepsTheValues()
    {
        using var stop = new CancellationTokenSource();
        var report = await _study.RunAsync(
            (Trial trial) =>
            {
                stop.Cancel();
                for (var step = 0; ; step++) trial.Log(step, ("a", step));
#pragma warning disable CS0162 // The objective never returns.
                return 0.0;
#pragma warning restore CS0162
            },
            totalTrials: 1,
            stop.Token);
        Assert.Equal(RunEnd.Cancelled, report.End);
        Assert.Equal("0:0", Text(_study.GetSeries(0)["a"]));
    }

    [Fact]
    public void Report_Pruned_IsExplainedByData()
    {
        using var study = Open(_storage, new StudyOptions { Pruner = new MedianPruner { StartupTrials = 2 } });
        foreach (var value in new[] { 0.5, 0.75, 0.625 })
        {
            var done = study.Ask();
            done.Report(0, value);
            study.Tell(done, value);
        }

        var trial = study.Ask();
        var decision = trial.Report(0, 0.25);
        Assert.Equal("step 0: 0.25, median of 3 trials 0.625", decision.Reason);
        study.Tell(trial, TrialResult.Pruned);
        var verdict = Assert.Single(study.GetVerdicts(3));
        Assert.Equal((0L, 0.25), (verdict.Step, verdict.Report));
        Assert.Equal(
            (true, "MedianPruner", 0.25, 0.625, 3),
            (verdict.Decision.ShouldPrune, verdict.Decision.Rule, verdict.Decision.Value!.Value, verdict.Decision.Limit!.Value,
                verdict.Decision.Compared!.Value));
        Assert.Equal(decision, verdict.Decision);
        Assert.Equal(study.FindTrial(3)!.Reason, verdict.Decision.Reason);
        Assert.Equal("0 complete trials, judging starts at 2", Assert.Single(study.GetVerdicts(0)).Decision.Reason);
    }

    [Fact]
    public void ReadSeries_SinceAPosition_BringsValuesAndReports()
    {
        using var follower = Open(_storage);
        var trial = _study.Ask();
        trial.Log(0, ("a", 1), ("b", 2));
        trial.Report(0, 0.5);
        _time.Advance(TimeSpan.FromSeconds(1));
        var news = follower.ReadSeries();
        Assert.Equal(
            [new(0, "a", 0, 1), new(0, "accuracy", 0, 0.5) { IsReport = true }, new SeriesPoint(0, "b", 0, 2)], news.Points.OrderBy(p => p.Name));
        Assert.True(news.IsComplete);
        Assert.Empty(follower.ReadSeries(news.Position).Points);
        trial.Log(1, ("a", 3));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal([new SeriesPoint(0, "a", 1, 3)], follower.ReadSeries(news.Position).Points);
    }

    [Fact]
    public void ReadSeries_OfATrialThatIsTriedAgainEarlier_SaysWhatIsGone()
    {
        var trial = _study.Ask();
        for (var step = 0; step < 4; step++) trial.Log(step, ("a", step));
        _study.Dispose();
        using var study = Open(_storage);
        var again = study.Ask();
        var curve = new Dictionary<long, double>();
        var position = default(SeriesPosition);
        void Follow()
        {
            var news = study.ReadSeries(position);
            position = news.Position;
            foreach (var point in news.Points.Where(p => p.Trial == again.Number)) curve[point.Step] = point.Value;
            foreach (var (_, step) in news.Emptied.Where(e => e.Trial == again.Number)) curve.Remove(step);
        }

        Follow();
        Assert.Equal(4, curve.Count);
        again.Log(2, ("a", 20));
        Follow();
        Assert.Equal([0, 1, 20], curve.OrderBy(p => p.Key).Select(p => p.Value));
    }

    [Fact]
    public void GetSeries_WhatWasLoggedBeforeTheReportsWereCalledSo_StandsBehindThem()
    {
        using (var study = Study.Open(_storage, "named later"))
        {
            var trial = study.Ask();
            trial.Log(0, ("val/acc", 1));
            trial.Log(1, ("val/acc", 2));
            study.Tell(trial, 1.0);
        }

        using var named = Study.Open(_storage, "named later", new StudyOptions { Objectives = [Objective.Minimize("val/acc")] });
        Assert.Equal("0:1 1:2", Text(named.GetSeries(0)["val/acc"]));
        Assert.Equal([1, 2], named.GetSeries("val/acc").Values);
        var next = named.Ask();
        next.Report(1, 7);
        named.Tell(next, 7.0);
        Assert.Equal("1:7", Text(named.GetSeries(1)["val/acc"]));
        Assert.Equal([1, 2, 7], named.GetSeries("val/acc").Values);
        Assert.Equal([0, 0, 1], named.GetSeries("val/acc").Trials);
    }

    [Fact]
    public void GetSeries_OfADeletedStudy_SaysSo()
    {
        _study.Ask();
        _study.Delete();
        foreach (var read in new Action[] { () => _study.GetSeries(0), () => _study.GetBlobs(0), () => _study.GetVerdicts(0) })
            Assert.Contains("deleted", Assert.Throws<StorageException>(read).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Log_WhileAnotherThreadEndsTheTrial_IsKeptOrRefused()
    {
        using var study = Study.Open(_storage, "ended", new StudyOptions { Sampler = new RandomSampler(), Pruner = new NoPruner() });
        for (var i = 0; i < 50; i++)
        {
            var trial = study.Ask();
            var logged = 0;
            var logging = Task.Run(() =>
            {
                for (; ; logged++) trial.Log(logged, ("a", logged));
            });
            while (Volatile.Read(ref logged) < 20) Thread.Yield();
            study.Tell(trial, 1.0);
            await Assert.ThrowsAsync<TrialLostException>(() => logging);
            Assert.Equal(logged, study.GetSeries(trial.Number)["a"].Count);
        }
    }

    [Fact]
    public void Log_WholeNumbersThat32BitsLack_AreKept()
    {
        var trial = _study.Ask();
        double[] numbers = [16777217, 1_000_000_001, -16777219, (1L << 53) - 1, 16777216, 1e30, 0.1];
        for (var i = 0; i < numbers.Length; i++) trial.Log(i, ("n", numbers[i]));
        Assert.Equal([.. numbers[..5], (float)1e30, 0.1f], _study.GetSeries(0)["n"].Values);
    }

    [Fact]
    public void ReadSeries_PositionOfAnotherStudy_IsRefused()
    {
        using var other = Study.Open(_storage, "other");
        var position = other.ReadSeries().Position;
        Assert.Contains("another study", Assert.Throws<ArgumentException>(() => _study.ReadSeries(position)).Message, StringComparison.Ordinal);
        using var same = Open(_storage);
        Assert.Empty(same.ReadSeries(_study.ReadSeries().Position).Points);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Log_AfterTheEnd_IsRefused(bool disposed)
    {
        var trial = _study.Ask();
        if (disposed) _study.Dispose();
        else _study.Tell(trial, 1.0);
        Assert.Throws<TrialLostException>(() => trial.Log(0, ("a", 1)));
    }

    [Fact]
    public void Reports_AreCalledAsTheStudyRemembers_WhoeverReads()
    {
        IReadOnlyList<Objective> objectives = [Objective.Minimize("loss"), Objective.Maximize("f1")];
        using (var study = Study.Open(_storage, "two", new StudyOptions { Objectives = objectives, PruneBy = "f1", Pruner = new NoPruner() }))
        {
            var trial = study.Ask();
            trial.Report(0, 0.5);
        }

        using var reader = Study.Load(_storage, "two");
        Assert.Null(reader.ReportedObjective);
        Assert.Equal(["f1"], reader.GetSeries(0).Keys);
        Assert.Equal(["f1"], reader.GetSeriesNames());
        Assert.Equal([0.5], reader.GetSeries("f1").Values);
        Assert.Equal("f1", Assert.Single(reader.ReadSeries().Points).Name);
        StudyTransfer.Copy(_storage, "two", _storage, "copy");
        using var copy = Study.Load(_storage, "copy");
        Assert.Equal(["f1"], copy.GetSeriesNames());
        // What is stored is not called otherwise because somebody opens it otherwise.
        Assert.Contains("are values of 'f1'", Assert.Throws<TunewiseException>(
            () => Study.Load(_storage, "two", new StudyOptions { PruneBy = "loss" })).Message, StringComparison.Ordinal);
        using var unused = Study.Open(_storage, "unused", new StudyOptions { Objectives = objectives, PruneBy = "f1" });
        using var changed = Study.Load(_storage, "unused", new StudyOptions { PruneBy = "loss" });
        using var after = Study.Load(_storage, "unused");
        Assert.Equal("loss", after.ReportName);
    }

    [Fact]
    public void LogBlob_IsKeptUpToTheBudget_WhichIsSaidOnce()
    {
        using var study = Open(_storage, new StudyOptions { BlobBudget = 1000 });
        var trial = study.Ask();
        Assert.True(trial.LogBlob(0, "weights", "histogram", new byte[600]));
        Assert.False(trial.LogBlob(1, "weights", "histogram", new byte[600]));
        Assert.False(trial.LogBlob(2, "weights", "histogram", new byte[600]));
        Assert.True(trial.LogBlob(3, "weights", "histogram", [1, 2, 3]));
        Assert.Contains("BlobBudget", Assert.Single(_log.Lines), StringComparison.Ordinal);
        var blobs = study.GetBlobs(0);
        Assert.Equal([0L, 3L], blobs.Select(b => b.Step));
        Assert.Equal([1, 2, 3], study.ReadBlob(blobs[1])!);
        Assert.Contains(
            "at most 1048576", Assert.Throws<ArgumentException>(() => trial.LogBlob(0, "b", "k", new byte[(1 << 20) + 1])).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => trial.LogBlob(0, "", "k", []));
        Assert.Throws<ArgumentException>(() => trial.LogBlob(0, "b", " ", []));
        Assert.Throws<ArgumentOutOfRangeException>(() => trial.LogBlob(-1, "b", "k", []));
    }

    [Fact]
    public void Tell_ByNumber_WritesWhatWaits()
    {
        var (storage, control) = FailingStorage.Create();
        using var study = Open(storage);
        var trial = study.Ask();
        control.Fail = call => call == nameof(IStudyStorage.AddSteps) ? new StorageException("the disk is full") { IsTemporary = true } : null;
        trial.Log(0, ("a", 1));
        _time.Advance(TimeSpan.FromSeconds(1));
        study.Tell(trial.Number, 1.0);
        control.Fail = _ => null;
        Assert.Equal("0:1", Text(study.GetSeries(0)["a"]));
    }

    [Fact]
    public void GetSeries_WhileOthersWrite_HasAllThatTheCallerLogged()
    {
        using var study = Study.Open(_storage, "busy", new StudyOptions { Sampler = new RandomSampler(), Pruner = new NoPruner() });
        Parallel.For(0, 4, _ =>
        {
            var trial = study.Ask();
            for (var step = 0; step < 200; step++)
            {
                trial.Log(step, ("a", step));
                Assert.Equal(step + 1, study.GetSeries(trial.Number)["a"].Count);
            }

            study.Tell(trial, 1);
        });
    }

    [Fact]
    public void LogBlob_OfATrialThatIsTriedAgain_StaysWhenItLogs()
    {
        var trial = _study.Ask();
        trial.Log(5, ("a", 1));
        trial.LogBlob(5, "picture", "k", [1]);
        trial.LogBlob(7, "picture", "k", [1]);
        var ending = new TrialEnding(TrialState.Failed, []) { Failure = FailureKind.Interrupted, Retry = true };
        _time.Advance(TimeSpan.FromSeconds(1));
        _storage.FinishTrial(_study.FindTrial(0)!.Id, ending);
        var retry = _study.Ask();
        Assert.Equal([5L, 7], _study.GetBlobs(retry.Number).Select(b => b.Step));
        Assert.True(retry.LogBlob(6, "own", "k", [2]));
        retry.Log(6, ("a", 2));
        _study.Tell(retry, 1);
        Assert.Equal(["picture", "own"], _study.GetBlobs(retry.Number).Select(b => b.Name));
        Assert.Equal("5:1 6:2", Text(_study.GetSeries(retry.Number)["a"]));
    }

    [Fact]
    public async Task Dispose_WhileATellWaitsForTheStorage_EndsAfterItsGrace()
    {
        var (storage, control) = FailingStorage.Create();
        var study = Study.Open(storage, "s", new StudyOptions
        {
            Sampler = new RandomSampler(),
            Pruner = new NoPruner(),
            StoragePatience = TimeSpan.FromMinutes(10),
            Logger = _log,
        });
        var trial = study.Ask();
        trial.Log(0, ("a", 1));
        using var stop = new CancellationTokenSource();
        using var called = new ManualResetEventSlim();
        control.Fail = call =>
        {
            if (call == nameof(IStudyStorage.FinishTrial)) called.Set();
            return call is nameof(IStudyStorage.FinishTrial) or nameof(IStudyStorage.AddSteps)
                ? new StorageException("the disk is full") { IsTemporary = true } : null;
        };
        var telling = Task.Run(() => study.Tell(trial, 1.0, stop.Token));
        called.Wait();
        study.Dispose();
        Assert.False(telling.IsCompletedSuccessfully);
        control.Fail = _ => null;
        stop.Cancel();
        await Record.ExceptionAsync(() => telling);
    }

    [Fact]
    public void Log_TheNameOfTheReports_IsRefused()
    {
        IReadOnlyList<Objective> objectives = [Objective.Minimize("loss"), Objective.Maximize("f1")];
        using (var named = Study.InMemory(new StudyOptions { Objectives = objectives, PruneBy = "loss" }))
        {
            var one = named.Ask();
            Assert.Contains("trial.Report stores", Assert.Throws<ArgumentException>(() => one.Log(0, ("loss", 1))).Message, StringComparison.Ordinal);
            // The other objective is nobody's report.
            one.Log(0, ("f1", 1), ("report", 2));
            Assert.Equal(["f1", "report"], named.GetSeries(0).Keys.Order());
        }

        using var study = Study.InMemory(new StudyOptions { Objectives = objectives });
        var trial = study.Ask();
        trial.Log(0, ("loss", 1));
        Assert.Throws<ArgumentException>(() => trial.Log(0, ("report", 1)));
        Assert.Throws<ArgumentException>(() => trial.Log(0, ("half\ud800", 1)));
        Assert.Throws<ArgumentOutOfRangeException>(() => trial.Log(0, (SeriesPrecision)7, ("a", 1)));
    }

    [Fact]
    public void Report_Late_IsJudgedAtTheLatestStep()
    {
        using var study = Open(_storage, new StudyOptions { Pruner = new AtSecondReport() });
        var trial = study.Ask();
        Assert.False(trial.Report(5, 9).ShouldPrune);
        Assert.True(trial.Report(3, 1).ShouldPrune);
        study.Tell(trial, TrialResult.Pruned);
        // Whatever ended the trial is stored.
        Assert.Equal([(5L, true)], study.GetVerdicts(trial.Number).Select(v => (v.Step, v.Decision.ShouldPrune)));
    }

    private sealed class AtSecondReport : IPruner
    {
        public ReportDecision Decide(PruningContext context) => context.Reports.Count < 2
            ? ReportDecision.Continue("one report")
            : ReportDecision.Prune($"{context.Reports.Count:report}");
    }

    [Fact]
    public void Log_SixtyFourBits_KeepsAllDigits()
    {
        var trial = Trial.With(("x", 0.5));
        trial.Log(0, ("a", 1.0 / 3));
        trial.Log(0, SeriesPrecision.Bits64, ("b", 1.0 / 3));
        var series = trial.Study.GetSeries(0);
        Assert.Equal((double)(float)(1.0 / 3), series["a"].Values[0]);
        Assert.Equal(1.0 / 3, series["b"].Values[0]);
    }

    private sealed class Warnings : ILogger
    {
        public List<string> Lines { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (!IsEnabled(logLevel)) return;
            lock (Lines) Lines.Add(formatter(state, exception));
        }
    }
}
