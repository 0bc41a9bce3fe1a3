using Tunewise.Storage;

namespace Tunewise.Testing;

/// <summary>
/// What happens to studies that people leave running: restarts, several workers, several objectives, trials that end anywhere.
/// </summary>
public abstract partial class SamplerConformance
{
    [Fact]
    public void Sample_ReopenedBeforeEveryTrial_GoesOnAsIfNothingHadHappened()
    {
        string Run(bool reopens)
        {
            using var storage = new InMemoryStorage();
            var values = new List<string>();
            var study = Open(storage, 5);
            for (var i = 0; i < 30; i++)
            {
                // Whoever opens it later gives no seed.
                if (reopens && i > 0)
                {
                    study.Dispose();
                    study = Open(storage, null);
                }

                var trial = study.Ask();
                var (x, n) = (trial.SuggestFloat("x", -1, 1), trial.SuggestInt("n", 1, 100, log: true));
                if (i % 7 == 3) study.Tell(trial, TrialResult.Failed("on purpose"));
                else study.Tell(trial, x * x + 0.01 * n);
                values.Add(FormattableString.Invariant($"{i}: {x:R} {n}"));
            }

            study.Dispose();
            return string.Join('\n', values);
        }

        Assert.Equal(Run(reopens: false), Run(reopens: true));
    }

    [Fact]
    public async Task Run_FourWorkersOnOneStorage_EachTrialIsOneOfTheSpace()
    {
        using var storage = new InMemoryStorage();
        var workers = Enumerable.Range(0, 4).Select(_ => Open(storage, null)).ToArray();
        await Task.WhenAll(workers.Select(w => w.RunAsync(
            (trial, _) => Math.Abs(trial.SuggestFloat("x", -1, 1)) + trial.SuggestInt("n", 0, 30) / 30.0,
            new RunOptions { TotalTrials = 48 })));
        var trials = workers[0].GetTrials();
        Assert.Equal(Enumerable.Range(0, 48), trials.Select(t => t.Number));
        Assert.All(trials, t => Assert.Equal(TrialState.Complete, t.State));
        Assert.All(trials, t => Assert.InRange(t.Get<double>("x"), -1, 1));
        Assert.All(trials, t => Assert.InRange(t.Get<int>("n"), 0, 30));
        foreach (var worker in workers) worker.Dispose();
    }

    [Fact]
    public void Sample_SeveralObjectives_MirroredOrInAnotherOrder_IsServed()
    {
        Objective[] objectives = [Objective.Minimize("a"), Objective.Maximize("b"), Objective.Minimize("c")];
        if (Create().Validate(objectives).Any()) return;
        var (plain, first) = Points(objectives, t => t);
        Assert.Equal(plain, Points([.. objectives.Select(Mirrored)], v => -v).Points);
        int[][] orders = [[2, 1, 0], [1, 0, 2], [2, 0, 1]];
        foreach (var order in orders)
        {
            var (points, front) = Points([.. order.Select(i => objectives[i])], v => v);
            Assert.Equal(plain.Count, points.Count);
            Assert.True(front > 0 && first > 0);
        }
    }

    private static Objective Mirrored(Objective objective) =>
        new(objective.Direction == Direction.Minimize ? Direction.Maximize : Direction.Minimize, objective.Name);

    /// <summary>What is proposed to a study, and how many trials are on its front.</summary>
    private (List<string> Points, int Front) Points(Objective[] objectives, Func<double, double> sign)
    {
        using var study = Study.InMemory(new StudyOptions
        {
            Objectives = objectives,
            Sampler = Create(),
            Pruner = new Pruners.MedianPruner { StartupTrials = 3 },
            PruneBy = "b",
            Seed = 4,
        });
        var points = new List<string>();
        for (var i = 0; i < 30; i++)
        {
            var trial = study.Ask();
            var (x, y) = (trial.SuggestFloat("x", 0, 1), trial.SuggestInt("y", 0, 20) / 20.0);
            points.Add(FormattableString.Invariant($"{x:R} {y}"));
            var pruned = false;
            for (var step = 0; step < 4 && !pruned; step++) pruned = trial.Report(step, sign(x - y + 0.1 * step)).ShouldPrune;
            double Value(string name) => sign(name switch { "a" => x + y, "b" => x - y, _ => 1 - x * y });
            study.Tell(trial, pruned ? TrialResult.Pruned : TrialResult.Complete([.. objectives.Select(o => Value(o.Name!))]));
        }

        return (points, study.GetParetoFront().Count);
    }

    [Fact]
    public void Sample_TrialsThatEndAfterAnySuggestion_Works()
    {
        using var study = NewStudy();
        for (var i = 0; i < 60; i++)
        {
            if (i == 20)
            {
                study.AddTrial([new("x", new Spaces.FloatDistribution(0, 1), 0.5)], 0.5);
                study.AddTrial([new("n", new Spaces.IntDistribution(1, 9), 4), new("x", new Spaces.FloatDistribution(0, 1), 0.5)], 0.5);
            }

            var trial = study.Ask();
            var left = i % 3 == 0 ? i / 3 % 6 : 6;
            var value = 0.0;
            if (left > 0) value += trial.SuggestFloat("x", 0, 1);
            if (left > 1) value += trial.SuggestInt("n", 1, 9);
            var deep = left > 2 && trial.SuggestBool("deep");
            if (left > 3 && deep) value += trial.SuggestInt("layers", 1, 4);
            if (left > 4) value += trial.SuggestFloat("rate", 1e-5, 1e-1, log: true);
            if (left > 0) trial.Report(0, value);
            if (left == 6) study.Tell(trial, value);
            else if (i % 2 == 0) study.Tell(trial, TrialResult.Failed("on purpose"));
            else if (i % 4 == 1) study.Tell(trial, TrialResult.Pruned);
            else study.Tell(trial, double.NaN);
        }

        Assert.All(study.GetTrials([TrialState.Complete]).Where(t => t.Number is < 20 or > 21), t =>
        {
            Assert.InRange(t.Get<double>("x"), 0, 1);
            Assert.InRange(t.Get<int>("n"), 1, 9);
            Assert.InRange(t.Get<double>("rate"), 1e-5, 1e-1);
        });
    }

    private Study Open(IStudyStorage storage, long? seed) => Study.Open(storage, "s", new StudyOptions
    {
        Sampler = Create(),
        Pruner = new Pruners.NoPruner(),
        Seed = seed,
    });
}
