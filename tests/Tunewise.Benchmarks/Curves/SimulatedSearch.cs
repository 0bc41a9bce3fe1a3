using System.Diagnostics;
using Tunewise.Pruners;
using Tunewise.Samplers;
using Tunewise.Storage;

namespace Tunewise.Benchmarks.Curves;

/// <summary>
/// A search over real curves by some workers on a virtual clock: every epoch takes one tick, so that trials end in the order in which they
/// would. Ends when a number of epochs is spent.
/// </summary>
internal sealed class SimulatedSearch
{
    private readonly CurveProblem _problem;
    private readonly StudyOptions _options;
    private readonly Disturbances _disturbances;
    private readonly Random _random;
    private readonly IStudyStorage _storage;
    private readonly Worker[] _workers;
    private readonly int[] _checkpoints;
    private Study _study;
    private double _best = double.PositiveInfinity;
    private long _thinking;

    private SimulatedSearch(
        IStudyStorage storage,
        CurveProblem problem,
        ISampler? sampler,
        IPruner? pruner,
        int seed,
        int workers,
        Disturbances disturbances,
        int[] trainings)
    {
        (_storage, _problem, _disturbances, _random) = (storage, problem, disturbances, new Random(seed));
        _options = new StudyOptions { Objectives = [Objective.Minimize("loss")], Sampler = sampler, Pruner = pruner };
        _study = Study.Open(_storage, "search", _options with { Seed = seed });
        _workers = [.. Enumerable.Range(0, workers).Select(_ => new Worker())];
        _checkpoints = [.. trainings.Select(t => t * problem.Epochs)];
    }

    /// <summary>Runs one.</summary>
    /// <param name="problem">The problem.</param>
    /// <param name="sampler">The sampler, or null for the one of a study that names none.</param>
    /// <param name="pruner">The pruner, or null for the one of a study that names none.</param>
    /// <param name="seed">The seed of the study and of what goes wrong.</param>
    /// <param name="workers">How many work at once.</param>
    /// <param name="disturbances">What goes wrong.</param>
    /// <param name="trainings">After how many full trainings' worth of epochs to look, ascending; the last ends the search.</param>
    public static SearchResult Run(
        CurveProblem problem, ISampler? sampler, IPruner? pruner, int seed, int workers, Disturbances disturbances, int[] trainings)
    {
        using var storage = new InMemoryStorage();
        return new SimulatedSearch(storage, problem, sampler, pruner, seed, workers, disturbances, trainings).Run();
    }

    private SearchResult Run()
    {
        var regrets = new List<double>();
        for (var spent = 0; regrets.Count < _checkpoints.Length;)
        {
            // The one that is free first; of several the first.
            var worker = _workers.MinBy(w => w.Time)!;
            if (worker.Trial is null) Begin(worker);
            Train(worker);
            spent++;
            worker.Time++;
            if (spent == _checkpoints[regrets.Count]) regrets.Add(double.IsInfinity(_best) ? 1 : _problem.RegretOf(_best));
        }

        var trials = _study.GetTrials().Count;
        return new SearchResult([.. regrets], trials, Stopwatch.GetElapsedTime(0, _thinking).TotalMilliseconds / trials);
    }

    private void Begin(Worker worker)
    {
        // Trials that run go on with the study object that they began with.
        if (_disturbances.Reopened && _study.GetTrials().Count is > 0 and var count && count % Disturbances.ReopenedEvery == 0)
            _study = Study.Open(_storage, "search", _options);
        worker.Study = _study;
        var point = Timed(() =>
        {
            worker.Trial = _study.Ask();
            return _problem.Suggest(worker.Trial);
        });
        worker.Losses = _problem.LossesOf(point, _disturbances.Shape);
        // A trial that was paused goes on where it was.
        worker.Epoch = worker.Trial!.Reports.Count;
        (worker.Outlier, worker.Crash) = _disturbances.Of(_random, _problem.Epochs);
    }

    private void Train(Worker worker)
    {
        var (trial, epoch) = (worker.Trial!, worker.Epoch++);
        if (epoch == worker.Crash)
        {
            End(worker, TrialResult.Failed("the process died"));
            return;
        }

        var loss = epoch >= worker.Outlier ? _disturbances.Outliers!.Value : worker.Losses[epoch];
        var step = (long)(epoch + 1) * _disturbances.Iterations - 1;
        var prune = Timed(() => trial.Report(step, loss).ShouldPrune);
        if (prune)
        {
            End(worker, TrialResult.Pruned);
        }
        else if (worker.Epoch == _problem.Epochs)
        {
            if (!double.IsNaN(loss)) _best = Math.Min(_best, loss);
            End(worker, loss);
        }
    }

    private void End(Worker worker, TrialResult result)
    {
        Timed(() =>
        {
            worker.Study!.Tell(worker.Trial!, result);
            return true;
        });
        worker.Trial = null;
    }

    private T Timed<T>(Func<T> work)
    {
        var began = Stopwatch.GetTimestamp();
        var done = work();
        _thinking += Stopwatch.GetTimestamp() - began;
        return done;
    }

    private sealed class Worker
    {
        public Study? Study { get; set; }

        public Trial? Trial { get; set; }

        public double[] Losses { get; set; } = [];

        public int Epoch { get; set; }

        public int Time { get; set; }

        public int? Outlier { get; set; }

        public int? Crash { get; set; }
    }
}
