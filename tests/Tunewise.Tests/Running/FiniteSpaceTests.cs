using Tunewise.Samplers;
using Tunewise.Samplers.Auto;
using Tunewise.Samplers.BruteForce;
using Tunewise.Samplers.Gp;
using Tunewise.Samplers.Grid;
using Tunewise.Samplers.PartialFixed;
using Tunewise.Samplers.Random;
using Tunewise.Samplers.Tpe;
using Tunewise.Storage;
using Tunewise.Testing;

namespace Tunewise.Tests.Running;

public sealed class FiniteSpaceTests
{
    private static ISampler New(string name) => name switch
    {
        "auto" => new AutoSampler(),
        "tpe" => new TpeSampler(),
        "gp" => new GpSampler(),
        "brute force" => new BruteForceSampler(),
        "grid" => new GridSampler(new Dictionary<string, IReadOnlyList<object?>>
        {
            ["kind"] = ["a", "b", "c"],
            ["n"] = [0, 1, 2, 3, 4, 5],
            ["x"] = [0.0, 0.25, 0.5, 0.75],
        }),
        _ => new RandomSampler(),
    };

    /// <summary>72 combinations.</summary>
    private static double Suggest72(Trial trial) =>
        trial.SuggestCategorical("kind", "a", "b", "c").Length + trial.SuggestInt("n", 0, 5) + trial.SuggestFloat("x", 0, 0.75, step: 0.25);

    private static string PointOf(FrozenTrial trial) => string.Join(' ', trial.ParameterList.Select(p => $"{p.Name}={p.Value:R}"));

    private static int Distinct(Study study) => study.GetTrials().Select(PointOf).Distinct().Count();

    private static Study Open(ISampler sampler, IStudyStorage? storage = null, long seed = 1, RetryPolicy? retry = null)
    {
        var options = new StudyOptions { Sampler = sampler, Seed = seed, Retry = retry ?? new RetryPolicy() };
        return Study.Open(storage ?? new InMemoryStorage(), "finite", options);
    }

    private static RunOptions Most(int trials, int parallelism = 1) =>
        new() { TotalTrials = trials, Parallelism = parallelism, MaxConsecutiveFailures = 1000 };

    [Theory]
    [InlineData("random")]
    [InlineData("tpe")]
    [InlineData("gp")]
    [InlineData("auto")]
    [InlineData("brute force")]
    [InlineData("grid")]
    public async Task Run_FourAtATime_TriesAllPointsOnce(string sampler)
    {
        var study = Open(New(sampler));
        await study.RunAsync((trial, _) => Suggest72(trial), Most(72, 4));
        Assert.Equal((72, 72), (study.GetTrials().Count, Distinct(study)));
    }

    [Theory]
    [InlineData("random")]
    [InlineData("tpe")]
    [InlineData("auto")]
    [InlineData("brute force")]
    [InlineData("grid")]
    public async Task Run_TwoStudiesOnOneStorage_RepeatNothing(string sampler)
    {
        using var storage = new InMemoryStorage();
        Study[] studies = [Open(New(sampler), storage), Open(New(sampler), storage)];
        await Task.WhenAll(studies.Select(s => s.RunAsync((trial, _) => Suggest72(trial), Most(72, 4))));
        Assert.Equal((72, 72), (studies[0].GetTrials().Count, Distinct(studies[0])));
    }

    [Theory]
    [InlineData("random")]
    [InlineData("tpe")]
    [InlineData("brute force")]
    [InlineData("grid")]
    public async Task Run_InBatches_RepeatsNothingThatIsKnown(string sampler)
    {
        var study = Open(New(sampler));
        // Before the first batch nothing is known of what follows what.
        await study.RunAsync((trial, _) => Suggest72(trial), Most(1));
        await study.RunAsync((trial, _) => Suggest72(trial), Most(61, 4) with { InBatches = true });
        Assert.Equal((61, 61), (study.GetTrials().Count, Distinct(study)));
    }

    [Theory]
    [InlineData(16)]
    [InlineData(3)]
    [InlineData(1)]
    public async Task Run_BruteForceManyAtATime_TriesAConditionalSpaceOnce(int parallelism)
    {
        for (var seed = 0; seed < 5; seed++)
        {
            // 24 + 5 + 1 combinations.
            var study = Open(new BruteForceSampler(), seed: seed);
            var report = await study.RunAsync(
                (trial, _) => trial.SuggestCategorical("kind", "deep", "wide", "none") switch
                {
                    "deep" => trial.SuggestInt("layers", 1, 6) + trial.SuggestInt("width", 1, 4),
                    "wide" => trial.SuggestInt("width", 1, 5),
                    _ => 0,
                },
                Most(200, parallelism));
            Assert.Equal((30, 30, RunEnd.SpaceExhausted), (study.GetTrials().Count, Distinct(study), report.End));
        }
    }

