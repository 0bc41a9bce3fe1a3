using Tunewise.Pruners;
using Tunewise.Storage;

namespace Tunewise.Testing;

/// <summary>What trials measure: series, verdicts and blobs.</summary>
public abstract partial class StorageConformance
{
    private static StepRecord At(long step, params (string Name, double Value)[] values) =>
        new(step, [.. values.Select(v => SeriesValue.Of(v.Name, v.Value, SeriesPrecision.Bits32))], null);

    private static StepRecord Judged(long step, ReportDecision verdict) => new(step, [], verdict);

    private bool Measure(FrozenTrial trial, params StepRecord[] steps) => Storage.AddSteps(trial.Id, new StepBatch(steps));

    /// <summary>What is stored of a trial's series, as text: exact, and NaN like itself.</summary>
    private string Measured(FrozenTrial trial) => Describe(Storage.GetSteps(trial.Id));

    private static string Describe(IReadOnlyList<StepRecord> steps) => string.Join(
        "; ",
        steps.Select(s => $"{s.Step}: {string.Join(' ', s.Values.OrderBy(v => v.Name, StringComparer.Ordinal).Select(Describe))}"
            + (s.Verdict is { } verdict ? $" [{verdict.Reason}]" : "")));

    private static string Describe(SeriesValue value) =>
        $"{value.Name}={value.Value.ToString("R", System.Globalization.CultureInfo.InvariantCulture)}{(value.IsWide ? "!" : "")}";

    [StorageFact]
    public void AddSteps_InSeveralCallsLateAndOutOfOrder_AreAllThere()
    {
        var trial = Claim(NewStudy());
        Assert.Equal("", Measured(trial));
        Assert.True(Measure(trial, At(5, ("a", 1.5))));
        Assert.True(Measure(trial, At(2, ("b", 2), ("a", 3)), At(0, ("c", -1))));
        Assert.True(Measure(trial, At(5, ("b", 0.5)), At(2, ("a", 4)), At(7, ("a", 1), ("a", 2))));
        Reopen();
        const string Expected = "0: c=-1; 2: a=4 b=2; 5: a=1.5 b=0.5; 7: a=2";
        Assert.Equal(Expected, Measured(trial));
        Assert.True(Measure(trial, At(1, ("d", 9)), At(5, ("a", 0))));
        Assert.Equal("0: c=-1; 1: d=9; 2: a=4 b=2; 5: a=0 b=0.5; 7: a=2", Measured(trial));
        Assert.Equal(["a", "b", "c", "d"], Storage.GetSeriesNames(Storage.GetStudies()[0].Id).Logged.Order());
    }

    [StorageFact]
    public void AddSteps_AnyNumber_Survives()
    {
        var trial = Claim(NewStudy());
        double[] values =
        [
            0, -0.0, 1.0 / 3, 1e39, -1e-45, 1e-300, double.NaN, double.PositiveInfinity, double.NegativeInfinity, float.MaxValue, double.MaxValue,
        ];
        Measure(trial, At(0, [.. values.Select((v, i) => ($"v{i}", v))]));
        var exact = values.Select((v, i) => SeriesValue.Of($"v{i}", v, SeriesPrecision.Bits64)).ToArray();
        Storage.AddSteps(trial.Id, new StepBatch([new StepRecord(1, exact, null)]));
        Reopen();
        var read = Storage.GetSteps(trial.Id);
        Assert.Equal(values, read[1].Values.OrderBy(v => v.Name.Length).ThenBy(v => v.Name).Select(v => v.Value));
        var single = read[0].Values.ToDictionary(v => v.Name, v => v.Value);
        Assert.Equal((double)(float)(1.0 / 3), single["v2"]);
        // What 32 bits cannot hold is held all the same.
        Assert.Equal([1e39, -1e-45, 1e-300], new[] { single["v3"], single["v4"], single["v5"] });
        Assert.Equal([double.NaN, double.PositiveInfinity, double.NegativeInfinity], new[] { single["v6"], single["v7"], single["v8"] });
        Assert.Equal(double.MaxValue, single["v10"]);
    }

