using Tunewise.Pruners;
using Tunewise.Samplers.Random;
using Tunewise.Samplers.Tpe;
using Tunewise.Spaces;
using Tunewise.Stopping;
using Tunewise.Storage;

namespace Tunewise.Tests.Running;

public sealed class BatchAndStopTests
{
    private static Study NewStudy(Tunewise.Samplers.ISampler? sampler = null) =>
        Study.InMemory(new StudyOptions { Sampler = sampler ?? new RandomSampler(), Pruner = new MedianPruner(), Seed = 6 });

    private static Task<RunReport> Run(Study study, Func<Trial, CancellationToken, TrialResult> objective, RunOptions options) =>
        study.RunAsync(objective, options).WaitAsync(TimeSpan.FromMinutes(1));

    [Fact]
    public async Task Run_TwoStudiesWithTheSameOptions_DoNotWaitForEachOthersCallbacks()
    {
        var (first, second) = (NewStudy(), NewStudy());
        using var called = new ManualResetEventSlim();
        using var waits = new SemaphoreSlim(0);
        var waited = false;
        var options = new RunOptions
        {
            TotalTrials = 1,
            Callbacks =
            [
                (study, _) =>
                {
                    if (ReferenceEquals(study, second))
                    {
                        called.Set();
                        return;
                    }

                    waits.Release();
                    waited = called.Wait(TimeSpan.FromSeconds(20));
                },
            ],
        };
        var run = Run(first, (_, _) => 1, options);
        await waits.WaitAsync(TimeSpan.FromSeconds(20));
        await Run(second, (_, _) => 1, options);
        await run;
        Assert.True(waited);
    }

