using Tunewise.Pruners;
using Tunewise.Samplers;
using Tunewise.Samplers.Auto;
using Tunewise.Samplers.Gp;
using Tunewise.Samplers.Random;
using Tunewise.Samplers.Tpe;
using Tunewise.Stopping;
using Tunewise.Testing;

namespace Tunewise.Tests.Samplers.Gp;

public class GpSamplerTests
{
    private static double Branin(double x, double y)
    {
        var a = y - 5.1 / (4 * Math.PI * Math.PI) * x * x + 5 / Math.PI * x - 6;
        return a * a + 10 * (1 - 1 / (8 * Math.PI)) * Math.Cos(x) + 10;
    }

    private static Study NewStudy(ISampler sampler, int seed = 0) =>
        Study.InMemory(new StudyOptions { Sampler = sampler, Pruner = new NoPruner(), Seed = seed });

    [Theory]
    [InlineData(1e4)]
    [InlineData(double.PositiveInfinity)]
    [InlineData(double.NaN)]
    public void Sample_OneTrialDiverged_FindsTheMinimumAllTheSame(double diverged)
    {
        var best = new List<double>();
        for (var seed = 0; seed < 3; seed++)
        {
            var study = NewStudy(new GpSampler(), seed);
            for (var i = 0; i < 40; i++)
            {
                var trial = study.Ask();
                var value = Branin(trial.SuggestFloat("x", -5, 10), trial.SuggestFloat("y", 0, 15)) / 300;
                study.Tell(trial, i == 3 ? diverged : value);
            }

            best.Add(300 * study.GetBestTrial()!.Value!.Value);
        }

        best.Sort();
        Assert.InRange(best[1], 0.397887, 0.42);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Sample_DivergedTrials_TeachThatTheirRegionIsBad(bool withLastValue)
    {
        var study = NewStudy(new GpSampler());
        for (var i = 0; i < 40; i++)
        {
            var trial = study.Ask();
            // Faster is better, until it diverges.
            var x = trial.SuggestFloat("x", 0, 1);
            if (x <= 0.7) study.Tell(trial, 1 - x);
            else study.Tell(trial, withLastValue ? TrialResult.Diverged("too fast", 0.1) : double.NaN);
        }

        Assert.InRange(study.GetTrials().Skip(20).Count(t => t.State == TrialState.Failed), 0, 10);
        Assert.InRange(study.GetBestTrial()!.Value!.Value, 0.3, 0.32);
    }

    [Fact]
    public void Sample_NothingFeasibleAndSixAtOnce_ProposesSixPoints()
    {
        var study = NewStudy(new GpSampler { StartupTrials = 8 });
        for (var i = 0; i < 10; i++)
        {
            var trial = study.Ask();
            var (x, y) = (trial.SuggestFloat("x", 0, 1), trial.SuggestFloat("y", 0, 1));
            trial.SetConstraint("corner", 2.5 - x - y);
            study.Tell(trial, x);
        }

        var points = Enumerable.Range(0, 6).Select(_ => study.Ask())
            .Select(t => (X: t.SuggestFloat("x", 0, 1), Y: t.SuggestFloat("y", 0, 1)))
            .ToList();
        for (var i = 0; i < points.Count; i++)
        {
            for (var j = 0; j < i; j++)
                Assert.True(Math.Abs(points[i].X - points[j].X) + Math.Abs(points[i].Y - points[j].Y) > 0.02, string.Join(' ', points));
        }
    }

    [Fact]
    public void Check_NothingFeasible_DoesNotEndTheRun()
    {
        var study = NewStudy(new RandomSampler());
        for (var i = 0; i < 30; i++)
        {
            var trial = study.Ask();
            var x = trial.SuggestFloat("x", 0, 1);
            trial.SetConstraint("never", 1 + x);
            study.Tell(trial, x);
        }

        Assert.Null(study.WithHistory(h => new ExpectedImprovementBelow(0.5).Check(new StopContext(h, study.Objectives))));
    }

    /// <summary>Some trials have one constraint, others two, and the one that matters is not at the same place.</summary>
    [Fact]
    public void Sample_ConstraintsOfDifferentNames_AreToldApart()
    {
        var study = NewStudy(new GpSampler());
        for (var i = 0; i < 40; i++)
        {
            var trial = study.Ask();
            var x = trial.SuggestFloat("x", 0, 1);
            // Comes first by its name, is always kept, and not known of every trial.
            if (i % 2 == 0) trial.SetConstraint("always", -1 - x);
            trial.SetConstraint("limit", x - 0.6);
            study.Tell(trial, 1 - x);
        }

        Assert.InRange(study.GetBestTrial()!.Value!.Value, 0.4, 0.41);
        Assert.InRange(study.GetTrials().Skip(20).Count(t => !t.IsFeasible), 0, 10);
    }

    [Fact]
    public void Auto_OneTrialOutOfMemory_KeepsItsModel()
    {
        var study = NewStudy(new AutoSampler());
        for (var i = 0; i < 16; i++)
        {
            var trial = study.Ask();
            var (x, y) = (trial.SuggestFloat("x", 0, 1), trial.SuggestFloat("y", 0, 1));
            if (i == 4) Inside.SetSystemAttribute(trial, "constraints:memory", "1.0");
            study.Tell(trial, i == 4 ? TrialResult.Failed("out of memory") : x + y);
        }

        Assert.All(study.GetTrials().Skip(12), t => Assert.StartsWith("Gaussian process", t.SamplerNote, StringComparison.Ordinal));
    }

    [Fact]
    public void Auto_MedianRule_KeepsItsModel()
    {
        var study = Study.InMemory(new StudyOptions { Sampler = new AutoSampler(), Pruner = new MedianPruner(), Seed = 3 });
        for (var i = 0; i < 50; i++)
        {
            var trial = study.Ask();
            var (x, y) = (trial.SuggestFloat("x", 0, 1), trial.SuggestFloat("y", 0, 1));
            var pruned = false;
            for (var step = 0; step < 6 && !pruned; step++)
                pruned = trial.Report(step, (x - 0.3) * (x - 0.3) + y * y + Math.Exp(-step)).ShouldPrune;
            study.Tell(trial, pruned ? TrialResult.Pruned : (x - 0.3) * (x - 0.3) + y * y);
        }

        Assert.True(study.CountTrials()[TrialState.Pruned] > 10);
        // It may leave the process for TPE as trials are pruned, but not change to and fro.
        var models = study.GetTrials().Skip(12).Select(t => t.SamplerNote!.Split(':')[0]).ToArray();
        Assert.All(models, m => Assert.Contains(m, (string[])["Gaussian process", "TPE"]));
        Assert.InRange(models.Zip(models.Skip(1)).Count(p => p.First != p.Second), 0, 1);
        Assert.InRange(study.GetBestTrial()!.Value!.Value, 0, 0.01);
    }

    [Fact]
    public void Auto_Hyperband_HasItsModelAfterTheFirstTen()
    {
        var study = Study.InMemory(new StudyOptions
        {
            Sampler = new AutoSampler(),
            Pruner = new HyperbandPruner { MinResource = 1, MaxResource = 27, ReductionFactor = 3 },
            Seed = 1,
        });
        for (var i = 0; i < 30; i++)
        {
            var trial = study.Ask();
            var x = trial.SuggestFloat("x", 0, 1);
            var y = trial.SuggestFloat("y", 0, 1);
            var pruned = false;
            for (var step = 1; step <= 27 && !pruned; step++) pruned = trial.Report(step, x + y + 1.0 / step).ShouldPrune;
            study.Tell(trial, pruned ? TrialResult.Pruned : x + y);
        }

        Assert.All(study.GetTrials().Skip(14), t => Assert.DoesNotContain("Sobol", t.SamplerNote, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(0, double.PositiveInfinity)]
    [InlineData(-1, double.MaxValue)]
    [InlineData(double.NegativeInfinity, double.PositiveInfinity)]
    [InlineData(-1e-14, 1e-14)]
    [InlineData(-1e200, 1e200)]
    public void Sample_ConstraintsOfAnyMagnitude_AreLearntFrom(double kept, double violated)
    {
        var study = NewStudy(new GpSampler());
        for (var i = 0; i < 40; i++)
        {
            var trial = study.Ask();
            var (x, y) = (trial.SuggestFloat("x", 0, 1), trial.SuggestFloat("y", 0, 1));
            trial.SetConstraint("c", x > 0.3 ? violated : kept);
            study.Tell(trial, -x + (y - 0.5) * (y - 0.5));
        }

        // The best lies at the limit, which is looked for from both sides.
        Assert.InRange(study.GetTrials().Skip(20).Count(t => t.IsFeasible), 2, 20);
        Assert.InRange(study.GetBestTrial()!.Get<double>("x"), 0.2, 0.3);
    }

    [Theory]
    [InlineData(1e-13, 0)]
    [InlineData(1e-300, 0)]
    [InlineData(1e300, 0)]
    [InlineData(1, 1e12)]
    public void Sample_ValuesOfAnyMagnitude_AreLearntFrom(double unit, double offset)
    {
        var study = NewStudy(new GpSampler());
        for (var i = 0; i < 40; i++)
        {
            var trial = study.Ask();
            var (x, y) = (trial.SuggestFloat("x", 0, 1), trial.SuggestFloat("y", 0, 1));
            study.Tell(trial, offset + unit * ((x - 0.2) * (x - 0.2) + (y - 0.6) * (y - 0.6)));
        }

        var best = study.GetBestTrial()!;
        Assert.InRange(best.Get<double>("x"), 0.15, 0.25);
        Assert.InRange(best.Get<double>("y"), 0.55, 0.65);
        Assert.True(study.GetTrials().Skip(20).Count(t => Math.Abs(t.Get<double>("x") - 0.2) < 0.1) > 5);
    }

    /// <summary>Larger is better, and above 0.7 it ends badly.</summary>
    private static async Task<Study> Against(ISampler sampler, int seed, int parallelism, bool batches, Func<Exception> ends)
    {
        var study = NewStudy(sampler, seed);
        await study.RunAsync(
            (trial, _) => trial.SuggestFloat("x", 0, 1) is var x && x <= 0.7 ? -x : throw ends(),
            new RunOptions { TotalTrials = 60, Parallelism = parallelism, InBatches = batches, MaxConsecutiveFailures = 1000 });
        return study;
    }

    [Theory]
    [InlineData("auto", false, 1, false, 24)]
    [InlineData("auto", false, 2, true, 24)]
    [InlineData("gp", false, 1, false, 36)]
    [InlineData("tpe", false, 1, false, 80)]
    [InlineData("auto", true, 1, false, 24)]
    [InlineData("auto", true, 2, true, 24)]
    [InlineData("gp", true, 2, true, 64)]
    public async Task Sample_PartOfTheSpaceFails_IsAvoided(string name, bool outOfMemory, int parallelism, bool batches, int most)
    {
        var (failed, best) = (0, new List<double>());
        for (var seed = 1; seed <= 4; seed++)
        {
            using var study = await Against(
                name switch { "auto" => new AutoSampler(), "gp" => new GpSampler(), _ => new TpeSampler() },
                seed,
                parallelism,
                batches,
                () => outOfMemory ? new OutOfMemoryException("no memory") : new InvalidOperationException("kernel larger than the input"));
            failed += study.GetTrials().Skip(20).Count(t => t.State == TrialState.Failed);
            best.Add(study.GetBestTrial()!.Value!.Value);
        }

        // Of 160 trials of a search whose optimum lies where they begin to fail.
        Assert.InRange(failed, 0, most);
        Assert.All(best, b => Assert.InRange(b, -0.7, -0.66));
    }

    [Fact]
    public void Sample_OptimumInACorner_IsNotProposedTwice()
    {
        using var study = NewStudy(new GpSampler());
        for (var i = 0; i < 60; i++)
        {
            var trial = study.Ask();
            study.Tell(trial, trial.SuggestFloat("x", 0, 1) + Math.Pow(trial.SuggestFloat("y", 0, 1), 2));
        }

        Assert.Equal(60, study.GetTrials().Select(t => (t.Parameters["x"], t.Parameters["y"])).Distinct().Count());
        Assert.InRange(study.GetBestTrial()!.Value!.Value, 0, 1e-6);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Sample_SeveralObjectivesPrunedByOne_LearnsFromThePruned(bool reportedComesFirst)
    {
        Objective[] objectives = [Objective.Maximize("accuracy"), Objective.Minimize("loss")];
        if (!reportedComesFirst) Array.Reverse(objectives);
        using var study = Study.InMemory(new StudyOptions { Objectives = objectives, PruneBy = "accuracy", Seed = 2 });
        for (var i = 0; i < 60; i++)
        {
            var trial = study.Ask();
            var x = trial.SuggestFloat("x", 0, 1);
            double[] values = reportedComesFirst ? [1 - x, x] : [x, 1 - x];
            study.Tell(trial, trial.Report(0, 1 - x).ShouldPrune ? TrialResult.Pruned : TrialResult.Complete(values));
        }

        var late = study.GetTrials().Skip(20).ToArray();
        Assert.Equal(40, late.Select(t => t.Parameters["x"]).Distinct().Count());
        Assert.InRange(late.Count(t => t.State == TrialState.Pruned && t.Get<double>("x") > 0.5), 0, 10);
    }

    [Fact]
    public void Sample_WholeNumbersAtABound_AreNotProposedTwice()
    {
        foreach (var sampler in (ISampler[])[new GpSampler(), new AutoSampler()])
        {
            using var study = NewStudy(sampler, 2);
            for (var i = 0; i < 40; i++)
            {
                var trial = study.Ask();
                study.Tell(
                    trial, Math.Log(trial.SuggestInt("n", 1, 512, log: true)) + Math.Log(trial.SuggestFloat("x", 1e-5, 1, log: true)));
            }

            Assert.Equal(40, study.GetTrials().Select(t => (t.Parameters["n"], t.Parameters["x"])).Distinct().Count());
        }
    }

    [Fact]
    public async Task Sample_FailuresWhoseRetrySucceeds_ShunNothing()
    {
        var best = new List<double>();
        for (var seed = 0; seed < 3; seed++)
        {
            using var study = Study.InMemory(new StudyOptions
            {
                Sampler = new GpSampler(),
                Pruner = new NoPruner(),
                Seed = seed,
                Retry = new RetryPolicy { AfterException = 3 },
            });
            await study.RunAsync(
                (trial, _) => trial.SuggestFloat("x", -5, 10) is var x && trial.SuggestFloat("y", 0, 15) is var y
                    && trial.Attempts == 0 && trial.Number % 2 == 0 ? throw new InvalidOperationException("flaky") : Branin(x, y),
                new RunOptions { TotalTrials = 50, MaxConsecutiveFailures = 100 });
            best.Add(study.GetBestTrial()!.Value!.Value);
        }

        best.Sort();
        Assert.InRange(best[1], 0.397887, 0.399);
    }
}