    [StorageFact]
    public void AddSteps_ThousandsOfSeriesAndLargeSteps_AreKept()
    {
        var trial = Claim(NewStudy());
        var many = Enumerable.Range(0, 3000).Select(i => ($"layer.{i}/norm", i / 8.0)).ToArray();
        Assert.True(Measure(trial, At(0, many), At(long.MaxValue - 1, ("last", 1))));
        // Every third of them, so that no two are neighbours.
        Assert.True(Measure(trial, At(3, [.. many.Where((_, i) => i % 3 == 1)])));
        var steps = Storage.GetSteps(trial.Id);
        Assert.Equal([0, 3, long.MaxValue - 1], steps.Select(s => s.Step));
        Assert.Equal(many.OrderBy(m => m.Item1), steps[0].Values.Select(v => (v.Name, v.Value)).OrderBy(m => m.Name));
        Assert.Equal(1000, steps[1].Values.Count);
        Assert.All(steps[1].Values, v => Assert.Equal($"layer.{v.Value * 8}/norm", v.Name));
    }

    [StorageFact]
    public void AddSteps_TrialEnded_ChangesNothing()
    {
        var study = NewStudy();
        var trial = Claim(study);
        Measure(trial, At(0, ("a", 1)));
        Assert.True(Storage.FinishTrial(trial.Id, Complete(1), new StepBatch([At(1, ("a", 2)), At(0, ("b", 3))])));
        Assert.False(Measure(trial, At(2, ("a", 9))));
        Assert.False(Storage.FinishTrial(trial.Id, Complete(1), new StepBatch([At(1, ("a", 9))])));
        Assert.False(Measure(new FrozenTrial { Id = 987654 }, At(2, ("a", 9))));
        Assert.Equal("0: a=1 b=3; 1: a=2", Measured(trial));
        Assert.Equal(BlobOutcome.NotRunning, Storage.AddBlob(trial.Id, new BlobRecord(0, "b", "k", [1]), 100));
    }

    [StorageFact]
    public void AddSteps_Verdicts_ComeBackWithTheirNumbers()
    {
        var trial = Claim(NewStudy());
        var (step, others) = (3L, 9);
        ReportDecision[] verdicts =
        [
            ReportDecision.Prune($"step {step}: {0.7123456}, median of {others:trial} {0.83}") with
            {
                Value = 0.7123456, Limit = 0.83, Compared = 9, Rule = "MedianPruner",
            },
            ReportDecision.Continue("words {alone} with } braces"),
            ReportDecision.Pause($"{double.NaN} of {double.NegativeInfinity:R}, {-5} {1L << 60} {"text {0}"} {0.1 + 0.2:R}") with
            {
                Value = double.NaN, Limit = double.PositiveInfinity,
            },
            ReportDecision.Continue($"the step is {2L}, as many as {2:other}") with { Compared = 0 },
        ];
        for (var i = 0; i < verdicts.Length; i++) Assert.True(Measure(trial, Judged(i, verdicts[i])));
        // A value of a series at the same step leaves it alone, and the other way around.
        Measure(trial, At(1, ("a", 1)));
        Reopen();
        var read = Storage.GetSteps(trial.Id);
        Assert.Equal(verdicts, read.Select(s => s.Verdict!.Value));
        Assert.Equal(verdicts.Select(v => v.Reason), read.Select(s => s.Verdict!.Value.Reason));
        Assert.Equal("step 3: 0.71235, median of 9 trials 0.83", read[0].Verdict!.Value.Reason);
        Assert.Equal("a=1", Describe(Assert.Single(read[1].Values)));
        Assert.Empty(Storage.GetSeriesNames(Storage.GetStudies()[0].Id).Logged.Except(["a"]));
    }

