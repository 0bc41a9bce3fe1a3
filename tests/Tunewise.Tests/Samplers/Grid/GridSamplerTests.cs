using Tunewise.Samplers;
using Tunewise.Samplers.BruteForce;
using Tunewise.Samplers.Grid;

namespace Tunewise.Tests.Samplers.Grid;

public sealed class GridSamplerTests
{
    private static GridSampler Grid() => new(new Dictionary<string, IReadOnlyList<object?>>
    {
        ["rate"] = [0.1, 0.01, 0.001],
        ["optimizer"] = ["sgd", "adam"],
        ["layers"] = [1, 2],
    });

    private static string Suggest(Trial trial) =>
        $"{trial.SuggestFloat("rate", 1e-4, 1, log: true)} {trial.SuggestCategorical("optimizer", "sgd", "adam", "rmsprop")} "
        + $"{trial.SuggestInt("layers", 1, 4)}";

    [Fact]
    public async Task Run_Grid_IsWalkedOnceAndEnds()
    {
        var study = Study.InMemory(new StudyOptions { Sampler = Grid(), Seed = 5 });
        var seen = new List<string>();
        var report = await study.RunAsync(
            (trial, _) =>
            {
                lock (seen) seen.Add(Suggest(trial));
                return trial.Number;
            },
            new RunOptions { TotalTrials = 100, Parallelism = 3 });

        Assert.Equal((RunEnd.SpaceExhausted, 12), (report.End, report.Complete));
        Assert.Equal(12, seen.Distinct().Count());
    }

    [Fact]
    public async Task Run_TrialsThatAreTriedAgain_FinishTheirOwnPoints()
    {
        var study = Study.InMemory(new StudyOptions { Sampler = Grid(), Seed = 5, Retry = new RetryPolicy { AfterException = 1 } });
        await study.RunAsync(
            (trial, _) =>
            {
                if (trial.Attempts > 0 || trial.Number % 2 > 0) return Suggest(trial).Length;
                trial.SuggestFloat("rate", 1e-4, 1, log: true);
                throw new InvalidOperationException("after one parameter of three");
            },
            new RunOptions { TotalTrials = 100 });

        var complete = study.GetTrials().Where(t => t.State == TrialState.Complete).ToArray();
        Assert.Contains(complete, t => t.SystemAttributes.ContainsKey("retry_history"));
        Assert.Equal(12, complete.Select(t => string.Join(' ', t.Parameters.OrderBy(p => p.Key))).Distinct().Count());
    }

    [Fact]
    public void Ask_ManyAtOnce_TakesDifferentPoints()
    {
        var study = Study.InMemory(new StudyOptions { Sampler = Grid(), Seed = 5 });
        Assert.Equal(12, study.Ask(12).Select(Suggest).Distinct().Count());
    }

    [Fact]
    public void Sample_ParameterOrValueNotCovered_IsAClearError()
    {
        var study = Study.InMemory(new StudyOptions { Sampler = Grid(), Seed = 5 });
        Assert.Contains(
            "'width'", Assert.Throws<SamplerException>(() => study.Ask().SuggestInt("width", 1, 9)).Message, StringComparison.Ordinal);
        var trials = study.Ask(12);
        Assert.Contains(trials, t => Record.Exception(() => t.SuggestFloat("rate", 0.05, 1)) is SamplerException e
            && e.Message.Contains("rate", StringComparison.Ordinal));
    }

    [Fact]
    public void New_EmptyGrid_IsAnError()
    {
        Assert.Throws<ArgumentException>(() => new GridSampler(new Dictionary<string, IReadOnlyList<object?>>()));
        Assert.Throws<ArgumentException>(() => new GridSampler(new Dictionary<string, IReadOnlyList<object?>> { ["a"] = [] }));
    }

    [Fact]
    public async Task Run_BruteForce_SeesAConditionalSpaceToTheEnd()
    {
        var study = Study.InMemory(new StudyOptions { Sampler = new BruteForceSampler(), Seed = 5 });
        var seen = new HashSet<string>();
        var report = await study.RunAsync(
            (trial, _) =>
            {
                var key = trial.SuggestBool("deep")
                    ? $"{trial.SuggestInt("layers", 1, 3)} {trial.SuggestCategorical("norm", "batch", "none")}"
                    : $"{trial.SuggestFloat("width", 0, 0.3, step: 0.1)}";
                lock (seen) Assert.True(seen.Add(key), key);
                return key.Length;
            },
            new RunOptions { TotalTrials = 100 });

        Assert.Equal((RunEnd.SpaceExhausted, 10, 0), (report.End, report.Complete, report.Failed));
    }

    [Fact]
    public async Task Run_BruteForceOverAContinuousParameter_EndsWithOneClearError()
    {
        var study = Study.InMemory(new StudyOptions { Sampler = new BruteForceSampler(), Seed = 5 });
        var error = await Assert.ThrowsAsync<SamplerException>(
            () => study.RunAsync((trial, _) => trial.SuggestFloat("rate", 0, 1), new RunOptions { TotalTrials = 100 }));
        foreach (var part in new[] { "BruteForceSampler", "'rate'", "step" })
            Assert.Contains(part, error.Message, StringComparison.Ordinal);
        // Once: no other trial was started for the same error.
        Assert.Single(study.GetTrials());
    }
}
