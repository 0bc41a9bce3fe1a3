using Tunewise.Spaces;
using Tunewise.Storage;

namespace Tunewise.Testing;

/// <summary>What every storage must do. A storage's test class derives from it and says how to open one.</summary>
public abstract partial class StorageConformance : IDisposable
{
    private const string Worker = "worker-a";
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    private IStudyStorage? _storage;

    protected IStudyStorage Storage => _storage ??= Open();

    /// <summary>Opens an empty storage, or the same one again.</summary>
    protected abstract IStudyStorage Open();

    /// <summary>Whether a closed storage can be opened again with everything in it.</summary>
    protected virtual bool Persists => true;

    /// <summary>The largest step that the storage keeps.</summary>
    protected virtual long MaxStep => long.MaxValue;

    public void Dispose()
    {
        _storage?.Dispose();
        Cleanup();
        GC.SuppressFinalize(this);
    }

    protected virtual void Cleanup()
    {
    }

    private void Reopen()
    {
        if (!Persists) return;
        Storage.Dispose();
        _storage = Open();
    }

    private long NewStudy(string name = "s", params Direction[] directions) =>
        Storage.OpenStudy(name, directions.Length == 0 ? [Direction.Minimize] : directions).Id;

    private FrozenTrial Claim(long study, string worker = Worker, int? total = null) => TryClaim(study, worker, total)!;

    private FrozenTrial? TryClaim(long study, string worker = Worker, int? total = null) =>
        Storage.ClaimTrial(study, new ClaimRequest(worker, Hour) { TotalTrials = total });

    private static TrialEnding Complete(params double[] values) => new(TrialState.Complete, values);

    [StorageFact]
    public void OpenStudy_Twice_GivesTheSameStudyWithItsFirstDirections()
    {
        var first = Storage.OpenStudy("näme 'quoted' ; DROP TABLE studies", [Direction.Maximize, Direction.Minimize]);
        var second = Storage.OpenStudy("näme 'quoted' ; DROP TABLE studies", [Direction.Minimize]);
        Assert.Equal(first.Id, second.Id);
        Assert.Equal([Direction.Maximize, Direction.Minimize], second.Directions);
        Assert.Null(Storage.FindStudy("name"));
        Assert.Equal(["näme 'quoted' ; DROP TABLE studies"], Storage.GetStudies().Select(s => s.Name));
    }

    [StorageFact]
    public void ClaimTrial_NoneWaiting_NumbersNewTrialsFromZeroPerStudy()
    {
        var (a, b) = (NewStudy("a"), NewStudy("b"));
        Assert.Equal([0, 1, 0, 2], new[] { Claim(a), Claim(a), Claim(b), Claim(a) }.Select(t => t.Number));
        Assert.All(Storage.GetTrials(a), t => Assert.Equal(TrialState.Running, t.State));
        Assert.All(Storage.GetTrials(a), t => Assert.NotNull(t.StartedAt));
    }

    [StorageFact]
    public void ClaimTrial_SomeWait_TakesTheLowestNumberFirst()
    {
        var study = NewStudy();
        Claim(study);
        var waiting = Enumerable.Range(0, 3)
            .Select(_ => Storage.AddTrial(study, new FrozenTrial { State = TrialState.Waiting }).Number)
            .ToArray();
        Assert.Equal(waiting, Enumerable.Range(0, 3).Select(_ => Claim(study).Number));
        Assert.Equal(4, Claim(study).Number);
    }

    [StorageFact]
    public void ClaimTrial_QueuedWithValues_GetsItsOwn()
    {
        var study = NewStudy();
        // As Optuna's add_trial lets anybody do.
        for (var i = 0; i < 2; i++) Storage.AddTrial(study, new FrozenTrial { State = TrialState.Waiting, Values = [0.5] });
        Storage.FinishTrial(Claim(study).Id, new TrialEnding(TrialState.Complete, [0.25]));
        Storage.FinishTrial(Claim(study).Id, new TrialEnding(TrialState.Failed, []) { Failure = FailureKind.Exception });
        var trials = Storage.GetTrials(study);
        Assert.Equal([0.25], trials[0].Values);
        Assert.Empty(trials[1].Values);
    }