    [StorageFact]
    public void FinishTrial_TriedAgain_CarriesTheSeriesUpToWhereItGoesOn()
    {
        var study = NewStudy();
        var trial = Claim(study);
        Storage.AddReport(trial.Id, new TrialReport(1, 0.5));
        Measure(trial, At(0, ("a", 10)), At(1, ("a", 11)), Judged(1, ReportDecision.Continue("well")), At(2, ("a", 12)), At(3, ("a", 13)));
        Storage.AddBlob(trial.Id, new BlobRecord(1, "h", "k", [1, 2]), 100);
        Storage.AddBlob(trial.Id, new BlobRecord(3, "h", "k", [3]), 100);
        var interrupted = new TrialEnding(TrialState.Failed, []) { Failure = FailureKind.Interrupted, Retry = true };
        Storage.FinishTrial(trial.Id, interrupted, new StepBatch([At(4, ("a", 14))]));
        var retry = Claim(study);
        // Its reports it makes again, and verdicts belong to them.
        Assert.Equal("0: a=10; 1: a=11; 2: a=12; 3: a=13; 4: a=14", Measured(retry));
        Assert.True(Storage.AddSteps(retry.Id, new StepBatch([At(2, ("a", 22))]) { GoesOnAt = 2 }));
        Reopen();
        Assert.Equal("0: a=10; 1: a=11; 2: a=22", Measured(retry));
        Assert.Equal([1L], Storage.GetBlobs(retry.Id).Select(b => b.Step));
        Assert.Equal("0: a=10; 1: a=11 [well]; 2: a=12; 3: a=13; 4: a=14", Measured(trial));
        Assert.Equal([1L, 3L], Storage.GetBlobs(trial.Id).Select(b => b.Step));

        // What was to be tried from scratch carries nothing.
        Storage.FinishTrial(retry.Id, interrupted with { FromScratch = true });
        Assert.Equal("", Measured(Claim(study)));
    }

    [StorageFact]
    public void ContinueTrial_CarriesSeriesAndVerdicts()
    {
        var study = NewStudy();
        var trial = Claim(study);
        Storage.AddReport(trial.Id, new TrialReport(1, 0.5));
        Measure(trial, At(0, ("a", 10)), Judged(1, ReportDecision.Pause("paused")), At(2, ("a", 12)));
        Storage.FinishTrial(trial.Id, new TrialEnding(TrialState.Pruned, [0.5]));
        Assert.True(Storage.ContinueTrial(study, 0));
        var next = Claim(study);
        Assert.Equal("0: a=10; 1:  [paused]; 2: a=12", Measured(next));
        // It goes on from an earlier checkpoint: the verdict stays with its report.
        Storage.AddSteps(next.Id, new StepBatch([At(1, ("a", 21))]) { GoesOnAt = 1 });
        Assert.Equal("0: a=10; 1: a=21 [paused]", Measured(next));
    }

    [StorageFact]
    public void AddLateResult_HasWhatWasMeasuredBeforeAndAfter()
    {
        var study = NewStudy();
        var trial = Claim(study);
        Measure(trial, At(0, ("a", 10)), At(1, ("a", 11)));
        Storage.FinishTrial(trial.Id, new TrialEnding(TrialState.Failed, []) { Failure = FailureKind.Lost });
        var late = Storage.AddLateResult(
            trial.Id, new FrozenTrial { State = TrialState.Complete, Values = [1] }, new StepBatch([At(1, ("b", 1)), At(2, ("a", 12))]))!;
        Assert.Equal("0: a=10; 1: a=11 b=1; 2: a=12", Measured(late));
    }

