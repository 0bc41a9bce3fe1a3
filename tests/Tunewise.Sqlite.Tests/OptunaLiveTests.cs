using System.Text.Json;
using Tunewise.Testing;

namespace Tunewise.Sqlite.Tests;

/// <summary>
/// A Python with Optuna, if this machine has one, opens what is written here and goes on with it, and the other way round.
/// </summary>
public sealed class OptunaLiveTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    // Versions before 4.0 refuse the newer schema number though they read the tables, so the check is off.
    private const string Script = """
        import sys, json, optuna
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        storage = optuna.storages.RDBStorage("sqlite:///" + sys.argv[1], skip_compatibility_check=True)
        study = optuna.load_study(study_name="live", storage=storage)
        def objective(trial):
            x = trial.suggest_float("x", 0, 1)
            trial.suggest_float("lr", 1e-5, 1e-1, log=True)
            trial.suggest_int("n", 1, 9, step=2)
            trial.suggest_categorical("c", ["a", None, True, 1.5, 3])
            trial.report(float("inf"), 0)
            trial.set_user_attr("from", {"python": [1, 2.0, float("nan")]})
            return x
        study.optimize(objective, n_trials=3)
        print(json.dumps([[t.number, t.state.name, t.values, list(t.params.items()), list(t.intermediate_values.items()), t.user_attrs] for t in study.trials]))
        """;

    [OptunaFact]
    public void Optuna_ReadsAndContinuesWhatIsWrittenHere()
    {
        var path = _folder["live.db"];
        using var storage = SqliteStorage.Open(path);
        var study = Study.Open(storage, "live", new StudyOptions { Sampler = new Tunewise.Samplers.Random.RandomSampler(), Seed = 1 });
        Trial Ask()
        {
            var trial = study.Ask();
            trial.SuggestFloat("x", 0, 1);
            trial.SuggestFloat("lr", 1e-5, 1e-1, log: true);
            trial.SuggestInt("n", 1, 9, step: 2);
            trial.SuggestCategorical<object?>("c", "a", null, true, 1.5, 3);
            trial.Report(0, double.NegativeInfinity);
            // What Optuna has no tables for is not in its way.
            trial.Log(0, ("train/loss", trial.Number));
            trial.LogBlob(0, "picture", "image/png", [1, 2, 3]);
            trial.SetUserAttribute("note", "é😀");
            return trial;
        }

        study.Tell(Ask(), double.PositiveInfinity);
        study.Tell(Ask(), TrialResult.Failed("on purpose"));
        study.Tell(Ask(), TrialResult.Pruned);
        study.Enqueue(new Dictionary<string, object?> { ["x"] = 0.125, ["c"] = null });

        var trials = JsonDocument.Parse(PythonWithOptuna.Run(Script, path)
            .Replace("-Infinity", "\"-inf\"", StringComparison.Ordinal)
            .Replace("Infinity", "\"inf\"", StringComparison.Ordinal)
            .Replace("NaN", "\"nan\"", StringComparison.Ordinal)).RootElement.EnumerateArray().ToArray();
        Assert.Equal(["COMPLETE", "FAIL", "PRUNED", "COMPLETE", "COMPLETE", "COMPLETE"], trials.Select(t => t[1].GetString()));
        var stored = study.GetTrials();
        Assert.Equal(6, stored.Count);
        for (var i = 0; i < 6; i++)
        {
            Assert.Equal(i, trials[i][0].GetInt32());
            foreach (var parameter in trials[i][3].EnumerateArray())
            {
                var value = stored[i].Parameters[parameter[0].GetString()!];
                Assert.Equal(value?.ToString()?.ToUpperInvariant() ?? "", parameter[1].ToString().ToUpperInvariant());
            }
        }

        Assert.Equal("inf", trials[0][2][0].GetString());
        Assert.Equal("-inf", trials[0][4][0][1].GetString());
        Assert.Equal([0, 1, 2], study.GetSeries("train/loss").Values);
        Assert.Equal("é😀", trials[0][5].GetProperty("note").GetString());
        // The trial queued here was run there.
        Assert.Equal((0.125, null), (stored[3].Parameters["x"], stored[3].Parameters["c"]));
        Assert.Equal(
            double.NaN, ((IReadOnlyList<object?>)((IReadOnlyDictionary<string, object?>)stored[4].UserAttributes["from"]!)["python"]!)[2]);
        Assert.Equal(
            Enumerable.Range(0, 6).Count(i => stored[i].State == TrialState.Complete),
            study.WithFinished().Count(t => t.State == TrialState.Complete));
    }

    private const string CopyScript = """
        import sys, optuna
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        url = "sqlite:///" + sys.argv[1]
        storage = optuna.storages.RDBStorage(url, skip_compatibility_check=True)
        optuna.create_study(study_name="theirs", storage=storage).add_trial(optuna.trial.create_trial(value=1.0))
        for name in ("mine", "theirs"):
            study = optuna.load_study(study_name=name, storage=storage)
            copy = optuna.create_study(study_name=name + " copied", storage=storage)
            for key, value in study._storage.get_study_system_attrs(study._study_id).items():
                copy._storage.set_study_system_attr(copy._study_id, key, value)
            copy.add_trials(study.get_trials(deepcopy=False))
        if len(sys.argv) > 2:
            optuna.delete_study(study_name="mine", storage=storage)
            optuna.create_study(study_name="mine", storage=storage)
        """;

    [OptunaFact]
    public void Uid_OfStudiesThatOptunaCreatesCopiesAndDeletes_IsNeverAnothers()
    {
        var path = _folder["ids.db"];
        Guid mine;
        using (var storage = SqliteStorage.Open(path))
        {
            var study = Study.Open(storage, "mine");
            mine = study.Uid;
            var trial = study.Ask();
            trial.GetCheckpointName();
            trial.Log(0, ("train/loss", 1));
            study.Tell(trial, 1.0);
        }

        PythonWithOptuna.Run(CopyScript, path, "delete");
        using var again = SqliteStorage.Open(path);
        var names = new[] { "mine", "mine copied", "theirs", "theirs copied" };
        var ids = names.Select(n => Study.Load(again, n).Uid).ToList();
        Assert.Equal(4, ids.Distinct().Count());
        Assert.DoesNotContain(mine, ids);
        Assert.Equal(ids, names.Select(n => Study.Load(again, n).Uid));
        // The copied trial names the original's checkpoint, and the copy does not take it for its own.
        var copied = Study.Load(again, "mine copied");
        Assert.StartsWith($"{mine:N}-", copied.GetTrials()[0].CheckpointName, StringComparison.Ordinal);
        Assert.StartsWith($"{copied.Uid:N}-", copied.Ask().GetCheckpointName(), StringComparison.Ordinal);
    }

    private const string HalvingScript = """
        import sys, json, optuna
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        storage = optuna.storages.RDBStorage("sqlite:///" + sys.argv[1], skip_compatibility_check=True)
        study = optuna.load_study(study_name="race", storage=storage, pruner=optuna.pruners.SuccessiveHalvingPruner(min_resource=1, reduction_factor=2))
        pruned = []
        for value in json.loads(sys.argv[2]):
            trial = study.ask()
            trial.report(value, 1)
            pruned.append(trial.should_prune())
            study.tell(trial, None if pruned[-1] else value, state=optuna.trial.TrialState.PRUNED if pruned[-1] else optuna.trial.TrialState.COMPLETE)
        print(json.dumps(pruned))
        """;

    [OptunaFact]
    public void SuccessiveHalving_RunsOneRaceWithOptunasWorkers()
    {
        var path = _folder["race.db"];
        using var storage = SqliteStorage.Open(path);
        var study = Study.Open(
            storage,
            "race",
            new StudyOptions { Pruner = new Tunewise.Pruners.SuccessiveHalvingPruner { MinResource = 1, ReductionFactor = 2 } });
        bool Pruned(double value)
        {
            var trial = study.Ask();
            var decision = trial.Report(1, value);
            study.Tell(trial, decision.ShouldPrune ? TrialResult.Pruned : value);
            return decision.ShouldPrune;
        }

        // Ours first, then theirs, then ours: each is judged against all before it.
        Assert.Equal([false, true], new[] { Pruned(5), Pruned(7) });
        Assert.Equal("[false, true, true]", PythonWithOptuna.Run(HalvingScript, path, "[4, 6, 9]").Trim());
        Assert.Equal([true, false], new[] { Pruned(8), Pruned(4.5) });
        Assert.All(study.GetTrials(), t => Assert.True(t.SystemAttributes.ContainsKey("completed_rung_0")));
    }
}

internal static class StudyReading
{
    /// <summary>The finished trials as a sampler's feed sees them.</summary>
    public static IReadOnlyList<FrozenTrial> WithFinished(this Study study) =>
        [.. study.Storage.OpenFeed(study.Storage.FindStudy(study.Name)!.Id).ReadFinished()];
}