    public static TheoryData<string, int, int> Failures()
    {
        var data = new TheoryData<string, int, int>();
        foreach (var sampler in (string[])["brute force", "random", "tpe"])
        {
            foreach (var position in (int[])[0, 1, 2])
            {
                foreach (var count in (int[])[1, 3, 6]) data.Add(sampler, position, count);
            }
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Failures))]
    public async Task Run_FirstTrialsThrowAfterSomeSuggestions_TheRestIsTriedStill(string sampler, int position, int count)
    {
        var study = Open(New(sampler), seed: 3);
        await study.RunAsync(
            (trial, _) =>
            {
                void MayThrow(int at)
                {
                    if (trial.Number < count && position == at) throw new InvalidOperationException("not yet");
                }

                MayThrow(0);
                var a = trial.SuggestInt("a", 0, 3);
                MayThrow(1);
                var b = trial.SuggestInt("b", 0, 3);
                MayThrow(2);
                return a + b;
            },
            Most(16 + count));
        // One that had suggested everything has tried its combination.
        var tried = study.GetTrials().Where(t => t.ParameterList.Count == 2).Select(PointOf).Distinct().Count();
        Assert.Equal(16, tried);
        if (position < 2) Assert.Equal(16, study.GetTrials([TrialState.Complete]).Count);
    }

    [Fact]
    public async Task Run_AnswersOfTheStorageAreLost_NothingIsChosenTwice()
    {
        var (storage, control) = FailingStorage.Create();
        var calls = 0;
        control.Lose = name => name == nameof(IStudyStorage.ChooseParameter) && Interlocked.Increment(ref calls) % 3 == 0
            ? new StorageException("the answer is lost") { IsTemporary = true }
            : null;
        var study = Open(new BruteForceSampler(), storage);
        var report = await study.RunAsync((trial, _) => trial.SuggestInt("a", 0, 3) + trial.SuggestInt("b", 0, 1), Most(100, 2));
        Assert.Equal((RunEnd.SpaceExhausted, 8, 8), (report.End, report.Complete, Distinct(study)));
        Assert.True(calls >= 16);
    }

    [Fact]
    public async Task Run_BruteForceACombinationAlwaysThrows_IsTriedOnceAndTheRunEnds()
    {
        var study = Open(new BruteForceSampler());
        var report = await study.RunAsync(
            (trial, _) =>
            {
                var (a, b) = (trial.SuggestInt("a", 0, 3), trial.SuggestInt("b", 0, 3));
                return (a, b) == (1, 2) ? throw new InvalidOperationException("always") : a + b;
            },
            Most(100));
        Assert.Equal((RunEnd.SpaceExhausted, 15, 1), (report.End, report.Complete, report.Failed));
    }

    [Fact]
    public async Task Run_BruteForceAValueAlwaysThrows_EndsStill()
    {
        var study = Open(new BruteForceSampler());
        var report = await study.RunAsync(
            (trial, _) => trial.SuggestInt("a", 0, 3) is var a && a == 2
                ? throw new InvalidOperationException("always")
                : a + trial.SuggestInt("b", 0, 3),
            Most(100));
        Assert.Equal((RunEnd.SpaceExhausted, 12), (report.End, report.Complete));
        Assert.InRange(report.Failed, 5, 6);
    }

    /// <summary>Trials that end early here and there, for reasons of their own, do not hide what lies behind.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Run_SomeTrialsEndEarly_NothingIsRepeatedWhileAnythingIsLeft(bool throws)
    {
        for (var seed = 0; seed < 40; seed++)
        {
            using var study = Study.InMemory(new StudyOptions { Sampler = new RandomSampler(), Seed = seed });
            await study.RunAsync(
                trial =>
                {
                    var a = trial.SuggestInt("a", 0, 3);
                    if (trial.Number % 6 == 5) return throws ? throw new InvalidOperationException("early") : TrialResult.Pruned;
                    return a + trial.SuggestInt("b", 0, 2) + trial.SuggestInt("c", 0, 4);
                },
                totalTrials: 60);
            var whole = study.GetTrials([TrialState.Complete]);
            Assert.Equal(50, whole.Select(t => string.Join(',', t.ParameterList.Select(p => p.Value))).Distinct().Count());
        }
    }

    [Fact]
    public async Task Run_BruteForceEverythingThrows_EndsStill()
    {
        var study = Open(new BruteForceSampler());
        var report = await study.RunAsync(
            (trial, _) => trial.SuggestInt("a", 0, 3) + trial.SuggestInt("b", 0, 3) is var sum
                ? throw new InvalidOperationException($"always {sum}")
                : 0,
            Most(100));
        Assert.Equal((RunEnd.SpaceExhausted, 16), (report.End, Distinct(study)));
        Assert.InRange(report.Failed, 16, 32);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public async Task Run_BruteForceWithRetries_TriesAllCombinations(int retries)
    {
        var study = Open(new BruteForceSampler(), retry: new RetryPolicy { AfterException = retries });
        var report = await study.RunAsync(
            (trial, _) =>
            {
                var a = trial.SuggestInt("a", 0, 3);
                return trial.Number % 3 == 0 ? throw new InvalidOperationException("now and then") : a + trial.SuggestInt("b", 0, 3);
            },
            Most(200));
        Assert.Equal((RunEnd.SpaceExhausted, 16), (report.End, study.GetTrials([TrialState.Complete]).Select(PointOf).Distinct().Count()));
    }

    [Fact]
    public async Task Run_PrunedBeforeTheLastSuggestion_TheRestIsTriedStill()
    {
        var study = Open(new BruteForceSampler());
        var report = await study.RunAsync(
            (trial, _) =>
            {
                var deep = trial.SuggestBool("deep");
                if (trial.Number is 0 or 5) return TrialResult.Pruned;
                return deep ? trial.SuggestInt("layers", 1, 6) : trial.SuggestInt("width", 1, 4);
            },
            Most(100));
        Assert.Equal((RunEnd.SpaceExhausted, 10, 2), (report.End, report.Complete, report.Pruned));
    }

    [Fact]
    public async Task Run_AllArePruned_EachCombinationIsTriedOnce()
    {
        var study = Open(new BruteForceSampler());
        var report = await study.RunAsync(
            (trial, _) => trial.SuggestInt("a", 0, 3) + trial.SuggestInt("b", 0, 3) < 0 ? 0 : TrialResult.Pruned, Most(100));
        Assert.Equal((RunEnd.SpaceExhausted, 16, 16), (report.End, report.Pruned, Distinct(study)));
    }

    [Fact]
    public async Task Run_MachineFailed_ItsPointIsFreeAgain()
    {
        var study = Open(new BruteForceSampler(), retry: new RetryPolicy { AfterCrash = 0 });
        var report = await study.RunAsync(
            (trial, _) =>
            {
                var sum = trial.SuggestInt("a", 0, 3) + trial.SuggestInt("b", 0, 3);
                return trial.Number == 4 ? throw new TimeoutException("gone") : sum;
            },
            Most(100) with { ClassifyFailure = e => e is TimeoutException ? FailureKind.Crash : null });
        Assert.Equal((RunEnd.SpaceExhausted, 16, 16), (report.End, report.Complete, Distinct(study)));
    }

    [Fact]
    public void Suggest_APointThatWaits_IsNotChosenByOthers()
    {
        var study = Open(new RandomSampler());
        var trials = study.Ask(15);
        study.Enqueue(new Dictionary<string, object?> { ["a"] = 2, ["b"] = 1 });
        string Suggest(Trial trial) => $"{trial.SuggestInt("a", 0, 3)}{trial.SuggestInt("b", 0, 3)}";
        var points = trials.Select(Suggest).Append(Suggest(study.Ask())).ToList();
        Assert.Equal((16, "21"), (points.Distinct().Count(), points[^1]));
    }

    [Fact]
    public async Task Run_QueuedPointThatWasTried_IsKept()
    {
        var study = Open(new RandomSampler());
        for (var i = 0; i < 3; i++) study.Enqueue(new Dictionary<string, object?> { ["a"] = 2 });
        await study.RunAsync((trial, _) => trial.SuggestInt("a", 0, 3), Most(6));
        Assert.Equal([0, 1, 2, 2, 2, 3], study.GetTrials().Select(t => t.Get<int>("a")).Order());
    }

    [Fact]
    public async Task Run_Resumed_GoesOnWithWhatIsLeft()
    {
        using var storage = new InMemoryStorage();
        foreach (var total in (int[])[20, 50, 72])
            await Open(new RandomSampler(), storage).RunAsync((trial, _) => Suggest72(trial), Most(total, 4));
        Assert.Equal(72, Distinct(Open(new RandomSampler(), storage)));
    }

    private static GridSampler Grid(object?[] kinds, object?[] ns) =>
        new(new Dictionary<string, IReadOnlyList<object?>> { ["kind"] = kinds, ["n"] = ns });

    private static string SuggestGrid(Trial trial) =>
        $"{trial.SuggestCategorical("kind", "a", "b", "c", "d")}{trial.SuggestInt("n", 0, 9)}";

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public async Task Run_GridInALargerSpace_StaysOnTheGrid(int parallelism)
    {
        var study = Open(Grid(["a", "b", "c"], [0, 1, 2, 3, 4]));
        var seen = new List<string>();
        var report = await study.RunAsync(
            (trial, _) =>
            {
                var point = SuggestGrid(trial);
                lock (seen) seen.Add(point);
                return 0;
            },
            Most(100, parallelism));
        Assert.Equal(
            from kind in "abc" from n in "01234" select $"{kind}{n}",
            seen.Order(StringComparer.Ordinal));
        Assert.Equal(RunEnd.SpaceExhausted, report.End);
    }

    [Fact]
    public async Task Run_GridExtendedAndReordered_TriesWhatIsNew()
    {
        using var storage = new InMemoryStorage();
        var seen = new List<string>();
        foreach (var grid in (GridSampler[])[Grid(["a", "b"], [1, 2]), Grid(["c", "b", "a"], [3, 1, 2]), Grid(["a"], [1, 2, 3])])
        {
            var report = await Open(grid, storage).RunAsync(
                (trial, _) =>
                {
                    seen.Add(SuggestGrid(trial));
                    return 0;
                },
                Most(100));
            Assert.Equal(RunEnd.SpaceExhausted, report.End);
        }

        Assert.Equal(["a1", "a2", "a3", "b1", "b2", "b3", "c1", "c2", "c3"], seen.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Run_GridTrialThrowsAfterItsFirstSuggestion_ItsPointIsTriedOnceMore()
    {
        var study = Open(Grid(["a", "b"], [1, 2, 3]));
        await study.RunAsync(
            (trial, _) =>
            {
                var kind = trial.SuggestCategorical("kind", "a", "b", "c", "d");
                return trial.Number == 0 ? throw new InvalidOperationException("not yet") : kind.Length + trial.SuggestInt("n", 0, 9);
            },
            Most(100));
        Assert.Equal((6, 7), (study.GetTrials([TrialState.Complete]).Select(PointOf).Distinct().Count(), study.GetTrials().Count));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public async Task Run_HeldValue_StaysOrTheRunEnds(int parallelism)
    {
        var study = Open(new PartialFixedSampler(new RandomSampler(), new Dictionary<string, object?> { ["x"] = 3 }));
        var report = await study.RunAsync((trial, _) => trial.SuggestInt("x", 0, 5), Most(20, parallelism));
        Assert.Equal(RunEnd.SpaceExhausted, report.End);
        Assert.All(study.GetTrials(), t => Assert.Equal(3, t.Get<int>("x")));
        Assert.Single(study.GetTrials());
    }

    [Theory]
    [InlineData("random", 1)]
    [InlineData("tpe", 4)]
    [InlineData("brute force", 4)]
    public async Task Run_HeldValueComesLast_TheOthersAreNotRepeated(string sampler, int parallelism)
    {
        var study = Open(new PartialFixedSampler(New(sampler), new Dictionary<string, object?> { ["x"] = 3 }));
        var report = await study.RunAsync(
            (trial, _) => trial.SuggestInt("a", 0, 3) + trial.SuggestInt("b", 0, 2) + trial.SuggestInt("x", 0, 5), Most(40, parallelism));
        Assert.Equal((RunEnd.SpaceExhausted, 12, 12), (report.End, study.GetTrials().Count, Distinct(study)));
        Assert.All(study.GetTrials(), t => Assert.Equal(3, t.Get<int>("x")));
    }

    [Fact]
    public async Task Run_HeldGridAxis_WalksTheRestOfTheGrid()
    {
        var study = Open(new PartialFixedSampler(Grid(["a", "b"], [1, 2, 3]), new Dictionary<string, object?> { ["kind"] = "b" }));
        var seen = new List<string>();
        var report = await study.RunAsync(
            (trial, _) =>
            {
                seen.Add(SuggestGrid(trial));
                return 0;
            },
            Most(20));
        Assert.Equal(RunEnd.SpaceExhausted, report.End);
        Assert.Equal(["b1", "b2", "b3"], seen.Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Run_LoopsThatWait_LeaveTheBudgetToOthers(bool asynchronous)
    {
        for (var seed = 0; seed < 10; seed++)
        {
            using var study = Study.InMemory(new StudyOptions { Sampler = new BruteForceSampler(), Seed = seed });
            var options = new RunOptions { AdditionalTrials = 4, Parallelism = 4 };
            var report = asynchronous
                ? await study.RunAsync(
                    async (trial, _) =>
                    {
                        await Task.Yield();
                        return (TrialResult)trial.SuggestInt("x", 0, 15);
                    },
                    options)
                : await study.RunAsync((trial, _) => trial.SuggestInt("x", 0, 15), options);
            Assert.Equal((RunEnd.BudgetReached, 4), (report.End, report.Complete));
        }
    }

    [Fact]
    public async Task Run_TimeLimitWhileALoopWaits_EndsTheRunAndNoTrial()
    {
        var time = new ManualTime();
        using var study = Study.InMemory(new StudyOptions { Sampler = new BruteForceSampler(), Time = time });
        var report = await study.RunAsync(
            (trial, _) =>
            {
                // One timer renews the lease; the other is the loop's that waits for what this trial suggests.
                Assert.True(SpinWait.SpinUntil(() => time.Timers >= 2, TimeSpan.FromSeconds(20)));
                time.Advance(TimeSpan.FromMinutes(2));
                return trial.SuggestInt("x", 0, 3);
            },
            new RunOptions { TimeLimit = TimeSpan.FromMinutes(1), Parallelism = 2 });
        Assert.Equal((RunEnd.TimeLimit, 1, 0), (report.End, report.Complete, report.Failed + report.Interrupted));
    }

    [Fact]
    public async Task Run_ATrialIsHeldByHand_GoesOnAllTheSame()
    {
        using var study = Study.InMemory(new StudyOptions
        {
            Sampler = new PartialFixedSampler(new TpeSampler(), new Dictionary<string, object?> { ["a"] = 1.0 }),
        });
        _ = study.Ask();
        var report = await study.RunAsync(
            (trial, _) => trial.SuggestFloat("a", 0, 2) + trial.SuggestFloat("b", 0, 1), new RunOptions { AdditionalTrials = 10 });
        Assert.Equal((RunEnd.BudgetReached, 10), (report.End, report.Complete));
    }

    [Fact]
    public void Ask_TwoBatchesByHand_RepeatNothing()
    {
        for (var seed = 0; seed < 10; seed++)
        {
            using var study = Study.InMemory(new StudyOptions { Sampler = new BruteForceSampler(), Seed = seed });
            static int X(Trial trial) => trial.SuggestInt("x", 0, 4);
            var first = study.Ask();
            study.Tell(first, X(first));
            var (a, b) = (study.Ask(2), study.Ask(2));
            foreach (var trial in a.Concat(b)) study.Tell(trial, X(trial));
            Assert.Equal(5, study.GetTrials().Select(t => t.Parameters["x"]).Distinct().Count());
        }
    }

    [Fact]
    public async Task Run_GridWithAValueTwice_EndsAfterTheOthers()
    {
        using var study = Study.InMemory(new StudyOptions
        {
            Sampler = new GridSampler(new Dictionary<string, IReadOnlyList<object?>> { ["x"] = [1, 1, 2] }),
        });
        var report = await study.RunAsync((trial, _) => trial.SuggestFloat("x", 0, 5), new RunOptions { AdditionalTrials = 50 });
        Assert.Equal((RunEnd.SpaceExhausted, 2), (report.End, report.Complete));
    }

    [Theory]
    [InlineData("random")]
    [InlineData("tpe")]
    [InlineData("brute force")]
    [InlineData("grid")]
    public async Task Run_TwoStudiesInBatches_RepeatNothingThatIsKnown(string sampler)
    {
        for (var round = 0; round < 20; round++)
        {
            using var storage = new InMemoryStorage();
            Study[] studies = [Open(New(sampler), storage), Open(New(sampler), storage, seed: 2)];
            await studies[0].RunAsync((trial, _) => Suggest72(trial), Most(1));
            await Task.WhenAll(studies.Select(s => s.RunAsync((trial, _) => Suggest72(trial), Most(72, 4) with { InBatches = true })));
            Assert.Equal((72, 72), (studies[0].GetTrials().Count, Distinct(studies[0])));
        }
    }

    [Fact]
    public async Task Run_BatchWhileAnotherStudyChooses_GivesWay()
    {
        using var storage = new InMemoryStorage();
        using var batches = Open(new BruteForceSampler(), storage);
        using var byHand = Open(new BruteForceSampler(), storage, seed: 2);
        static int X(Trial trial) => trial.SuggestInt("x", 0, 3);
        await batches.RunAsync((trial, token) => X(trial), Most(1));
        var taken = -1;
        await batches.RunAsync(
            (trial, token) =>
            {
                // Once the batch was planned, somebody else takes one of the three that are left.
                if (taken < 0) taken = X(byHand.Ask(token));
                return X(trial);
            },
            Most(3) with { InBatches = true });
        Assert.Equal(3, batches.GetTrials().Where(t => t.Parameters.Count > 0).Select(t => t.Get<int>("x")).Distinct().Count());
    }

    [Fact]
    public async Task Run_HeldGridAxisFourAtATime_RepeatsNothing()
    {
        for (var seed = 0; seed < 10; seed++)
        {
            using var study = Open(
                new PartialFixedSampler(Grid(["a", "b", "c"], [1, 2, 3, 4, 5]), new Dictionary<string, object?> { ["kind"] = "b" }),
                seed: seed);
            var report = await study.RunAsync((trial, _) => SuggestGrid(trial).Length, Most(30, 4));
            Assert.Equal((RunEnd.SpaceExhausted, 5, 5), (report.End, study.GetTrials().Count, Distinct(study)));
        }
    }

    [Fact]
    public async Task Run_GridWithAHeldValueThatIsNotOnIt_WalksTheOtherAxes()
    {
        var grid = new GridSampler(new Dictionary<string, IReadOnlyList<object?>> { ["x"] = [1, 2, 3], ["y"] = [1, 2, 3, 4] });
        using var study = Open(new PartialFixedSampler(grid, new Dictionary<string, object?> { ["x"] = 7 }));
        var report = await study.RunAsync((trial, _) => trial.SuggestInt("x", 0, 9) + trial.SuggestInt("y", 0, 9), Most(30));
        Assert.Equal((RunEnd.SpaceExhausted, 4, 4), (report.End, study.GetTrials().Count, Distinct(study)));
        Assert.All(study.GetTrials(), t => Assert.Equal(7, t.Get<int>("x")));
    }

    [Fact]
    public async Task Run_GridWhileATrialRunsThatLiesOffIt_WalksAllOfIt()
    {
        using var study = Open(new GridSampler(new Dictionary<string, IReadOnlyList<object?>> { ["x"] = [1, 2, 3], ["y"] = [1, 2] }));
        study.Enqueue(new Dictionary<string, object?> { ["x"] = 7 });
        var off = study.Ask();
        Assert.Equal(7, off.SuggestInt("x", 0, 9));
        off.SuggestInt("y", 0, 9);
        var report = await study.RunAsync((trial, _) => trial.SuggestInt("x", 0, 9) + trial.SuggestInt("y", 0, 9), Most(30));
        Assert.Equal((RunEnd.SpaceExhausted, 6), (report.End, report.Complete));
        study.Tell(off, 1);
        Assert.Equal(7, Distinct(study));
    }

    [Fact]
    public async Task Run_GridAfterAQueuedTrialThatLiesOffIt_WalksAllOfIt()
    {
        using var study = Open(new GridSampler(new Dictionary<string, IReadOnlyList<object?>> { ["x"] = [1, 2, 3], ["y"] = [1, 2] }));
        study.Enqueue(new Dictionary<string, object?> { ["y"] = 7 });
        var report = await study.RunAsync((trial, _) => trial.SuggestInt("x", 0, 9) + trial.SuggestInt("y", 0, 9), Most(30));
        Assert.Equal((RunEnd.SpaceExhausted, 7), (report.End, report.Complete));
        Assert.Equal(7, Distinct(study));
    }

    [Theory]
    [InlineData("brute force")]
    [InlineData("held")]
    public async Task Run_WiderRangesAfterTheEnd_GoOnWithAQueuedTrial(string sampler)
    {
        ISampler Sampler() => sampler == "held"
            ? new PartialFixedSampler(new RandomSampler(), new Dictionary<string, object?> { ["held"] = 1 })
            : new BruteForceSampler();
        using var storage = new InMemoryStorage();
        static int Before(Trial trial) => trial.SuggestInt("held", 1, 1) + trial.SuggestInt("x", 0, 3);
        static int Wider(Trial trial) => trial.SuggestInt("held", 1, 1) + trial.SuggestInt("x", 0, 5);
        var report = await Open(Sampler(), storage).RunAsync((trial, _) => Before(trial), Most(30));
        Assert.Equal((RunEnd.SpaceExhausted, 4), (report.End, report.Complete));

        using var study = Open(Sampler(), storage);
        Assert.Equal(0, (await study.RunAsync((trial, _) => Wider(trial), Most(30))).Complete);
        study.Enqueue(new Dictionary<string, object?> { ["x"] = 5 });
        await study.RunAsync((trial, _) => Wider(trial), Most(7));
        Assert.Equal(7, study.GetTrials().Count);
    }

    [Theory]
    [InlineData("random")]
    [InlineData("brute force")]
    [InlineData("tpe")]
    public void Ask_OneRunsWithAllItsValuesAndOneWithItsFirst_TakesWhatNeitherHas(string sampler)
    {
        static string Three(Trial t) => $"{t.SuggestInt("x", 0, 1)}{t.SuggestInt("y", 0, 1)}{t.SuggestInt("z", 0, 1)}";
        static Dictionary<string, object?> Values(params int[] values) =>
            values.Select((v, i) => ("xyz"[i].ToString(), (object?)v)).ToDictionary();
        for (var seed = 0; seed < 20; seed++)
        {
            using var study = Open(New(sampler), seed: seed);
            foreach (var point in (int[][])[[0, 0, 0], [0, 0, 1], [0, 1, 0], [1, 0, 0], [1, 0, 1]])
            {
                study.Enqueue(Values(point));
                var trial = study.Ask();
                Three(trial);
                study.Tell(trial, 0);
            }

            study.Enqueue(Values(0, 1, 1));
            Assert.Equal("011", Three(study.Ask()));
            study.Enqueue(Values(1));
            Assert.Equal(1, study.Ask().SuggestInt("x", 0, 1));
            Assert.StartsWith("11", Three(study.Ask()), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Run_ATrialIsHeldByHand_EndsWhenTheOthersAreTried(bool suggested)
    {
        static int Two(Trial trial) => 2 * trial.SuggestInt("x", 0, 1) + trial.SuggestInt("y", 0, 1);
        using var study = Open(new BruteForceSampler());
        await study.RunAsync((trial, _) => Two(trial), Most(1));
        var held = study.Ask();
        if (suggested) held.SuggestInt("x", 0, 1);
        var report = await study.RunAsync((trial, _) => Two(trial), Most(60));
        Assert.Equal(RunEnd.SpaceExhausted, report.End);
        Assert.InRange(report.Complete, 2, 3);
        Assert.Equal(1 + report.Complete, study.GetTrials().Where(t => t.State == TrialState.Complete).Select(PointOf).Distinct().Count());
    }

    [Fact]
    public async Task Run_AHeldValueAndATrialHeldByHand_EndsWhenTheOthersAreTried()
    {
        static int Two(Trial trial) => 2 * trial.SuggestInt("x", 0, 1) + trial.SuggestInt("y", 0, 2);
        using var study = Open(new PartialFixedSampler(new TpeSampler(), new Dictionary<string, object?> { ["x"] = 0 }));
        await study.RunAsync((trial, _) => Two(trial), Most(1));
        _ = study.Ask();
        var report = await study.RunAsync((trial, _) => Two(trial), Most(40));
        Assert.Equal(RunEnd.SpaceExhausted, report.End);
        Assert.InRange(report.Complete, 1, 2);
    }

    [Theory]
    [InlineData("memory")]
    [InlineData("pruned")]
    [InlineData("diverged")]
    [InlineData("nan")]
    public async Task Run_TheFirstTrialStopsBeforeItsFirstValue_TheSpaceIsStillTried(string end)
    {
        using var study = Open(new BruteForceSampler());
        var report = await study.RunAsync(
            (trial, _) => trial.Number > 0 ? trial.SuggestInt("x", 0, 3) + trial.SuggestInt("y", 0, 3) : end switch
            {
                "memory" => throw new OutOfMemoryException("while the data was loaded"),
                "pruned" => TrialResult.Pruned,
                "diverged" => TrialResult.Diverged("at once"),
                _ => double.NaN,
            },
            Most(60));
        Assert.Equal((RunEnd.SpaceExhausted, 16), (report.End, report.Complete));
    }

    [Theory]
    [InlineData("random")]
    [InlineData("tpe")]
    [InlineData("brute force")]
    public async Task Run_BatchesWithATrialThatIsTriedAgain_DoNotDependOnWhoIsFaster(string sampler)
    {
        async Task<string> Points(bool fast)
        {
            using var study = Open(New(sampler), seed: 11, retry: new RetryPolicy { AfterException = 1 });
            await study.RunAsync((trial, _) => trial.SuggestInt("x", 0, 3) + trial.SuggestInt("y", 0, 3), Most(1));
            using var failed = new ManualResetEventSlim();
            using var others = new CountdownEvent(3);
            await study.RunAsync(
                (trial, token) =>
                {
                    if (trial.Number == 2)
                    {
                        trial.SuggestInt("x", 0, 3);
                        if (!fast) others.Wait(token);
                        throw new InvalidOperationException("after one value");
                    }

                    // The trials of the batch with the one that fails are before it, or after its end is stored.
                    if (fast && trial.Number is 1 or 3 or 4) SpinWait.SpinUntil(() => study.FindTrial(2)!.State == TrialState.Failed);
                    var sum = trial.SuggestInt("x", 0, 3) + trial.SuggestInt("y", 0, 3);
                    if (trial.Number is 1 or 3 or 4) others.Signal();
                    return sum;
                },
                Most(9, 4) with { InBatches = true });
            return string.Join(" | ", study.GetTrials().Select(PointOf));
        }

        Assert.Equal(await Points(fast: false), await Points(fast: true));
    }

    [Theory]
    [InlineData("int")]
    [InlineData("float")]
    [InlineData("zero")]
    public async Task Run_GridWithOneValueInTwoSpellings_TriesItOnce(string kind)
    {
        object?[] values = kind switch { "float" => [0.5, 1, 1.0], "zero" => [-0.0, 0.0, 0.5], _ => [0, 1, 1.0] };
        using var study = Open(new GridSampler(new Dictionary<string, IReadOnlyList<object?>> { ["x"] = values }));
        var report = await study.RunAsync(
            (trial, _) => kind switch
            {
                "int" => trial.SuggestInt("x", 0, 3),
                _ => trial.SuggestFloat("x", 0, 3),
            },
            Most(30));
        Assert.Equal(RunEnd.SpaceExhausted, report.End);
        Assert.InRange(report.Complete, 2, 3);
        Assert.Equal(2, Distinct(study));
    }

    [Fact]
    public void Ask_GridWithATrialQueuedWithPartOfItsPoint_LeavesItItsPoint()
    {
        for (var seed = 0; seed < 20; seed++)
        {
            using var study = Open(
                new GridSampler(new Dictionary<string, IReadOnlyList<object?>> { ["x"] = [0, 1], ["y"] = [0, 1] }), seed: seed);
            static int Two(Trial trial) => 2 * trial.SuggestInt("x", 0, 1) + trial.SuggestInt("y", 0, 1);
            study.Enqueue(new Dictionary<string, object?> { ["x"] = 0, ["y"] = 0 });
            var done = study.Ask();
            study.Tell(done, Two(done));
            study.Enqueue(new Dictionary<string, object?> { ["x"] = 0 });
            var (first, second) = (study.Ask(), study.Ask());
            Two(second);
            Two(first);
            Assert.Equal(3, Distinct(study));
        }
    }

    [Theory]
    [InlineData("random")]
    [InlineData("tpe")]
    [InlineData("brute force")]
    public void Ask_FourTrialsThatTakeTurnsInAnyOrder_RepeatNothing(string sampler)
    {
        for (var seed = 0; seed < 20; seed++)
        {
            var random = new Random(seed);
            using var study = Open(New(sampler), seed: seed);
            var running = new List<(Trial Trial, IEnumerator<int> Steps)>();
            var begun = 0;
            while (begun < 36 || running.Count > 0)
            {
                if (begun < 36 && running.Count < 4 && random.Next(2) == 0)
                {
                    var trial = study.Ask();
                    running.Add((trial, Steps(trial).GetEnumerator()));
                    begun++;
                }
                else if (running.Count > 0)
                {
                    var next = random.Next(running.Count);
                    if (running[next].Steps.MoveNext()) continue;
                    study.Tell(running[next].Trial, 0);
                    running.RemoveAt(next);
                }
            }

            // Before the first trial ended nothing was known of what follows what.
            Assert.InRange(Distinct(study), 35, 36);
        }

        static IEnumerable<int> Steps(Trial trial)
        {
            yield return trial.SuggestCategorical("kind", "a", "b", "c").Length;
            yield return trial.SuggestInt("n", 0, 3);
            yield return trial.SuggestInt("m", 0, 2);
        }
    }
}