    [StorageFact]
    public void ClaimTrial_BudgetUsedUp_ReturnsNullAndChangesNothing()
    {
        var study = NewStudy();
        Claim(study, total: 2);
        Storage.AddTrial(study, new FrozenTrial { State = TrialState.Waiting });
        Assert.Equal(1, Claim(study, total: 2).Number);
        Storage.AddTrial(study, new FrozenTrial { State = TrialState.Waiting });
        Assert.Null(TryClaim(study, total: 2));
        Assert.Equal([TrialState.Running, TrialState.Running, TrialState.Waiting], Storage.GetTrials(study).Select(t => t.State));
    }

    [StorageFact]
    public void ClaimTrial_OtherCountedStates_CountsThoseOnly()
    {
        var study = NewStudy();
        for (var i = 0; i < 3; i++) Storage.FinishTrial(Claim(study).Id, i == 0 ? Complete(1) : new TrialEnding(TrialState.Pruned, []));
        FrozenTrial? Next(int total) =>
            Storage.ClaimTrial(study, new ClaimRequest(Worker, Hour) { TotalTrials = total, CountedStates = [TrialState.Complete] });
        Assert.Null(Next(1));
        Assert.NotNull(Next(2));
    }

    [StorageFact]
    public void ClaimTrial_ManyThreads_GivesEveryTrialOnce()
    {
        var study = NewStudy();
        for (var i = 0; i < 100; i++) Storage.AddTrial(study, new FrozenTrial { State = TrialState.Waiting });
        var claimed = new System.Collections.Concurrent.ConcurrentBag<int>();
        Parallel.For(0, 8, _ =>
        {
            while (TryClaim(study, total: 150) is { } trial) claimed.Add(trial.Number);
        });
        Assert.Equal(Enumerable.Range(0, 150), claimed.Order());
    }

    public static TheoryData<string, Distribution, double> Parameters => new()
    {
        { "float", new FloatDistribution(-1.5, 2), 0.1 },
        { "log", new FloatDistribution(1e-5, 1e-1, log: true), 3.3e-4 },
        { "step", new FloatDistribution(0, 1, step: 0.1), 0.3 },
        { "int", new IntDistribution(-3, 12), -2 },
        { "intlog", new IntDistribution(16, 256, log: true), 100 },
        { "intstep", new IntDistribution(8, 64, step: 8), 24 },
        { "large", new IntDistribution(0, IntDistribution.MaxMagnitude), IntDistribution.MaxMagnitude - 1.0 },
        {
            "choices",
            new CategoricalDistribution([null, true, false, 1L, 1.0, -2.5, "adam", "é'\"\\\n😀", double.NaN, double.PositiveInfinity]),
            7
        },
    };

    [StorageTheory]
    [MemberData(nameof(Parameters))]
    public void SetParameter_AnyDistribution_ComesBackEqual(string name, Distribution distribution, double value)
    {
        var study = NewStudy();
        var trial = Claim(study);
        Assert.True(Storage.SetParameter(trial.Id, new TrialParameter(name, distribution, value)));
        Reopen();
        var stored = Storage.FindTrial(study, 0)!.ParameterList.Single();
        Assert.Equal(new TrialParameter(name, distribution, value), stored);
        Assert.Equal(distribution.ToExternal(value), stored.External);
    }

    [StorageFact]
    public void SetParameter_SameNameAgain_KeepsTheFirstValueAndTheOrder()
    {
        var study = NewStudy();
        var trial = Claim(study);
        var range = new FloatDistribution(0, 1);
        foreach (var (name, value) in new[] { ("b", 0.1), ("a", 0.2), ("b", 0.9) })
            Assert.True(Storage.SetParameter(trial.Id, new TrialParameter(name, range, value)));
        Reopen();
        Assert.Equal([("b", 0.1), ("a", 0.2)], Storage.FindTrial(study, 0)!.ParameterList.Select(p => (p.Name, p.Value)));
    }

