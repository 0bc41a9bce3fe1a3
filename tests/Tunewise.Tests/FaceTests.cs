using Tunewise.History;
using Tunewise.Pruners;
using Tunewise.Samplers;
using Tunewise.Samplers.Random;
using Tunewise.Samplers.Tpe;
using Tunewise.Spaces;
using Tunewise.Storage;

namespace Tunewise.Tests;

/// <summary>What a user reaches for beside running: trials of his own, studies by name, and parts that are tested by themselves.</summary>
public sealed class FaceTests
{
    [Fact]
    public void With_GivenValues_AreSuggested()
    {
        var trial = Trial.With(("learning_rate", 0.1), ("layers", 3), ("optimizer", "sgd"), ("kind", DayOfWeek.Friday), ("none", null));
        Assert.Equal(0.1, trial.SuggestFloat("learning_rate", 1e-5, 1, log: true));
        Assert.Equal(3, trial.SuggestInt("layers", 1, 8));
        Assert.Equal("sgd", trial.SuggestCategorical("optimizer", "adam", "sgd"));
        Assert.Equal(DayOfWeek.Friday, trial.SuggestEnum<DayOfWeek>("kind"));
        Assert.Null(trial.SuggestCategorical<object?>("none", "a", null));
        Assert.False(trial.Report(0, double.NaN).ShouldPrune);
        trial.ThrowIfPruned();
        trial.SetUserAttribute("note", "x");
        Assert.Equal((3L, "x"), (trial.Get<long>("layers"), trial.UserAttributes["note"]));
        Assert.Equal("sgd", trial.Get<string>("optimizer"));
        // Such as the best trial's once more.
        Assert.Equal(0.1, Trial.With(trial.Parameters).SuggestFloat("learning_rate", 0, 1));
    }

    [Fact]
    public void With_AValueIsMissingOrWrong_SaysSo()
    {
        var trial = Trial.With(("a", 0.1), ("c", "x"));
        Assert.Contains("parameter 'b' has no value in Trial.With, which has a, c",
            Assert.Throws<ArgumentException>(() => trial.SuggestFloat("b", 0, 1)).Message, StringComparison.Ordinal);
        Assert.StartsWith("parameter 'c' has a value in Trial.With that it cannot have: 'x' is not among",
            Assert.Throws<ArgumentException>(() => trial.SuggestCategorical("c", "y", "z")).Message, StringComparison.Ordinal);
        Assert.False(trial.IsOfAStudy);
        Assert.True(Study.InMemory().Ask().IsOfAStudy);
        Assert.Contains("given twice", Assert.Throws<ArgumentException>(() => Trial.With(("a", 1), ("a", 2))).Message, StringComparison.Ordinal);
        Assert.Contains("has no parameter 'a' yet",
            Assert.Throws<KeyNotFoundException>(() => trial.Get<double>("a")).Message, StringComparison.Ordinal);
        // Single choices need no value.
        Assert.Equal(4, trial.SuggestInt("single", 4, 4));
    }

    [Fact]
    public void Enqueue_AValueThatCannotBe_SaysOfWhichParameter()
    {
        var study = Study.InMemory();
        Assert.StartsWith("parameter 'x': a value must be text",
            Assert.Throws<ArgumentException>(() => study.Enqueue(new Dictionary<string, object?> { ["x"] = new object() })).Message,
            StringComparison.Ordinal);
        Assert.Empty(study.GetTrials());
    }

