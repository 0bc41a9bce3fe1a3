using Tunewise.Pruners;
using Tunewise.Samplers.Random;
using Tunewise.Spaces;
using Tunewise.Storage;

namespace Tunewise.Tests;

public class StudyTests
{
    private static Study NewStudy(params Objective[] objectives) => Study.InMemory(new StudyOptions
    {
        Objectives = objectives.Length == 0 ? null : objectives,
        Sampler = new RandomSampler(),
        Seed = 1,
    });

    private enum Colour
    {
        Red,
        Green,
    }

    [Fact]
    public void Open_OtherObjectives_SaysBothAndWhatToDo()
    {
        using var storage = new InMemoryStorage();
        Study.Open(storage, "digits", new StudyOptions { Objectives = [Objective.Maximize("accuracy")] });
        var error = Assert.Throws<TunewiseException>(
            () => Study.Open(storage, "digits", new StudyOptions { Objectives = [Objective.Maximize("accuracy"), Objective.Minimize()] }));
        Assert.Equal(
            "study 'digits' stores 1 objective (accuracy (maximize)), the program asks for 2 (accuracy (maximize), minimize); "
                + "open it under another name or delete it",
            error.Message);
        Assert.Throws<TunewiseException>(
            () => Study.Open(storage, "digits", new StudyOptions { Objectives = [Objective.Minimize("accuracy")] }));
        Assert.Throws<TunewiseException>(
            () => Study.Open(storage, "digits", new StudyOptions { Objectives = [Objective.Maximize("loss")] }));
        Assert.Equal([Objective.Maximize("accuracy")], Study.Open(storage, "digits").Objectives);
        Assert.Equal(
            [Objective.Maximize("accuracy")],
            Study.Open(storage, "digits", new StudyOptions { Objectives = [Objective.Maximize()] }).Objectives);
    }

    [Fact]
    public void Open_WrongOptions_LeavesNoStudyBehind()
    {
        using var storage = new InMemoryStorage();
        Assert.Throws<ArgumentException>(() => Study.Open(
            storage, "s", new StudyOptions { Pruner = new MedianPruner { IntervalSteps = 0 }, LeaseDuration = TimeSpan.Zero }));
        Assert.Throws<ArgumentException>(() => Study.Open(storage, "s", new StudyOptions { Objectives = [] }));
        Assert.Empty(storage.GetStudies());
    }

    [Fact]
    public void Load_NoSuchStudy_ListsThoseThereAre()
    {
        using var storage = new InMemoryStorage();
        Study.Open(storage, "a");
        Assert.Contains("it holds 'a'", Assert.Throws<TunewiseException>(() => Study.Load(storage, "b")).Message, StringComparison.Ordinal);
        Assert.Single(storage.GetStudies());
    }

