using Tunewise.Pruners;
using Tunewise.Sqlite;
using Tunewise.Storage;
using Tunewise.Training.Checkpoints;
using Tunewise.Training.Fitting;

namespace Tunewise.Training.Tests.Checkpoints;

/// <summary>A checkpoint belongs to one trial of one study: in a folder that studies, databases and copies of databases share.</summary>
public sealed class CheckpointIdentityTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("tunewise").FullName;
    private readonly CheckpointStore _store;

    public CheckpointIdentityTests() => _store = new CheckpointStore(Checkpoints) { Interval = TimeSpan.Zero };

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private string Checkpoints => Path.Combine(_folder, "checkpoints");

    private string[] Files => [.. Directory.GetFiles(Checkpoints).Order()];

    private SqliteStorage Database(string name) => SqliteStorage.Open(Path.Combine(_folder, name));

    private static Study Open(IStudyStorage storage) =>
        Study.Open(
            storage,
            "s",
            new StudyOptions
            {
                Objectives = [Objective.Maximize("accuracy")],
                Pruner = new NoPruner(),
                Retry = new RetryPolicy { AfterException = 1 },
            });

    /// <summary>Trains one trial, cut off in an epoch if that is wanted, and says which epochs it trained.</summary>
    private List<int> Train(Study study, double x = 0.5, int cutOffIn = -1)
    {
        using var session = new Curve(x, epoch =>
        {
            if (epoch == cutOffIn) throw new InvalidOperationException("cut off");
        });
        study.RunAsync(
            (trial, token) =>
            {
                trial.SuggestFloat("x", 0, 1);
                return FitLoop.Run(session, new FitOptions { Epochs = 5, Checkpoints = _store }, trial, token).ToTrialResult();
            },
            new RunOptions { AdditionalTrials = 1 }).GetAwaiter().GetResult();
        return session.Trained;
    }

    private static void Enqueue(Study study, double x) => study.Enqueue(new Dictionary<string, object?> { ["x"] = x });

    [Fact]
    public void Run_NewStudyOfTheNameOfADeletedOne_TrainsFromTheBeginning()
    {
        using var storage = Database("a.db");
        var old = Open(storage);
        Enqueue(old, 0.5);
        Train(old, cutOffIn: 3);
        old.Delete();
        var study = Open(storage);
        Assert.NotEqual(old.Uid, study.Uid);
        Enqueue(study, 0.5);
        Assert.Equal([0, 1, 2, 3, 4], Train(study));
    }

    [Fact]
    public void Run_TwoDatabasesInOneFolder_GoOnFromTheirOwnAndSweepTheirOwn()
    {
        using var a = Database("a.db");
        using var b = Database("b.db");
        var (first, second) = (Open(a), Open(b));
        foreach (var study in new[] { first, second }) Enqueue(study, 0.5);
        Train(first, cutOffIn: 3);
        Assert.Equal([0, 1, 2, 3, 4], Train(second, x: 0.75));
        // The second study is done; its sweep leaves what the first one goes on from, and its best model stays when the first one sweeps.
        _store.Sweep(second);
        Assert.Equal([3, 4], Train(first));
        _store.Sweep(first);
        foreach (var study in new[] { first, second })
        {
            using var loaded = new Curve(0);
            Assert.True(_store.TryLoad(study, study.GetBestTrial()!, loaded));
        }

        Assert.Equal(2, Files.Length);
    }

    [Fact]
    public void Run_CheckpointOfOtherParameters_IsRefusedAndSaid()
    {
        var study = Open(new InMemoryStorage());
        Enqueue(study, 0.25);
        Train(study, cutOffIn: 3);
        var name = study.FindTrial(0)!.CheckpointName!;
        Rewrite(Files.Single(), c => c with { Parameters = new Dictionary<string, string> { ["x"] = "0.75" } });
        Assert.Equal([0, 1, 2, 3, 4], Train(study));
        var retried = study.GetBestTrial()!;
        Assert.Equal(name, retried.CheckpointName);
        Assert.Contains("it was trained with x = 0.75, the trial has 0.25", Trouble(retried), StringComparison.Ordinal);
    }

    [Fact]
    public void Run_CheckpointOfAnotherTrialOrStudyUnderItsName_IsRefusedAndSaid()
    {
        foreach (var (change, words) in new (Func<CheckpointIdentity, CheckpointIdentity>, string)[]
        {
            (c => c with { Name = c.Name + "0" }, "it belongs to trial 0"),
            (c => c with { Trial = 99 }, "it belongs to trial 99"),
            (c => c with { Study = Guid.NewGuid() }, "it belongs to another study"),
            (c => c with { Parameters = new Dictionary<string, string>() }, "it was trained without 'x'"),
            (
                c => c with { Parameters = new Dictionary<string, string>(c.Parameters) { ["y"] = "1" } },
                "it was trained with 'y', which the trial does not have"),
        })
        {
            var study = Open(new InMemoryStorage());
            Enqueue(study, 0.25);
            Train(study, cutOffIn: 3);
            Rewrite(Files.Single(), change);
            Assert.Equal([0, 1, 2, 3, 4], Train(study));
            Assert.Contains(words, Trouble(study.GetBestTrial()!), StringComparison.Ordinal);
            foreach (var file in Files) File.Delete(file);
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public async Task Run_CheckpointThatDoesNotFitTheModel_LeavesTheModelAsItWas(int length)
    {
        var study = Open(new InMemoryStorage());
        Enqueue(study, 0.25);
        Train(study, cutOffIn: 3);
        var checkpoint = Checkpoint.Read(Files.Single())!;
        // A model of another size: it reads less than there is, or more.
        (checkpoint with { Session = length == 0 ? [7] : [7, 7] }).Write(Files.Single());
        using var session = new Curve(0.25, reads: length == 0 ? 2 : 1);
        await study.RunAsync(
            (trial, token) =>
            {
                trial.SuggestFloat("x", 0, 1);
                return FitLoop.Run(session, new FitOptions { Epochs = 5, Checkpoints = _store }, trial, token).ToTrialResult();
            },
            new RunOptions { AdditionalTrials = 1 });
        Assert.Equal([0, 1, 2, 3, 4], session.Trained);
        Assert.Contains("does not fit the model", Trouble(study.GetBestTrial()!), StringComparison.Ordinal);
    }

    [Fact]
    public void TryLoad_ModelOfOtherParameters_IsAnError()
    {
        var study = Open(new InMemoryStorage());
        Enqueue(study, 0.25);
        Train(study);
        Rewrite(Files.Single(), c => c with { Parameters = new Dictionary<string, string> { ["x"] = "0.5" } });
        using var loaded = new Curve(0);
        Assert.Contains(
            "it was trained with x = 0.5",
            Assert.Throws<TunewiseException>(() => _store.TryLoad(study, study.GetBestTrial()!, loaded)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void CopiedDatabase_HasTheSameStudy_AndNeitherDeletesWhatTheOtherMeans()
    {
        Guid uid;
        using (var storage = Database("a.db"))
        {
            var study = Open(storage);
            uid = study.Uid;
            Enqueue(study, 0.5);
            Train(study);
            Enqueue(study, 0.25);
            Train(study, cutOffIn: 3);
        }

        File.Copy(Path.Combine(_folder, "a.db"), Path.Combine(_folder, "copy.db"));
        using var a = Database("a.db");
        using var b = Database("copy.db");
        var (original, copy) = (Open(a), Open(b));
        Assert.Equal((uid, uid), (original.Uid, copy.Uid));

        // The copy goes on from the original's checkpoint, finds a better model, and changes nothing that the original wrote.
        var before = Files.ToDictionary(f => f, File.ReadAllBytes);
        Assert.Equal([3, 4], Train(copy, x: 0.25));
        Enqueue(copy, 0.75);
        Train(copy, x: 0.75);
        _store.Sweep(copy);
        foreach (var (file, bytes) in before) Assert.Equal(bytes, File.ReadAllBytes(file));
        using (var loaded = new Curve(0)) Assert.True(_store.TryLoad(original, original.GetBestTrial()!, loaded));

        // The original goes on where it was itself; both have trials of the same numbers, with a checkpoint each.
        Assert.Equal([3, 4], Train(original, x: 0.25));
        Enqueue(original, 0.9);
        Train(original, x: 0.9);
        _store.Sweep(original);
        foreach (var study in new[] { original, copy })
        {
            using var loaded = new Curve(0);
            Assert.True(_store.TryLoad(study, study.GetBestTrial()!, loaded));
        }

        var gone = StudyCheckpoints.Delete(copy);
        Assert.Equal((1, 0, 0), (gone.Deleted, gone.Kept.Count, gone.Elsewhere.Count));
        using (var loaded = new Curve(0)) Assert.True(_store.TryLoad(original, original.GetBestTrial()!, loaded));
    }

    [Fact]
    public void CopiedDatabase_BeforeTheFirstCheckpointWasWritten_HasACheckpointOfItsOwn()
    {
        using (var storage = Database("a.db"))
        {
            // Queued again with its name drawn, and nothing written yet.
            var study = Open(storage);
            Enqueue(study, 0.5);
            Train(study, cutOffIn: 0);
            Assert.NotNull(study.FindTrial(1)!.CheckpointName);
        }

        File.Copy(Path.Combine(_folder, "a.db"), Path.Combine(_folder, "copy.db"));
        using var a = Database("a.db");
        using var b = Database("copy.db");
        foreach (var study in new[] { Open(a), Open(b) }) Train(study);
        Assert.Equal(2, Files.Length);
        foreach (var study in new[] { Open(a), Open(b) })
        {
            using var loaded = new Curve(0);
            Assert.True(_store.TryLoad(study, study.GetBestTrial()!, loaded));
            Assert.Contains(_store.PathOf(study.GetBestTrial()!.CheckpointName!), Files);
        }

        Assert.NotEqual(Open(a).GetBestTrial()!.CheckpointName, Open(b).GetBestTrial()!.CheckpointName);
    }

    [Fact]
    public void MovedDatabase_SweepsWhatItWroteBefore()
    {
        using (var storage = Database("a.db"))
        {
            var study = Open(storage);
            Enqueue(study, 0.25);
            Train(study);
        }

        File.Move(Path.Combine(_folder, "a.db"), Path.Combine(_folder, "moved.db"));
        using var moved = Database("moved.db");
        var same = Open(moved);
        Enqueue(same, 0.75);
        Train(same, x: 0.75);
        _store.Sweep(same);
        Assert.Equal(_store.PathOf(same.GetBestTrial()!.CheckpointName!), Assert.Single(Files));
    }

    [Fact]
    public void Delete_RemovesTheCheckpointsInAllFoldersThatTheStudyRemembers()
    {
        using var storage = Database("a.db");
        using var other = Database("b.db");
        var (study, another) = (Open(storage), Open(other));
        Enqueue(another, 0.5);
        Train(another);
        Enqueue(study, 0.5);
        Train(study);
        var elsewhere = Path.Combine(_folder, "second.checkpoints");
        using (var session = new Curve(0.9))
        {
            var trial = study.Ask();
            study.Tell(
                trial,
                FitLoop.Run(session, new FitOptions { Epochs = 5, Checkpoints = new CheckpointStore(elsewhere) { KeepBest = 3 } }, trial)
                    .ToTrialResult());
        }

        var missing = Path.Combine(_folder, "missing");
        study.AddCheckpointFolder(missing);
        Assert.Equal(new[] { Checkpoints, elsewhere, missing }.Order(StringComparer.Ordinal), study.GetCheckpointFolders());
        File.WriteAllText(Path.Combine(Checkpoints, "notes.txt"), "");
        // What a loop of the user's own wrote under the trial's name; a sweep leaves it.
        File.WriteAllText(Path.Combine(Checkpoints, study.FindTrial(1)!.CheckpointName + ".pt"), "");
        _store.Sweep(study);
        var gone = StudyCheckpoints.Delete(study);
        Assert.Equal((2, 0), (gone.Deleted, gone.Kept.Count));
        Assert.Equal([missing], gone.Elsewhere);
        Assert.False(Directory.Exists(elsewhere));
        Assert.Equal(2, Files.Length);
        using var loaded = new Curve(0);
        Assert.True(_store.TryLoad(another, another.GetBestTrial()!, loaded));
    }

    [Fact]
    public async Task Run_TrainingThatEndedAfterFewerEpochs_IsTrainedAnew()
    {
        var study = Open(new InMemoryStorage());
        Enqueue(study, 0.25);
        FitOptions OfEpochs(int epochs) => new() { Epochs = epochs, Checkpoints = _store };
        var (trained, first) = (new List<int>(), true);
        await study.RunAsync(
            (trial, token) =>
            {
                trial.SuggestFloat("x", 0, 1);
                using var session = new Curve(0.5, trained.Add);
                var result = FitLoop.Run(session, OfEpochs(first ? 2 : 4), trial, token).ToTrialResult();
                // It had ended and left its model; then the program broke.
                if (!first) return result;
                first = false;
                throw new InvalidOperationException("broken");
            },
            new RunOptions { TotalTrials = 1 });
        Assert.Equal([0, 1, 0, 1, 2, 3], trained);
        Assert.Contains("its training ended after 2 epochs, 4 are asked for", Trouble(study.GetBestTrial()!), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Delete_WhileATrialRuns_LeavesNothingBehind()
    {
        using var storage = Database("a.db");
        var study = Open(storage);
        Enqueue(study, 0.25);
        using var session = new Curve(0.5, epoch =>
        {
            if (epoch == 2) StudyCheckpoints.Delete(Study.Load(Database("a.db"), "s"));
        });
        await study.RunAsync(
            (trial, token) =>
            {
                trial.SuggestFloat("x", 0, 1);
                return FitLoop.Run(session, new FitOptions { Epochs = 5, Checkpoints = _store }, trial, token).ToTrialResult();
            },
            new RunOptions { AdditionalTrials = 1 });
        Assert.Equal([0, 1, 2], session.Trained);
        Assert.Empty(Directory.Exists(Checkpoints) ? Files : []);
    }

    [Fact]
    public async Task TryLoad_ParametersSuggestedAfterTheTraining_DoNotMatter()
    {
        var study = Open(new InMemoryStorage());
        var trained = new List<int>();
        await study.RunAsync(
            (trial, token) =>
            {
                trial.SuggestFloat("x", 0, 1);
                using var session = new Curve(0.5, epoch =>
                {
                    trained.Add(epoch);
                    if (epoch == 3 && trial.Attempts == 0) throw new InvalidOperationException("cut off");
                });
                trial.SetUserAttribute("later", 1);
                var result = FitLoop.Run(session, new FitOptions { Epochs = 5, Checkpoints = _store }, trial, token).ToTrialResult();
                trial.SuggestFloat("threshold", 0, 1);
                return result;
            },
            new RunOptions { TotalTrials = 1 });
        Assert.Equal([0, 1, 2, 3, 3, 4], trained);
        using var loaded = new Curve(0);
        Assert.True(_store.TryLoad(study, study.GetBestTrial()!, loaded));
    }

    [Fact]
    public async Task Run_SeveralTrainingsInOneTrial_HaveACheckpointEach()
    {
        var study = Open(new InMemoryStorage());
        var trained = new List<(int Fold, int Epoch)>();
        await study.RunAsync(
            (trial, token) =>
            {
                trial.SuggestFloat("x", 0, 1);
                var sum = 0.0;
                for (var fold = 0; fold < 2; fold++)
                {
                    var now = fold;
                    using var session = new Curve(0.5, epoch =>
                    {
                        trained.Add((now, epoch));
                        if (now == 1 && epoch == 1 && trial.Attempts == 0) throw new InvalidOperationException("cut off");
                    });
                    sum += FitLoop.Run(session, new FitOptions { Epochs = 3, Checkpoints = _store }, trial, token).BestMetric;
                }

                return sum;
            },
            new RunOptions { TotalTrials = 1 });
        // The first fold's model was left by the first try; the second one goes on.
        Assert.Equal([(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 1), (1, 2)], trained);
        Assert.Equal(2, StudyCheckpoints.Delete(study).Deleted);
    }

    [Fact]
    public async Task Run_TroubleWhileTheCheckpointIsLoaded_FailsTheTrialAndKeepsTheCheckpoint()
    {
        var study = Study.InMemory(new StudyOptions
        {
            Objectives = [Objective.Maximize("accuracy")],
            Pruner = new NoPruner(),
            Retry = new RetryPolicy { AfterException = 1, AfterOutOfMemory = 2 },
        });
        var trained = new List<int>();
        await study.RunAsync(
            (trial, token) =>
            {
                trial.SuggestFloat("x", 0, 1);
                using var session = new Curve(
                    0.5,
                    epoch =>
                    {
                        trained.Add(epoch);
                        if (epoch == 3 && trial.Attempts == 0) throw new InvalidOperationException("cut off");
                    },
                    loadTrouble: trial.Attempts == 1 ? new System.Runtime.InteropServices.ExternalException("CUDA out of memory") : null);
                return FitLoop.Run(session, new FitOptions { Epochs = 5, Checkpoints = _store }, trial, token).ToTrialResult();
            },
            new RunOptions
            {
                TotalTrials = 1,
                ClassifyFailure = e => e is System.Runtime.InteropServices.ExternalException ? FailureKind.OutOfMemory : null,
            });
        Assert.Equal([0, 1, 2, 3, 3, 4], trained);
        Assert.Equal([FailureKind.Exception, FailureKind.OutOfMemory, null], study.GetTrials().Select(t => t.Failure));
    }

    [Fact]
    public void Run_CheckpointThatCannotBeRead_IsSaid()
    {
        var study = Open(new InMemoryStorage());
        Enqueue(study, 0.25);
        Train(study, cutOffIn: 3);
        var file = Files.Single();
        File.Delete(file);
        Directory.CreateDirectory(file);
        Assert.Equal([0, 1, 2, 3, 4], Train(study));
        Assert.NotNull(Trouble(study.GetBestTrial()!));
    }

    [Fact]
    public void Sweep_DatabaseOpenedThroughALink_IsTheSameDatabase()
    {
        if (OperatingSystem.IsWindows()) return;
        Directory.CreateDirectory(Path.Combine(_folder, "real"));
        Directory.CreateSymbolicLink(Path.Combine(_folder, "alias"), Path.Combine(_folder, "real"));
        foreach (var (place, x) in new[] { ("real/a.db", 0.25), ("alias/a.db", 0.75) })
        {
            using var storage = Database(place);
            var study = Open(storage);
            Enqueue(study, x);
            Train(study, x);
            _store.Sweep(study);
            Assert.Single(Files);
        }

        File.CreateSymbolicLink(Path.Combine(_folder, "b.db"), Path.Combine(_folder, "alias", "a.db"));
        using var last = Database("b.db");
        Assert.Equal(1, StudyCheckpoints.Delete(Open(last)).Deleted);
    }

    [Fact]
    public void GetCheckpointName_OfARetry_IsThatOfItsFirstTry_UnlessFromScratch()
    {
        var study = Open(new InMemoryStorage());
        var first = study.Ask();
        var name = first.GetCheckpointName();
        Assert.Equal(name, first.GetCheckpointName());
        Assert.StartsWith($"{study.Uid:N}-0-", name, StringComparison.Ordinal);
        study.Storage.FinishTrial(
            study.FindTrial(0)!.Id, new TrialEnding(TrialState.Failed, []) { Failure = FailureKind.Lost, Retry = true });
        var second = study.Ask();
        Assert.Equal((1, name), (second.Number, second.GetCheckpointName()));
        study.Storage.FinishTrial(
            study.FindTrial(1)!.Id,
            new TrialEnding(TrialState.Failed, []) { Failure = FailureKind.Lost, Retry = true, FromScratch = true });
        Assert.StartsWith($"{study.Uid:N}-2-", study.Ask().GetCheckpointName(), StringComparison.Ordinal);
    }

    [Fact]
    public void Copy_HasCheckpointsOfItsOwn()
    {
        var storage = new InMemoryStorage();
        var study = Open(storage);
        Enqueue(study, 0.5);
        Train(study, cutOffIn: 3);
        StudyTransfer.Copy(storage, "s", storage, "copy");
        var copy = Study.Load(storage, "copy", new StudyOptions { Pruner = new NoPruner() });
        Assert.NotEqual(study.Uid, copy.Uid);
        Assert.Empty(copy.GetCheckpointFolders());
        Assert.All(copy.GetTrials(), t => Assert.Null(t.CheckpointName));
        Assert.Equal([0, 1, 2, 3, 4], Train(copy));
        Assert.Equal([3, 4], Train(study));
    }

    private static string Trouble(FrozenTrial trial) => (string)trial.UserAttributes[FitLoop.Attributes.CheckpointTrouble]!;

    private static void Rewrite(string path, Func<CheckpointIdentity, CheckpointIdentity> change)
    {
        var checkpoint = Checkpoint.Read(path)!;
        (checkpoint with { Identity = change(checkpoint.Identity) }).Write(path);
    }
}
