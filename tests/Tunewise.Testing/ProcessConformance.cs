using System.Globalization;
using Tunewise.Storage;

namespace Tunewise.Testing;

/// <summary>
/// What storages promise to processes that work together, get killed and come late. A storage's test class derives from it.
/// </summary>
public abstract class ProcessConformance : IDisposable
{
    /// <summary>How often workers are killed.</summary>
    protected abstract int Kills { get; }

    /// <summary>The address of an empty storage; the same name gives the same storage.</summary>
    protected abstract string Url(string name);

    /// <summary>The same address as Optuna writes it.</summary>
    protected abstract string OptunaUrl(string name);

    protected abstract IStudyStorage Open(string url);

    /// <summary>Checks the database's own structure.</summary>
    protected virtual void CheckIntegrity(string url)
    {
    }

    public void Dispose()
    {
        Cleanup();
        GC.SuppressFinalize(this);
    }

    protected abstract void Cleanup();

    private static Study NewStudy(IStudyStorage storage, string name, TimeSpan? lease = null, int lost = 10) =>
        Study.Open(storage, name, new StudyOptions
        {
            Sampler = new Samplers.Random.RandomSampler(),
            Pruner = new Pruners.NoPruner(),
            LeaseDuration = lease ?? TimeSpan.FromMinutes(1),
            Retry = new RetryPolicy { AfterLoss = lost },
        });

    private static int[] Finished(IEnumerable<WorkerProcess> workers) =>
        [.. workers.SelectMany(w => w.Lines)
            .Where(l => l.StartsWith("finish ", StringComparison.Ordinal))
            .Select(l => int.Parse(l.AsSpan(7), CultureInfo.InvariantCulture))
            .Order()];

    [StorageFact]
    public void EightProcesses_FourHundredQueuedTrials_EachRunsOnce()
    {
        const int Queued = 400;
        var url = Url("claims");
        using var storage = Open(url);
        var study = NewStudy(storage, "s");
        for (var i = 0; i < Queued; i++) study.Enqueue(new Dictionary<string, object?> { ["x"] = i / 1000.0 });
        var workers = Enumerable.Range(0, 8).Select(_ => WorkerProcess.Start("run", url, "s", "400")).ToArray();
        foreach (var worker in workers) Assert.Equal((0, ""), worker.WaitForExit());
        Assert.Equal(Enumerable.Range(0, Queued), Finished(workers));
        foreach (var worker in workers) worker.Dispose();

        var trials = study.GetTrials();
        Assert.Equal(Enumerable.Range(0, Queued), trials.Select(t => t.Number));
        Assert.All(
            trials,
            t => Assert.Equal((TrialState.Complete, 10, t.Number / 1000.0), (t.State, t.Reports.Count, (double)t.Parameters["x"]!)));
    }

    private const string OptunaWorker = """
        import sys, optuna
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        study = optuna.load_study(study_name="s", storage=optuna.storages.RDBStorage(sys.argv[1], skip_compatibility_check=True), sampler=optuna.samplers.RandomSampler())
        finished = []
        def objective(trial):
            trial.suggest_float("x", 0, 1)
            trial.suggest_float("y", 0, 1)
            for step in range(10):
                trial.report(step + trial.number, step)
            finished.append(trial.number)
            return trial.number
        while study.get_trials(deepcopy=False, states=(optuna.trial.TrialState.WAITING,)):
            try:
                study.optimize(objective, n_trials=1)
            except RuntimeError as error:
                # Optuna's claim refuses with an error, not with False, when the trial that it saw waiting has even finished meanwhile.
                if "already finished" not in str(error):
                    raise
        print(" ".join(map(str, finished)))
        """;