    [StorageFact]
    public void AddReport_AnyNumbers_ComeBackInOrderAndFirstWins()
    {
        var study = NewStudy();
        var trial = Claim(study);
        foreach (var (step, value) in new[]
        {
            (5L, double.NaN),
            (0L, double.PositiveInfinity),
            (3L, double.NegativeInfinity),
            (0L, 1.0),
            (MaxStep, -0.1),
        })
        {
            Assert.True(Storage.AddReport(trial.Id, new TrialReport(step, value)));
        }

        Reopen();
        Assert.Equal(
            [new(0, double.PositiveInfinity), new(3, double.NegativeInfinity), new(5, double.NaN), new TrialReport(MaxStep, -0.1)],
            Storage.FindTrial(study, 0)!.Reports);
    }

    [StorageTheory]
    [InlineData(0.1)]
    [InlineData(double.PositiveInfinity)]
    [InlineData(double.NegativeInfinity)]
    [InlineData(double.Epsilon)]
    [InlineData(double.MaxValue)]
    public void FinishTrial_AnyValue_ComesBack(double value)
    {
        var study = NewStudy("s", Direction.Minimize, Direction.Maximize);
        Assert.True(Storage.FinishTrial(Claim(study).Id, Complete(value, 2)));
        Reopen();
        var trial = Storage.FindTrial(study, 0)!;
        Assert.Equal((TrialState.Complete, value, 2.0), (trial.State, trial.Values[0], trial.Values[1]));
        Assert.NotNull(trial.FinishedAt);
        Assert.True(trial.Duration >= TimeSpan.Zero);
    }

    [StorageFact]
    public void FinishTrial_FinishedAlready_ReturnsFalseAndChangesNothing()
    {
        var study = NewStudy();
        var trial = Claim(study);
        Assert.True(Storage.FinishTrial(trial.Id, Complete(1)));
        Assert.False(Storage.FinishTrial(trial.Id, Complete(2)));
        Assert.False(Storage.SetParameter(trial.Id, new TrialParameter("x", new FloatDistribution(0, 1), 0.5)));
        Assert.False(Storage.AddReport(trial.Id, new TrialReport(0, 1)));
        Assert.False(Storage.SetTrialAttribute(trial.Id, AttributeKind.User, "k", "1"));
        var stored = Storage.FindTrial(study, 0)!;
        Assert.Equal(1, stored.Value);
        Assert.Empty(stored.ParameterList);
        Assert.Empty(stored.Reports);
    }

    [StorageFact]
    public void FinishTrial_Failed_KeepsKindReasonAndDetail()
    {
        var study = NewStudy();
        Storage.FinishTrial(
            Claim(study).Id,
            new TrialEnding(TrialState.Failed, [])
            {
                Failure = FailureKind.OutOfMemory,
                Reason = "no memory",
                Detail = "at line 1\nat line 2",
            });
        Storage.FinishTrial(
            Claim(study).Id, new TrialEnding(TrialState.Pruned, [0.5]) { Reason = "step 4: 0.71, median of 9 trials 0.83" });
        Reopen();
        var (failed, pruned) = (Storage.FindTrial(study, 0)!, Storage.FindTrial(study, 1)!);
        Assert.Equal(
            (FailureKind.OutOfMemory, "no memory", "at line 1\nat line 2"), (failed.Failure!.Value, failed.Reason!, failed.Detail!));
        Assert.Equal((0.5, "step 4: 0.71, median of 9 trials 0.83"), (pruned.Value!.Value, pruned.Reason!));
        Assert.Null(pruned.Failure);
    }

