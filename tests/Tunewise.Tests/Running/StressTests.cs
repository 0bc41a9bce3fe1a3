using Tunewise.Pruners;
using Tunewise.Samplers;
using Tunewise.Samplers.Gp;
using Tunewise.Samplers.Tpe;
using Tunewise.Storage;

namespace Tunewise.Tests.Running;

/// <summary>One study object, many threads, trials that end in every way.</summary>
public class StressTests
{
    private const int Threads = 16;

    public static TheoryData<string, bool> Runs => new() { { "tpe", false }, { "tpe", true }, { "gp", false }, { "gp", true } };

    private static ISampler Sampler(string name) =>
        name == "gp" ? new GpSampler { StartupTrials = 5 } : new TpeSampler { StartupTrials = 5 };

    private static Study Open(IStudyStorage storage, string sampler) => Study.Open(storage, "s", new StudyOptions
    {
        Sampler = Sampler(sampler),
        Pruner = new MedianPruner { StartupTrials = 3, WarmupSteps = 1, CountsUnfinished = true },
        Seed = 1,
        Retry = new RetryPolicy { AfterException = 1 },
    });

    /// <summary>What a trial does depends on its number alone.</summary>
    private static async Task<TrialResult> Objective(Trial trial, CancellationToken token)
    {
        var x = trial.SuggestFloat("x", 0, 1);
        var kind = trial.SuggestCategorical("kind", "a", "b");
        await Task.Yield();
        var y = kind == "a" ? trial.SuggestFloat("y", -1, 1) : 0;
        for (var step = 0; step < 4; step++)
        {
            token.ThrowIfCancellationRequested();
            if (trial.Report(step, x * x + y + 1.0 / (step + 1)).ShouldPrune) return TrialResult.Pruned;
            await Task.Yield();
        }

        return (trial.Number % 13) switch
        {
            3 => throw new InvalidOperationException("boom"),
            5 => double.NaN,
            7 => TrialResult.Failed("said so"),
            11 => throw new AggregateException(new TrialPrunedException("deep")),
            _ => x * x + y,
        };
    }

    [Theory]
    [MemberData(nameof(Runs))]
    public async Task Run_OnSixteenThreads_LosesAndDoublesNothing(string sampler, bool batches)
    {
        using var storage = new InMemoryStorage();
        using var study = Open(storage, sampler);
        var total = sampler == "gp" ? 48 : 200;
        var report = await study.RunAsync(
            Objective, new RunOptions { TotalTrials = total, Parallelism = Threads, InBatches = batches, MaxConsecutiveFailures = total });
        Assert.Equal(RunEnd.BudgetReached, report.End);
        var trials = study.GetTrials();
        Assert.Equal(Enumerable.Range(0, trials.Count), trials.Select(t => t.Number));
        Assert.Equal(total, trials.Count(t => t.RetriedBy is null));
        Assert.All(trials, t => Assert.True(t.State.IsFinished()));
        Assert.Equal(
            (
                trials.Count(t => t.State == TrialState.Complete),
                trials.Count(t => t.State == TrialState.Pruned),
                trials.Count(t => t.State == TrialState.Failed)),
            (report.Complete, report.Pruned, report.Failed));
        Assert.All(trials.Where(t => t.State == TrialState.Complete), t => Assert.Equal(4, t.Reports.Count));
        Assert.Empty(storage.GetLeases(1));
    }

    [Theory]
    [InlineData("tpe", false)]
    [InlineData("tpe", true)]
    [InlineData("gp", false)]
    public async Task Run_CancelledAgainAndAgain_GoesOnToTheTotal(string sampler, bool batches)
    {
        using var storage = new InMemoryStorage();
        using var study = Open(storage, sampler);
        const int Total = 40;
        var options = new RunOptions { TotalTrials = Total, Parallelism = Threads, InBatches = batches, MaxConsecutiveFailures = 1000 };
        for (var at = 5; ; at += 7)
        {
            using var stop = new CancellationTokenSource();
            var here = at;
            var report = await study.RunAsync(
                Objective, options with { Callbacks = [(_, t) => CancelAt(t.Number, here, stop)] }, stop.Token);
            Assert.Empty(study.GetTrials([TrialState.Running]));
            Assert.Empty(storage.GetLeases(1));
            if (report.End == RunEnd.BudgetReached) break;
        }

        var trials = study.GetTrials();
        Assert.Equal(Total, trials.Count(t => t.RetriedBy is null));
        Assert.All(trials, t => Assert.True(t.State.IsFinished()));
        // What was cut off was tried again with the parameters that it had.
        foreach (var cut in trials.Where(t => t.Failure == FailureKind.Interrupted))
        {
            var again = trials[cut.RetriedBy!.Value];
            Assert.All(cut.Parameters, p => Assert.Equal(p.Value, again.Parameters[p.Key]));
        }
    }

    private static void CancelAt(int number, int at, CancellationTokenSource stop)
    {
        if (number >= at) stop.Cancel();
    }

    [Fact]
    public async Task AskAndTell_FromSixteenThreads_LoseAndDoubleNothing()
    {
        using var storage = new InMemoryStorage();
        using var study = Open(storage, "tpe");
        await Task.WhenAll(Enumerable.Range(0, Threads).Select(_ => Task.Run(() =>
        {
            for (var i = 0; i < 20; i++)
            {
                var trial = study.Ask();
                var x = trial.SuggestFloat("x", 0, 1);
                study.Tell(trial, trial.Report(0, x).ShouldPrune ? TrialResult.Pruned : x);
                study.ReapLostTrials();
                Assert.InRange(study.CountTrials().Values.Sum(), 1, Threads * 20);
            }
        })));
        Assert.Equal(Threads * 20, study.GetTrials().Count);
        Assert.All(study.GetTrials(), t => Assert.True(t.State is TrialState.Complete or TrialState.Pruned));
    }
}