    [Fact]
    public void Suggest_ChoicesThatAreWrittenAlike_TheErrorNamesTheirTypes()
    {
        var study = Study.InMemory();
        study.Ask().SuggestCategorical("c", 1, 2);
        var error = Assert.Throws<ArgumentException>(() => study.Ask().SuggestCategorical("c", 1.0, 2.0)).Message;
        Assert.Contains("one of [1 (whole number), 2 (whole number)] in study", error, StringComparison.Ordinal);
        Assert.Contains("asks for one of [1 (real number), 2 (real number)]", error, StringComparison.Ordinal);
        Assert.Contains("is one of [1, 2] in study",
            Assert.Throws<ArgumentException>(() => study.Ask().SuggestCategorical("c", 1, 3)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_NamesOfNoOrSeveralLines_AreRefusedForNewStudies()
    {
        using var storage = new Tunewise.Storage.InMemoryStorage();
        foreach (var (name, objective, why) in new[]
        {
            ("a\nb", (string?)null, "a study's name must be one line, got 'a b'"),
            ("s", "", "an objective's name is blank ('')"),
            ("s", "a\r\nb", "an objective's name must be one line, got 'a b'"),
        })
        {
            var error = Assert.Throws<ArgumentException>(
                () => Study.Open(storage, name, new StudyOptions { Objectives = [Objective.Minimize(objective)] }));
            Assert.Contains(why, error.Message, StringComparison.Ordinal);
        }

        Assert.Empty(storage.GetStudies());
        // What is there already stays open to all.
        var odd = storage.OpenStudy("a\nb", [Direction.Minimize]);
        storage.SetStudyAttribute(odd.Id, Tunewise.Storage.AttributeKind.System, "study:metric_names", "[\"\"]");
        Assert.Equal("", Study.Open(storage, "a\nb").Objectives[0].Name);
    }

    [Fact]
    public void Values_InWords()
    {
        Assert.Equal("complete (1, 0.5)", TrialResult.Complete(1, 0.5).ToString());
        Assert.Equal("pruned", TrialResult.Pruned.ToString());
        Assert.Equal("failed: no data", TrialResult.Failed("no data\nat all").ToString());
        Assert.Equal("no parameters", SearchSpace.Empty.ToString());
        Assert.Equal(
            $"a: {new IntDistribution(1, 3)}, x: {new FloatDistribution(0, 1)}",
            new SearchSpace([new("x", new FloatDistribution(0, 1)), new("a", new IntDistribution(1, 3))]).ToString());
        using var storage = new Tunewise.Storage.InMemoryStorage();
        Study.Open(storage, "one").AddTrial([], 1);
        Assert.Contains("; 1 trial;", Study.GetSummaries(storage)[0].ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Ask_OfASpace_SuggestsAllOfIt()
    {
        var study = Study.InMemory(new StudyOptions { Seed = 1 });
        var space = new Dictionary<string, Distribution>
        {
            ["lr"] = new FloatDistribution(1e-4, 1, log: true),
            ["optimizer"] = new CategoricalDistribution(["adam", "sgd"]),
        };
        var trial = study.Ask(space);
        Assert.Equal(["lr", "optimizer"], trial.Parameters.Keys);
        Assert.Equal(trial.Get<double>("lr"), trial.SuggestFloat("lr", 1e-4, 1, log: true));
        study.Tell(trial, 1);
        // Of another kind: nothing is taken.
        Assert.Throws<ArgumentException>(() => study.Ask(new Dictionary<string, Distribution> { ["lr"] = new IntDistribution(1, 3) }));
        Assert.DoesNotContain(study.GetTrials(), t => t.State == TrialState.Running);
    }

    [Fact]
    public void Tell_FinishedTrial_CanBeSkipped()
    {
        var study = Study.InMemory();
        var (first, second) = (study.Ask(), study.Ask());
        study.Tell(first, 1, skipIfFinished: true);
        study.Tell(first, 2, skipIfFinished: true);
        study.Tell(0, 3, skipIfFinished: true);
        Assert.Equal(1, study.FindTrial(0)!.Value);
        Assert.Throws<TrialLostException>(() => study.Tell(first, 2));
        Assert.Throws<ArgumentException>(() => study.Tell(0, 2, skipIfFinished: false));
        study.Tell(1, 4, skipIfFinished: true);
        Assert.Equal(4, study.FindTrial(1)!.Value);
        Assert.Throws<ArgumentException>(() => study.Tell(7, 2, skipIfFinished: true));
        study.Tell(second, 5, skipIfFinished: true);
        Assert.Equal(4, study.FindTrial(1)!.Value);
        // What cannot be told is no reason to skip.
        Assert.Throws<ArgumentException>(() => study.Tell(Study.InMemory().Ask(), 1, skipIfFinished: true));
        Assert.Throws<ArgumentException>(() => study.Tell(first, TrialResult.Complete(1, 2), skipIfFinished: true));
        Assert.Throws<ArgumentNullException>(() => study.Tell(0, null!, skipIfFinished: true));
    }

    [Fact]
    public async Task Enqueue_WhatExists_CanBeSkipped()
    {
        var study = Study.InMemory();
        var values = new Dictionary<string, object?> { ["n"] = 3, ["c"] = "a" };
        var queued = study.Enqueue(values, skipIfExists: true);
        Assert.Equal(queued.Number, study.Enqueue(values, skipIfExists: true).Number);
        Assert.Equal(queued.Number, study.Enqueue(new Dictionary<string, object?> { ["c"] = "a", ["n"] = 3.0 }, skipIfExists: true).Number);
        Assert.Equal(1, study.Enqueue(new Dictionary<string, object?> { ["n"] = 3 }, skipIfExists: true).Number);
        await study.RunAsync(t => t.SuggestInt("n", 1, 9) + (t.SuggestCategorical("c", "a", "b") == "a" ? 0 : 1), totalTrials: 4);
        Assert.Equal(0, study.Enqueue(values, skipIfExists: true).Number);
        // What a sampler chose counts too.
        var sampled = study.GetTrials()[^1];
        Assert.Equal(sampled.Number, study.Enqueue(sampled.Parameters, skipIfExists: true).Number);
        Assert.Equal(4, study.GetTrials().Count);
        Assert.Equal(4, study.Enqueue(values).Number);
    }

    [Fact]
    public void AddTrials_InTheUsersValues_AreLearntFrom()
    {
        var study = Study.InMemory(new StudyOptions { Objectives = [Objective.Maximize("accuracy")] });
        var added = study.AddTrials(
        [
            FrozenTrial.Create(
                [TrialParameter.Float("lr", 0.01, 1e-5, 1, log: true), TrialParameter.Categorical("optimizer", "sgd", "adam", "sgd")],
                0.9,
                [new TrialReport(1, 0.8), new TrialReport(0, 0.5)],
                new Dictionary<string, object?> { ["from"] = "last year" }),
            FrozenTrial.Create([TrialParameter.Int("n", 3, 1, 8)], TrialResult.Pruned, [new TrialReport(0, 0.1)]),
            FrozenTrial.Create([], TrialResult.Failed("no memory")),
        ]);
        Assert.Equal([0, 1, 2], added.Select(t => t.Number));
        var best = study.GetBestTrial()!;
        Assert.Equal((0.9, 0.01, "sgd", "last year"), (best.Value, best.Get<double>("lr"), best.Get<string>("optimizer"), best.UserAttributes["from"]));
        Assert.Equal([0L, 1L], best.Reports.Select(r => r.Step));
        Assert.Equal((TrialState.Pruned, 0.1, 3), (added[1].State, added[1].Value, added[1].Get<int>("n")));
        Assert.Equal("no memory", study.FindTrial(2)!.Reason);
    }

    /// <summary>The two ways to say the same give the same trial.</summary>
    [Fact]
    public void AddTrialAndAddTrials_OfTheSameResult_StoreTheSame()
    {
        foreach (var objectives in new[] { 1, 2 })
        {
            Study New() => Study.InMemory(new StudyOptions { Objectives = [.. Enumerable.Repeat(Objective.Minimize(), objectives)] });
            var (one, other) = (New(), New());
            TrialReport[] reports = [new(0, 5), new(1, double.NaN)];
            double[] values = [.. Enumerable.Range(0, objectives).Select(i => i == 0 ? double.NaN : 1)];
            foreach (var result in new[]
            {
                TrialResult.Complete(values), TrialResult.Failed("a\nb"), TrialResult.Diverged("it diverged"), TrialResult.Diverged("so", 3),
            })
            {
                var (a, b) = (one.AddTrial([], result, reports), other.AddTrials([FrozenTrial.Create([], result, reports)])[0]);
                Assert.Equal((a.State, a.Failure, a.Reason, a.Detail, a.LastFiniteValue), (b.State, b.Failure, b.Reason, b.Detail, b.LastFiniteValue));
                Assert.Equal(a.Values, b.Values);
            }

            Assert.Equal(
                one.AddTrial([], TrialResult.Pruned, [new TrialReport(0, 5)]).Values,
                other.AddTrials([FrozenTrial.Create([], TrialResult.Pruned, [new TrialReport(0, 5)])])[0].Values);
        }
    }

    [Fact]
    public async Task AddTrials_OfAnotherStudy_KeepWhatTheyCameTo()
    {
        var first = Study.InMemory(new StudyOptions { Seed = 1, Sampler = new RandomSampler() });
        await first.RunAsync(
            t =>
            {
                t.SetConstraint("size", t.Number - 3);
                return t.Report(0, t.SuggestFloat("x", 0, 1)).ShouldPrune ? TrialResult.Pruned : t.Number;
            },
            totalTrials: 6);
        var second = Study.InMemory();
        second.AddTrials(first.GetTrials());
        foreach (var (a, b) in first.GetTrials().Zip(second.GetTrials()))
        {
            Assert.Equal((a.State, a.Value, a.StartedAt, a.FinishedAt, a.IsFeasible), (b.State, b.Value, b.StartedAt, b.FinishedAt, b.IsFeasible));
            Assert.Equal(a.ParameterList, b.ParameterList);
            Assert.Equal(a.Reports, b.Reports);
        }
    }

    [Fact]
    public void AddTrials_OneIsWrong_StoresNone()
    {
        var study = Study.InMemory();
        foreach (var (wrong, why) in new[]
        {
            (FrozenTrial.Create([TrialParameter.Int("x", 1, 1, 3)], 1), "trial 1 of those to be added: parameter 'x' is"),
            (FrozenTrial.Create([], TrialResult.Complete(1, 2)), "trial 1 of those to be added: values"),
            (new FrozenTrial { State = TrialState.Running }, "a trial that is Running cannot be added"),
            (FrozenTrial.Create([], 1, [new TrialReport(3, 1), new TrialReport(3, 2)]), "step 3 is reported twice"),
            (new FrozenTrial { State = TrialState.Pruned, Values = [double.NaN] }, "a value is NaN"),
            (new FrozenTrial { State = TrialState.Failed, LastFiniteValue = double.NaN }, "its last finite value is NaN"),
            (new FrozenTrial { State = TrialState.Failed, Failure = (FailureKind)99 }, "there is no kind of failure 99"),
            (new FrozenTrial { State = (TrialState)99 }, "a trial that is 99 cannot be added"),
            (new FrozenTrial { State = TrialState.Failed, Values = null! }, "are null"),
            (new FrozenTrial { State = TrialState.Failed, StartedAt = DateTimeOffset.MaxValue, FinishedAt = DateTimeOffset.UnixEpoch }, "before it started"),
            (null!, "trial 1 of those to be added"),
        })
        {
            var error = Assert.Throws<ArgumentException>(
                () => study.AddTrials([FrozenTrial.Create([TrialParameter.Float("x", 0.5, 0, 1)], 1), wrong]));
            Assert.Contains(why, error.Message, StringComparison.Ordinal);
        }

        Assert.Empty(study.GetTrials());
    }

    [Fact]
    public void TrialParameter_ValueOutsideItsRange_IsRefused()
    {
        Assert.Equal("parameter 'x': 2 is not within ", Assert.Throws<ArgumentException>(() => TrialParameter.Float("x", 2, 0, 1)).Message[..31]);
        Assert.Throws<ArgumentException>(() => TrialParameter.Float("x", 0.5, 1, 0));
        Assert.Throws<ArgumentException>(() => TrialParameter.Int("x", 4, 1, 9, step: 2));
        Assert.Throws<ArgumentException>(() => TrialParameter.Categorical("x", "c", "a", "b"));
        Assert.Throws<ArgumentException>(() => TrialParameter.Of("x", "a", new FloatDistribution(0, 1)));
        Assert.Equal(1, TrialParameter.Of("x", "b", new CategoricalDistribution(["a", "b"])).Value);
    }

    [Fact]
    public void Create_StudyThatExists_IsRefused()
    {
        using var storage = new InMemoryStorage();
        Study.Create(storage, "s", new StudyOptions { Objectives = [Objective.Maximize("a")] });
        Assert.Contains("there is a study 's' in memory already", Assert.Throws<TunewiseException>(() => Study.Create(storage, "s")).Message, StringComparison.Ordinal);
        Assert.Equal(Objective.Maximize("a"), Assert.Single(Study.Open(storage, "s").Objectives));
        Assert.Throws<ArgumentException>(() => Study.Create(storage, " "));
    }

    [Fact]
    public async Task GetSummaries_SaysWhatThereIs()
    {
        using var storage = new InMemoryStorage();
        Assert.Empty(Study.GetSummaries(storage));
        var study = Study.Create(storage, "one", new StudyOptions { Objectives = [Objective.Maximize("accuracy")] });
        study.SetUserAttribute("owner", "me");
        await study.RunAsync(t => t.Number, totalTrials: 3);
        Study.Create(storage, "two", new StudyOptions { Objectives = [Objective.Minimize(), Objective.Maximize()] });
        var summaries = Study.GetSummaries(storage);
        Assert.Equal(["one", "two"], summaries.Select(s => s.Name));
        var (one, two) = (summaries[0], summaries[1]);
        Assert.Equal((3, 3, 2.0, "me"), (one.TrialCount, one.Trials[TrialState.Complete], one.Best!.Value, one.UserAttributes["owner"]));
        Assert.Equal((study.FindTrial(0)!.StartedAt, study.FindTrial(2)!.FinishedAt), (one.FirstStart, one.LastEnd));
        Assert.Equal((0, null, null, 2), (two.TrialCount, two.Best, two.FirstStart, two.Objectives.Count));
    }

    /// <summary>Others may delete studies while they are read.</summary>
    [Fact]
    public async Task GetSummaries_StudiesComeAndGo_SaysWhatThereIs()
    {
        using var storage = new InMemoryStorage();
        Study.Create(storage, "stays");
        using var stop = new CancellationTokenSource();
        var others = Task.Run(() =>
        {
            while (!stop.IsCancellationRequested) Study.Create(storage, "goes").Delete();
        });
        for (var i = 0; i < 2000; i++) Assert.Contains(Study.GetSummaries(storage), s => s.Name == "stays");
        await stop.CancelAsync();
        await others;
    }

    [Fact]
    public async Task GetTrials_Cancelled_Ends()
    {
        var study = Study.InMemory();
        await study.RunAsync(t => 1.0, totalTrials: 2);
        using var stop = new CancellationTokenSource();
        await stop.CancelAsync();
        Assert.Throws<OperationCanceledException>(() => study.GetTrials(cancellationToken: stop.Token));
    }

    /// <summary>A training library that gives up on what it takes for a cancellation does not swallow a pruning.</summary>
    [Fact]
    public async Task ThrowIfPruned_UserCatchesCancellations_IsPrunedStill()
    {
        var study = Study.InMemory(new StudyOptions { Pruner = new ThresholdPruner { Upper = 1 } });
        await study.RunAsync(
            t =>
            {
                try
                {
                    t.Report(0, 2);
                    t.ThrowIfPruned();
                }
                catch (OperationCanceledException)
                {
                    return 7.0;
                }

                return 8.0;
            },
            totalTrials: 1);
        Assert.Equal(TrialState.Pruned, study.FindTrial(0)!.State);
    }

    /// <summary>A sampler and a pruner of one's own, tested without a study.</summary>
    [Fact]
    public void HistoryOfGivenTrials_ServesSamplersAndPruners()
    {
        var trials = Enumerable.Range(0, 40).Select(k => FrozenTrial.Create(
            [TrialParameter.Float("x", k / 40.0, 0, 1)],
            Math.Abs(k / 40.0 - 0.7),
            [new TrialReport(0, k)])).ToList();
        trials.Add(new FrozenTrial { State = TrialState.Running, ParameterList = [TrialParameter.Float("x", 0.1, 0, 1)] });
        var history = StudyHistory.Of(trials);
        Assert.Equal((40, 39, 1), (history.Count, history.NumberOf(history.Rows[^1]), history.Unfinished.Count));
        var context = SamplingContext.For(history, "x", seed: 3);
        Assert.Equal(41, context.TrialNumber);
        var space = new TpeSampler().InferJointSpace(context, "x");
        Assert.InRange(new TpeSampler().SampleJoint(context, space)![0], 0.5, 0.9);
        var decision = new MedianPruner().Decide(new PruningContext(history, 41, Direction.Minimize, [new TrialReport(0, 30)]));
        Assert.True(decision.ShouldPrune);
        Assert.Throws<ArgumentOutOfRangeException>(() => StudyHistory.Of(trials, reported: 1));
    }

    [Fact]
    public void RetryPolicy_SaysOfEveryKind()
    {
        var policy = new RetryPolicy { AfterException = 1, AfterDivergence = 2, AfterReportedFailure = 3 };
        Assert.Equal(
            [1, 3, 0, 0, 10, int.MaxValue, 10, 1, 0, 2],
            Enum.GetValues<FailureKind>().Select(policy.RetriesAfter));
        Assert.Throws<ArgumentOutOfRangeException>(() => policy.RetriesAfter((FailureKind)99));
    }

    [Fact]
    public async Task Run_TrialDiverges_IsTriedAgainWhereThePolicySaysSo()
    {
        var study = Study.InMemory(new StudyOptions { Retry = new RetryPolicy { AfterDivergence = 1, AfterReportedFailure = 1 } });
        await study.RunAsync(t => t.Number == 0 ? TrialResult.Diverged("NaN") : t.Number == 1 ? TrialResult.Failed("no") : 1.0, totalTrials: 2);
        Assert.Equal([1, null, null], study.GetTrials().Select(t => t.RetriedBy).Take(3));
    }
}