    [StorageFact]
    public void FinishTrial_WithRetry_QueuesTheSameParametersOnce()
    {
        var study = NewStudy();
        var trial = Claim(study, total: 2);
        Storage.SetParameter(trial.Id, new TrialParameter("x", new FloatDistribution(0, 1), 0.25));
        Storage.SetTrialAttribute(trial.Id, AttributeKind.User, "memo", "\"keep\"");
        Assert.True(Storage.FinishTrial(trial.Id, new TrialEnding(TrialState.Failed, []) { Failure = FailureKind.Lost, Retry = true }));
        Reopen();
        Assert.Equal(1, Storage.FindTrial(study, 0)!.RetriedBy);
        var retry = Claim(study, total: 2);
        Assert.Equal(1, retry.Number);
        Assert.Equal(0.25, retry.ParameterList.Single().Value);
        Assert.Equal("keep", retry.UserAttributes["memo"]);
        Assert.Equal(0L, retry.SystemAttributes["failed_trial"]);
        Assert.Equal([0L], (IEnumerable<object?>)retry.SystemAttributes["retry_history"]!);
        // The trial that was retried does not count, so there is room for one more.
        Assert.Equal(2, Claim(study, total: 2).Number);
        Assert.Null(TryClaim(study, total: 2));
    }

    [StorageFact]
    public void Leases_RenewedByTheirHolderOnly_AreLostWhenTheTrialEnds()
    {
        var study = NewStudy();
        var (mine, theirs) = (Claim(study), Claim(study, "worker-b"));
        Assert.Equal([theirs.Id], Storage.RenewLeases(Worker, [mine.Id, theirs.Id], Hour));
        Assert.Equal(
            [(mine.Id, Worker, false), (theirs.Id, "worker-b", false)],
            Storage.GetLeases(study).OrderBy(l => l.TrialId).Select(l => (l.TrialId, l.Worker, l.Expired)));
        Storage.FinishTrial(mine.Id, Complete(1));
        Assert.Equal([mine.Id], Storage.RenewLeases(Worker, [mine.Id], Hour));
        Assert.Equal([theirs.Id], Storage.GetLeases(study).Select(l => l.TrialId));
    }

    [StorageFact]
    public void FinishTrial_Conditions_HoldForTheLease()
    {
        var study = NewStudy();
        var trial = Claim(study);
        Assert.False(Storage.FinishTrial(trial.Id, Complete(1) with { OnlyIfHeldBy = "worker-b" }));
        var first = Storage.GetLeases(study).Single();
        Assert.Equal((false, Hour), (first.Expired, first.Duration));
        Storage.RenewLeases(Worker, [trial.Id], TimeSpan.Zero);
        var renewed = Storage.GetLeases(study).Single();
        Assert.Equal((true, TimeSpan.Zero), (renewed.Expired, renewed.Duration));
        Assert.False(Storage.FinishTrial(trial.Id, Complete(1) with { OnlyIfHeldBy = Worker, OnlyIfLeaseUntil = first.Until }));
        Assert.False(Storage.FinishTrial(trial.Id, Complete(1) with { OnlyIfHeldBy = "worker-b", OnlyIfLeaseUntil = renewed.Until }));
        Assert.True(Storage.FinishTrial(trial.Id, Complete(1) with { OnlyIfHeldBy = Worker, OnlyIfLeaseUntil = renewed.Until }));
    }

