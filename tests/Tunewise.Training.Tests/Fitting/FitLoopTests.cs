using Tunewise.Pruners;
using Tunewise.Training.Fitting;
using Tunewise.Training.Schedules;

namespace Tunewise.Training.Tests.Fitting;

public class FitLoopTests
{
    /// <summary>A model whose accuracy and loss in each epoch are given; its only parameter is the epoch it has learnt.</summary>
    private sealed class Scripted(
        double[] accuracies,
        double[]? losses = null,
        string metric = "accuracy",
        string? obstacle = null,
        double[]? validationLosses = null) : ITrainingSession
    {
        public byte Learnt { get; private set; }

        public List<double> Factors { get; } = [];

        public EpochLoss TrainEpoch(int epoch, double rateFactor, CancellationToken cancellationToken)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Learnt = (byte)epoch;
            Factors.Add(rateFactor);
            return new EpochLoss(losses?[epoch] ?? 1, 100);
        }

        public Evaluation Validate() =>
            new(validationLosses?[Learnt] ?? 1 - accuracies[Learnt], new Dictionary<string, double> { [metric] = accuracies[Learnt] });

        public string? CheckpointObstacle => obstacle;

        public void Save(Stream target) => target.WriteByte(Learnt);

        public void Load(Stream source) => Learnt = (byte)source.ReadByte();