    [OptunaFact]
    public void OptunasWorkersAndOurs_OnOneQueue_EachTrialRunsOnce()
    {
        const int Queued = 200;
        var url = Url("shared");
        using var storage = Open(url);
        var study = NewStudy(storage, "s");
        for (var i = 0; i < Queued; i++) study.Enqueue(new Dictionary<string, object?> { ["x"] = i / 1000.0 });
        var optunas = Enumerable.Range(0, 2).Select(_ => Task.Factory.StartNew(
            () => PythonWithOptuna.Run(OptunaWorker, OptunaUrl("shared")),
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default)).ToArray();
        // Optuna takes longer to start, and must have begun before the queue is empty.
        Assert.True(SpinWait.SpinUntil(
            () => storage.CountTrials(1)[TrialState.Complete] > 0 || optunas.Any(o => o.IsFaulted), TimeSpan.FromMinutes(1)));
        var ours = Enumerable.Range(0, 2).Select(_ => WorkerProcess.Start("run", url, "s", "200")).ToArray();
        foreach (var worker in ours) Assert.Equal((0, ""), worker.WaitForExit());
        var theirs = optunas.SelectMany(o => o.GetAwaiter().GetResult().Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))
            .Select(n => int.Parse(n, CultureInfo.InvariantCulture))
            .ToArray();

