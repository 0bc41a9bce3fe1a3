namespace Tunewise.Tests;

/// <summary>Whatever an objective naturally looks like compiles, and its value is the trial's.</summary>
public sealed class ObjectiveShapesTests
{
    private static readonly RunOptions One = new() { TotalTrials = 1 };

    [Fact]
    public async Task MethodGroups_OfEveryShape_Run()
    {
        await RunsAsync(study => study.RunAsync(Number, totalTrials: 1));
        await RunsAsync(study => study.RunAsync(NumberWithToken, totalTrials: 1));
        await RunsAsync(study => study.RunAsync(NumberLaterAsync, totalTrials: 1));
        await RunsAsync(study => study.RunAsync(NumberLaterWithTokenAsync, totalTrials: 1));
        await RunsAsync(study => study.RunAsync(Result, totalTrials: 1));
        await RunsAsync(study => study.RunAsync(ResultWithToken, totalTrials: 1));
        await RunsAsync(study => study.RunAsync(ResultLaterAsync, totalTrials: 1));
        await RunsAsync(study => study.RunAsync(ResultLaterWithTokenAsync, totalTrials: 1));
        await RunsAsync(study => study.RunAsync(Number, One));
        await RunsAsync(study => study.RunAsync(NumberWithToken, One));
        await RunsAsync(study => study.RunAsync(NumberLaterAsync, One));
        await RunsAsync(study => study.RunAsync(NumberLaterWithTokenAsync, One));
        await RunsAsync(study => study.RunAsync(Result, One));
        await RunsAsync(study => study.RunAsync(ResultWithToken, One));
        await RunsAsync(study => study.RunAsync(ResultLaterAsync, One));
        await RunsAsync(study => study.RunAsync(ResultLaterWithTokenAsync, One));
    }

    [Fact]
    public async Task Lambdas_OfEveryShape_Run()
    {
        await RunsAsync(study => study.RunAsync(t => t.SuggestFloat("x", 0, 1), totalTrials: 1));
        await RunsAsync(study => study.RunAsync((t, _) => t.SuggestFloat("x", 0, 1), totalTrials: 1));
        await RunsAsync(study => study.RunAsync(t => Task.FromResult(t.SuggestFloat("x", 0, 1)), totalTrials: 1));
        await RunsAsync(study => study.RunAsync(t => Task.FromResult(TrialResult.Complete(t.SuggestFloat("x", 0, 1))), totalTrials: 1));
        await RunsAsync(study => study.RunAsync(async t => await Task.FromResult(t.SuggestFloat("x", 0, 1)), totalTrials: 1));
        await RunsAsync(study => study.RunAsync(
            async (t, token) =>
            {
                await Task.Yield();
                token.ThrowIfCancellationRequested();
                var x = t.SuggestFloat("x", 0, 1);
                return x > 1 ? TrialResult.Pruned : x;
            },
            One));
        await RunsAsync(study => study.RunAsync(
            t =>
            {
                var x = t.SuggestFloat("x", 0, 1);
                if (t.Report(0, x).ShouldPrune) return TrialResult.Pruned;
                return x;
            },
            One));
        await RunsAsync(study => study.RunAsync(t => t.SuggestFloat("x", 0, 1), new() { TotalTrials = 1 }));
        await RunsAsync(study => study.RunAsync(Number, new() { TotalTrials = 1 }));
        // A whole number converts as well.
        var counted = Study.InMemory();
        await counted.RunAsync(t => t.SuggestInt("n", 3, 3), totalTrials: 1);
        Assert.Equal(3, counted.GetBestTrial()!.Value);
    }

