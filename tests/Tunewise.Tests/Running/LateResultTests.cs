using Tunewise.Storage;

namespace Tunewise.Tests.Running;

/// <summary>A worker whose trial was taken away brings its result all the same.</summary>
public sealed class LateResultTests : IDisposable
{
    private readonly InMemoryStorage _storage = new();
    private readonly Study _study;

    public LateResultTests() =>
        _study = Study.Open(_storage, "late", new StudyOptions { Sampler = new Tunewise.Samplers.Random.RandomSampler(), Seed = 1 });

    public void Dispose() => _storage.Dispose();

    /// <summary>What a reaper does when the lease ran out.</summary>
    private void TakeAway(int number, bool retry) => Assert.True(_storage.FinishTrial(
        _storage.FindTrial(1, number)!.Id,
        new TrialEnding(TrialState.Failed, []) { Failure = FailureKind.Lost, Reason = "the worker's lease ran out", Retry = retry }));

    [Fact]
    public async Task Run_TakenAwayAndNotTriedAgain_GoesOnAndIsKeptWhole()
    {
        var finished = new List<int>();
        var report = await _study.RunAsync((trial, _) =>
        {
            trial.SuggestFloat("x", 0, 1);
            trial.Report(0, 3);
            if (trial.Number == 0) TakeAway(0, retry: false);
            trial.SuggestFloat("y", 0, 1);
            Assert.False(trial.Report(1, 2).ShouldPrune);
            trial.SetUserAttribute("memo", "kept");
            return trial.Number + 10;
        }, new RunOptions { TotalTrials = 1, Callbacks = [(_, trial) => finished.Add(trial.Number)] });

        Assert.Equal((1, RunEnd.BudgetReached), (report.Complete, report.End));
        Assert.Equal([1], finished);
        var (lost, kept) = (_study.FindTrial(0)!, _study.FindTrial(1)!);
        Assert.Equal((TrialState.Failed, 1), (lost.State, lost.RetriedBy!.Value));
        Assert.Equal((TrialState.Complete, 10.0, "kept"), (kept.State, kept.Value!.Value, (string)kept.UserAttributes["memo"]!));
        Assert.Equal(["x", "y"], kept.Parameters.Keys);
        Assert.Equal([new TrialReport(0, 3), new TrialReport(1, 2)], kept.Reports);
        Assert.Equal(1, _study.GetBestTrial()!.Number);
    }

    [Fact]
    public void Tell_TakenAwayAndNotTriedAgain_IsKept()
    {
        var (byHandle, byNumber) = (_study.Ask(), _study.Ask());
        byNumber.SuggestFloat("x", 0, 1);
        TakeAway(0, retry: false);
        TakeAway(1, retry: false);
        _study.Tell(byHandle, 0.5);
        _study.Tell(byNumber.Number, 0.25);
        Assert.Equal([0.5, 0.25], _study.GetTrials([TrialState.Complete]).Select(t => t.Value!.Value));
        Assert.Equal(byNumber.Parameters, _study.FindTrial(3)!.Parameters);
        // Only once.
        Assert.Throws<ArgumentException>(() => _study.Tell(byNumber.Number, 0.125));
        Assert.Throws<TrialLostException>(() => _study.Tell(byHandle, 0.125));
        Assert.Equal(4, _study.GetTrials().Count);
    }

    [Fact]
    public void TakenAwayAndQueuedAgain_IsRefusedEverywhere()
    {
        var trial = _study.Ask();
        TakeAway(0, retry: true);
        Assert.Throws<TrialLostException>(() => trial.Report(0, 1));
        Assert.Throws<TrialLostException>(() => trial.SuggestFloat("x", 0, 1));
        Assert.Throws<TrialLostException>(() => _study.Tell(trial, 1));
        Assert.Throws<ArgumentException>(() => _study.Tell(0, 1));
        Assert.Equal([TrialState.Failed, TrialState.Waiting], _study.GetTrials().Select(t => t.State));
    }

    [Fact]
    public void TakenAway_ThenQueuedAgainByHand_EndsTheLateWorker()
    {
        var trial = _study.Ask();
        TakeAway(0, retry: false);
        trial.Report(0, 1);
        Assert.NotNull(_storage.AddLateResult(_storage.FindTrial(1, 0)!.Id, new FrozenTrial { State = TrialState.Complete, Values = [9] }));
        Assert.Throws<TrialLostException>(() => trial.Report(1, 1));
        Assert.Throws<TrialLostException>(() => _study.Tell(trial, 1));
    }
}
