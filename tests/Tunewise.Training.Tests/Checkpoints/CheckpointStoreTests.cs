using Tunewise.Pruners;
using Tunewise.Training.Checkpoints;
using Tunewise.Training.Fitting;

namespace Tunewise.Training.Tests.Checkpoints;

public sealed class CheckpointStoreTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("tunewise").FullName;
    private readonly Study _study = Study.InMemory(new StudyOptions { Objectives = [Objective.Maximize("accuracy")], Pruner = new NoPruner(), Retry = new RetryPolicy { Exception = 5 } });

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
        var trial = _study.BestTrial!;
        Assert.Equal([0, 1, 2, 3, 4], trial.Reports.Select(r => r.Step));
        Assert.Equal(FailureKind.Interrupted, _study.FindTrial(0)!.Failure);
        Assert.Equal(0, trial.Origin);
    }

    [Fact]
    public void Run_DamagedCheckpoint_TrainsFromTheBeginningAndSaysSo()
    {
        var options = Options(new CheckpointStore(_folder));
        File.WriteAllText(options.Checkpoints!.PathOf(_study.Name, 0), "not a checkpoint");
        Assert.Equal([0, 1, 2, 3, 4], Epochs(options));
        Assert.Contains("is not a whole checkpoint", (string)_study.BestTrial!.UserAttributes[FitLoop.Attributes.CheckpointTrouble]!, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_FolderThatCannotBeWritten_TrainsOnAndSaysSo()
    {
        var file = Path.Combine(_folder, "file");
        File.WriteAllText(file, "");
        Assert.Equal([0, 1, 2, 3, 4], Epochs(Options(new CheckpointStore(Path.Combine(file, "folder")) { Interval = TimeSpan.Zero })));
        Assert.Contains("could not be written", (string)_study.BestTrial!.UserAttributes[FitLoop.Attributes.CheckpointTrouble]!, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_TriedAgainFromScratch_HasACheckpointOfItsOwn()
    {
        var study = Study.InMemory(new StudyOptions { Retry = new RetryPolicy { Exception = 1, FromScratch = [FailureKind.Exception] } });
        var trial = study.Ask();
        Assert.Equal(0, trial.Origin);
        study.Storage.FinishTrial(study.Trials[0].Id, new Storage.TrialEnding(TrialState.Failed, []) { Failure = FailureKind.Exception, Retry = true, FromScratch = true });
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
        Assert.Equal(expected.Select(n => store.PathOf(_study.Name, n)), Directory.GetFiles(_folder).Order());
        foreach (var number in expected)
        {
            using var session = new Curve(0);
            Assert.True(store.TryLoad(_study.Name, _study.FindTrial(number)!, session));
            Assert.Equal(4, session.Learnt);
        }

        using var other = new Curve(0);
        Assert.False(store.TryLoad(_study.Name, _study.FindTrial(4)!, other));
    }

    [Fact]
    public void Sweep_RunningWaitingAndFailedTrials_KeepsThoseThatMayGoOn()
    {
        var store = new CheckpointStore(_folder) { Interval = TimeSpan.Zero, KeepBest = 0 };
        var running = _study.Ask();
        var failed = _study.Ask();
        _study.Tell(failed, TrialResult.Failed("told so"));
        var waiting = _study.Enqueue(new Dictionary<string, object?>());
        foreach (var number in new[] { running.Number, failed.Number, waiting.Number, 99 }) File.WriteAllText(store.PathOf(_study.Name, number), "");
        File.WriteAllText(store.PathOf("another", 99), "");
        File.WriteAllText(store.PathOf(_study.Name, failed.Number) + ".0.part", "");
        File.WriteAllText(Path.Combine(_folder, "notes.txt"), "");
        store.Sweep(_study);
        Assert.Equal(
            new[] { store.PathOf(_study.Name, running.Number), store.PathOf(_study.Name, waiting.Number), store.PathOf("another", 99), Path.Combine(_folder, "notes.txt") }.Order(),
            Directory.GetFiles(_folder).Order());
    }

    [Fact]
    public void Read_Damaged_IsAClearError()
    {
        var path = Path.Combine(_folder, "x");
        new Checkpoint
        {
            Trial = 7,
            History = [new EpochRecord(0, 0.1, 0.5, new Evaluation(0.4, new Dictionary<string, double> { ["accuracy"] = double.NaN }))],
            Best = (0, 0.9, 0, double.NaN),
            Cost = (TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(2), 100),
            BestParameters = [1, 2],
            Session = [3, 4, 5],
        }.Write(path);
        var read = Checkpoint.Read(path)!;
        Assert.Equal([3, 4, 5], read.Session);
        Assert.Equal((7, null), (read.Trial, read.End));
        Assert.Equal(double.NaN, read.History[0].Validation["accuracy"]);
        var whole = File.ReadAllBytes(path);
        for (var length = 0; length < whole.Length; length++)
        {
            File.WriteAllBytes(path, whole[..length]);
            Assert.Contains("not a whole checkpoint", Assert.Throws<TunewiseException>(() => Checkpoint.Read(path)).Message, StringComparison.Ordinal);
        }

        Assert.Null(Checkpoint.Read(path + "x"));
        Assert.Single(Directory.GetFiles(_folder));
    }

    private static FitOptions Options(CheckpointStore store) => new() { Epochs = 5, LearningRate = 0.1, Checkpoints = store };

    /// <summary>Runs one trial and says which epochs it trained.</summary>
    private List<int> Epochs(FitOptions options, int stopAfter = -1, CancellationTokenSource? stop = null)
    {
        using var session = new Curve(0.5, epoch =>
        {
            if (epoch == stopAfter) stop!.Cancel();
        });
        _study.RunAsync((trial, token) => FitLoop.Run(session, options, trial, token).ToTrialResult(), new RunOptions { AdditionalTrials = 1 }, stop?.Token ?? default).GetAwaiter().GetResult();
        return session.Trained;
    }

    /// <summary>A model whose accuracy grows with every epoch up to a height; its only parameter is the epoch it has learnt.</summary>
    private sealed class Curve(double height, Action<int>? trained = null) : ITrainingSession
    {
        public byte Learnt { get; private set; }

        public List<int> Trained { get; } = [];

        public EpochLoss TrainEpoch(int epoch, double learningRate, CancellationToken cancellationToken)
        {
            Trained.Add(epoch);
            Learnt = (byte)epoch;
            trained?.Invoke(epoch);
            return new EpochLoss(1, 100);
        }

        public Evaluation Validate() => new(1, new Dictionary<string, double> { ["accuracy"] = height * (Learnt + 1) / 5 });

        public void Save(Stream target) => target.WriteByte(Learnt);

        public void Load(Stream source) => Learnt = (byte)source.ReadByte();

        public void Dispose()
        {
        }
    }
}
