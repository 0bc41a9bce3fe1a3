using Tunewise.Spaces;
using Tunewise.Storage;

namespace Tunewise.Testing;

/// <summary>Late results, the best trials, pages, whole studies, hostile content.</summary>
public abstract partial class StorageConformance
{
    [StorageFact]
    public void AddLateResult_OfALostTrialNobodyTriedAgain_IsKeptOnceAsATrialOfItsOwn()
    {
        var study = NewStudy();
        var trial = Claim(study, total: 1);
        Storage.SetParameter(trial.Id, new TrialParameter("x", new FloatDistribution(0, 1), 0.25));
        var late = new FrozenTrial
        {
            State = TrialState.Complete,
            Values = [0.5],
            ParameterList = [new TrialParameter("x", new FloatDistribution(0, 1), 0.25)],
            Reports = [new TrialReport(0, 2)],
            FinishedAt = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero),
        };
        Assert.Null(Storage.AddLateResult(trial.Id, late));
        Storage.FinishTrial(trial.Id, new TrialEnding(TrialState.Failed, []) { Failure = FailureKind.Lost, Reason = "its lease ran out" });
        Assert.Equal(1, Storage.AddLateResult(trial.Id, late)!.Number);
        Assert.Null(Storage.AddLateResult(trial.Id, late));
        Reopen();