    [StorageTheory]
    [InlineData("")]
    [InlineData("text")]
    [InlineData("{\"a\": ")]
    [InlineData("1 2")]
    [InlineData("[1,]")]
    public void Attributes_NoJson_AreRefused(string json)
    {
        var study = NewStudy();
        var trial = Claim(study);
        Action[] writes =
        [
            () => Storage.SetStudyAttribute(study, AttributeKind.User, "k", json),
            () => Storage.AddStudyAttribute(study, AttributeKind.System, "k", json),
            () => Storage.SetTrialAttribute(trial.Id, AttributeKind.User, "k", json),
        ];
        Assert.All(writes, write => Assert.Contains(
            "attribute 'k' cannot be stored: an attribute is not JSON", Assert.Throws<ArgumentException>(write).Message, StringComparison.Ordinal));
        Assert.Empty(Storage.GetStudyAttributes(study, AttributeKind.User));
        Assert.Empty(Storage.FindTrial(study, 0)!.UserAttributes);
        // Deep, long, and with numbers that only Python writes.
        foreach (var odd in new[] { new string('[', 100) + new string(']', 100), new string('7', 4300), "[NaN, -Infinity]", " 1 " })
            Assert.True(Storage.SetTrialAttribute(trial.Id, AttributeKind.User, "k", odd), odd);
        Assert.Throws<ArgumentException>(() => Storage.SetTrialAttribute(trial.Id, AttributeKind.User, "k", new string('7', 4301)));
    }

    [StorageFact]
    public void Attributes_AnyJson_ComeBackAndAreReplaced()
    {
        var study = NewStudy();
        var trial = Claim(study);
        var value = new Dictionary<string, object?>
        {
            ["a"] = new object?[] { 1L, 2.0, null, true, double.NaN },
            ["ü"] = "\0\u001F😀'\"; --",
            ["m"] = double.NegativeInfinity,
        };
        var json = AttributeJson.Write(value);
        var large = AttributeJson.Write(new string('x', 1_000_000));
        Storage.SetStudyAttribute(study, AttributeKind.User, "k", "1");
        Storage.SetStudyAttribute(study, AttributeKind.User, "k", json);
        Storage.SetStudyAttribute(study, AttributeKind.System, "k", "2");
        Assert.True(Storage.SetTrialAttribute(trial.Id, AttributeKind.User, "k'", json));
        Assert.True(Storage.SetTrialAttribute(trial.Id, AttributeKind.System, "large", large));
        Reopen();
        Assert.Equal(json, Storage.GetStudyAttributes(study, AttributeKind.User)["k"]);
        Assert.Equal("2", Storage.GetStudyAttributes(study, AttributeKind.System)["k"]);
        var stored = Storage.FindTrial(study, 0)!;
        Assert.Equal(json, AttributeJson.Write(stored.UserAttributes["k'"]));
        Assert.Equal(1_000_000, ((string)stored.SystemAttributes["large"]!).Length);
    }

    [StorageFact]
    public void AddTrial_Finished_ComesBackWhole()
    {
        var study = NewStudy();
        var time = new DateTimeOffset(2026, 1, 2, 3, 4, 5, 678, TimeSpan.FromHours(2));
        var added = Storage.AddTrial(study, new FrozenTrial
        {
            State = TrialState.Complete,
            Values = [1.5],
            ParameterList =
            [
                new TrialParameter("x", new FloatDistribution(0, 1), 0.5),
                new TrialParameter("c", new CategoricalDistribution(["a", "b"]), 1),
            ],
            Reports = [new TrialReport(0, 3), new TrialReport(1, double.NaN)],
            StartedAt = time,
            FinishedAt = time.AddMinutes(1),
        });
        Reopen();
        var stored = Storage.FindTrial(study, added.Number)!;
        Assert.Equal(added.Id, stored.Id);
        Assert.Equal("b", stored.Parameters["c"]);
        Assert.Equal((1.5, time, TimeSpan.FromMinutes(1)), (stored.Value!.Value, stored.StartedAt!.Value, stored.Duration!.Value));
        Assert.Equal(2, stored.Reports.Count);
    }

    [StorageFact]
    public void GetTrials_ByState_InOrderOfNumbers()
    {
        var study = NewStudy();
        for (var i = 0; i < 4; i++) Claim(study);
        Storage.FinishTrial(Storage.FindTrial(study, 3)!.Id, Complete(3));
        Storage.FinishTrial(Storage.FindTrial(study, 1)!.Id, new TrialEnding(TrialState.Pruned, []));
        Assert.Equal([0, 1, 2, 3], Storage.GetTrials(study).Select(t => t.Number));
        Assert.Equal([1, 3], Storage.GetTrials(study, [TrialState.Complete, TrialState.Pruned]).Select(t => t.Number));
        Assert.Null(Storage.FindTrial(study, 4));
        Assert.Null(Storage.FindTrial(study, -1));
    }

