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
        var others = Best([1, 2, 3, 4, 5, 6, 7, 8]);
        var one = Median(Enumerable.Range(0, 5).Select(s => Run(400, 400, null, Sphere, s).Min(Sphere)));
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

            return studies[0].GetBestTrial()!.Value!.Value;
        }

        double Typical(int workers) => Median(Enumerable.Range(0, 5).Select(s => Best(workers, 10 * s)));
        var (four, one) = (Typical(4), Typical(1));
        Assert.True(four < 30 * one, $"{four} with four workers, {one} with one");
    }

    [Fact]
    public async Task Sample_TrialsThatAreTriedAgain_StandForTheirDraws()
    {
        // Some fail before anything, some after two parameters, some at the end; the next try works.
        async Task<double> Best(long seed, bool fails)
        {
            using var storage = new InMemoryStorage();
            var study = Open(storage, seed, retry: new RetryPolicy { AfterException = 1 });
            await study.RunAsync(
                (trial, _) =>
                {
                    var how = fails && trial.Attempts == 0 ? trial.Number % 6 : 3;
                    var x = how == 0 ? [] : Point(trial, how == 1 ? 2 : 5);
                    return how < 3 ? throw new InvalidOperationException("once") : Sphere(x);
                },
                new RunOptions { TotalTrials = 500, MaxConsecutiveFailures = int.MaxValue });
            Assert.Equal(fails, study.GetTrials().Any(t => t.RetriedBy is not null));
            return study.GetBestTrial()!.Value!.Value;
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
            var study = Open(storage, 3, retry: new RetryPolicy { AfterException = 1 });
            await study.RunAsync(
                (trial, _) => fails && trial.Number == 60 && Point(trial, 2).Length == 2
                    ? throw new InvalidOperationException("after two of five")
                    : Sphere(Point(trial)),
                new RunOptions { TotalTrials = 61 });
            var last = study.GetTrials()[^1];
            Assert.Equal(fails ? 61 : 60, last.Number);
            return [.. last.ParameterList.OrderBy(p => p.Name).Select(p => p.Value)];
        }

        Assert.Equal(await Trial60(fails: false), await Trial60(fails: true));
    }

    [Fact]
    public void Sample_FiniteSpaceWithoutRepeats_LearnsFromThePointsThatWereEvaluated()
    {
        // Where the draws gather, nearly everything was tried already, and another point takes the place of each. Half of the trials after
        // the start: 19.7 on average when the strategy learns from those, 25.5 when it takes them for its draws.
        var late = Enumerable.Range(0, 16).SelectMany(seed =>
        {
            using var study = Study.InMemory(new StudyOptions { Sampler = new CmaEsSampler(), Seed = seed });
            for (var i = 0; i < 200; i++)
            {
                var trial = study.Ask();
                study.Tell(trial, Enumerable.Range(0, 4).Sum(d => Math.Pow(trial.SuggestInt($"n{d}", 0, 12) - 9, 2) * (d + 1)));
            }

            return study.GetTrials().Skip(100).Select(t => t.Value!.Value);
        });
        Assert.InRange(late.Average(), 0, 22.5);
    }

    [Fact]
    public void Sample_TrialsThatWereEvaluatedElsewhereThanDrawn_StandForTheirParameters()
    {
        using var storage = new InMemoryStorage();
        var study = Open(storage, 4);
        for (var i = 0; i < 300; i++)
        {
            var trial = study.Ask();
            study.Tell(trial, Sphere(Point(trial)));
        }

        // All draws are said to be the corner of the space.
        var content = storage.GetContent(storage.FindStudy("cma")!.Id);
        var corner = Convert.ToBase64String(new byte[8 * 5]);
        FrozenTrial Elsewhere(FrozenTrial trial) => new(trial)
        {
            SystemAttributesJson = trial.SystemAttributesJson.ToDictionary(
                a => a.Key,
                a => a.Key == "tunewise:cma"
                    ? AttributeJson.Write(((IReadOnlyList<object?>)trial.SystemAttributes[a.Key]!).Take(3).Append(corner))
                    : a.Value),
        };
        StudyTransfer.Add(storage, content with { Name = "elsewhere", Trials = [.. content.Trials.Select(Elsewhere)] }, null);
        var other = Study.Load(storage, "elsewhere", new StudyOptions { Sampler = new CmaEsSampler() });
        Assert.InRange(Sphere(Point(study.Ask())), 0, 0.1);
        Assert.InRange(Sphere(Point(other.Ask())), 0, 0.1);
    }

    /// <summary>What the sampler draws next, and what it lays down with that.</summary>
    private static string Next(Study study) => study.WithHistory(history =>
    {
        var context = new SamplingContext(history, 100_000, new RandomSource(1)) { Asked = "x0", Seed = 1 };
        var sampler = study.Engine.Setup.Sampler;
        var space = sampler.InferJointSpace(context, "x0");
        var values = space.Count == 0 ? [] : sampler.SampleJoint(context, space)!;
        return string.Join(' ', values) + string.Concat(context.Attributes.OrderBy(a => a.Key).Select(a => $" {a.Key} {a.Value}"));
    });

    [Theory]
    [MemberData(nameof(Samplers))]
    public void Sample_WhateverWasPreparedBefore_FollowsFromTheHistoryAlone(string name, CmaEsSampler sampler)
    {
        for (var seed = 1; seed <= 4; seed++)
        {
            using var storage = new InMemoryStorage();
            var (random, running) = (new RandomSource((ulong)seed), new List<(int Number, double Value)>());
            var studies = Enumerable.Range(0, 3).Select(s => Open(storage, 10 * seed + s, sampler)).ToArray();
            for (var round = 0; round < 40; round++)
            {
                // Batches are planned before anybody sees what the others choose, and the second sees a late end that the first does not.
                var batches = new List<IReadOnlyList<Trial>>();
                foreach (var study in studies.Where(_ => random.NextInt(3) > 0))
                {
                    batches.Add(study.Ask(1 + random.NextInt(4)));
                    End(study);
                }

                foreach (var trial in batches.SelectMany(b => b).OrderBy(_ => random.NextBits()).ToArray())
                    running.Add((trial.Number, Math.Round(Sphere(Point(trial, 3)), 3)));
                while (running.Count > 8) End(studies[0]);
                if (random.NextInt(3) > 0) continue;
                var fresh = Next(Open(storage, null, sampler));
                Assert.All(studies, study => Assert.Equal(fresh, Next(study)));
            }

            // It would test little if no two workers had been of different opinions about a generation.
            var laidDown = studies[0].GetTrials().Where(t => t.SystemAttributes.ContainsKey("tunewise:cma_parents"))
                .GroupBy(
                    t => string.Join(' ', ((IReadOnlyList<object?>)t.SystemAttributes["tunewise:cma"]!).Take(3)),
                    t => t.SystemAttributesJson["tunewise:cma_parents"]);
            Assert.True(laidDown.Any(said => said.Distinct().Count() > 1), $"{name}, seed {seed}");
            foreach (var study in studies) study.Dispose();

            void End(Study study)
            {
                if (running.Count == 0) return;
                var k = random.NextInt(running.Count);
                study.Tell(running[k].Number, running[k].Value);
                running.RemoveAt(k);
            }
        }
    }

    [Fact]
    public void Sample_TrialsOfTheFormerFormat_AreLearntFrom()
    {
        using var storage = new InMemoryStorage();
        var study = Open(storage, 4);
        for (var i = 0; i < 150; i++)
        {
            var trial = study.Ask();
            study.Tell(trial, Sphere(Point(trial)));
        }

        // The space in words, the restart and the generation, and nothing of the draw.
        var content = storage.GetContent(storage.FindStudy("cma")!.Id);
        var space = string.Join(',', Enumerable.Range(0, 5).Select(d => $"x{d}:{content.Trials[0].ParameterList[d].Distribution}"));
        var former = content with
        {
            Name = "former",
            Trials =
            [
                .. content.Trials.Select(t => new FrozenTrial(t)
                {
                    SystemAttributesJson = GenerationOf(t) is [_, var restart, var number]
                        ? new Dictionary<string, string> { ["tunewise:cma"] = AttributeJson.Write($"{space}|{restart}|{number}") }
                        : t.SystemAttributesJson,
                }),
            ],
        };
        StudyTransfer.Add(storage, former, null);
        var old = Study.Load(storage, "former", new StudyOptions { Sampler = new CmaEsSampler() });
        Assert.All(Point(old.Ask()).Zip(Point(study.Ask())), x => Assert.Equal(x.Second, x.First, 1e-9));
        Assert.Equal(GenerationOf(study.GetTrials()[^1]), GenerationOf(old.GetTrials()[^1]));

        static IReadOnlyList<object?> GenerationOf(FrozenTrial trial) =>
            trial.SystemAttributes.TryGetValue("tunewise:cma", out var draw) ? [.. ((IReadOnlyList<object?>)draw!).Take(3)] : [];
    }

    /// <summary>Several trials run at once and end in any order; some are told late, some fail.</summary>
    private static List<double[]> RunMany(long seed, bool reopens, CmaEsSampler sampler)
    {
        using var storage = new InMemoryStorage();
        var (random, points, running) = (new RandomSource((ulong)seed), new List<double[]>(), new List<(int Number, double Value)>());
        var study = Open(storage, seed, sampler, new RetryPolicy { AfterException = 1 });
        var studies = new List<Study> { study };
        for (var i = 0; i < 250; i++)
        {
            if (reopens && random.NextInt(9) == 0) studies.Add(study = Open(storage, null, sampler, new RetryPolicy { AfterException = 1 }));
            else if (!reopens) random.NextInt(9);
            var trial = study.Ask();
            points.Add(Point(trial, 3));
            running.Add((trial.Number, Math.Round(Sphere(points[^1]), 3)));
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