        var (lost, kept) = (Storage.FindTrial(study, 0)!, Storage.FindTrial(study, 1)!);
        Assert.Equal((TrialState.Failed, FailureKind.Lost, 1), (lost.State, lost.Failure!.Value, lost.RetriedBy!.Value));
        Assert.Equal((TrialState.Complete, 0.5, 0.25), (kept.State, kept.Value!.Value, kept.ParameterList.Single().Value));
        Assert.Equal((0L, late.FinishedAt), (kept.SystemAttributes["failed_trial"], kept.FinishedAt));
        Assert.Single(kept.Reports);
        // The two are one for a budget.
        Assert.Null(TryClaim(study, total: 1));
    }

    [StorageFact]
    public void AddLateResult_OfATrialThatWasQueuedAgainOrFailedByItself_IsRefused()
    {
        var study = NewStudy();
        var (retried, failed) = (Claim(study), Claim(study));
        Storage.FinishTrial(retried.Id, new TrialEnding(TrialState.Failed, []) { Failure = FailureKind.Lost, Retry = true });
        Storage.FinishTrial(failed.Id, new TrialEnding(TrialState.Failed, []) { Failure = FailureKind.Exception });
        var late = new FrozenTrial { State = TrialState.Complete, Values = [1] };
        Assert.Null(Storage.AddLateResult(retried.Id, late));
        Assert.Null(Storage.AddLateResult(failed.Id, late));
        Assert.Null(Storage.AddLateResult(123_456, late));
        Assert.Equal(3, Storage.GetTrials(study).Count);
    }

    [StorageTheory]
    [InlineData(Direction.Minimize)]
    [InlineData(Direction.Maximize)]
    public void GetBestTrials_OfAPoorStudyBesideALargeOne_AreItsOwn(Direction direction)
    {
        var sign = direction == Direction.Minimize ? 1 : -1;
        StudyContent Content(string name, int count, double from) => new(name, [direction],
            [.. Enumerable.Range(0, count).Select(i => new FrozenTrial
            {
                Number = i,
                State = TrialState.Complete,
                Values = [sign * (from + i)],
                StartedAt = DateTimeOffset.UnixEpoch,
                FinishedAt = DateTimeOffset.UnixEpoch,
            })]);
        Storage.AddStudy(Content("large", 6000, 0));
        var poor = Storage.AddStudy(Content("poor", 40, 1_000_000)).Id;
        Assert.Equal(Enumerable.Range(0, 35), Storage.GetBestTrials(poor, 0, 35).Select(t => t.Number));
        Assert.Equal([0], Storage.GetBestTrials(Storage.FindStudy("large")!.Id, 0, 1).Select(t => t.Number));
    }

    [StorageFact]
    public void GetUid_StaysTheStudysOwn_AndIsNeverAnothers()
    {
        var (first, second) = (NewStudy("a"), NewStudy("b"));
        var uid = Storage.GetUid(first);
        Assert.NotEqual(Guid.Empty, uid);
        Assert.NotEqual(uid, Storage.GetUid(second));
        Reopen();
        Assert.Equal(uid, Storage.GetUid(first));
        Storage.DeleteStudy(first);
        Assert.Throws<StorageException>(() => Storage.GetUid(first));
        var again = NewStudy("a");
        Assert.NotEqual(uid, Storage.GetUid(again));
        // What carries a study carries what it holds, not who it is.
        var copy = Storage.AddStudy(Storage.GetContent(again) with { Name = "copy" });
        Assert.NotEqual(Storage.GetUid(again), Storage.GetUid(copy.Id));
    }

    [StorageFact]
    public void CheckpointFolders_AreRememberedOnceEach_AndGoWithTheStudy()
    {
        var study = NewStudy();
        var other = NewStudy("other");
        Assert.Empty(Storage.GetCheckpointFolders(study));
        foreach (var folder in new[] { "/b 'quoted'", "/a", "/b 'quoted'" }) Storage.AddCheckpointFolder(study, folder);
        Reopen();
        Storage.AddCheckpointFolder(study, "/a");
        Assert.Equal(["/a", "/b 'quoted'"], Storage.GetCheckpointFolders(study));
        Assert.Empty(Storage.GetCheckpointFolders(other));
        Storage.DeleteStudy(study);
        Assert.Empty(Storage.GetCheckpointFolders(NewStudy()));
    }

    [StorageFact]
    public void AddTrial_AgainWithTheSameKey_FindsTheFirst()
    {
        var study = NewStudy();
        var (key, waiting) = (Guid.NewGuid(), new FrozenTrial { State = TrialState.Waiting });
        Assert.Equal(0, Storage.AddTrial(study, waiting, key).Number);
        Assert.Equal(0, Storage.AddTrial(study, waiting, key).Number);
        Assert.Equal(1, Storage.AddTrial(study, waiting, Guid.NewGuid()).Number);
        Assert.Equal(2, Storage.AddTrial(study, waiting).Number);
    }

    [StorageFact]
    public void GetTrials_SomeWithFewReportsOthersWithThousands_AreAllThere()
    {
        var study = NewStudy();
        // Many small ones make large slices, which then meet the large ones; between them are some without reports.
        int[] sizes = [.. Enumerable.Repeat(1, 300), 12_000, 0, 9_000, 9_000, 0, 30_000, 0, 1, 2_000];
        foreach (var size in sizes)
        {
            Storage.AddTrial(
                study,
                new FrozenTrial
                {
                    State = TrialState.Complete,
                    Values = [size],
                    Reports = [.. Enumerable.Range(0, size).Select(step => new TrialReport(step, step))],
                });
        }

        foreach (var trials in new[]
        {
            Storage.GetTrials(study),
            [.. Storage.OpenFeed(study).ReadFinished()],
            Storage.GetContent(study).Trials,
        })
        {
            Assert.Equal(Enumerable.Range(0, sizes.Length), trials.Select(t => t.Number));
            Assert.Equal(sizes, trials.Select(t => t.Reports.Count));
            Assert.Equal(sizes.Select(s => (double)s), trials.Select(t => t.Values[0]));
            Assert.All(trials, t => Assert.Equal(Enumerable.Range(0, t.Reports.Count).Select(s => (long)s), t.Reports.Select(r => r.Step)));
        }
    }

    [StorageFact]
    public void Feed_WhatTheDatabaseHolds_IsWhatItShowsOfOwnTrials()
    {
        var study = NewStudy();
        var feed = Storage.OpenFeed(study);
        Assert.Empty(feed.ReadFinished());
        var (kept, taken) = (Claim(study), Claim(study));
        var before = feed.ReadUnfinished();
        Storage.SetTrialAttribute(kept.Id, AttributeKind.User, "later", "1");
        // What was handed out does not change.
        Assert.Empty(before[0].UserAttributes);
        // A name and a step that are there already keep their first values, also in the view of whoever wrote second.
        foreach (var value in new[] { 0.25, 0.75 })
        {
            Assert.True(Storage.SetParameter(kept.Id, new TrialParameter("x", new FloatDistribution(0, 1), value)));
            Assert.True(Storage.AddReport(kept.Id, new TrialReport(0, value)));
        }

        var shown = feed.ReadUnfinished()[0];
        Assert.Equal((0.25, 0.25, 1L), (shown.ParameterList.Single().Value, shown.Reports.Single().Value, shown.UserAttributes["later"]));
        // A trial whose lease is lost is no longer among the unfinished ones.
        Storage.FinishTrial(taken.Id, new TrialEnding(TrialState.Failed, []) { Failure = FailureKind.Lost });
        Assert.Equal([taken.Id], Storage.RenewLeases(Worker, [kept.Id, taken.Id], Hour));
        Assert.Equal([kept.Number], feed.ReadUnfinished().Select(t => t.Number));
        Assert.Equal([taken.Number], feed.ReadFinished().Select(t => t.Number));
    }

    [StorageFact]
    public async Task Feed_TrialsThatAreAddedFromEverywhere_ComeOnce()
    {
        const int Each = 150;
        var study = NewStudy();
        var other = Persists ? Open() : Storage;
        var done = new FrozenTrial { State = TrialState.Complete, Values = [1] };
        try
        {
            var feed = Storage.OpenFeed(study);
            Assert.Empty(feed.ReadFinished());
            var writers = new[] { Storage, Storage, other }.Select(storage => Task.Run(() =>
            {
                for (var i = 0; i < Each; i++) storage.AddTrial(study, done);
            })).ToArray();
            var seen = new List<int>();
            while (!writers.All(w => w.IsCompleted)) seen.AddRange(feed.ReadFinished().Select(t => t.Number));
            await Task.WhenAll(writers);
            // More than are read at once with finding them.
            for (var i = 0; i < Each; i++) other.AddTrial(study, done);
            seen.AddRange(feed.ReadFinished().Select(t => t.Number));
            Assert.Equal(Enumerable.Range(0, 4 * Each), seen.Order());
        }
        finally
        {
            if (Persists) other.Dispose();
        }
    }

    [StorageFact]
    public void Feed_WhatOthersWroteToATrial_IsInItsEnd()
    {
        if (!Persists) return;
        var study = NewStudy();
        var feed = Storage.OpenFeed(study);
        Assert.Empty(feed.ReadFinished());
        var (trial, retried) = (Claim(study), Claim(study));
        using (var other = Open())
        {
            Assert.True(other.AddReport(trial.Id, new TrialReport(3, 0.5)));
            Assert.True(other.SetTrialAttribute(trial.Id, AttributeKind.System, "constraints:memory", "1.0"));
        }

        Storage.FinishTrial(trial.Id, Complete(1));
        Storage.FinishTrial(retried.Id, new TrialEnding(TrialState.Failed, []) { Failure = FailureKind.Crash, Retry = true });
        var ended = feed.ReadFinished().OrderBy(t => t.Number).ToArray();
        Assert.Equal([new TrialReport(3, 0.5)], ended[0].Reports);
        Assert.True(ended[0].SystemAttributes.ContainsKey("constraints:memory"));
        Assert.Equal(2, ended[1].RetriedBy);
    }

    [StorageFact]
    public void Feed_AttributesThatOthersReplaceByOnesAsLong_AreInWhatItShows()
    {
        if (!Persists) return;
        var study = NewStudy();
        var feed = Storage.OpenFeed(study);
        Assert.Empty(feed.ReadFinished());
        using var other = Open();
        var (runs, ends) = (Claim(study), Claim(study));
        foreach (var trial in new[] { runs, ends })
        {
            Storage.SetTrialAttribute(trial.Id, AttributeKind.System, "constraints", "[0.5]");
            Storage.SetTrialAttribute(trial.Id, AttributeKind.User, "note", "\"a\"");
        }

        Assert.Equal([[0.5], [0.5]], feed.ReadUnfinished().Select(t => t.Constraints));
        other.SetTrialAttribute(runs.Id, AttributeKind.System, "constraints", "[1.5]");
        other.SetTrialAttribute(ends.Id, AttributeKind.User, "note", "\"b\"");
        Storage.FinishTrial(ends.Id, Complete(1));
        Assert.Equal([1.5], feed.ReadUnfinished().Single().Constraints);
        Assert.Equal("b", feed.ReadFinished().Single().UserAttributes["note"]);
    }

    [StorageFact]
    public void Feed_TrialThatOthersEnd_IsNotUnfinishedAsWell()
    {
        if (!Persists) return;
        var study = NewStudy();
        var feed = Storage.OpenFeed(study);
        Assert.Empty(feed.ReadFinished());
        using var other = Open();
        foreach (var age in new[] { TimeSpan.Zero, TimeSpan.FromTicks(1) })
        {
            var (taken, kept) = (Claim(study), Claim(study));
            Assert.Equal([taken.Number, kept.Number], feed.ReadUnfinished(age).Select(t => t.Number));
            other.FinishTrial(taken.Id, new TrialEnding(TrialState.Failed, []) { Failure = FailureKind.Lost });
            Assert.Equal([taken.Number], feed.ReadFinished(age).Select(t => t.Number));
            Assert.Equal([kept.Number], feed.ReadUnfinished(age).Select(t => t.Number));
            Storage.FinishTrial(kept.Id, Complete(1));
            Assert.Equal([kept.Number], feed.ReadFinished(age).Select(t => t.Number));
        }
    }

    [StorageFact]
    public void Feed_WhatOthersWriteBetweenTwoLooks_IsSeenByTheNext()
    {
        if (!Persists) return;
        var study = NewStudy();
        var feed = Storage.OpenFeed(study);
        using var other = Open();
        var trial = other.ClaimTrial(study, new ClaimRequest("other", TimeSpan.FromMinutes(1)))!;
        var age = TimeSpan.FromTicks(1);
        // As decisions look: at those that run, then at what ended.
        IReadOnlyList<FrozenTrial> Look()
        {
            var unfinished = feed.ReadUnfinished(age);
            Assert.Empty(feed.ReadFinished(age));
            return unfinished;
        }

        for (var step = 0; step < 3; step++)
        {
            Look();
            Look();
            other.AddReport(trial.Id, new TrialReport(step, step));
            Assert.Equal(step, Look().Single().LastStep);
        }
    }

    [StorageFact]
    public void Feed_CallersThatFailHalfWay_GetTheRestTheNextTime()
    {
        var done = new FrozenTrial { State = TrialState.Complete, Values = [1] };
        var study = Storage.AddStudy(new StudyContent("s", [Direction.Minimize], [.. Enumerable.Repeat(done, 500)])).Id;
        var feed = Storage.OpenFeed(study);
        var other = Persists ? Open() : Storage;
        try
        {
            var seen = new List<int>();
            void ReadAndFail(int after)
            {
                var failure = new InvalidOperationException();
                Assert.Same(failure, Assert.Throws<InvalidOperationException>(() =>
                {
                    foreach (var trial in feed.ReadFinished())
                    {
                        if (after-- == 0) throw failure;
                        seen.Add(trial.Number);
                    }
                }));
            }

            ReadAndFail(10);
            ReadAndFail(300);
            seen.AddRange(feed.ReadFinished().Select(t => t.Number));
            // Few are read at once with finding them, many in slices.
            foreach (var news in new[] { 15, 400 })
            {
                foreach (var storage in new[] { Storage, other })
                {
                    for (var i = 0; i < news; i++) storage.AddTrial(study, done);
                    ReadAndFail(1);
                    ReadAndFail(3);
                }

                seen.AddRange(feed.ReadFinished().Select(t => t.Number));
            }

            Assert.Equal(Enumerable.Range(0, 500 + 2 * 415), seen.Order());
            Assert.Empty(feed.ReadFinished());
        }
        finally
        {
            if (Persists) other.Dispose();
        }
    }

    [StorageFact]
    public void GetBestTrials_OfAStudyThatIsGone_SaysSo()
    {
        var study = NewStudy("s", Direction.Minimize, Direction.Maximize);
        Storage.DeleteStudy(study);
        foreach (var objective in new[] { 0, 1 })
        {
            Assert.Contains(
                "the study was deleted",
                Assert.Throws<StorageException>(() => Storage.GetBestTrials(study, objective, 3)).Message,
                StringComparison.Ordinal);
        }
    }

    [StorageFact]
    public void FinishTrial_Diverged_KeepsTheLastFiniteValue()
    {
        var study = NewStudy();
        var (diverged, other) = (Claim(study), Claim(study));
        Assert.True(Storage.FinishTrial(
            diverged.Id,
            new TrialEnding(TrialState.Failed, []) { Failure = FailureKind.Diverged, Reason = "first\nsecond", LastFiniteValue = 0.1 }));
        Assert.True(Storage.FinishTrial(other.Id, new TrialEnding(TrialState.Failed, []) { Failure = FailureKind.Diverged }));
        Assert.Equal([0.1, null], Storage.OpenFeed(study).ReadFinished().OrderBy(t => t.Number).Select(t => t.LastFiniteValue));
        Reopen();
        var stored = Storage.FindTrial(study, 0)!;
        Assert.Equal((FailureKind.Diverged, "first", 0.1), (stored.Failure!.Value, stored.Reason!, stored.LastFiniteValue!.Value));
        Assert.Null(Storage.FindTrial(study, 1)!.LastFiniteValue);
        Assert.Empty(stored.Values);
    }

    [StorageTheory]
    [InlineData(Direction.Minimize)]
    [InlineData(Direction.Maximize)]
    public void GetBestTrials_AgreesWithSortingAllTrials(Direction direction)
    {
        var random = new Random(1);
        NewStudy("other");
        var study = NewStudy("s", Direction.Minimize, direction);
        double[] special = [double.PositiveInfinity, double.NegativeInfinity, 0, 1, 1, 2];
        for (var i = 0; i < 120; i++)
        {
            var state = (TrialState)random.Next(5);
            var value = random.Next(3) == 0 ? special[random.Next(special.Length)] : Math.Round(10 * random.NextDouble());
            if (state == TrialState.Running) state = TrialState.Complete;
            Storage.AddTrial(study, new FrozenTrial
            {
                State = state,
                Values = state is TrialState.Complete or TrialState.Pruned ? [i, value] : [],
                SystemAttributesJson = random.Next(3) switch
                {
                    0 =>
                        new Dictionary<string, string> { ["constraints"] = random.Next(2) == 0 ? "[-1.0, 0.0]" : $"[-1.0, 0.{i % 4 + 1}]" },
                    1 => new Dictionary<string, string>
                    {
                        ["constraints:memory"] = random.Next(2) == 0 ? "NaN" : "-2.0",
                        ["constraints_of_another"] = "9",
                    },
                    _ => [],
                },
            });
        }

        Storage.AddTrial(Storage.FindStudy("other")!.Id, new FrozenTrial { State = TrialState.Complete, Values = [-1000] });
        Reopen();
        var sign = direction == Direction.Maximize ? -1 : 1;
        var expected = Storage.GetTrials(study, [TrialState.Complete])
            .OrderBy(t => t.Constraints.Sum(c => double.IsNaN(c) ? double.PositiveInfinity : Math.Max(c, 0)))
            .ThenBy(t => sign * t.Values[1])
            .ThenBy(t => t.Number)
            .Select(t => t.Number)
            .ToArray();
        foreach (var count in new[] { 0, 1, 10, 40, 1000 })
            Assert.Equal(expected.Take(count), Storage.GetBestTrials(study, 1, count).Select(t => t.Number));
        Assert.Empty(Storage.GetBestTrials(NewStudy("empty"), 0, 3));
    }

    [StorageFact]
    public void GetPageAndCountTrials_ReadParts()
    {
        var study = NewStudy();
        var empty = Storage.CountTrials(study);
        Assert.All(Enum.GetValues<TrialState>(), state => Assert.Equal(0, empty[state]));
        for (var i = 0; i < 25; i++)
        {
            Storage.AddTrial(
                study, new FrozenTrial { State = i % 5 == 0 ? TrialState.Waiting : TrialState.Complete, Values = i % 5 == 0 ? [] : [i] });
        }

        Claim(study);
        Assert.Equal([10, 11, 12], Storage.GetPage(study, 10, 3).Select(t => t.Number));
        Assert.Equal([24], Storage.GetPage(study, 24, 10).Select(t => t.Number));
        Assert.Empty(Storage.GetPage(study, 25, 10));
        Assert.Empty(Storage.GetPage(study, 0, 0));
        Assert.Equal(11, Storage.GetPage(study, 11, 1)[0].Value);
        var counts = Storage.CountTrials(study);
        Assert.Equal(
            (4, 1, 20, 0),
            (counts[TrialState.Waiting], counts[TrialState.Running], counts[TrialState.Complete], counts[TrialState.Pruned]));
    }

    [StorageFact]
    public void AddStudy_OfWhatGetContentGave_IsTheSameStudy()
    {
        var content = StudyContents.Everything();
        var study = Storage.AddStudy(content);
        Reopen();
        StudyContents.AssertEqual(content, Storage.GetContent(study.Id));
        Assert.Equal(content.Directions, Storage.FindStudy(content.Name)!.Directions);
        // The next trial continues the numbers.
        Assert.Equal([3, 4, content.Trials.Count], new[] { Claim(study.Id), Claim(study.Id), Claim(study.Id) }.Select(t => t.Number));
    }

    [StorageFact]
    public void AddStudy_NameTakenOrContentWrong_ChangesNothing()
    {
        NewStudy("s");
        var content = StudyContents.Everything();
        Assert.Contains(
            "already",
            Assert.Throws<StorageException>(() => Storage.AddStudy(content with { Name = "s" })).Message,
            StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(
            () => Storage.AddStudy(content with { Trials = [new FrozenTrial { State = TrialState.Running }] }));
        Assert.Throws<ArgumentException>(
            () => Storage.AddStudy(content with { Trials = [new FrozenTrial { State = TrialState.Complete, Values = [1] }] }));
        Assert.Throws<ArgumentException>(
            () => Storage.AddStudy(content with { Trials = [new FrozenTrial { State = TrialState.Failed, RetriedBy = 7 }] }));
        Assert.Equal(["s"], Storage.GetStudies().Select(x => x.Name));
        Assert.Empty(Storage.GetTrials(Storage.FindStudy("s")!.Id));
    }

    [StorageTheory]
    [InlineData("'; DROP TABLE trials; --")]
    [InlineData("\"quoted\" \\ back\nnew line")]
    [InlineData("😀 é ﷽ \u202E")]
    [InlineData("%_LIKE%' OR 1=1")]
    [InlineData("$1 @trial :x ?")]
    public void HostileNames_AreOnlyNames(string name)
    {
        var study = NewStudy(name);
        var trial = Claim(study, worker: name);
        Assert.True(Storage.SetParameter(trial.Id, new TrialParameter(name, new CategoricalDistribution([name, "b"]), 0)));
        Assert.True(Storage.SetTrialAttribute(trial.Id, AttributeKind.User, name, AttributeJson.Write(name)));
        Storage.SetStudyAttribute(study, AttributeKind.User, name, AttributeJson.Write(name));
        Assert.Equal(name, Storage.GetLeases(study).Single().Worker);
        Assert.True(Storage.FinishTrial(
            trial.Id,
            new TrialEnding(TrialState.Failed, []) { Failure = FailureKind.Exception, Reason = name, Detail = name, OnlyIfHeldBy = name }));
        Reopen();
        var stored = Storage.FindTrial(study, 0)!;
        Assert.Equal((name, name), (Storage.FindStudy(name)!.Name, (string)stored.Parameters[name]!));
        // A reason is one line.
        Assert.Equal((name, name.Split('\n')[0], name), ((string)stored.UserAttributes[name]!, stored.Reason, stored.Detail));
        Assert.Equal(name, AttributeJson.Read(Storage.GetStudyAttributes(study, AttributeKind.User)[name]));
        Assert.Single(Storage.GetStudies());
        Storage.DeleteStudy(study);
        Assert.Empty(Storage.GetStudies());
    }

    [StorageFact]
    public void LargeAndBrokenText_ComesBackOrIsMadePrintable()
    {
        var study = NewStudy();
        var trial = Claim(study);
        var large = AttributeJson.Write(new string('é', 10_000_000 / 6));
        Assert.True(large.Length > 9_900_000);
        Assert.True(Storage.SetTrialAttribute(trial.Id, AttributeKind.User, "large", large));
        var json = AttributeJson.Write("zero \0, half \uD83D.");
        Assert.True(Storage.SetTrialAttribute(trial.Id, AttributeKind.User, "odd", json));
        // A message of an exception may hold anything.
        Assert.True(Storage.FinishTrial(
            trial.Id,
            new TrialEnding(TrialState.Failed, [])
            {
                Failure = FailureKind.Exception,
                Reason = "zero \0 half \uD83D.",
                Detail = new string('x', 10_000_000),
            }));
        Reopen();
        var stored = Storage.FindTrial(study, 0)!;
        Assert.Equal(large, stored.UserAttributesJson["large"]);
        Assert.Equal(json, stored.UserAttributesJson["odd"]);
        Assert.StartsWith("zero ", stored.Reason, StringComparison.Ordinal);
        Assert.EndsWith(".", stored.Reason, StringComparison.Ordinal);
        Assert.Equal(10_000_000, stored.Detail!.Length);
    }
}
