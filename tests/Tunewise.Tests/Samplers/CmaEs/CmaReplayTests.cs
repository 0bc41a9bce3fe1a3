using Tunewise.Numerics;
using Tunewise.Samplers;
using Tunewise.Samplers.CmaEs;
using Tunewise.Storage;

namespace Tunewise.Tests.Samplers.CmaEs;

/// <summary>What CMA-ES learns from stored trials, whoever drew them and whatever became of them.</summary>
public sealed class CmaReplayTests
{
    private static Study Open(IStudyStorage storage, long? seed, CmaEsSampler? sampler = null, RetryPolicy? retry = null) =>
        Study.Open(storage, "cma", new StudyOptions { Sampler = sampler ?? new CmaEsSampler(), Seed = seed, Retry = retry ?? new() });

    private static double[] Point(Trial trial, int dimensions = 5) =>
        [.. Enumerable.Range(0, dimensions).Select(d => trial.SuggestFloat($"x{d}", -5, 5))];

    private static double Sphere(double[] x) => x.Sum(v => (v - 1) * (v - 1));

    private static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return sorted[sorted.Length / 2];
    }

    /// <summary>All points of a study that is opened again after so many trials, each time with the next of the seeds.</summary>
    private static List<double[]> Run(int trials, int every, CmaEsSampler? sampler, Func<double[], double> function, params long?[] seeds)
    {
        using var storage = new InMemoryStorage();
        var (study, points) = (Open(storage, seeds[0], sampler), new List<double[]>());
        for (var i = 0; i < trials; i++)
        {
            if (i > 0 && i % every == 0) study = Open(storage, seeds[Math.Min(i / every, seeds.Length - 1)], sampler);
            var trial = study.Ask();
            points.Add(Point(trial));
            study.Tell(trial, function(points[^1]));
        }

        return points;
    }

    [Fact]
    public void Sample_ReopenedWithoutASeed_IsAsGoodAsUninterrupted()
    {
        double Best(int every) => Median(Enumerable.Range(0, 5).Select(_ => Run(400, every, null, Sphere, null, null).Min(Sphere)));
        var (interrupted, whole) = (Best(100), Best(400));
        Assert.True(interrupted < 100 * whole, $"{interrupted} when it is reopened, {whole} otherwise");
    }

    [Fact]
    public void Sample_ReopenedWithOtherSeeds_IsAsGoodAsUninterrupted()
    {
        double Best(long?[] seeds) => Median(Enumerable.Range(0, 5).Select(_ => Run(400, 50, null, Sphere, seeds).Min(Sphere)));
        var (others, one) = (Best([1, 2, 3, 4, 5, 6, 7, 8]), Median(Enumerable.Range(0, 5).Select(s => Run(400, 400, null, Sphere, s).Min(Sphere))));
        Assert.True(others < 100 * one, $"{others} with changing seeds, {one} with one");
    }

    public static TheoryData<string, CmaEsSampler> Samplers => new()
    {
        { "default", new CmaEsSampler() },
        { "restarts", new CmaEsSampler { PopulationSize = 4, InitialStep = 0.05, Restarts = CmaRestarts.Bipop } },
        { "best", new CmaEsSampler { StartsAtBest = true, Separable = true } },
        { "rates", new CmaEsSampler { LearningRateAdaptation = true } },
    };

    [Theory]
    [MemberData(nameof(Samplers))]
    public void Sample_ReopenedWithoutASeed_DrawsWhatTheUninterruptedStudyDraws(string name, CmaEsSampler sampler)
    {
        // Equal values make the strategy notice convergence, and start again.
        static double Coarse(double[] x) => Math.Round(Sphere(x), 1);
        Assert.True(Run(300, 300, sampler, Coarse, 7).SelectMany(p => p)
            .SequenceEqual(Run(300, 41, sampler, Coarse, 7, null).SelectMany(p => p)), name);
    }

    [Fact]
    public void Sample_FourWorkersWithSeedsOfTheirOwn_LearnFromOneAnother()
    {
        double Best(int workers, long seed)
        {
            using var storage = new InMemoryStorage();
            var studies = Enumerable.Range(0, workers).Select(w => Open(storage, seed + w)).ToArray();
            for (var round = 0; round < 600 / 4; round++)
            {
                var asked = Enumerable.Range(0, 4).Select(i => studies[i % workers]).Select(s => (Study: s, Trial: s.Ask())).ToArray();
                var told = asked.Select(a => (a.Study, a.Trial, Value: Sphere(Point(a.Trial)))).ToArray();
                foreach (var (study, trial, value) in told.Reverse()) study.Tell(trial, value);
            }

            return studies[0].BestTrial!.Value!.Value;
        }

        var (four, one) = (Median(Enumerable.Range(0, 5).Select(s => Best(4, 10 * s))), Median(Enumerable.Range(0, 5).Select(s => Best(1, 10 * s))));
        Assert.True(four < 30 * one, $"{four} with four workers, {one} with one");
    }

    [Fact]
    public async Task Sample_TrialsThatAreTriedAgain_StandForTheirDraws()
    {
        // Some fail before anything, some after two parameters, some at the end; the next try works.
        async Task<double> Best(long seed, bool fails)
        {
            using var storage = new InMemoryStorage();
            var study = Open(storage, seed, retry: new RetryPolicy { Exception = 1 });
            await study.RunAsync(
                (trial, _) =>
                {
                    var how = fails && trial.Attempts == 0 ? trial.Number % 6 : 3;
                    var x = how == 0 ? [] : Point(trial, how == 1 ? 2 : 5);
                    return how < 3 ? throw new InvalidOperationException("once") : Sphere(x);
                },
                new RunOptions { TotalTrials = 500, MaxConsecutiveFailures = int.MaxValue });
            Assert.Equal(fails, study.Trials.Any(t => t.RetriedBy is not null));
            return study.BestTrial!.Value!.Value;
        }

        var (again, once) = (new List<double>(), new List<double>());
        for (var seed = 0; seed < 5; seed++)
        {
            again.Add(await Best(seed, true));
            once.Add(await Best(seed, false));
        }

        Assert.True(Median(again) < 30 * Median(once), $"{Median(again)} with retries, {Median(once)} without");
    }

    [Fact]
    public async Task Sample_RetryOfATrialThatHadSomeParameters_TakesTheOthersFromTheSameDraw()
    {
        async Task<double[]> Trial60(bool fails)
        {
            using var storage = new InMemoryStorage();
            var study = Open(storage, 3, retry: new RetryPolicy { Exception = 1 });
            await study.RunAsync(
                (trial, _) => fails && trial.Number == 60 && Point(trial, 2).Length == 2
                    ? throw new InvalidOperationException("after two of five")
                    : Sphere(Point(trial)),
                new RunOptions { TotalTrials = 61 });
            var last = study.Trials[^1];
            Assert.Equal(fails ? 61 : 60, last.Number);
            return [.. last.ParameterList.OrderBy(p => p.Name).Select(p => p.Value)];
        }

        Assert.Equal(await Trial60(fails: false), await Trial60(fails: true));
    }

    [Fact]
    public void Sample_FiniteSpaceWithoutRepeats_LearnsFromThePointsThatWereEvaluated()
    {
        // Where the draws gather, nearly everything was tried already, and another point takes the place of each.
        double Best(ISampler sampler, long seed)
        {
            var study = Study.InMemory(new StudyOptions { Sampler = sampler, Seed = seed });
            for (var i = 0; i < 200; i++)
            {
                var trial = study.Ask();
                study.Tell(trial, Enumerable.Range(0, 4).Sum(d => Math.Pow(trial.SuggestInt($"n{d}", 0, 12) - 9, 2)));
            }

            return study.BestTrial!.Value!.Value;
        }

        var solved = Enumerable.Range(0, 8).Count(s => Best(new CmaEsSampler(), s) == 0);
        Assert.True(solved >= 7, $"{solved} of 8 found the best point");
    }

    /// <summary>Several trials run at once and end in any order; some are told late, fail, or are tried again.</summary>
    private static List<double[]> RunMany(long seed, bool reopens, CmaEsSampler sampler, Action<IStudyStorage, Study>? look = null)
    {
        using var storage = new InMemoryStorage();
        var (random, points, running) = (new RandomSource((ulong)seed), new List<double[]>(), new List<(int Number, double Value)>());
        var study = Open(storage, seed, sampler, new RetryPolicy { Exception = 1 });
        var studies = new List<Study> { study };
        for (var i = 0; i < 250; i++)
        {
            if (reopens && random.NextInt(9) == 0) studies.Add(study = Open(storage, null, sampler, new RetryPolicy { Exception = 1 }));
            else if (!reopens) random.NextInt(9);
            var trial = study.Ask();
            points.Add(Point(trial, 3));
            running.Add((trial.Number, Math.Round(Sphere(points[^1]), 3)));
            look?.Invoke(storage, study);
            while (running.Count > 6 || (running.Count > 0 && random.NextInt(2) == 0))
            {
                var k = random.NextInt(running.Count);
                var (number, value) = running[k];
                running.RemoveAt(k);
                study.Tell(number, random.NextInt(12) == 0 ? TrialResult.Failed("by chance") : value);
            }
        }

        foreach (var opened in studies) opened.Dispose();
        return points;
    }

    [Theory]
    [MemberData(nameof(Samplers))]
    public void Sample_ManyAtOnceAndReopened_DrawsWhatTheUninterruptedStudyDraws(string name, CmaEsSampler sampler)
    {
        for (var seed = 1; seed <= 5; seed++)
        {
            Assert.True(RunMany(seed, reopens: false, sampler).SelectMany(p => p)
                .SequenceEqual(RunMany(seed, reopens: true, sampler).SelectMany(p => p)), $"{name}, seed {seed}");
        }
    }
}