    [Fact]
    public async Task Run_InBatches_IsTheSameWhoeverIsFaster()
    {
        async Task<string[]> Outcome(bool lastFirst)
        {
            var study = NewStudy(new TpeSampler { StartupTrials = 4 });
            using var turn = new SemaphoreSlim(0);
            var arrived = 0;
            var report = await Run(
                study,
                (trial, _) =>
                {
                    var x = trial.SuggestFloat("x", 0, 1);
                    var value = x * x + (trial.SuggestBool("deep") ? trial.SuggestFloat("y", 0, 1) : 0.5);
                    // The trials of a batch of four end one after another, in the order of their numbers or the other way round.
                    if (Interlocked.Increment(ref arrived) % 4 == 0) turn.Release(4);
                    turn.Wait(CancellationToken.None);
                    var rank = lastFirst ? 3 - trial.Number % 4 : trial.Number % 4;
                    SpinWait.SpinUntil(
                        () => study.GetTrials([TrialState.Complete, TrialState.Pruned]).Count >= trial.Number / 4 * 4 + rank,
                        TimeSpan.FromSeconds(20));
                    return trial.Report(0, value).ShouldPrune ? TrialResult.Pruned : value;
                },
                new RunOptions { TotalTrials = 24, Parallelism = 4, InBatches = true });
            Assert.Equal(RunEnd.BudgetReached, report.End);
            return [.. study.GetTrials().Select(
                t => $"{t.Number} {t.State} {string.Join(' ', t.ParameterList.Select(p => $"{p.Name}={p.Value:R}"))}")];
        }

        var outcome = await Outcome(lastFirst: false);
        Assert.Equal(outcome, await Outcome(lastFirst: true));
        Assert.Contains(outcome, o => o.Contains("Pruned", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Run_TargetReached_Ends()
    {
        var report = await Run(
            NewStudy(), (trial, _) => 10 - trial.Number, new RunOptions { TotalTrials = 50, StopRules = [new TargetReached(6)] });
        Assert.Equal((RunEnd.StopRule, 5, "trial 4 reached 6, the target is 6"), (report.End, report.Complete, report.StopReason));
    }

    [Fact]
    public async Task Run_NoImprovement_Ends()
    {
        var report = await Run(
            NewStudy(),
            (trial, _) => Math.Max(5 - trial.Number, 2),
            new RunOptions { TotalTrials = 50, StopRules = [new NoImprovement(4)] });
        Assert.Equal((RunEnd.StopRule, 8, "no improvement in 4 trials since trial 3"), (report.End, report.Complete, report.StopReason));
    }

    [Fact]
    public async Task Run_ExpectedImprovementGone_Ends()
    {
        var report = await Run(
            NewStudy(new Tunewise.Samplers.Gp.GpSampler()),
            (trial, _) => Math.Pow(trial.SuggestFloat("x", 0, 1) - 0.3, 2),
            new RunOptions { TotalTrials = 200, StopRules = [new ExpectedImprovementBelow(0.01) { MinTrials = 15 }] });
        Assert.Equal(RunEnd.StopRule, report.End);
        Assert.Contains("expected improvement", report.StopReason!, StringComparison.Ordinal);
        Assert.InRange(report.Complete, 15, 100);
    }

    [Fact]
    public async Task Run_WrongStopRules_ListsEveryProblem()
    {
        var error = await Assert.ThrowsAsync<ArgumentException>(() => Run(NewStudy(), (_, _) => 1, new RunOptions
        {
            TotalTrials = 1,
            StopRules =
            [
                new TargetReached(double.NaN),
                new NoImprovement(0) { MinDelta = -1 },
                new ExpectedImprovementBelow(0) { MinTrials = 1, Every = 0 },
            ],
        }));
        foreach (var part in new[]
        {
            "TargetReached",
            "NoImprovement needs",
            "MinDelta",
            "ExpectedImprovementBelow needs",
            "MinTrials",
            "Every",
        })
        {
            Assert.Contains(part, error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void SetConstraint_IsStoredAsOptuna5Does_AndNaNIsAnError()
    {
        using var storage = new InMemoryStorage();
        var study = Study.Open(storage, "c", new StudyOptions { Sampler = new RandomSampler() });
        var trial = study.Ask();
        trial.SetConstraint("latency", 0.5);
        trial.SetConstraint("size", -1);
        var error = Assert.Throws<ArgumentException>(() => trial.SetConstraint("latency", double.NaN));
        foreach (var part in new[] { "'latency'", "NaN" }) Assert.Contains(part, error.Message, StringComparison.Ordinal);
        study.Tell(trial, 1);
        var feasible = study.Ask();
        study.Tell(feasible, 5);

        var stored = study.FindTrial(0)!;
        Assert.Equal([0.5, -1], stored.Constraints);
        Assert.Equal(0.5, stored.SystemAttributes["constraints:latency"]);
        Assert.False(stored.IsFeasible);
        Assert.Equal(1, study.GetBestTrial()!.Number);
    }

    [Fact]
    public void AllowRepeats_LetsAFiniteSpaceRepeat()
    {
        int Distinct(bool allow)
        {
            var study = Study.InMemory(new StudyOptions { Sampler = new RandomSampler(), Seed = 1, AllowRepeats = allow });
            for (var i = 0; i < 6; i++)
            {
                var trial = study.Ask();
                study.Tell(trial, trial.SuggestInt("n", 1, 6));
            }

            return study.GetTrials().Select(t => t.Get<int>("n")).Distinct().Count();
        }

        Assert.Equal(6, Distinct(allow: false));
        Assert.True(Distinct(allow: true) < 6);
    }

    [Fact]
    public void Auto_SaysWhatItChoseAndWhy()
    {
        var study = Study.InMemory(new StudyOptions { Sampler = new Tunewise.Samplers.Auto.AutoSampler(), Seed = 1 });
        for (var i = 0; i < 14; i++)
        {
            var trial = study.Ask();
            study.Tell(trial, trial.SuggestFloat("x", 0, 1) + trial.SuggestInt("n", 1, 3));
        }

        Assert.Equal("Sobol sequence: 3 complete or pruned trials, a model starts at 10", study.FindTrial(3)!.SamplerNote);
        Assert.Equal("Gaussian process: 12 complete trials, numeric space of 2 parameters, 1 objective", study.FindTrial(12)!.SamplerNote);
    }

    [Fact]
    public void Auto_MostTrialsPruned_LearnsFromThem()
    {
        var study = Study.InMemory(
            new StudyOptions { Sampler = new Tunewise.Samplers.Auto.AutoSampler(), Pruner = new Tunewise.Pruners.NoPruner(), Seed = 1 });
        for (var i = 0; i < 13; i++)
        {
            var trial = study.Ask();
            trial.Report(0, trial.SuggestFloat("x", 0, 1));
            study.Tell(trial, TrialResult.Pruned);
        }

        Assert.Equal(
            "TPE: 12 pruned trials, 0 complete trials, numeric space of 1 parameter, 1 objective", study.FindTrial(12)!.SamplerNote);
    }

    private sealed class Watching : Tunewise.Samplers.ISampler
    {
        public List<string> Seen { get; } = [];

        public SearchSpace InferJointSpace(Tunewise.Samplers.SamplingContext context, string name)
        {
            Seen.Add($"{context.TrialNumber}: " + string.Join(' ', context.History.Unfinished.Where(t => t.Number != context.TrialNumber)
                .Select(t => $"{t.Number} {string.Join(',', t.ParameterList.Select(p => $"{p.Name}={p.Value}"))}")));
            return SearchSpace.Empty;
        }

        public double Sample(Tunewise.Samplers.SamplingContext context, string name, Distribution distribution) => 0.5;
    }

    [Fact]
    public void Ask_Several_EachSeesWhatTheOthersWereQueuedWith()
    {
        var sampler = new Watching();
        var study = NewStudy(sampler);
        var first = study.Ask();
        first.SuggestFloat("x", 0, 1);
        study.Tell(first, 1);
        study.Enqueue(new Dictionary<string, object?> { ["x"] = 0.25 });
        sampler.Seen.Clear();
        _ = study.Ask(2);
        Assert.Equal("2: 1 x=0.25", sampler.Seen[^1]);
    }

    [Fact]
    public void NoImprovement_TheTrialThatFinishedLastImproves_GoesOn()
    {
        var study = NewStudy();
        study.Tell(study.Ask(), 5);
        var slow = study.Ask();
        for (var i = 0; i < 6; i++) study.Tell(study.Ask(), 9);
        string? Check() => study.WithHistory(h => new NoImprovement(4).Check(new StopContext(h, study.Objectives)));
        Assert.NotNull(Check());
        study.Tell(slow, 1);
        Assert.Null(Check());
        // The same for whoever reads the study anew.
        for (var i = 0; i < 4; i++) study.Tell(study.Ask(), 9);
        Assert.Equal("no improvement in 4 trials since trial 1", Check());
    }
}