    [StorageFact]
    public void GetColumns_OneSeriesOfAllTrials_InOrder()
    {
        var (study, other) = (NewStudy("s"), NewStudy("other"));
        var (first, stranger, second) = (Claim(study), Claim(other), Claim(study));
        Measure(second, At(4, ("x", 1), ("y", 2)), At(1, ("x", 3)));
        Measure(stranger, At(4, ("x", 99)));
        Measure(first, At(2, ("y", 5)), At(9, ("x", double.NaN)));
        Storage.AddReport(first.Id, new TrialReport(1, 0.25));
        Storage.AddReport(second.Id, new TrialReport(0, double.PositiveInfinity));
        var columns = Storage.GetColumns(study, "x", false, default);
        Assert.Equal([0, 1, 1], columns.Trials);
        Assert.Equal([9, 1, 4], columns.Steps);
        Assert.Equal([double.NaN, 3, 1], columns.Values);
        Assert.Equal(0, Storage.GetColumns(study, "nobody", false, default).Count);
        var reports = Storage.GetColumns(study, "loss", true, default);
        Assert.Equal([(0, 1L, 0.25), (1, 0L, double.PositiveInfinity)],
            reports.Trials.Zip(reports.Steps, reports.Values).Select(r => (r.First, r.Second, r.Third)));
        // Another study with many more trials: only this one's are read.
        for (var i = 0; i < 20; i++) Measure(Claim(other), At(0, ("x", i)));
        Assert.Equal([double.NaN, 3, 1], Storage.GetColumns(study, "x", false, default).Values);
    }

    [StorageFact]
    public void ReadSteps_SinceAPosition_GivesEachNewsOnce()
    {
        var (study, other) = (NewStudy("s"), NewStudy("other"));
        var (trial, stranger) = (Claim(study), Claim(other));
        var position = SeriesPosition.Start;
        List<string> News(int most = 1000)
        {
            var found = new List<string>();
            while (true)
            {
                var news = Storage.ReadSteps(study, position, most);
                position = news.Position;
                found.AddRange(news.Steps.Select(s => $"{s.Trial}: {Describe([s.Step])}"));
                found.AddRange(news.Reports.Select(r => $"{r.Trial}: report {r.Report.Step}"));
                if (news.IsComplete) return found;
            }
        }

        Assert.Empty(News());
        Measure(trial, At(0, ("a", 1)), At(1, ("a", 2)));
        Measure(stranger, At(0, ("a", 1)));
        Storage.AddReport(trial.Id, new TrialReport(1, 0.5));
        Storage.AddReport(stranger.Id, new TrialReport(1, 0.5));
        Assert.Equal(["0: 0: a=1", "0: 1: a=2", "0: report 1"], News());
        Assert.Empty(News());
        // A step to which something was added comes again, whole; so does what a trial carries on.
        Measure(trial, At(0, ("b", 3)));
        Assert.Equal(["0: 0: a=1 b=3"], News());
        Storage.FinishTrial(
            trial.Id, new TrialEnding(TrialState.Failed, []) { Failure = FailureKind.Interrupted, Retry = true }, new StepBatch([At(2, ("a", 4))]));
        Assert.Equal(["0: 2: a=4", "1: 0: a=1 b=3", "1: 1: a=2", "1: 2: a=4"], News().Order());
        // Few at a time, and after another study's were deleted.
        var next = Claim(study);
        Storage.DeleteStudy(other);
        for (var i = 10; i < 20; i++)
        {
            Measure(next, At(i, ("a", i)));
            Storage.AddReport(next.Id, new TrialReport(i, i));
        }

        Assert.Equal(20, News(most: 3).Distinct().Count());
        Assert.Empty(News(most: 3));
    }