        var trials = study.GetTrials();
        Assert.Equal(Enumerable.Range(0, trials.Count), trials.Select(t => t.Number));
        // At the end an Optuna worker that finds the queue just emptied begins a trial of its own; none runs twice.
        Assert.InRange(trials.Count, Queued, Queued + 2);
        Assert.Equal(Enumerable.Range(0, trials.Count), Finished(ours).Concat(theirs).Order());
        Assert.NotEmpty(theirs);
        Assert.All(trials, t => Assert.Equal((TrialState.Complete, 10, (double)t.Number), (t.State, t.Reports.Count, t.Value!.Value)));
        Assert.All(trials.Take(Queued), t => Assert.Equal(t.Number / 1000.0, t.Parameters["x"]));
        foreach (var worker in ours) worker.Dispose();
    }

    [StorageFact]
    public void WorkersKilledAtRandomMoments_LoseNothingAcknowledged()
    {
        // Two databases side by side, so that both cores have work.
        Parallel.For(0, 2, chain => KillAgainAndAgain(Url($"kills{chain}"), chain, Kills / 2));
    }

    private void KillAgainAndAgain(string url, int seed, int kills)
    {
        var random = new Random(seed);
        var checkedLines = 0;
        var acknowledged = new List<string>();
        using var storage = Open(url);
        var study = NewStudy(storage, "s");
        for (var kill = 0; kill < kills; kill++)
        {
            using var worker = WorkerProcess.Start("run", url, "s", "100000");
            worker.ReadLines(random.Next(1, 60));
            worker.Kill();
            acknowledged.AddRange(worker.Lines);
            CheckIntegrity(url);
            AssertStored(study, acknowledged.Skip(checkedLines));
            checkedLines = acknowledged.Count;
        }

        Assert.True(acknowledged.Count > 10 * kills);
        AssertStored(study, acknowledged);
        var trials = study.GetTrials();
        Assert.Equal(Enumerable.Range(0, trials.Count), trials.Select(t => t.Number));
        // The next start tries again what the killed ones left.
        study.ReapLostTrials();
        Assert.Empty(study.GetTrials([TrialState.Running]));
    }

    /// <summary>The storage holds every acknowledged claim, suggestion, report and result.</summary>
    private static void AssertStored(Study study, IEnumerable<string> acknowledged)
    {
        foreach (var lines in acknowledged.Select(l => l.Split(' ')).GroupBy(w => int.Parse(w[1], CultureInfo.InvariantCulture)))
        {
            var trial = study.FindTrial(lines.Key);
            Assert.NotNull(trial);
            foreach (var words in lines)
            {
                switch (words)
                {
                    case ["suggest", _, var name, var value]:
                        Assert.Equal(double.Parse(value, CultureInfo.InvariantCulture), trial.Parameters[name]);
                        break;
                    case ["report", _, var step]:
                        var s = long.Parse(step, CultureInfo.InvariantCulture);
                        Assert.Contains(new TrialReport(s, trial.Number + s), trial.Reports);
                        break;
                    case ["finish", _]:
                        Assert.Equal((TrialState.Complete, (double)trial.Number), (trial.State, trial.Value!.Value));
                        // What was logged is written with the end at the latest.
                        Assert.Equal(
                            trial.Reports.Select(r => r.Value + 0.5), study.GetSeries(trial.Number, "logged").Values.SelectMany(l => l.Values));
                        break;
                }
            }
        }
    }

    [StorageFact]
    public void WhatSeveralProcessesLog_IsSeenByAFollower_AndSurvivesTheirDeath()
    {
        const int Steps = 300;
        var url = Url("followed");
        using var storage = Open(url);
        using var study = NewStudy(storage, "s");
        var workers = Enumerable.Range(0, 3).Select(_ => WorkerProcess.Start("log", url, "s", Steps.ToString(CultureInfo.InvariantCulture))).ToList();
        try
        {
            // They wait in the midst of their trials: nothing of this is written because a trial ends.
            var (seen, position) = (new HashSet<SeriesPoint>(), default(SeriesPosition));
            foreach (var worker in workers) worker.ReadUntil("logged");
            // A follower that misses any of it never ends.
            while (seen.Count < workers.Count * Steps * 2)
            {
                var news = study.ReadSeries(position);
                position = news.Position;
                seen.UnionWith(news.Points);
            }

            foreach (var worker in workers) worker.Kill();
            foreach (var trial in study.GetTrials())
            {
                var series = study.GetSeries(trial.Number);
                Assert.Equal(Enumerable.Range(0, Steps).Select(s => s / 8.0), series["loss"].Values);
                Assert.All(series["trial"].Values, v => Assert.Equal(trial.Number, v));
            }

            CheckIntegrity(url);
        }
        finally
        {
            foreach (var worker in workers) worker.Dispose();
        }
    }

    [StorageFact]
    public void EightWritersAndFourReaders_NoErrorReachesAnyone()
    {
        var url = Url("locks");
        using var storage = Open(url);
        var study = NewStudy(storage, "s");
        var readers = Enumerable.Range(0, 4).Select(_ => WorkerProcess.Start("scan", url, "s")).ToArray();
        using (HoldOpenRead(url))
        {
            var writers = Enumerable.Range(0, 8).Select(_ => WorkerProcess.Start("write", url, "s", "40")).ToArray();
            foreach (var writer in writers) Assert.Equal((0, ""), writer.WaitForExit());
            foreach (var writer in writers) writer.Dispose();
        }

        foreach (var reader in readers) reader.EndInput();
        foreach (var reader in readers) Assert.Equal((0, ""), reader.WaitForExit());
        foreach (var reader in readers) reader.Dispose();
        Assert.Equal(Enumerable.Range(0, 320), study.GetTrials().Select(t => t.Number));
        Assert.All(study.GetTrials(), t => Assert.Equal((TrialState.Complete, 2, 10), (t.State, t.ParameterList.Count, t.Reports.Count)));
    }

    /// <summary>Begins to read and does not end, until disposed.</summary>
    protected abstract IDisposable HoldOpenRead(string url);

    [StorageFact]
    public void TenProcesses_OpeningTheSameNewStorageAtOnce_AllSucceed()
    {
        const int Rounds = 50;
        var workers = Enumerable.Range(0, 10).Select(_ => WorkerProcess.Start("open")).ToArray();
        foreach (var worker in workers) worker.ReadUntil("ready");
        for (var round = 0; round < Rounds; round++)
        {
            var url = Url($"race{round}");
            foreach (var worker in workers) worker.WriteLine(url);
            var ids = workers.Select(worker => worker.ReadUntil("opened ")).Distinct();
            using var storage = Open(url);
            Assert.Equal([$"opened {NewStudy(storage, "s").Uid}"], ids);
            Assert.Equal(Enumerable.Range(0, 10), NewStudy(storage, "s").GetTrials().Select(t => t.Number));
            CheckIntegrity(url);
        }

        foreach (var worker in workers)
        {
            worker.EndInput();
            Assert.Equal((0, ""), worker.WaitForExit());
            worker.Dispose();
        }
    }

    [StorageFact]
    public async Task TrialDeletedByAStranger_DoesNotCountForTheBudget()
    {
        var url = Url("deleted");
        using var storage = Open(url);
        var study = NewStudy(storage, "s");
        await study.RunAsync((_, _) => 1.0, new RunOptions { TotalTrials = 3 });
        ExecuteAsStranger(
            url,
            "DELETE FROM trial_values WHERE trial_id = (SELECT MIN(trial_id) FROM trials)",
            "DELETE FROM tunewise_endings",
            "DELETE FROM trials WHERE trial_id = (SELECT MIN(trial_id) FROM trials)");
        await study.RunAsync((_, _) => 1.0, new RunOptions { TotalTrials = 3 });
        Assert.Equal([1, 2, 3], study.GetTrials().Select(t => t.Number));
    }

    [StorageFact]
    public void ProcessWithoutFileDescriptors_DoesNotTakeItselfForGone()
    {
        if (OperatingSystem.IsWindows()) return;
        using var worker = WorkerProcess.StartWithDescriptors(300, "descriptors", Url("descriptors"), "s");
        Assert.Equal("reaped 0", worker.ReadUntil("reaped "));
        Assert.Equal((0, ""), worker.WaitForExit());
    }

    [StorageTheory(NeedsSignals = true)]
    [InlineData(0, "kept")]
    [InlineData(1, "refused")]
    public void AskedTrial_OfAStoppedWorker_IsReapedAndItsLateResultKeptUnlessTriedAgain(int retries, string expected)
    {
        var url = Url($"late{retries}");
        using var storage = Open(url);
        var study = NewStudy(storage, "s", TimeSpan.FromSeconds(1), retries);
        using var worker = WorkerProcess.Start("ask", url, "s", "1");
        var asked = worker.ReadUntil("asked ").Split(' ');
        worker.Signal("STOP");
        // The lease runs out by the storage's clock; looking for it is all that can be done.
        SpinWait.SpinUntil(() => study.ReapLostTrials() > 0, TimeSpan.FromMinutes(1));
        var lost = study.FindTrial(0)!;
        Assert.Equal((TrialState.Failed, FailureKind.Lost, "the worker's lease ran out"), (lost.State, lost.Failure!.Value, lost.Reason!));
        if (retries > 0)
        {
            var again = study.Ask();
            Assert.Equal(
                (1, 1, double.Parse(asked[2], CultureInfo.InvariantCulture)),
                (again.Number, again.Attempts, again.SuggestFloat("x", 0, 1)));
            study.Tell(again, 7);
        }

        worker.Signal("CONT");
        worker.WriteLine("tell");
        Assert.Equal(expected, worker.ReadUntil(expected));
        Assert.Equal((0, ""), worker.WaitForExit());
        var result = study.GetTrials([TrialState.Complete]).Single();
        Assert.Equal((1, retries > 0 ? 7.0 : 0.0), (result.Number, result.Value!.Value));
        Assert.Equal(double.Parse(asked[2], CultureInfo.InvariantCulture), result.Parameters["x"]);
    }

    [StorageFact]
    public void DeletedTrialsAndStudies_TheirNumbersAndIdsAreNotUsedAgain()
    {
        var url = Url("numbers");
        using var storage = Open(url);
        var study = storage.OpenStudy("s", [Direction.Minimize]).Id;
        long last = 0;
        for (var i = 0; i < 3; i++) last = storage.AddTrial(study, new FrozenTrial { State = TrialState.Complete, Values = [i] }).Id;
        ExecuteAsStranger(url, $"DELETE FROM trial_values WHERE trial_id = {last}", $"DELETE FROM trials WHERE trial_id = {last}");
        var next = storage.AddTrial(study, new FrozenTrial { State = TrialState.Complete, Values = [3] });
        Assert.Equal((3, true), (next.Number, next.Id > last));
        Assert.Equal(3, storage.CountTrials(study)[TrialState.Complete]);

        // As Optuna deletes a study: the trials first, then the study itself.
        ExecuteAsStranger(url, "DELETE FROM trial_values", "DELETE FROM trials", "DELETE FROM study_directions", "DELETE FROM studies");
        var again = storage.OpenStudy("s", [Direction.Minimize]).Id;
        var first = storage.AddTrial(again, new FrozenTrial { State = TrialState.Waiting });
        Assert.Equal((0, true, true), (first.Number, first.Id > next.Id, again > study));
    }

    /// <summary>Runs statements over a connection of its own.</summary>
    protected abstract void ExecuteAsStranger(string url, params string[] statements);
}
