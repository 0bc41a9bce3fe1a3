using Tunewise.Pruners;
using Tunewise.Training.Checkpoints;
using Tunewise.Training.Fitting;

namespace Tunewise.Training.Tests.Checkpoints;

public sealed class CheckpointStoreTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("tunewise").FullName;
    private readonly Study _study =
        Study.InMemory(new StudyOptions
        {
            Objectives = [Objective.Maximize("accuracy")],
            Pruner = new NoPruner(),
            Retry = new RetryPolicy { AfterException = 5 },
        });

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Run_CutOffBetweenCheckpoints_TrainsAgainFromTheLastOneAndReportsAll()
    {
        // An interval that never passes: only what is written when the run stops is there.
        var options = Options(new CheckpointStore(_folder) { Interval = TimeSpan.FromDays(1) });
        using var stop = new CancellationTokenSource();
        var first = Epochs(options, stopAfter: 2, stop);
        Assert.Equal([0, 1, 2], first);
        Assert.Equal([3, 4], Epochs(options));
        var trial = _study.GetBestTrial()!;
        Assert.Equal([0, 1, 2, 3, 4], trial.Reports.Select(r => r.Step));
        Assert.Equal(FailureKind.Interrupted, _study.FindTrial(0)!.Failure);
        Assert.Equal(0, trial.Origin);
    }

    [Fact]
    public void Run_DamagedCheckpoint_TrainsFromTheBeginningAndSaysSo()
    {
        var options = Options(new CheckpointStore(_folder));
        using var stop = new CancellationTokenSource();
        Epochs(options, stopAfter: 2, stop);
        File.WriteAllText(Directory.GetFiles(_folder).Single(), "not a checkpoint");
        Assert.Equal([0, 1, 2, 3, 4], Epochs(options));
        Assert.Contains(
            "is not a whole checkpoint",
            (string)_study.GetBestTrial()!.UserAttributes[FitLoop.Attributes.CheckpointTrouble]!,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Run_FolderThatCannotBeWritten_TrainsOnAndSaysSo()
    {
        var file = Path.Combine(_folder, "file");
        File.WriteAllText(file, "");
        Assert.Equal([0, 1, 2, 3, 4], Epochs(Options(new CheckpointStore(Path.Combine(file, "folder")) { Interval = TimeSpan.Zero })));
        Assert.Contains(
            "could not be written",
            (string)_study.GetBestTrial()!.UserAttributes[FitLoop.Attributes.CheckpointTrouble]!,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Run_TriedAgainFromScratch_HasACheckpointOfItsOwn()
    {
        var study = Study.InMemory(new StudyOptions { Retry = new RetryPolicy { AfterException = 1, FromScratch = [FailureKind.Exception] } });
        var trial = study.Ask();
        Assert.Equal(0, trial.Origin);
        study.Storage.FinishTrial(
            study.GetTrials()[0].Id,
            new TrialEnding(TrialState.Failed, []) { Failure = FailureKind.Exception, Retry = true, FromScratch = true });
        Assert.Equal(1, study.Ask().Origin);
    }

    [Theory]
    [InlineData(0, new int[0])]
    [InlineData(1, new[] { 3 })]
    [InlineData(2, new[] { 1, 3 })]
    public void Sweep_FinishedTrials_KeepsTheBestModels(int kept, int[] expected)
    {
        var store = new CheckpointStore(_folder) { KeepBest = kept };
        foreach (var height in new[] { 0.2, 0.7, 0.5, 0.9, 0.1 })
        {
            var trial = _study.Ask();
            using var session = new Curve(height);
            _study.Tell(trial, FitLoop.Run(session, Options(store), trial).ToTrialResult());
        }

        store.Sweep(_study);
        Assert.Equal(expected.Select(n => store.PathOf(_study.FindTrial(n)!.CheckpointName!)).Order(), Directory.GetFiles(_folder).Order());
        foreach (var number in expected)
        {
            using var session = new Curve(0);
            Assert.True(store.TryLoad(_study, _study.FindTrial(number)!, session));
            Assert.Equal(4, session.Learnt);
        }

        using var other = new Curve(0);
        Assert.False(store.TryLoad(_study, _study.FindTrial(4)!, other));
    }

    [Fact]
    public void Sweep_RunningWaitingAndFailedTrials_KeepsThoseThatMayGoOn()
    {
        var store = new CheckpointStore(_folder) { Interval = TimeSpan.Zero, KeepBest = 0 };
        var (running, failed, retried) = (_study.Ask(), _study.Ask(), _study.Ask());
        var names = new[] { running, failed, retried }.Select(t => t.GetCheckpointName()).ToArray();
        _study.Tell(failed, TrialResult.Failed("told so"));
        _study.Storage.FinishTrial(
            _study.FindTrial(retried.Number)!.Id, new TrialEnding(TrialState.Failed, []) { Failure = FailureKind.Lost, Retry = true });
        foreach (var name in names) File.WriteAllText(store.PathOf(name), "");
        File.WriteAllText(store.PathOf(names[1]) + ".0.part", "");
        // Of these the study's storage does not know that nothing needs them: a trial that is not there, another checkpoint of one that is,
        // another study, no checkpoint at all.
        string[] others =
        [
            store.PathOf($"{_study.Uid:N}-99-01234567"),
            store.PathOf($"{_study.Uid:N}-{failed.Number}-01234567"),
            store.PathOf($"{Guid.NewGuid():N}-1-01234567"),
            Path.Combine(_folder, "notes.txt"),
        ];
        foreach (var other in others) File.WriteAllText(other, "");
        store.Sweep(_study);
        Assert.Equal(others.Append(store.PathOf(names[0])).Append(store.PathOf(names[2])).Order(), Directory.GetFiles(_folder).Order());
    }

    [Fact]
    public void Read_Damaged_IsAClearError()
    {
        var path = Path.Combine(_folder, "x");
        new Checkpoint
        {
            Identity = new CheckpointIdentity(_study.Uid, "name", 7, new Dictionary<string, string> { ["x"] = "0.5" }, "memory"),
            History = [new EpochRecord(0, 0.1, 0.5, new Evaluation(0.4, new Dictionary<string, double> { ["accuracy"] = double.NaN }))],
            Best = (0, 0.9, 0, double.NaN),
            Cost = (TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(2), 100),
            BestParameters = [1, 2],
            Session = [3, 4, 5],
        }.Write(path);
        var read = Checkpoint.Read(path)!;
        Assert.Equal([3, 4, 5], read.Session);
        Assert.Equal(
            (_study.Uid, "name", 7, "memory", null),
            (read.Identity.Study, read.Identity.Name, read.Identity.Trial, read.Identity.Database, read.End));
        Assert.Equal("0.5", read.Identity.Parameters["x"]);
        Assert.Equal(double.NaN, read.History[0].Validation["accuracy"]);
        var whole = File.ReadAllBytes(path);
        for (var length = 0; length < whole.Length; length++)
        {
            File.WriteAllBytes(path, whole[..length]);
            Assert.Contains(
                "not a whole checkpoint", Assert.Throws<TunewiseException>(() => Checkpoint.Read(path)).Message, StringComparison.Ordinal);
        }

        Assert.Null(Checkpoint.Read(path + "x"));
        Assert.Single(Directory.GetFiles(_folder));
    }

    private static FitOptions Options(CheckpointStore store) => new() { Epochs = 5, Checkpoints = store };

    /// <summary>Runs one trial and says which epochs it trained.</summary>
    private List<int> Epochs(FitOptions options, int stopAfter = -1, CancellationTokenSource? stop = null)
    {
        using var session = new Curve(0.5, epoch =>
        {
            if (epoch == stopAfter) stop!.Cancel();
        });
        _study.RunAsync(
            (trial, token) => FitLoop.Run(session, options, trial, token).ToTrialResult(),
            new RunOptions { AdditionalTrials = 1 },
            stop?.Token ?? default).GetAwaiter().GetResult();
        return session.Trained;
    }
}
