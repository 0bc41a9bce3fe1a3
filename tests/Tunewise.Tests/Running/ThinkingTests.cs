using Tunewise.History;
using Tunewise.Pruners;
using Tunewise.Samplers;
using Tunewise.Samplers.Tpe;
using Tunewise.Spaces;

namespace Tunewise.Tests.Running;

/// <summary>Nobody waits for another trial's decision.</summary>
public sealed class ThinkingTests : IDisposable
{
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(1);
    private readonly ManualResetEventSlim _thinking = new();
    private readonly ManualResetEventSlim _goOn = new();

    public void Dispose()
    {
        _thinking.Dispose();
        _goOn.Dispose();
    }

    [Fact]
    public async Task Report_WhileASamplerThinks_DoesNotWaitForIt()
    {
        using var study = Study.InMemory(new StudyOptions { Sampler = new Slow(this), Pruner = new MedianPruner { StartupTrials = 1 } });
        var first = study.Ask();
        first.SuggestFloat("x", 0, 1);
        first.Report(0, 1);
        study.Tell(first, 1);

        var (other, slow) = (study.Ask(), study.Ask());
        var suggested = Task.Run(() => slow.SuggestFloat("slow", 0, 1));
        Assert.True(_thinking.Wait(Long));
        // All of this happens while the other one thinks: looks, verdicts, an end, and a decision over it.
        Assert.True(other.Report(0, 2).ShouldPrune);
        study.Tell(other, TrialResult.Pruned);
        Assert.Equal(1, study.WithHistory(h => h.CountOf(TrialState.Pruned)));
        var third = study.Ask();
        Assert.InRange(third.SuggestFloat("x", 0, 1), 0, 1);
        _goOn.Set();
        Assert.InRange(await suggested.WaitAsync(Long), 0, 1);
    }

    [Fact]
    public async Task Suggest_WhileAPrunerThinks_DoesNotWaitForIt()
    {
        using var study = Study.InMemory(new StudyOptions { Sampler = new TpeSampler(), Pruner = new SlowPruner(this) });
        var (slow, other) = (study.Ask(), study.Ask());
        var judged = Task.Run(() => slow.Report(0, 1));
        Assert.True(_thinking.Wait(Long));
        Assert.InRange(other.SuggestFloat("x", 0, 1), 0, 1);
        study.Tell(other, 1);
        _goOn.Set();
        Assert.False((await judged.WaitAsync(Long)).ShouldPrune);
    }

    [Fact]
    public async Task RunAsync_ManyTrialsAtOnce_DecideAsOneWould()
    {
        // In batches what is known does not depend on who is faster; neither do decisions that are made at the same time.
        async Task<string> RunAsync()
        {
            using var study = Study.InMemory(
                new StudyOptions { Sampler = new TpeSampler(), Pruner = new MedianPruner { StartupTrials = 2 }, Seed = 7 });
            await study.RunAsync(
                (trial, _) =>
                {
                    var kind = trial.SuggestCategorical("kind", "a", "b");
                    var x = trial.SuggestFloat("x", 0, 1);
                    var y = kind == "a" ? trial.SuggestFloat("y", 0, 1) : trial.SuggestInt("n", 0, 20) / 20.0;
                    for (var step = 0; step < 3; step++)
                    {
                        if (trial.Report(step, Math.Abs(x - 0.3) + y + step).ShouldPrune) return TrialResult.Pruned;
                    }

                    return Math.Abs(x - 0.3) + y;
                },
                new RunOptions { TotalTrials = 120, Parallelism = 6, InBatches = true });
            return string.Join(
                '\n',
                study.GetTrials().Select(
                    t => $"{t.Number} {t.State} {t.Reason} {string.Join(' ', t.ParameterList.Select(p => $"{p.Name} {p.Value:R}"))}"));
        }

        var first = await RunAsync();
        for (var i = 0; i < 4; i++) Assert.Equal(first, await RunAsync());
    }