    [Fact]
    public void Suggest_SameNameTwice_GivesTheFirstValue()
    {
        var trial = NewStudy().Ask();
        var x = trial.SuggestFloat("x", 0, 1);
        Assert.Equal(x, trial.SuggestFloat("x", 5, 6));
        Assert.Equal(x, trial.Parameters["x"]);
        Assert.Contains("'x'", Assert.Throws<ArgumentException>(() => trial.SuggestInt("x", 0, 1)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Suggest_AnyKind_GivesTheUsersTypes()
    {
        var trial = NewStudy().Ask();
        Assert.IsType<int>(trial.SuggestCategorical("i", 16, 32));
        Assert.IsType<Colour>(trial.SuggestEnum<Colour>("colour"));
        Assert.Contains(trial.SuggestCategorical<object?>("mix", null, 1, 2.5, "a", true), new object?[] { null, 1, 2.5, "a", true });
        Assert.Equal(3, trial.SuggestInt("single", 3, 3));
        Assert.InRange(trial.SuggestLong("long", 1L << 40, 1L << 41), 1L << 40, 1L << 41);
        Assert.IsType<string>(trial.Parameters["colour"]);
    }

    [Fact]
    public void Suggest_WrongRange_NamesTheParameter()
    {
        var trial = NewStudy().Ask();
        Assert.StartsWith(
            "parameter 'lr': ",
            Assert.Throws<ArgumentException>(() => trial.SuggestFloat("lr", 0, 1, log: true)).Message,
            StringComparison.Ordinal);
        Assert.StartsWith(
            "parameter 'n': ", Assert.Throws<ArgumentException>(() => trial.SuggestInt("n", 5, 1)).Message, StringComparison.Ordinal);
        Assert.StartsWith(
            "parameter 'c': ",
            Assert.Throws<ArgumentException>(() => trial.SuggestCategorical<string>("c")).Message,
            StringComparison.Ordinal);
        Assert.Empty(trial.Parameters);
    }

    [Fact]
    public void Suggest_ChoicesChangedSince_IsAnErrorEvenFromARunningTrial()
    {
        var study = NewStudy();
        study.Ask().SuggestCategorical("c", "a", "b");
        var again = Study.Open(study.Storage, study.Name);
        var error = Assert.Throws<ArgumentException>(() => again.Ask().SuggestCategorical("c", "a", "b", "c"));
        Assert.Contains("'c' is one of ['a', 'b'] in study 'study'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Report_SameStepTwice_KeepsTheFirst()
    {
        var study = NewStudy();
        var trial = study.Ask();
        trial.Report(3, 1);
        trial.Report(1, 2);
        trial.Report(3, 9);
        Assert.Equal([new(1, 2), new TrialReport(3, 1)], trial.Reports);
        study.Tell(trial, TrialResult.Pruned);
        Assert.Equal(1, study.FindTrial(0)!.Value);
        Assert.Throws<ArgumentOutOfRangeException>(() => study.Ask().Report(-1, 0));
    }

    [Fact]
    public void Tell_Results_AreStoredAsOptunaDoes()
    {
        var study = NewStudy();
        void Tell(TrialResult result, params double[] reports)
        {
            var trial = study.Ask();
            for (var i = 0; i < reports.Length; i++) trial.Report(i, reports[i]);
            study.Tell(trial, result);
        }

        Tell(double.PositiveInfinity);
        Tell(double.NaN);
        Tell(TrialResult.Pruned, 1, 2);
        Tell(TrialResult.Pruned, 1, double.NaN);
        Tell(TrialResult.Pruned);
        Tell(TrialResult.Failed("no data"));
        Assert.Equal(
            [
                (TrialState.Complete, double.PositiveInfinity, null), (TrialState.Failed, null, FailureKind.Diverged),
                (TrialState.Pruned, 2.0, null), (TrialState.Pruned, null, null), (TrialState.Pruned, null, null),
                (TrialState.Failed, null, FailureKind.Reported),
            ],
            study.GetTrials().Select(t => (t.State, t.Value, t.Failure)));
        Assert.Equal("no data", study.GetTrials()[5].Reason);
    }

    [Fact]
    public void AddTrial_StepOrParameterTwice_IsRefused()
    {
        var study = NewStudy();
        Assert.Contains(
            "step 1 is reported twice",
            Assert.Throws<ArgumentException>(
                () => study.AddTrial([], 1, [new TrialReport(1, 0), new TrialReport(0, 0), new TrialReport(1, 2)])).Message,
            StringComparison.Ordinal);
        var x = new TrialParameter("x", new Tunewise.Spaces.FloatDistribution(0, 1), 0.5);
        Assert.Contains(
            "parameter 'x' is given twice",
            Assert.Throws<ArgumentException>(() => study.AddTrial([x, x], 1)).Message,
            StringComparison.Ordinal);
        Assert.Empty(study.GetTrials());
    }

    [Fact]
    public void History_ConstraintThatIsNoJson_CountsAsNotKept()
    {
        var storage = new Tunewise.Storage.InMemoryStorage();
        var study = Study.Open(storage, "s", new StudyOptions { Sampler = new Tunewise.Samplers.Tpe.TpeSampler { StartupTrials = 1 } });
        foreach (var json in new[] { "{broken", "[0.0]" })
        {
            // What another program may have stored.
            var odd = new Dictionary<string, string> { ["constraints"] = json };
            storage.AddTrial(1, new FrozenTrial { State = TrialState.Waiting, SystemAttributesJson = odd });
            var trial = study.Ask();
            trial.SuggestFloat("x", 0, 1);
            study.Tell(trial, trial.Number);
        }

        study.Ask().SuggestFloat("x", 0, 1);
        Assert.Equal(1, study.GetBestTrial()!.Number);
        Assert.Equal(2, study.WithHistory(h => h.Count));
    }

    [Fact]
    public void Tell_WrongNumberOfValues_ThrowsAndLeavesTheTrialRunning()
    {
        var study = NewStudy(Objective.Minimize(), Objective.Maximize());
        var trial = study.Ask();
        Assert.Contains(
            "returned 1 value, study 'study' has 2 objectives",
            Assert.Throws<ArgumentException>(() => study.Tell(trial, 1.0)).Message,
            StringComparison.Ordinal);
        study.Tell(trial, new[] { 1.0, 2.0 });
        Assert.Throws<TrialLostException>(() => study.Tell(trial, new[] { 1.0, 2.0 }));
        Assert.Throws<ArgumentException>(() => study.Tell(0, new[] { 1.0, 2.0 }));
        Assert.Throws<ArgumentException>(() => study.Tell(7, new[] { 1.0, 2.0 }));
    }

    [Fact]
    public void Enqueue_PartlyFixed_UsesTheValuesAndSamplesTheRest()
    {
        var study = NewStudy();
        study.Enqueue(
            new Dictionary<string, object?> { ["x"] = 0.25, ["c"] = "b", ["far"] = 50 },
            new Dictionary<string, object?> { ["memo"] = "first" });
        Assert.Equal(TrialState.Waiting, study.FindTrial(0)!.State);
        var trial = study.Ask();
        Assert.Equal(
            (0, 0.25, "b", 50),
            (trial.Number, trial.SuggestFloat("x", 0, 1), trial.SuggestCategorical("c", "a", "b"), trial.SuggestInt("far", 0, 10)));
        Assert.InRange(trial.SuggestInt("free", 0, 10), 0, 10);
        Assert.Equal("first", study.FindTrial(0)!.UserAttributes["memo"]);

        study.Enqueue(new Dictionary<string, object?> { ["c"] = "nothing" });
        Assert.Contains(
            "'c' was queued with a value it cannot have",
            Assert.Throws<ArgumentException>(() => study.Ask().SuggestCategorical("c", "a", "b")).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void AddTrial_Finished_IsLearntFrom_WrongIsRefused()
    {
        var study = NewStudy();
        var x = new FloatDistribution(0, 1);
        study.AddTrial(
            [new TrialParameter("x", x, 0.5)], 3.0, [new TrialReport(1, 2)], new Dictionary<string, object?> { ["from"] = "paper" });
        Assert.Equal(3.0, study.GetBestTrial()!.Value);
        Assert.Throws<ArgumentException>(() => study.AddTrial([new TrialParameter("x", x, 1.5)], 1.0));
        Assert.Throws<ArgumentException>(() => study.AddTrial([new TrialParameter("x", new IntDistribution(0, 1), 1)], 1.0));
        Assert.Throws<ArgumentException>(() => study.AddTrial([], new[] { 1.0, 2.0 }));
        Assert.Single(study.GetTrials());
    }

    [Fact]
    public void BestTrial_PrunedAndFailedNeverCount_FirstAmongEquals()
    {
        var study = NewStudy(Objective.Maximize());
        Assert.Null(study.GetBestTrial());
        foreach (var result in new TrialResult[] { 1.0, TrialResult.Failed("x"), 5.0, 5.0, TrialResult.Pruned, double.NegativeInfinity })
            study.Tell(study.Ask(), result);
        Assert.Equal(2, study.GetBestTrial()!.Number);
        Assert.Equal([2, 3], study.GetParetoFront().Select(t => t.Number));
    }

    [Fact]
    public void BestTrials_Pareto_IsWhatNothingDominates()
    {
        var study = NewStudy(Objective.Minimize(), Objective.Maximize());
        double[][] values = [[1, 1], [2, 2], [1, 2], [0, 0], [3, 3], [1, 2], [5, 3], [double.PositiveInfinity, double.PositiveInfinity]];
        foreach (var value in values) study.Tell(study.Ask(), value);
        Assert.Equal([2, 3, 4, 5, 7], study.GetParetoFront().Select(t => t.Number));
        Assert.Throws<InvalidOperationException>(() => study.GetBestTrial());
        Assert.Throws<InvalidOperationException>(() => study.GetTrials()[0].Value);
    }

    [Fact]
    public void UserAttributes_AreKept()
    {
        var study = NewStudy();
        study.SetUserAttribute("note", new[] { 1.0, double.NaN });
        var trial = study.Ask();
        trial.SetUserAttribute("k", new Dictionary<string, object?> { ["a"] = 1 });
        Assert.Equal([1.0, double.NaN], (IEnumerable<object?>)study.GetUserAttributes()["note"]!);
        Assert.Equal(1L, ((IReadOnlyDictionary<string, object?>)study.FindTrial(0)!.UserAttributes["k"]!)["a"]);
        Assert.Throws<ArgumentException>(() => trial.SetUserAttribute(new string('k', 513), 1));
    }

    [Fact]
    public void ThrowIfPruned_FollowsTheLastDecision()
    {
        var study = Study.InMemory(new StudyOptions { Pruner = new MedianPruner { StartupTrials = 1 } });
        study.AddTrial([], 1.0, [new TrialReport(0, 1)]);
        var trial = study.Ask();
        trial.ThrowIfPruned();
        trial.Report(0, 2);
        Assert.Contains("median", Assert.Throws<TrialPrunedException>(trial.ThrowIfPruned).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Get_GivesTypedValuesWithoutCasts()
    {
        var study = NewStudy();
        var trial = study.Ask();
        trial.SuggestInt("n", 4, 4);
        trial.SuggestEnum<Colour>("colour");
        trial.SuggestFloat("half", 0.5, 0.5);
        var stored = study.FindTrial(0)!;
        Assert.Equal((4, 4L, 4.0), (stored.Get<int>("n"), stored.Get<long>("n"), stored.Get<double>("n")));
        Assert.True(Enum.IsDefined(stored.Get<Colour>("colour")));
        Assert.Throws<InvalidCastException>(() => stored.Get<int>("half"));
        Assert.Contains(
            "it has n, colour, half", Assert.Throws<KeyNotFoundException>(() => stored.Get<int>("m")).Message, StringComparison.Ordinal);
    }

    private sealed class Constant(double value) : Tunewise.Samplers.ISampler
    {
        public double Sample(Tunewise.Samplers.SamplingContext context, string name, Distribution distribution) => value;
    }

    [Theory]
    [InlineData(99)]
    [InlineData(0.37)]
    [InlineData(double.NaN)]
    public void Suggest_SamplerThatLeavesTheRange_IsRefusedBeforeAnythingIsStored(double value)
    {
        var study = Study.InMemory(new StudyOptions { Sampler = new Constant(value) });
        var trial = study.Ask();
        var error = Assert.Throws<Tunewise.Samplers.SamplerException>(() => trial.SuggestInt("n", 0, 5));
        Assert.Contains("Constant chose", error.Message, StringComparison.Ordinal);
        Assert.Contains("'n'", error.Message, StringComparison.Ordinal);
        Assert.Throws<Tunewise.Samplers.SamplerException>(() => trial.SuggestCategorical("c", "a", "b"));
        Assert.Empty(study.FindTrial(0)!.ParameterList);
    }

    [Fact]
    public void AddTrial_WhatNoTrialCouldHave_IsRefused()
    {
        var study = Study.InMemory();
        var x = new FloatDistribution(0, 1);
        Assert.Throws<ArgumentException>(() => study.AddTrial([], 1, [new TrialReport(-1, 1)]));
        Assert.Throws<ArgumentException>(() => study.AddTrial([new TrialParameter("", x, 0.5)], 1));
        Assert.Throws<ArgumentException>(() => study.AddTrial([new TrialParameter(new string('x', 600), x, 0.5)], 1));
        Assert.Throws<ArgumentException>(() => study.AddTrial([new TrialParameter("x", null!, 0.5)], 1));
        Assert.Throws<ArgumentNullException>(() => study.AddTrial([default], 1));
        Assert.Throws<ArgumentException>(() => study.Ask().SuggestFloat(new string('x', 513), 0, 1));
        Assert.Single(study.GetTrials());
    }

    [Fact]
    public void Open_TwoObjectivesOfOneName_IsRefused()
    {
        var error = Assert.Throws<ArgumentException>(
            () => Study.InMemory(new StudyOptions { Objectives = [Objective.Minimize("a"), Objective.Maximize("a")] }));
        Assert.Contains("2 objectives are called 'a'", error.Message, StringComparison.Ordinal);
    }
}