        public void Dispose()
        {
        }
    }

    private static readonly FitOptions Five = new() { Epochs = 5 };

    private static readonly double[] Curve = [0.1, 0.5, 0.9, 0.9, 0.3];

    [Fact]
    public void Run_Completed_PicksTheEarliestBestEpochAndRestoresIt()
    {
        using var session = new Scripted(Curve);
        var result = FitLoop.Run(session, Five);
        Assert.Equal((FitEnd.Completed, 5, 2, 0.9), (result.End, result.History.Count, result.BestEpoch, result.BestMetric));
        Assert.Equal(2, session.Learnt);
        Assert.True(result.PeakMemoryBytes > 0, "the process has memory");
        Assert.True(double.IsFinite(result.SamplesPerSecond), "500 samples in however little time");
        Assert.Equal(0.9, result.ToTrialResult().Values[0]);
    }

    /// <summary>Of a trial of no study nothing is stored.</summary>
    [Fact]
    public void Run_TrialOfNoStudy_WritesNoCheckpoint()
    {
        var folder = Path.Combine(Path.GetTempPath(), $"tunewise-tests-{Guid.NewGuid():N}");
        using var session = new Scripted(Curve);
        var options = Five with { Checkpoints = new Training.Checkpoints.CheckpointStore(folder) { Interval = TimeSpan.Zero } };
        Assert.Equal(0.9, FitLoop.Run(session, options, Trial.With()).BestMetric);
        Assert.False(Directory.Exists(folder), "a checkpoint was written");
    }

    [Fact]
    public void Run_NotRestoring_KeepsTheLastEpoch()
    {
        using var session = new Scripted(Curve);
        FitLoop.Run(session, Five with { RestoreBest = false });
        Assert.Equal(4, session.Learnt);
    }

    [Fact]
    public void Run_MinimizeTheLoss_IsTheMirrorImage()
    {
        using var session = new Scripted(Curve);
        var result = FitLoop.Run(session, Five with { Metric = "loss" });
        Assert.Equal((2, 0.1), (result.BestEpoch, Math.Round(result.BestMetric, 12)));
    }

    [Theory]
    [InlineData(1, 0, 4)]
    [InlineData(2, 0, 5)]
    [InlineData(2, 0.9, 3)]
    public void Run_EarlyStopping_CountsEpochsWithoutImprovement(int patience, double minDelta, int epochs)
    {
        using var session = new Scripted([0.1, 0.5, 0.9, 0.9, 0.3, 0.2, 0.2]);
        var result = FitLoop.Run(session, Five with { Epochs = 7, EarlyStopping = new EarlyStopping(patience, minDelta) });
        Assert.Equal((FitEnd.EarlyStopped, epochs), (result.End, result.History.Count));
        Assert.Equal(2, session.Learnt);
    }

    [Fact]
    public void Run_Schedule_SetsEveryEpochsFactor()
    {
        using var session = new Scripted(Curve);
        FitLoop.Run(session, Five with { Schedule = Schedule.Step(2, 0.5) });
        Assert.Equal([1, 1, 0.5, 0.5, 0.25], session.Factors);
    }

    [Fact]
    public async Task Run_LogsEveryEpoch_WhateverItsMetricsAreCalled()
    {
        using var study = Study.InMemory(new StudyOptions { Objectives = [Objective.Minimize("loss")], Pruner = new NoPruner() });
        foreach (var metric in new[] { "f1", "bad\tname\ud800", new string('m', 300) })
        {
            await study.RunAsync(
                trial =>
                {
                    using var session = new Scripted(Curve, metric: metric);
                    return FitLoop.Run(session, Five with { Metric = "loss" }, trial).ToTrialResult();
                },
                new RunOptions { AdditionalTrials = 1 });
        }

        Assert.All(study.GetTrials(), t => Assert.Equal(TrialState.Complete, t.State));
        var series = study.GetSeries(0);
        Assert.Equal(["loss", "train/loss", "train/rate_factor", "val/f1"], series.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(Curve, series["val/f1"].Values.Select(v => Math.Round(v, 6)));
        Assert.Contains("val/bad?name?", study.GetSeries(1).Keys);
    }

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void Run_LossNotFinite_EndsWithWhatItHas(double loss)
    {
        using var session = new Scripted(Curve, [1, 1, loss, 1, 1]);
        var result = FitLoop.Run(session, Five);
        Assert.Equal((FitEnd.Diverged, 3), (result.End, result.History.Count));
        var told = result.ToTrialResult();
        Assert.Equal((TrialState.Failed, FailureKind.Diverged, 0.5), (told.State, told.Failure!.Value, told.LastFiniteValue!.Value));
    }

    [Fact]
    public void Run_Pruned_StopsAtOnceAndStoresItsFigures()
    {
        var study = Study.InMemory(new StudyOptions
        {
            Objectives = [Objective.Maximize("accuracy")],
            Pruner = new MedianPruner { StartupTrials = 1, WarmupSteps = 1 },
        });
        study.AddTrial([], 0.9, [.. Enumerable.Range(0, 5).Select(i => new TrialReport(i, 0.6))]);
        var trial = study.Ask();
        using var session = new Scripted(Curve);
        var result = FitLoop.Run(session, Five, trial);
        Assert.Equal((FitEnd.Pruned, 2), (result.End, result.History.Count));
        study.Tell(trial, result.ToTrialResult());
        var stored = study.FindTrial(trial.Number)!;
        Assert.Equal((TrialState.Pruned, 0.5, "step 1: 0.5, median of 1 trial 0.6"), (stored.State, stored.Value!.Value, stored.Reason!));
        Assert.Equal([0L, 1L], stored.Reports.Select(r => r.Step));
        Assert.Equal(
            (2L, 5L, "Pruned"),
            (
                stored.UserAttributes[FitLoop.Attributes.Epochs],
                stored.UserAttributes[FitLoop.Attributes.EpochLimit],
                stored.UserAttributes[FitLoop.Attributes.End]));
        foreach (var key in new[] { FitLoop.Attributes.Seconds, FitLoop.Attributes.SamplesPerSecond, FitLoop.Attributes.PeakMemory })
            Assert.Contains(key, stored.UserAttributes.Keys);
    }

    [Fact]
    public void Run_Cancelled_Throws()
    {
        using var cancellation = new CancellationTokenSource();
        cancellation.Cancel();
        using var session = new Scripted(Curve);
        Assert.Throws<OperationCanceledException>(() => FitLoop.Run(session, Five, cancellationToken: cancellation.Token));
    }

    [Fact]
    public void Run_WrongOptions_ListsEveryProblem()
    {
        using var session = new Scripted(Curve);
        var error = Assert.Throws<ArgumentException>(
            () => FitLoop.Run(session, new FitOptions { Epochs = 0, EarlyStopping = new EarlyStopping(0, -1) }));
        foreach (var part in new[] { "Epochs", "Patience", "MinDelta" }) Assert.Contains(part, error.Message, StringComparison.Ordinal);
    }

    private static Trial Ask(params Objective[] objectives) =>
        Study.InMemory(new StudyOptions { Objectives = objectives, Pruner = new NoPruner() }).Ask();

    [Fact]
    public void Run_LossInAStudyThatMinimizes_KeepsTheEpochWithTheSmallestLoss()
    {
        using var session = new Scripted(Curve);
        var result = FitLoop.Run(
            session, Five with { Metric = "loss", EarlyStopping = new EarlyStopping(3) }, Ask(Objective.Minimize("loss")));
        Assert.Equal((FitEnd.Completed, 2, 2), (result.End, result.BestEpoch, session.Learnt));
        Assert.Equal(0.1, result.ToTrialResult().Values[0], 1e-12);
    }

    [Fact]
    public void Run_SeveralObjectives_TakesTheDirectionOfTheOneThatReportsBelongTo()
    {
        var study = Study.InMemory(new StudyOptions
        {
            Objectives = [Objective.Maximize("speed"), Objective.Minimize("error")],
            PruneBy = "error",
            Pruner = new NoPruner(),
        });
        using var session = new Scripted(Curve);
        Assert.Equal(2, FitLoop.Run(session, Five with { Metric = "loss" }, study.Ask()).BestEpoch);
        // Without a word on pruning, the objective of the metric's name.
        using var named = new Scripted(Curve);
        Assert.Equal(
            2,
            FitLoop.Run(named, Five with { Metric = "loss" }, Ask(Objective.Maximize("accuracy"), Objective.Minimize("loss"))).BestEpoch);
        var told = FitLoop.Run(named, Five, Ask(Objective.Maximize("accuracy"), Objective.Minimize("size"))).ToTrialResult(17);
        Assert.Equal([0.9, 17], told.Values);
    }

    [Theory]
    [InlineData("loss", null, Direction.Maximize, "of which smaller values are better")]
    [InlineData("accuracy", null, Direction.Minimize, "of which larger values are better")]
    [InlineData("loss", Direction.Minimize, Direction.Maximize, "FitOptions.Direction is Minimize")]
    [InlineData("accuracy", Direction.Maximize, Direction.Minimize, "FitOptions.Direction is Maximize")]
    [InlineData("f1", null, Direction.Maximize, "choose from loss, accuracy")]
    public void Run_MetricThatContradictsTheStudy_IsAnErrorBeforeTheFirstEpoch(
        string metric, Direction? given, Direction objective, string words)
    {
        using var session = new Scripted(Curve);
        var error = Assert.Throws<StudyMismatchException>(
            () => FitLoop.Run(session, Five with { Metric = metric, Direction = given }, Ask(new Objective(objective, "value"))));
        Assert.Contains(words, error.Message, StringComparison.Ordinal);
        Assert.Empty(session.Factors);
    }

    [Fact]
    public void Run_MetricThatNobodyKnows_NeedsADirectionWithoutATrial()
    {
        using var session = new Scripted(Curve, metric: "bleu");
        Assert.Contains(
            "set FitOptions.Direction",
            Assert.Throws<StudyMismatchException>(() => FitLoop.Run(session, Five with { Metric = "bleu" })).Message,
            StringComparison.Ordinal);
        Assert.Equal(2, FitLoop.Run(session, Five with { Metric = "bleu", Direction = Direction.Maximize }).BestEpoch);
        Assert.Equal(0, FitLoop.Run(session, Five with { Metric = "bleu" }, Ask(Objective.Minimize("bleu"))).BestEpoch);
    }

    [Fact]
    public void Run_LastEpochWorseThanTheMedian_IsComplete()
    {
        var study = Study.InMemory(new StudyOptions
        {
            Objectives = [Objective.Maximize("accuracy")],
            Pruner = new MedianPruner { StartupTrials = 1, WarmupSteps = 4 },
        });
        study.AddTrial([], 0.9, [.. Enumerable.Range(0, 5).Select(i => new TrialReport(i, 0.99))]);
        var trial = study.Ask();
        using var session = new Scripted(Curve);
        var result = FitLoop.Run(session, Five, trial);
        Assert.True(trial.LastDecision.ShouldPrune);
        Assert.Equal(FitEnd.Completed, result.End);
        study.Tell(trial, result.ToTrialResult());
        Assert.Equal((TrialState.Complete, 0.9), (study.FindTrial(1)!.State, study.FindTrial(1)!.Value!.Value));
    }

    [Theory]
    [InlineData("loss", Direction.Minimize, 0.5)]
    [InlineData("accuracy", Direction.Maximize, 0.5)]
    public async Task Run_Diverged_FailsAlikeUnderEveryMetric_AndManyInARowDoNotEndTheStudy(string metric, Direction direction, double last)
    {
        // The median rule would prune a NaN; a training that diverged is not pruned either.
        var study = Study.InMemory(new StudyOptions
        {
            Objectives = [new Objective(direction, metric)],
            Pruner = new MedianPruner { StartupTrials = 1, WarmupSteps = 0 },
        });
        study.AddTrial([], 0.5, [.. Enumerable.Range(0, 5).Select(i => new TrialReport(i, 0.5))]);
        var report = await study.RunAsync(
            (trial, token) =>
            {
                using var session = new Scripted([0.5, 0.5, double.NaN, 0.5, 0.5], [1, 1, double.NaN, 1, 1]);
                return FitLoop.Run(session, Five with { Metric = metric }, trial, token).ToTrialResult();
            },
            new RunOptions { AdditionalTrials = 25, MaxConsecutiveFailures = 3 });
        Assert.Equal((RunEnd.BudgetReached, 25), (report.End, report.Failed));
        Assert.All(study.GetTrials().Skip(1), t => Assert.Equal(
            (TrialState.Failed, FailureKind.Diverged, "the training loss became NaN in epoch 2", last, 3),
            (t.State, t.Failure!.Value, t.Reason!, t.LastFiniteValue!.Value, t.Reports.Count)));
    }

    [Fact]
    public void Run_ValidationLossNotFinite_IsDivergedWhateverTheMetric()
    {
        using var session = new Scripted(Curve, validationLosses: [1, double.NaN, 1, 1, 1]);
        var result = FitLoop.Run(session, Five, Ask(Objective.Maximize("accuracy")));
        Assert.Equal((FitEnd.Diverged, 2), (result.End, result.History.Count));
        Assert.Equal(
            ("the validation loss became NaN in epoch 1", 0.1),
            (result.ToTrialResult().Reason!, result.ToTrialResult().LastFiniteValue!.Value));
    }

    [Fact]
    public void ToTrialResult_MetricOfALaterObjective_StandsInItsPlace()
    {
        var study = Study.InMemory(new StudyOptions
        {
            Objectives = [Objective.Minimize("size"), Objective.Maximize("accuracy"), Objective.Minimize("time")],
            PruneBy = "accuracy",
            Pruner = new NoPruner(),
        });
        using var session = new Scripted(Curve);
        Assert.Equal([5000, 0.9, 3], FitLoop.Run(session, Five, study.Ask()).ToTrialResult(5000, 3).Values);
    }

    [Fact]
    public async Task Run_MetricThatTheSessionDoesNotCompute_EndsTheRunAtTheFirstTrial()
    {
        var study = Study.InMemory(new StudyOptions { Objectives = [Objective.Maximize("accuracy")] });
        var error = await Assert.ThrowsAsync<StudyMismatchException>(() => study.RunAsync(
            (trial, token) =>
            {
                using var session = new Scripted(Curve);
                return FitLoop.Run(session, Five with { Metric = "acuracy" }, trial, token).ToTrialResult();
            },
            new RunOptions { TotalTrials = 20 }));
        Assert.Contains("choose from loss, accuracy", error.Message, StringComparison.Ordinal);
        Assert.Single(study.GetTrials());
    }

    [Fact]
    public void Run_OptionsThatTheSessionCannotServe_AreAnErrorBeforeTheFirstEpoch()
    {
        using var session = new Scripted(Curve, obstacle: "the optimizer X cannot write its state");
        var folder = Path.Combine(Path.GetTempPath(), Guid.NewGuid().ToString());
        var options = Five with { Checkpoints = new Training.Checkpoints.CheckpointStore(folder) };
        Assert.Contains(
            "the optimizer X cannot write its state",
            Assert.Throws<StudyMismatchException>(() => FitLoop.Run(session, options, Ask(Objective.Maximize("accuracy")))).Message,
            StringComparison.Ordinal);
        Assert.Empty(session.Factors);
        Assert.False(Directory.Exists(folder));
        Assert.Equal(FitEnd.Completed, FitLoop.Run(session, Five, Ask(Objective.Maximize("accuracy"))).End);
    }

    [Fact]
    public void Regularization_GradientIsThePenaltys()
    {
        var penalty = new Regularization(0.3, 0.7);
        double[] weights = [0.5, -2, 0.1];
        var gradient = new double[3];
        penalty.AddGradient(weights, gradient);
        for (var i = 0; i < 3; i++)
        {
            const double Step = 1e-6;
            double[] up = [.. weights], down = [.. weights];
            up[i] += Step;
            down[i] -= Step;
            Assert.Equal((penalty.Penalty(up) - penalty.Penalty(down)) / (2 * Step), gradient[i], 1e-6);
        }
    }

    [Fact]
    public void Run_ContinuedWithoutItsCheckpoint_TrainsAgainButReportsOnlyWhatIsNew()
    {
        var study = Study.InMemory(new StudyOptions
        {
            Objectives = [Objective.Maximize("accuracy")],
            Pruner = new SuccessiveHalvingPruner { MinResource = 1, ReductionFactor = 2, Promotes = true },
            Seed = 1,
        });
        var first = study.Ask();
        using (var session = new Scripted(Curve))
        {
            var result = FitLoop.Run(session, Five, first);
            Assert.Equal((FitEnd.Paused, 2), (result.End, result.History.Count));
            study.Tell(first, result.ToTrialResult());
        }

        var worse = study.Ask();
        worse.Report(1, 0.4);
        study.Tell(worse, TrialResult.Pruned);
        var next = study.Ask();
        Assert.Equal(0, next.Continues);
        using (var session = new Scripted(Curve))
        {
            var result = FitLoop.Run(session, Five, next);
            // Trained from the beginning up to the next rung, at step 2.
            Assert.Equal(3, result.History.Count);
            Assert.Equal([0, 1, 2], next.Reports.Select(r => r.Step));
        }
    }
}