    [StorageFact]
    public void GetTrials_OfThousands_ComeWholeAndInOrder()
    {
        const int Count = 2300;
        var states = new[] { TrialState.Complete, TrialState.Waiting, TrialState.Pruned };
        StudyContent Content(string name) => new(name, [Direction.Minimize],
        [
            .. Enumerable.Range(0, Count).Select(n => new FrozenTrial
            {
                Number = n,
                State = states[n % 3],
                Values = n % 3 == 0 ? [n] : [],
                ParameterList = [new("b", new FloatDistribution(0, 1), n / (double)Count), new("a", new IntDistribution(0, 9), n % 10)],
                Reports = n % 7 == 0 ? [] : [new(0, n), new(n + 1, double.NaN)],
            }),
        ]);
        Storage.AddStudy(Content("first"));
        var study = Storage.AddStudy(Content("second")).Id;
        var feed = Storage.OpenFeed(study);
        Assert.Equal(1, Claim(study).Number);
        var trials = Storage.GetTrials(study);
        Assert.Equal(Enumerable.Range(0, Count), trials.Select(t => t.Number));
        Assert.All(trials, t => Assert.Equal(t.Number == 1 ? TrialState.Running : states[t.Number % 3], t.State));
        Assert.All(trials, t => Assert.Equal(["b", "a"], t.ParameterList.Select(p => p.Name)));
        Assert.All(
            trials, t => Assert.Equal((t.Number / (double)Count, t.Number % 10), (t.ParameterList[0].Value, t.ParameterList[1].Value)));
        Assert.All(
            trials, t => Assert.Equal(t.Number % 7 == 0 ? [] : [new TrialReport(0, t.Number), new(t.Number + 1, double.NaN)], t.Reports));
        Assert.Equal(
            trials.Where(t => t.State == TrialState.Pruned).Select(t => t.Id),
            Storage.GetTrials(study, [TrialState.Pruned, TrialState.Pruned]).Select(t => t.Id));
        Assert.Equal(trials.Select(t => t.Id), Storage.GetContent(study).Trials.Select(t => t.Id));
        Assert.Equal(trials.Where(t => t.State.IsFinished()).Select(t => t.Number), feed.ReadFinished().Select(t => t.Number).Order());
        Assert.Equal(trials.Where(t => !t.State.IsFinished()).Select(t => t.Number), feed.ReadUnfinished().Select(t => t.Number));
    }

    [StorageFact]
    public void DeleteStudy_TakesEverythingAndNeverReusesIds()
    {
        var (kept, gone) = (NewStudy("kept"), NewStudy("gone"));
        Claim(kept);
        var trial = Claim(gone);
        Storage.SetParameter(trial.Id, new TrialParameter("x", new FloatDistribution(0, 1), 0.5));
        Storage.AddReport(trial.Id, new TrialReport(0, 1));
        Storage.FinishTrial(trial.Id, new TrialEnding(TrialState.Failed, []) { Failure = FailureKind.Lost, Retry = true });
        Storage.DeleteStudy(gone);
        Storage.DeleteStudy(gone);
        Assert.Null(Storage.FindStudy("gone"));
        Assert.Single(Storage.GetTrials(kept));
        var again = NewStudy("gone");
        Assert.True(again > gone);
        Assert.Empty(Storage.GetTrials(again));
        var next = Claim(again);
        Assert.True(next.Id > trial.Id);
        Assert.Equal(0, next.Number);
    }