    [StorageFact]
    public void ReadSteps_OfATrialThatGoesOnEarlier_SaysWhatIsGone()
    {
        var study = NewStudy();
        var trial = Claim(study);
        Storage.AddReport(trial.Id, new TrialReport(2, 0.5));
        Measure(trial, At(0, ("a", 10)), At(1, ("a", 11)), At(2, ("a", 12), ("b", 1)), Judged(2, ReportDecision.Pause("paused")), At(3, ("a", 13)));
        Storage.FinishTrial(trial.Id, new TrialEnding(TrialState.Pruned, [0.5]));
        Storage.ContinueTrial(study, 0);
        var next = Claim(study);
        var position = Storage.ReadSteps(study, SeriesPosition.Start, 1000).Position;
        Assert.True(Storage.AddSteps(next.Id, new StepBatch([At(1, ("a", 21))]) { GoesOnAt = 1 }));
        var news = Storage.ReadSteps(study, position, 1000);
        Assert.Equal(
            ["1: 1: a=21 False", "1: 2:  [paused] True", "1: 3:  True"],
            news.Steps.Select(s => $"{s.Trial}: {Describe([s.Step])} {s.Step.IsEmptied}").Order());
        Assert.Equal("0: a=10; 1: a=21; 2:  [paused]", Measured(next));
        Assert.Equal([10, 11, 12, 13, 10, 21], Storage.GetColumns(study, "a", false, CancellationToken.None).Values);
        // What comes at such a step later is there.
        Measure(next, At(3, ("a", 23)));
        Assert.Equal(["3: a=23"], Storage.ReadSteps(study, news.Position, 1000).Steps.Select(s => Describe([s.Step])));
        Assert.Equal("0: a=10; 1: a=21; 2:  [paused]; 3: a=23", Measured(next));
    }

    [StorageFact]
    public void GetSeries_OfADeletedStudy_SaysSo()
    {
        var study = NewStudy("gone");
        Assert.Empty(Storage.GetSeriesNames(study).Logged);
        Assert.False(Storage.GetSeriesNames(study).HaveReports);
        var trial = Claim(study);
        Storage.AddReport(trial.Id, new TrialReport(0, 1));
        Assert.True(Storage.GetSeriesNames(study).HaveReports);
        Assert.Empty(Storage.GetColumns(study, "a", false, CancellationToken.None).Values);
        Storage.DeleteStudy(study);
        Assert.ThrowsAny<StorageException>(() => Storage.GetSeriesNames(study));
        Assert.ThrowsAny<StorageException>(() => Storage.GetColumns(study, "a", false, CancellationToken.None));
        Assert.ThrowsAny<StorageException>(() => Storage.GetColumns(study, "a", true, CancellationToken.None));
    }

    [StorageFact]
    public void AddStudy_BlobsThatTrialsShare_AreStoredOnce()
    {
        var study = NewStudy("s");
        for (var trial = Claim(study); trial.Number < 4; trial = Claim(study))
        {
            if (trial.Number == 0) Storage.AddBlob(trial.Id, new BlobRecord(0, "b", "k", new byte[60]), 100);
            Storage.FinishTrial(
                trial.Id, new TrialEnding(TrialState.Failed, []) { Failure = FailureKind.Interrupted, Retry = trial.Number < 3 });
        }

        StudyTransfer.Copy(Storage, "s", Storage, "copy");
        var copy = Storage.FindStudy("copy")!.Id;
        var trials = Storage.GetTrials(copy);
        Assert.Single(trials.SelectMany(t => Storage.GetBlobs(t.Id)).Select(b => b.ContentId).Distinct());
        Assert.Equal(4, trials.Count(t => Storage.GetBlobs(t.Id).Count == 1));
        // They count once, too, and one that takes the place of a shared one leaves the others theirs.
        var next = Claim(copy);
        Assert.Equal(BlobOutcome.Stored, Storage.AddBlob(next.Id, new BlobRecord(0, "c", "k", new byte[40]), 100));
        Assert.Equal(BlobOutcome.TooMuch, Storage.AddBlob(next.Id, new BlobRecord(1, "c", "k", new byte[1]), 100));
        Assert.Equal(60, Storage.ReadBlob(copy, Storage.GetBlobs(trials[0].Id)[0].ContentId)!.Length);
    }

