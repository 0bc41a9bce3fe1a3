using Tunewise.Samplers;
using Tunewise.Samplers.Auto;
using Tunewise.Samplers.BruteForce;
using Tunewise.Samplers.Grid;
using Tunewise.Samplers.Random;
using Tunewise.Spaces;
using Tunewise.Storage;

namespace Tunewise.Testing;

/// <summary>What is chosen and stored in one act.</summary>
public abstract partial class StorageConformance
{
    private static readonly IntDistribution Hundred = new(0, 99);

    private static ParameterChoice Choice(double value, string? json = null) => new(
        new TrialParameter("x", Hundred, value), json is null ? new Dictionary<string, string>() : new() { ["why"] = json });

    /// <summary>The same storage as another process opens it, where there may be one.</summary>
    private IStudyStorage Another() => Persists ? Open() : Storage;

    [StorageFact]
    public void ChooseParameter_IsStoredWithItsAttributes_AndTheFirstChoiceStays()
    {
        var study = NewStudy();
        var (trial, feed) = (Claim(study), Storage.OpenFeed(study));
        Assert.Equal(7, Storage.ChooseParameter(study, trial.Id, "x", () => Choice(7, "1"))!.Value.Value);
        static ParameterChoice Never() => throw new InvalidOperationException("nothing is to be chosen");
        Assert.Equal(7, Storage.ChooseParameter(study, trial.Id, "x", Never)!.Value.Value);
        foreach (var seen in (FrozenTrial[])[feed.ReadUnfinished().Single(), Storage.FindTrial(study, 0)!])
            Assert.Equal((7.0, 1L), (seen.ParameterList.Single().Value, (long)seen.SystemAttributes["why"]!));
        Storage.SetParameter(trial.Id, new TrialParameter("y", Hundred, 3));
        Storage.FinishTrial(trial.Id, Complete(1));
        Assert.Equal(["x", "y"], feed.ReadFinished().Single().ParameterList.Select(p => p.Name));
        Assert.Null(Storage.ChooseParameter(study, trial.Id, "z", Never));
        Reopen();
        Assert.Equal(["x", "y"], Storage.FindTrial(study, 0)!.ParameterList.Select(p => p.Name));
    }

    [StorageFact]
    public void ChooseParameter_TheChoiceFails_NothingIsStored()
    {
        var study = NewStudy();
        var (trial, feed) = (Claim(study), Storage.OpenFeed(study));
        Assert.Throws<InvalidOperationException>(
            () => Storage.ChooseParameter(study, trial.Id, "x", () => throw new InvalidOperationException("no value")));
        Assert.Empty(feed.ReadUnfinished().Single().ParameterList);
        Assert.Equal(2, Storage.ChooseParameter(study, trial.Id, "x", () => Choice(2))!.Value.Value);
        Assert.Equal(2, Storage.FindTrial(study, 0)!.ParameterList.Single().Value);
    }

    [StorageFact]
    public void ChooseParameter_ManyAtOnceFromTwoStorages_EachSeesWhatWasChosenBefore()
    {
        var study = NewStudy();
        FourFromTwoStorages(storage =>
        {
            var feed = storage.OpenFeed(study);
            var finished = new List<FrozenTrial>();
            for (var i = 0; i < 8; i++)
            {
                var trial = storage.ClaimTrial(study, new ClaimRequest(Worker, Hour))!;
                storage.ChooseParameter(study, trial.Id, "x", () =>
                {
                    // In this order: one that ends meanwhile is in both, and not in neither.
                    var unfinished = feed.ReadUnfinished();
                    finished.AddRange(feed.ReadFinished());
                    var taken = finished.Concat(unfinished).SelectMany(t => t.ParameterList).Select(p => p.Value).ToHashSet();
                    return Choice(Enumerable.Range(0, 100).First(x => !taken.Contains(x)));
                });
                if (i % 2 == 0) storage.FinishTrial(trial.Id, Complete(1));
            }
        });

        Assert.Equal(
            Enumerable.Range(0, 32).Select(x => (double)x), Storage.GetTrials(study).Select(t => t.ParameterList.Single().Value).Order());
    }

    [StorageFact]
    public void ClaimTrial_MayNotBegin_StartsWaitingTrialsOnly()
    {
        var study = NewStudy();
        FrozenTrial? Next(bool mayBegin) => Storage.ClaimTrial(study, new ClaimRequest(Worker, Hour) { MayBegin = () => mayBegin });
        Assert.Null(Next(false));
        Assert.Equal(0, Next(true)!.Number);
        Storage.AddTrial(study, new FrozenTrial { State = TrialState.Waiting });
        Assert.Equal(1, Next(false)!.Number);
        Assert.Null(Next(false));
        Assert.Equal(2, Storage.GetTrials(study).Count);
    }

    [StorageFact]
    public void ClaimTrial_ManyMayBeginAsLongAsFewDo_SeeOneAnother()
    {
        var study = NewStudy();
        FourFromTwoStorages(storage =>
        {
            var feed = storage.OpenFeed(study);
            var request = new ClaimRequest(Worker, Hour) { MayBegin = () => feed.ReadUnfinished().Count < 10 };
            for (var i = 0; i < 5; i++) storage.ClaimTrial(study, new ClaimRequest(Worker, Hour) { MayBegin = request.MayBegin });
        });

        Assert.Equal(10, Storage.GetTrials(study).Count);
    }

    public static TheoryData<string> FiniteSamplers => ["random", "auto", "brute force", "grid"];

    [StorageTheory]
    [MemberData(nameof(FiniteSamplers))]
    public async Task TwoStudies_FourAtATimeEach_RepeatNothingOfAFiniteSpace(string sampler)
    {
        ISampler New() => sampler switch
        {
            "auto" => new AutoSampler(),
            "brute force" => new BruteForceSampler(),
            "grid" => new GridSampler(new Dictionary<string, IReadOnlyList<object?>>
            {
                ["kind"] = ["a", "b", "c"],
                ["n"] = [0, 1, 2, 3],
                ["m"] = [0, 1, 2],
            }),
            _ => new RandomSampler(),
        };
        var another = Another();
        try
        {
            StudyOptions options = new() { Sampler = New(), Seed = 1 };
            static double Evaluate(Trial trial) =>
                trial.SuggestCategorical("kind", "a", "b", "c").Length + trial.SuggestInt("n", 0, 3) + trial.SuggestInt("m", 0, 2);
            await Task.WhenAll(new[] { Storage, another }.Select(s => Study.Open(s, "finite", options).RunAsync(
                (trial, _) => Evaluate(trial), new RunOptions { TotalTrials = 36, Parallelism = 4 })));
            var trials = Study.Open(Storage, "finite", options).GetTrials();
            var points = trials.Select(t => string.Join(' ', t.ParameterList.Select(p => p.Value))).ToList();
            Assert.Equal((36, 36), (points.Count, points.Distinct().Count()));
        }
        finally
        {
            if (another != Storage) another.Dispose();
        }
    }

    /// <summary>Does something four times at once, through this storage and through another one of the same place.</summary>
    private void FourFromTwoStorages(Action<IStudyStorage> work)
    {
        var another = Another();
        try
        {
            Parallel.For(0, 4, worker => work(worker % 2 == 0 ? Storage : another));
        }
        finally
        {
            if (another != Storage) another.Dispose();
        }
    }
}
