using Tunewise.Pruners;
using Tunewise.Training.Fitting;
using Tunewise.Training.Schedules;

namespace Tunewise.Training.Tests.Fitting;

public class FitLoopTests
{
    /// <summary>A model whose accuracy and loss in each epoch are given; its only parameter is the epoch it has learnt.</summary>
    private sealed class Scripted(double[] accuracies, double[]? losses = null) : ITrainingSession
    {
        public byte Learnt { get; private set; }

        public List<double> Rates { get; } = [];

        public EpochLoss TrainEpoch(int epoch, double learningRate, CancellationToken cancellationToken)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Learnt = (byte)epoch;
            Rates.Add(learningRate);
            return new EpochLoss(losses?[epoch] ?? 1, 100);
        }

        public Evaluation Validate() => new(1 - accuracies[Learnt], new Dictionary<string, double> { ["accuracy"] = accuracies[Learnt] });

        public void Save(Stream target) => target.WriteByte(Learnt);

        public void Load(Stream source) => Learnt = (byte)source.ReadByte();

        public void Dispose()
        {
        }
    }

    private static readonly FitOptions Five = new() { Epochs = 5, LearningRate = 0.1 };

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
        var result = FitLoop.Run(session, Five with { Metric = "loss", Direction = Direction.Minimize });
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
    public void Run_Schedule_SetsEveryEpochsLearningRate()
    {
        using var session = new Scripted(Curve);
        FitLoop.Run(session, Five with { Schedule = new StepSchedule(2, 0.5) });
        Assert.Equal([0.1, 0.1, 0.05, 0.05, 0.025], session.Rates);
    }

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void Run_LossNotFinite_EndsWithWhatItHas(double loss)
    {
        using var session = new Scripted(Curve, [1, 1, loss, 1, 1]);
        var result = FitLoop.Run(session, Five);
        Assert.Equal((FitEnd.Diverged, 3), (result.End, result.History.Count));
        Assert.Equal(TrialState.Complete, result.ToTrialResult().State);
    }

    [Fact]
    public void Run_Pruned_StopsAtOnceAndStoresItsFigures()
    {
        var study = Study.InMemory(new StudyOptions { Objectives = [Objective.Maximize("accuracy")], Pruner = new MedianPruner { StartupTrials = 1, WarmupSteps = 1 } });
        study.AddTrial([], 0.9, [.. Enumerable.Range(0, 5).Select(i => new TrialReport(i, 0.6))]);
        var trial = study.Ask();
        using var session = new Scripted(Curve);
        var result = FitLoop.Run(session, Five, trial);
        Assert.Equal((FitEnd.Pruned, 2), (result.End, result.History.Count));
        study.Tell(trial, result.ToTrialResult());
        var stored = study.FindTrial(trial.Number)!;
        Assert.Equal((TrialState.Pruned, 0.5, "step 1: 0.5, median of 1 trial 0.6"), (stored.State, stored.Value!.Value, stored.Reason!));
        Assert.Equal([0L, 1L], stored.Reports.Select(r => r.Step));
        Assert.Equal((2L, 5L, "Pruned"), (stored.UserAttributes[FitLoop.Attributes.Epochs], stored.UserAttributes[FitLoop.Attributes.EpochLimit], stored.UserAttributes[FitLoop.Attributes.End]));
        foreach (var key in new[] { FitLoop.Attributes.Seconds, FitLoop.Attributes.SamplesPerSecond, FitLoop.Attributes.PeakMemory }) Assert.Contains(key, stored.UserAttributes.Keys);
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
        var error = Assert.Throws<ArgumentException>(() => FitLoop.Run(session, new FitOptions { Epochs = 0, LearningRate = double.NaN, EarlyStopping = new EarlyStopping(0, -1) }));
        foreach (var part in new[] { "Epochs", "LearningRate", "Patience", "MinDelta" }) Assert.Contains(part, error.Message, StringComparison.Ordinal);
        Assert.Contains("there are loss, accuracy", Assert.Throws<KeyNotFoundException>(() => FitLoop.Run(session, Five with { Metric = "f1" })).Message, StringComparison.Ordinal);
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
        var study = Study.InMemory(new StudyOptions { Objectives = [Objective.Maximize("accuracy")], Pruner = new SuccessiveHalvingPruner { MinResource = 1, ReductionFactor = 2, Promotes = true }, Seed = 1 });
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