    [StorageFact]
    public void AddBlob_IsReadBack_UpToTheBudget()
    {
        var study = NewStudy();
        var (trial, second) = (Claim(study), Claim(study));
        byte[] bytes = [.. Enumerable.Range(0, 1000).Select(i => (byte)i)];
        Assert.Equal(BlobOutcome.Stored, Storage.AddBlob(trial.Id, new BlobRecord(3, "weights/0", "histogram", bytes), 2500));
        Assert.Equal(BlobOutcome.Stored, Storage.AddBlob(trial.Id, new BlobRecord(1, "picture", "image/png", []), 2500));
        Assert.Equal(BlobOutcome.Stored, Storage.AddBlob(second.Id, new BlobRecord(3, "weights/0", "histogram", bytes), 2500));
        Assert.Equal(BlobOutcome.TooMuch, Storage.AddBlob(second.Id, new BlobRecord(4, "weights/0", "histogram", bytes), 2500));
        Assert.Equal(BlobOutcome.Stored, Storage.AddBlob(second.Id, new BlobRecord(4, "w", "histogram", [1, 2]), 2500));
        Reopen();
        var blobs = Storage.GetBlobs(trial.Id);
        Assert.Equal(
            [(0, 1L, "picture", "image/png", 0), (0, 3L, "weights/0", "histogram", 1000)],
            blobs.Select(b => (b.Trial, b.Step, b.Name, b.Kind, b.Size)));
        Assert.Equal(bytes, Storage.ReadBlob(study, blobs[1].ContentId));
        Assert.Empty(Storage.ReadBlob(study, blobs[0].ContentId)!);
        Assert.Null(Storage.ReadBlob(study, 987654));
        Assert.Equal([3L, 4L], Storage.GetBlobs(second.Id).Select(b => b.Step));
    }

    [StorageFact]
    public void DeleteStudy_TakesWhatWasMeasuredAlong_AndNothingElse()
    {
        var (kept, gone) = (NewStudy("kept"), NewStudy("gone"));
        var (stays, goes) = (Claim(kept), Claim(gone));
        foreach (var trial in new[] { stays, goes })
        {
            Measure(trial, At(0, ("a", trial.Id)), Judged(1, ReportDecision.Continue($"{1.5}")));
            Storage.AddBlob(trial.Id, new BlobRecord(0, "b", "k", [7]), 100);
        }

        Storage.DeleteStudy(gone);
        Assert.Empty(Storage.GetSteps(goes.Id));
        Assert.Empty(Storage.GetBlobs(goes.Id));
        Assert.Equal($"0: a={stays.Id}; 1:  [1.5]", Measured(stays));
        Assert.Equal([7], Storage.ReadBlob(kept, Storage.GetBlobs(stays.Id)[0].ContentId)!);
        var anew = Claim(NewStudy("gone"));
        Assert.Equal("", Measured(anew));
        Assert.True(Measure(anew, At(0, ("z", 1))));
        Assert.Equal(["z"], Storage.GetSeriesNames(Storage.FindStudy("gone")!.Id).Logged);
    }

    [StorageFact]
    public void AddStudy_OfAContent_BringsWhatWasMeasured()
    {
        var study = NewStudy("s");
        var (complete, running, paused) = (Claim(study), Claim(study), Claim(study));
        foreach (var trial in new[] { complete, running, paused })
        {
            Storage.AddReport(trial.Id, new TrialReport(0, 1));
            Measure(trial, At(0, ("a", trial.Number), ("nan", double.NaN)), Judged(0, ReportDecision.Prune($"{2.5} and {"words"}")));
            Storage.AddBlob(trial.Id, new BlobRecord(0, "b", "k", [(byte)trial.Number, 9]), 100);
        }

        Storage.FinishTrial(complete.Id, Complete(1), new StepBatch([At(1, ("late", 1e300))]));
        Storage.FinishTrial(paused.Id, new TrialEnding(TrialState.Pruned, [1]));
        Storage.ContinueTrial(study, paused.Number);
        var text = new StringWriter();
        StudyTransfer.Export(Storage, "s", text);
        foreach (var (name, bring) in new (string, Action<string>)[]
        {
            ("copy", name => StudyTransfer.Copy(Storage, "s", Storage, name)),
            ("import", name => StudyTransfer.Import(Storage, new StringReader(text.ToString()), name)),
        })
        {
            bring(name);
            var trials = Storage.GetTrials(Storage.FindStudy(name)!.Id);
            Assert.Equal("0: a=0 nan=NaN [2.5 and words]; 1: late=1E+300!", Measured(trials[0]));
            // It begins anew.
            Assert.Equal("", Measured(trials[1]));
            Assert.Equal("0: a=2 nan=NaN [2.5 and words]", Measured(trials[2]));
            Assert.Equal("0: a=2 nan=NaN [2.5 and words]", Measured(trials[3]));
            var blob = Assert.Single(Storage.GetBlobs(trials[0].Id));
            Assert.Equal([0, 9], Storage.ReadBlob(Storage.FindStudy(name)!.Id, blob.ContentId)!);
            Assert.Empty(Storage.GetBlobs(trials[1].Id));
        }

        var again = new StringWriter();
        StudyTransfer.Export(Storage, "import", again);
        Assert.Equal(text.ToString().Split('\n').Count(l => l.Contains("\"step\":", StringComparison.Ordinal)) - 2,
            again.ToString().Split('\n').Count(l => l.Contains("\"step\":", StringComparison.Ordinal)));
    }