    /// <summary>What was never there and what is gone must not look alike.</summary>
    [StorageFact]
    public void DeletedStudy_LaterReads_SayThatItIsGone()
    {
        var study = NewStudy();
        Action[] reads =
        [
            () => Storage.GetTrials(study),
            () => Storage.GetTrials(study, [TrialState.Complete]),
            () => Storage.GetPage(study, 0, 10),
            () => Storage.GetBestTrials(study, 0, 1),
            () => Storage.CountTrials(study),
            () => Storage.GetStudyAttributes(study, AttributeKind.User),
        ];
        Assert.All(reads, read => read());
        Storage.DeleteStudy(study);
        Assert.All(
            reads, read => Assert.Contains("the study was deleted", Assert.Throws<StorageException>(read).Message, StringComparison.Ordinal));
    }

    [StorageFact]
    public void DeletedStudy_LaterWrites_SayThatItIsGone()
    {
        var study = NewStudy();
        var trial = Claim(study);
        Storage.DeleteStudy(study);
        Assert.False(Storage.AddReport(trial.Id, new TrialReport(0, 1)));
        Assert.False(Storage.FinishTrial(trial.Id, Complete(1)));
        Assert.Contains("deleted", Assert.Throws<StorageException>(() => Claim(study)).Message, StringComparison.Ordinal);
    }

    [StorageFact]
    public void Feed_ReadsEveryFinishedTrialOnce_WhoeverFinishedIt()
    {
        var study = NewStudy();
        var trials = Enumerable.Range(0, 5).Select(_ => Claim(study)).ToArray();
        Storage.FinishTrial(trials[2].Id, Complete(2));
        var feed = Storage.OpenFeed(study);
        Assert.Equal([2], feed.ReadFinished().Select(t => t.Number));
        Assert.Empty(feed.ReadFinished());

        Storage.SetParameter(trials[4].Id, new TrialParameter("x", new FloatDistribution(0, 1), 0.5));
        Storage.AddReport(trials[4].Id, new TrialReport(7, 1));
        Storage.FinishTrial(trials[4].Id, Complete(4));
        Storage.FinishTrial(trials[0].Id, new TrialEnding(TrialState.Failed, []) { Failure = FailureKind.Lost, Retry = true });
        var read = feed.ReadFinished().OrderBy(t => t.Number).ToArray();
        Assert.Equal([0, 4], read.Select(t => t.Number));
        Assert.Equal((0.5, 7L), (read[1].ParameterList.Single().Value, read[1].LastStep!.Value));
        Assert.Equal([1, 3, 5], feed.ReadUnfinished().Select(t => t.Number).Order());

        Storage.AddTrial(study, new FrozenTrial { State = TrialState.Complete, Values = [6] });
        Assert.Equal([6], feed.ReadFinished().Select(t => t.Number));
        Assert.Equal([0, 2, 4, 6], Storage.OpenFeed(study).ReadFinished().Select(t => t.Number).Order());
    }

    [StorageFact]
    public void ContinueTrial_PausedTrial_IsQueuedOnceWithAllItHad()
    {
        var study = NewStudy();
        var paused = Claim(study);
        Storage.SetParameter(paused.Id, new TrialParameter("x", new FloatDistribution(0, 1), 0.25));
        Storage.AddReport(paused.Id, new TrialReport(0, 3));
        Storage.AddReport(paused.Id, new TrialReport(1, double.NaN));
        Storage.SetTrialAttribute(paused.Id, AttributeKind.User, "seed", "7");
        Storage.SetTrialAttribute(paused.Id, AttributeKind.System, "completed_rung_0", "3.0");
        Assert.False(Storage.ContinueTrial(study, 0));
        Storage.FinishTrial(paused.Id, new TrialEnding(TrialState.Pruned, [3]) { Reason = "paused" });

        Assert.True(Storage.ContinueTrial(study, 0));
        Assert.False(Storage.ContinueTrial(study, 0));
        Assert.False(Storage.ContinueTrial(study, 99));
        Reopen();

        Assert.Equal(1, Storage.FindTrial(study, 0)!.RetriedBy);
        var next = Claim(study);
        Assert.Equal((1, 0), (next.Number, next.Continues));
        Assert.Equal(0.25, next.ParameterList.Single().Value);
        Assert.Equal([new TrialReport(0, 3), new TrialReport(1, double.NaN)], next.Reports);
        Assert.Equal(7L, next.UserAttributes["seed"]);
        Assert.Equal(3.0, next.SystemAttributes["completed_rung_0"]);
        Assert.True(Storage.AddReport(next.Id, new TrialReport(2, 1)));
        Assert.True(Storage.FinishTrial(next.Id, Complete(1)));
        Assert.Equal(3, Storage.FindTrial(study, 1)!.Reports.Count);
    }