    [Fact]
    public async Task Lambdas_ThatOnlyThrow_Compile()
    {
        foreach (var run in new Func<Study, Task<RunReport>>[]
        {
            study => study.RunAsync(t => throw new InvalidOperationException("no"), totalTrials: 1),
            study => study.RunAsync((t, _) => throw new InvalidOperationException("no"), totalTrials: 1),
            study => study.RunAsync(t => { throw new InvalidOperationException("no"); }, One),
            study => study.RunAsync((t, _) => throw new InvalidOperationException("no"), One),
            study => study.RunAsync(async t => { await Task.Yield(); throw new InvalidOperationException("no"); }, totalTrials: 1),
            study => study.RunAsync(async (t, token) => { await Task.Yield(); token.ThrowIfCancellationRequested(); throw new InvalidOperationException("no"); }, One),
        })
        {
            var study = Study.InMemory();
            Assert.Equal(1, (await run(study)).Failed);
            Assert.Equal("InvalidOperationException: no", study.FindTrial(0)!.Reason);
        }
    }

    [Fact]
    public async Task RunAsync_ATaskThatIsNull_SaysSo()
    {
        foreach (var run in new Func<Study, Task<RunReport>>[]
        {
            study => study.RunAsync((Func<Trial, Task<double>>)(_ => null!), One),
            study => study.RunAsync((Func<Trial, CancellationToken, Task<double>>)((_, _) => null!), One),
            study => study.RunAsync((Func<Trial, Task<TrialResult>>)(_ => null!), One),
            study => study.RunAsync((Func<Trial, CancellationToken, Task<TrialResult>>)((_, _) => null!), One),
        })
        {
            var study = Study.InMemory();
            await run(study);
            Assert.Contains("returned null instead of a task", study.FindTrial(0)!.Reason, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task RunAsync_NoObjective_IsRefused()
    {
        var study = Study.InMemory();
        await Assert.ThrowsAsync<ArgumentNullException>(() => study.RunAsync((Func<Trial, double>)null!, totalTrials: 1));
        await Assert.ThrowsAsync<ArgumentNullException>(() => study.RunAsync((Func<Trial, Task<double>>)null!, totalTrials: 1));
        await Assert.ThrowsAsync<ArgumentNullException>(() => study.RunAsync(null!, One));
        await Assert.ThrowsAsync<ArgumentException>(() => study.RunAsync(Number, totalTrials: 0));
    }

    /// <summary>An objective that blocks does not hold its caller up; one that returns a task begins on the caller's pool.</summary>
    [Fact]
    public async Task RunAsync_NumbersThatBlock_RunOnThreadsOfTheirOwn()
    {
        using var both = new Barrier(2);
        var study = Study.InMemory();
        var report = await study.RunAsync(
            t =>
            {
                Assert.True(both.SignalAndWait(TimeSpan.FromMinutes(1)));
                return 1.0;
            },
            new RunOptions { TotalTrials = 2, Parallelism = 2 });
        Assert.Equal(2, report.Complete);
    }

    private static async Task RunsAsync(Func<Study, Task<RunReport>> run)
    {
        var study = Study.InMemory(new StudyOptions { Seed = 1 });
        Assert.Equal((RunEnd.BudgetReached, 1), ((await run(study)) is var report ? report.End : default, report.Complete));
        var trial = study.GetBestTrial()!;
        Assert.Equal(trial.Get<double>("x"), trial.Value);
    }

    private static double Number(Trial trial) => trial.SuggestFloat("x", 0, 1);

    private static double NumberWithToken(Trial trial, CancellationToken cancellationToken) => trial.SuggestFloat("x", 0, 1);

    private static async Task<double> NumberLaterAsync(Trial trial) => await Task.FromResult(Number(trial));

    private static async Task<double> NumberLaterWithTokenAsync(Trial trial, CancellationToken cancellationToken)
    {
        await Task.Yield();
        cancellationToken.ThrowIfCancellationRequested();
        return Number(trial);
    }

    private static TrialResult Result(Trial trial) => Number(trial);

    private static TrialResult ResultWithToken(Trial trial, CancellationToken cancellationToken) => Number(trial);

    private static async Task<TrialResult> ResultLaterAsync(Trial trial) => await Task.FromResult(Number(trial));

    private static async Task<TrialResult> ResultLaterWithTokenAsync(Trial trial, CancellationToken cancellationToken)
    {
        await Task.Yield();
        cancellationToken.ThrowIfCancellationRequested();
        return Number(trial);
    }
}