    [StorageFact]
    public void DeletedStudy_TakesNoNewNames_AndHoldsNobodyUp()
    {
        var (study, other) = (NewStudy("gone"), NewStudy("other"));
        var (trial, second) = (Claim(study), Claim(study));
        Measure(trial, At(0, ("a", 1)));
        Storage.DeleteStudy(study);
        Assert.False(Measure(trial, At(1, ("new", 1))));
        Assert.False(Storage.FinishTrial(second.Id, Complete(1), new StepBatch([At(1, ("newer", 1))])));
        Assert.True(Measure(Claim(other), At(0, ("a", 1))));
        Assert.ThrowsAny<StorageException>(() => Storage.ReadSteps(study, SeriesPosition.Start, 10));
    }

    [StorageFact]
    public void Content_OfAStudyThatWasDeletedSince_IsNotAddedInPart()
    {
        var study = NewStudy("s");
        Measure(Claim(study), At(0, ("a", 1)));
        var content = Storage.GetContent(study).ForTransfer() with { Name = "copy" };
        Storage.DeleteStudy(study);
        // A study whose trials begin anew has nothing measured that could be missing.
        content = content with { Measured = new StoredMeasurements(Storage, study, [1]) };
        Assert.Throws<StorageException>(() => Storage.AddStudy(content));
        Assert.Null(Storage.FindStudy("copy"));
    }

    [StorageFact]
    public void AddBlob_InPlaceOfAnother_GivesItsBytesBack()
    {
        var trial = Claim(NewStudy());
        for (var i = 0; i < 12; i++)
            Assert.Equal(BlobOutcome.Stored, Storage.AddBlob(trial.Id, new BlobRecord(0, "same", "k", new byte[300]), 500));
        Assert.Equal(BlobOutcome.TooMuch, Storage.AddBlob(trial.Id, new BlobRecord(0, "same", "k", new byte[501]), 500));
        Assert.Equal(300, Assert.Single(Storage.GetBlobs(trial.Id)).Size);
    }

    [StorageFact]
    public void AddSteps_VerdictsWithOddTexts_AreKept()
    {
        var trial = Claim(NewStudy());
        var (nul, half) = ("\0", "\ud800");
        ReportDecision[] verdicts =
        [
            ReportDecision.Prune($"{nul} and {half} of {1.5}"), ReportDecision.Prune($"{new string('x', 20_000)}{2.5}"),
            ReportDecision.Continue(new string('y', 20_000)),
        ];
        for (var i = 0; i < verdicts.Length; i++) Assert.True(Measure(trial, Judged(i, verdicts[i])));
        var read = Storage.GetSteps(trial.Id).Select(s => s.Verdict!.Value.Reason).ToList();
        Assert.EndsWith("of 1.5", read[0], StringComparison.Ordinal);
        Assert.Equal(verdicts.Skip(1).Select(v => v.Reason), read.Skip(1));
    }