    [StorageFact]
    public void ClaimTrial_ContinuedTrials_DoNotCountTwice()
    {
        var study = NewStudy();
        Storage.FinishTrial(Claim(study).Id, new TrialEnding(TrialState.Pruned, []));
        Storage.FinishTrial(Claim(study).Id, Complete(1));
        Assert.Null(TryClaim(study, total: 2));
        Assert.Null(Storage.ClaimTrial(study, new ClaimRequest(Worker, Hour) { TotalTrials = 1, CountedStates = [TrialState.Pruned] }));
        Storage.ContinueTrial(study, 0);
        Assert.Equal(
            2, Storage.ClaimTrial(study, new ClaimRequest(Worker, Hour) { TotalTrials = 1, CountedStates = [TrialState.Pruned] })!.Number);
        Assert.Null(TryClaim(study, total: 2));
    }

    [StorageFact]
    public void ClaimTrial_OnlyWaiting_StartsNoNewTrial()
    {
        var study = NewStudy();
        var request = new ClaimRequest(Worker, Hour) { OnlyWaiting = true };
        Assert.Null(Storage.ClaimTrial(study, request));
        Storage.AddTrial(study, new FrozenTrial { State = TrialState.Waiting });
        Assert.Equal(0, Storage.ClaimTrial(study, request)!.Number);
        Assert.Null(Storage.ClaimTrial(study, request));
        Assert.Single(Storage.GetTrials(study));
    }

    [StorageFact]
    public void ReadUnfinished_ShowsEveryChangeAtOnce()
    {
        var study = NewStudy();
        var feed = Storage.OpenFeed(study);
        Assert.Empty(feed.ReadUnfinished());
        var running = Claim(study);
        Assert.Equal([TrialState.Running], feed.ReadUnfinished().Select(t => t.State));
        Storage.SetParameter(running.Id, new TrialParameter("x", new FloatDistribution(0, 1), 0.5));
        Storage.AddReport(running.Id, new TrialReport(0, 1));
        Storage.SetTrialAttribute(running.Id, AttributeKind.System, "completed_rung_0", "1.0");
        var seen = feed.ReadUnfinished().Single();
        Assert.Equal((1, 1, 1.0), (seen.ParameterList.Count, seen.Reports.Count, (double)seen.SystemAttributes["completed_rung_0"]!));
        var waiting = Storage.AddTrial(study, new FrozenTrial { State = TrialState.Waiting });
        Assert.Equal([TrialState.Running, TrialState.Waiting], feed.ReadUnfinished().Select(t => t.State));
        Storage.SetTrialAttribute(waiting.Id, AttributeKind.User, "a", "1");
        Assert.Equal(1L, feed.ReadUnfinished()[1].UserAttributes["a"]);
        Claim(study);
        Assert.Equal([TrialState.Running, TrialState.Running], feed.ReadUnfinished().Select(t => t.State));
        Storage.FinishTrial(running.Id, new TrialEnding(TrialState.Failed, []) { Failure = FailureKind.Lost, Retry = true });
        Assert.Equal([1, 2], feed.ReadUnfinished().Select(t => t.Number));
        Storage.FinishTrial(waiting.Id, Complete(1));
        Assert.Equal([2], feed.ReadUnfinished().Select(t => t.Number));
    }
}
