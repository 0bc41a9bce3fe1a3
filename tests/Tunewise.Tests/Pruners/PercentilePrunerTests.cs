using Tunewise.Pruners;
using Tunewise.Testing;

namespace Tunewise.Tests.Pruners;

public sealed class MedianPrunerTests : PrunerConformance
{
    protected override IPruner Create() => new MedianPruner();
}

public sealed class NoPrunerTests : PrunerConformance
{
    protected override IPruner Create() => new NoPruner();

    protected override bool PrunesTheWorse => false;
}

/// <summary>Verdicts of Optuna 4.9.0's MedianPruner and PercentilePruner on the same reports.</summary>
public sealed class PercentilePrunerTests : PrunerConformance
{
    private static readonly double Nan = double.NaN;

    /// <summary>Five complete trials; trial k reported k + step at steps 0 to 5.</summary>
    private static readonly (long, double)[][] Five =
        [.. Enumerable.Range(0, 5).Select(k => Enumerable.Range(0, 6).Select(i => ((long)i, (double)(k + i))).ToArray())];

    protected override IPruner Create() => new PercentilePruner(25) { StartupTrials = 1 };

    private static bool[] Verdicts(Direction direction, (long, double)[][] others, (long, double)[] own, IPruner pruner)
    {
        var study = Study.InMemory(new StudyOptions { Objectives = [new Objective(direction)], Pruner = pruner });
        foreach (var reports in others)
            study.AddTrial([], 0.0, [.. reports.Select(r => new TrialReport(r.Item1, r.Item2))]);
        var trial = study.Ask();
        return [.. own.Select(r => trial.Report(r.Item1, r.Item2).ShouldPrune)];
    }

    private static MedianPruner Median(int warmup = 0, int interval = 1, int min = 1, int startup = 5) =>
        new() { StartupTrials = startup, WarmupSteps = warmup, IntervalSteps = interval, MinTrials = min };

    [Fact]
    public void Decide_Minimize_ComparesTheBestSoFarWithTheMedianAtThisStep()
    {
        Assert.Equal([false, false, false], Verdicts(Direction.Minimize, Five, [(0, 2.0), (1, 3.1), (2, 5.0)], Median()));
        Assert.Equal([false, false], Verdicts(Direction.Minimize, Five, [(0, 0.5), (1, 99)], Median()));
        Assert.Equal([false], Verdicts(Direction.Minimize, Five[..4], [(0, 99)], Median()));
    }

    [Fact]
    public void Decide_Maximize_IsTheMirrorImage() =>
        Assert.Equal([true, true, false], Verdicts(Direction.Maximize, Five, [(0, 1.9), (1, 2.0), (2, 4.0)], Median()));

    [Fact]
    public void Decide_WarmupAndInterval_JudgeOnlyTheFirstReportOfEach()
    {
        Assert.Equal(
            [false, true, false, true, false, true],
            Verdicts(Direction.Minimize, Five, [.. Enumerable.Range(0, 6).Select(i => ((long)i, 99.0))], Median(warmup: 1, interval: 2)));
        Assert.Equal([false, true, false], Verdicts(Direction.Minimize, Five, [(0, 99), (3, 99), (4, 99)], Median(warmup: 2, interval: 3)));
    }

    [Fact]
    public void Decide_NaN_OwnIsPruned_OthersAreIgnored()
    {
        Assert.Equal([true], Verdicts(Direction.Minimize, Five, [(0, Nan)], Median()));
        Assert.Equal([false], Verdicts(Direction.Minimize, [.. Enumerable.Repeat(new[] { (0L, Nan) }, 5)], [(0, 1)], Median()));
        Assert.Equal([false], Verdicts(Direction.Minimize, Five, [(9, 99)], Median()));
    }

    [Fact]
    public void Decide_Percentile_KeepsTheBestQuarter()
    {
        PercentilePruner Quarter() => new(25);
        Assert.Equal([true], Verdicts(Direction.Minimize, Five, [(0, 1.01)], Quarter()));
        Assert.Equal([false], Verdicts(Direction.Minimize, Five, [(0, 1.0)], Quarter()));
        Assert.Equal([true], Verdicts(Direction.Maximize, Five, [(0, 2.99)], Quarter()));
        Assert.Equal([false], Verdicts(Direction.Maximize, Five, [(0, 3.0)], Quarter()));
    }

    [Fact]
    public void Decide_TooFewOrInfiniteReports()
    {
        Assert.Equal([false], Verdicts(Direction.Minimize, Five, [(0, 99)], Median(min: 6)));
        Assert.Equal([true], Verdicts(Direction.Minimize, [.. Five[..4], [(0, double.PositiveInfinity)]], [(0, 2.5)], Median()));
        Assert.Equal(
            [false],
            Verdicts(Direction.Minimize, [[(0, double.NegativeInfinity)], [(0, double.PositiveInfinity)]], [(0, 1)], Median(startup: 1)));
    }

    [Fact]
    public void Decide_Prune_SaysWhyInNumbers()
    {
        var study = Study.InMemory(new StudyOptions { Objectives = [Objective.Maximize()], Pruner = Median() });
        foreach (var reports in Five) study.AddTrial([], 0.0, [.. reports.Select(r => new TrialReport(r.Item1, r.Item2))]);
        Assert.Equal("step 0: 1.5, median of 5 trials 2", study.Ask().Report(0, 1.5).Reason);
    }

    [Fact]
    public void Open_OptionsOutOfRange_ListsEveryProblem()
    {
        var error = Assert.Throws<ArgumentException>(() => Study.InMemory(new StudyOptions
        {
            Pruner = new PercentilePruner(101) { StartupTrials = -1, WarmupSteps = -1, IntervalSteps = 0, MinTrials = 0 },
        }));
        foreach (var part in new[] { "Percentile must", "StartupTrials", "WarmupSteps", "IntervalSteps", "MinTrials" })
            Assert.Contains(part, error.Message, StringComparison.Ordinal);
    }
}