    /// <summary>Random batches, retries and continuations, beside a dictionary that says what must be there.</summary>
    [StorageTheory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void AddSteps_RandomSequences_AreAsAModelSays(int seed)
    {
        var random = new Random(seed);
        var study = NewStudy();
        var model = new Dictionary<long, SortedDictionary<long, SortedDictionary<string, double>>>();
        var running = new List<FrozenTrial>();
        for (var turn = 0; turn < 150; turn++)
        {
            if (running.Count == 0 || (running.Count < 4 && random.Next(8) == 0))
            {
                var claimed = Claim(study);
                running.Add(claimed);
                if (!model.ContainsKey(claimed.Id))
                {
                    var from = TrialAttributes.PredecessorOf(claimed.SystemAttributesJson) is { } number
                        ? Storage.FindTrial(study, number)!.Id
                        : (long?)null;
                    model[claimed.Id] = [];
                    foreach (var (step, values) in from is { } id ? model[id] : []) model[claimed.Id].Add(step, new(values, StringComparer.Ordinal));
                }
            }

            var trial = running[random.Next(running.Count)];
            var known = model[trial.Id];
            void Apply(StepBatch batch)
            {
                foreach (var step in known.Keys.Where(k => k >= batch.GoesOnAt).ToList()) known.Remove(step);
                foreach (var step in batch.Steps)
                {
                    if (!known.TryGetValue(step.Step, out var values)) known.Add(step.Step, values = new(StringComparer.Ordinal));
                    foreach (var value in step.Values) values[value.Name] = value.Value;
                }
            }

            var steps = Enumerable.Range(0, random.Next(1, 6)).Select(_ => (long)random.Next(30)).Distinct()
                .Select(s => At(s, [.. Enumerable.Range(0, random.Next(1, 7)).Select(_ => ($"n{random.Next(12)}", random.Next(1000) / 4.0))]))
                .ToArray();
            var batch = new StepBatch(steps) { GoesOnAt = random.Next(10) == 0 ? steps[0].Step : null };
            Apply(batch);
            if (random.Next(6) == 0)
            {
                running.Remove(trial);
                Assert.True(Storage.FinishTrial(
                    trial.Id,
                    new TrialEnding(TrialState.Failed, []) { Failure = FailureKind.Interrupted, Retry = random.Next(2) == 0 },
                    batch));
            }
            else Assert.True(Storage.AddSteps(trial.Id, batch));
            if (random.Next(40) == 0) Reopen();
        }

        foreach (var (id, steps) in model)
        {
            var expected = string.Join("; ", steps.Select(s => $"{s.Key}: {string.Join(' ', s.Value.Select(v => $"{v.Key}={v.Value.ToString(System.Globalization.CultureInfo.InvariantCulture)}"))}"));
            Assert.Equal(expected, Describe(Storage.GetSteps(id)));
        }
    }

    [StorageFact]
    public void AddSteps_ManyThreads_LoseNothing()
    {
        var study = NewStudy();
        var trials = Enumerable.Range(0, 8).Select(_ => Claim(study)).ToArray();
        Parallel.ForEach(trials, trial =>
        {
            for (var step = 0; step < 30; step++)
                Assert.True(Measure(trial, At(step, ($"own/{trial.Number}", step), ($"shared/{step % 5}", step), ("all", trial.Number))));
        });
        Assert.Equal(8 + 5 + 1, Storage.GetSeriesNames(study).Logged.Distinct().Count());
        Assert.Equal(240, Storage.GetColumns(study, "all", false, default).Count);
        Assert.All(trials, trial => Assert.Equal(
            string.Join("; ", Enumerable.Range(0, 30).Select(s => $"{s}: all={trial.Number} own/{trial.Number}={s} shared/{s % 5}={s}")), Measured(trial)));
    }
}