    [Fact]
    public async Task Ask_ManyBatchesAtOnce_EachSeesItsOwnPlans()
    {
        using var study = Study.InMemory(new StudyOptions { Sampler = new TpeSampler { StartupTrials = 4 }, Seed = 3 });
        await study.RunAsync((trial, _) => trial.SuggestFloat("x", 0, 1), new RunOptions { TotalTrials = 20 });
        var batches = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => Task.Run(() =>
        {
            var batch = study.Ask(5);
            foreach (var trial in batch) study.Tell(trial, trial.SuggestFloat("x", 0, 1));
            return batch;
        }))).WaitAsync(Long);
        Assert.Equal(Enumerable.Range(20, 30), batches.SelectMany(b => b).Select(t => t.Number).Order());
        Assert.All(batches, batch => Assert.Equal(5, batch.Select(t => t.Parameters["x"]).Distinct().Count()));
        Assert.Equal(50, study.CountTrials()[TrialState.Complete]);
    }

    [Fact]
    public async Task Suggest_ManyTrialsAtOnceInAFiniteSpace_RepeatsNothing()
    {
        using var study = Study.InMemory(new StudyOptions { Sampler = new AllTheSame(), Seed = 3 });
        await study.RunAsync((trial, _) => trial.SuggestInt("a", 0, 199), new RunOptions { TotalTrials = 160, Parallelism = 8 });
        Assert.Equal(160, study.GetTrials().Select(t => t.Parameters["a"]).Distinct().Count());
    }

    [Fact]
    public async Task RunAsync_CmaEsWithManyTrialsAtOnce_LearnsAsOneAtATime()
    {
        // Generations are filled by whoever ends first; every decision must go on from the same ones.
        async Task<double> Best(int parallelism)
        {
            using var study = Study.InMemory(new StudyOptions { Sampler = new Tunewise.Samplers.CmaEs.CmaEsSampler(), Seed = 5 });
            await study.RunAsync(
                (trial, _) => Enumerable.Range(0, 5).Sum(d => Math.Pow(trial.SuggestFloat($"x{d}", -4, 6), 2)),
                new RunOptions { TotalTrials = 600, Parallelism = parallelism });
            return study.GetBestTrial()!.Value!.Value;
        }

        Assert.InRange(await Best(1), 0, 1e-3);
        Assert.InRange(await Best(6), 0, 1e-2);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Look_WhileTrialsEnd_ShowsEachOnce(bool inGroups)
    {
        var sampler = new Looking();
        IPruner pruner = inGroups ? new HyperbandPruner { MaxResource = 9 } : new NoPruner();
        using var study = Study.InMemory(new StudyOptions { Sampler = sampler, Pruner = pruner });
        await study.RunAsync(
            (trial, _) => trial.SuggestFloat("x", 0, 1) + trial.SuggestFloat("y", 0, 1),
            new RunOptions { TotalTrials = 2000, Parallelism = 8 });
        Assert.Empty(sampler.Twice);
    }

    /// <summary>Looks for trials that run and have finished.</summary>
    private sealed class Looking : ISampler
    {
        public System.Collections.Concurrent.ConcurrentQueue<int> Twice { get; } = [];

        public double Sample(SamplingContext context, string name, Distribution distribution)
        {
            foreach (var trial in context.History.Unfinished)
            {
                if (context.History.RowOf(trial.Number) >= 0) Twice.Enqueue(trial.Number);
            }

            return 0.5;
        }
    }

    private sealed class AllTheSame : ISampler
    {
        public double Sample(SamplingContext context, string name, Distribution distribution) => 7;
    }

    [Fact]
    public async Task Observer_OfARun_IsToldOfItsOwnTrialsOnly()
    {
        using var study = Study.InMemory();
        var observer = new Observer();
        await study.RunAsync(
            (trial, token) =>
            {
                if (trial.Number == 0)
                {
                    var other = study.Ask(token);
                    other.Report(0, 1);
                    study.Tell(other, 1, token);
                }

                trial.Report(0, 1);
                return 1;
            },
            new RunOptions { AdditionalTrials = 2, Observer = observer });
        Assert.Equal(["started 0", "reported 0", "finished 0", "started 2", "reported 2", "finished 2"], observer.Said);
    }

    private sealed class Observer : IRunObserver
    {
        public List<string> Said { get; } = [];

        public void Started(Trial trial) => Said.Add($"started {trial.Number}");

        public void Reported(Trial trial, TrialReport report, ReportDecision decision) => Said.Add($"reported {trial.Number}");

        public void Finished(FrozenTrial trial) => Said.Add($"finished {trial.Number}");
    }

    private double Think(double value)
    {
        _thinking.Set();
        Assert.True(_goOn.Wait(Long));
        return value;
    }

    private sealed class Slow(ThinkingTests test) : ISampler
    {
        public double Sample(SamplingContext context, string name, Distribution distribution) => name == "slow" ? test.Think(0.5) : 0.25;
    }

    private sealed class SlowPruner(ThinkingTests test) : IPruner
    {
        public HistoryScope Scope => HistoryScope.Finished;

        public ReportDecision Decide(PruningContext context) => ReportDecision.Continue($"{test.Think(context.History.Count)}");
    }
}
