using Digits.Managed;
using Tunewise;
using Tunewise.Numerics;
using Tunewise.Pruners;
using Tunewise.Samplers.Random;
using Tunewise.Storage;
using Tunewise.Torch.Tests;
using Tunewise.Training.Checkpoints;
using Tunewise.Training.Fitting;

namespace Digits.Tests;

public class ManagedTests
{
    private static readonly DigitsData Data = DigitsData.Load();

    private static DigitsSpace Space(OptimizerKind optimizer = OptimizerKind.Adam) => new(0.005, 32, optimizer, 0.9, 64, 0.1, 1e-5);

    [Fact]
    public void Data_IsWhole_AndThePartsShareNothing()
    {
        Assert.Equal(1797, Data.Training.Count + Data.Validation.Count + Data.Test.Count);
        Assert.All([Data.Training, Data.Validation, Data.Test], part =>
        {
            Assert.Equal(part.Count * DigitsData.Pixels, part.Pixels.Length);
            Assert.All(part.Pixels, p => Assert.InRange(p, 0, 1));
            Assert.Equal(Enumerable.Range(0, 10), part.Labels.Distinct().Order());
        });
    }

    [Fact]
    public void Backward_AgreesWithFiniteDifferences()
    {
        var network = new Mlp(DigitsData.Pixels, 12, DigitsData.Classes, 0.3, new RandomSource(1));
        double Loss()
        {
            var sum = 0.0;
            // The same dropout each time; it is part of the function.
            var dropout = new RandomSource(7);
            for (var i = 0; i < 5; i++)
            {
                sum +=
                    Mlp.CrossEntropy(network.Forward(Data.Training.Pixels.AsSpan(i * 64, 64), dropout), Data.Training.Labels[i], out _) / 5;
            }

            return sum;
        }

        var drawn = new RandomSource(7);
        for (var i = 0; i < 5; i++)
        {
            var x = Data.Training.Pixels.AsSpan(i * 64, 64);
            network.Forward(x, drawn);
            network.Backward(x, Data.Training.Labels[i], 0.2);
        }

        const double Step = 1e-6;
        for (var p = 0; p < network.Parameters.Length; p++)
        {
            var value = network.Parameters[p];
            network.Parameters[p] = value + Step;
            var up = Loss();
            network.Parameters[p] = value - Step;
            var down = Loss();
            network.Parameters[p] = value;
            Assert.Equal((up - down) / (2 * Step), network.Gradients[p], 1e-7);
        }
    }

    // torch.optim of PyTorch on one parameter: start 1, gradients 0.5, −0.25, 0.1, learning rate 0.1, weight decay 0.01 (SGD with momentum
    // 0.9), worked out from the documented formulas in double precision.
    [Theory]
    [InlineData(OptimizerKind.SGD)]
    [InlineData(OptimizerKind.Adam)]
    [InlineData(OptimizerKind.AdamW)]
    [InlineData(OptimizerKind.RMSprop)]
    public void Optimizers_FollowPyTorchsFormulas(OptimizerKind kind)
    {
        var optimizer = ManagedOptimizers.Create(Space(kind) with { WeightDecay = 0.01 }, 1);
        double[] weight = [1];
        var (w, m, v) = (1.0, 0.0, 0.0);
        var gradients = new[] { 0.5, -0.25, 0.1 };
        for (var t = 1; t <= 3; t++)
        {
            optimizer.Step(weight, [gradients[t - 1]], 0.1);
            var g = gradients[t - 1];
            switch (kind)
            {
                case OptimizerKind.SGD:
                    m = 0.9 * m + (g + 0.01 * w);
                    w -= 0.1 * m;
                    break;
                case OptimizerKind.RMSprop:
                    g += 0.01 * w;
                    v = 0.99 * v + 0.01 * g * g;
                    w -= 0.1 * g / (Math.Sqrt(v) + 1e-8);
                    break;
                default:
                    if (kind == OptimizerKind.Adam) g += 0.01 * w;
                    else w *= 1 - 0.1 * 0.01;
                    m = 0.9 * m + 0.1 * g;
                    v = 0.999 * v + 0.001 * g * g;
                    w -= 0.1 * (m / (1 - Math.Pow(0.9, t))) / (Math.Sqrt(v / (1 - Math.Pow(0.999, t))) + 1e-8);
                    break;
            }

            Assert.Equal(w, weight[0], 1e-12);
        }
    }

    [Theory]
    [InlineData(OptimizerKind.SGD)]
    [InlineData(OptimizerKind.Adam)]
    [InlineData(OptimizerKind.AdamW)]
    [InlineData(OptimizerKind.RMSprop)]
    public void Fit_EveryOptimizer_LearnsTheDigits_AndTheSameSeedGivesTheSameNetwork(OptimizerKind kind)
    {
        double[] Curve()
        {
            using var session = new ManagedSession(Space(kind) with { LearningRate = kind == OptimizerKind.SGD ? 0.05 : 0.003 }, Data, 5);
            var result = FitLoop.Run(session, new FitOptions { Epochs = 6 });
            Assert.Equal(result.BestMetric, session.Validate()["accuracy"]);
            return [.. result.History.Select(e => e.Validation.Loss)];
        }

        var curve = Curve();
        Assert.True(curve[^1] < 0.35, $"the loss after six epochs is {curve[^1]}");
        Assert.Equal(curve, Curve());
    }

    [Theory]
    [InlineData(OptimizerKind.SGD)]
    [InlineData(OptimizerKind.Adam)]
    [InlineData(OptimizerKind.RMSprop)]
    public async Task Fit_PausedAndContinued_GivesTheCurveOfOneThatRanThrough(OptimizerKind kind)
    {
        var folder = Directory.CreateTempSubdirectory("tunewise").FullName;
        try
        {
            var study = Study.Open(new InMemoryStorage(), "a study/with a slash", new StudyOptions
            {
                Objectives = [Objective.Maximize("accuracy")],
                Sampler = new RandomSampler(),
                Pruner = new SuccessiveHalvingPruner { MinResource = 1, ReductionFactor = 2, Promotes = true },
                Seed = 2,
            });
            DigitsSpace SpaceOf(int hidden) => Space(kind) with { Hidden = hidden, LearningRate = 0.01, Dropout = 0.2 };
            var options = new FitOptions { Epochs = 5, Checkpoints = new CheckpointStore(folder) };
            await study.RunAsync(
                (trial, token) =>
                {
                    using var session = new ManagedSession(SpaceOf(trial.SuggestInt("hidden", 8, 40)), Data, 9);
                    return FitLoop.Run(session, options, trial, token).ToTrialResult();
                },
                new RunOptions { TotalTrials = 12 });

            var continued = study.GetTrials().Where(t => t.Continues is not null && t.State == TrialState.Complete).ToArray();
            Assert.NotEmpty(continued);
            foreach (var trial in continued)
            {
                using var session = new ManagedSession(SpaceOf(trial.Get<int>("hidden")), Data, 9);
                var through = FitLoop.Run(session, options with { Checkpoints = null });
                Assert.Equal(through.History.Select(e => e.Validation["accuracy"]), trial.Reports.Select(r => r.Value));
                Assert.Equal(through.BestMetric, trial.Value);
            }

            // What was continued or will never be is gone; what is paused still lies there, and the best model.
            options.Checkpoints.Sweep(study);
            Assert.Equal(study.GetTrials().Count(t => t.IsPaused) + 1, Directory.GetFiles(folder).Length);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Theory]
    [InlineData(OptimizerKind.SGD)]
    [InlineData(OptimizerKind.Adam)]
    [InlineData(OptimizerKind.RMSprop)]
    public async Task Fit_CutOffAndTriedAgain_GivesTheCurveAndTheModelOfOneThatRanThrough(OptimizerKind kind)
    {
        var folder = Directory.CreateTempSubdirectory("tunewise").FullName;
        try
        {
            var study = Study.InMemory(new StudyOptions
            {
                Objectives = [Objective.Maximize("accuracy")],
                Pruner = new NoPruner(),
                Retry = new RetryPolicy { AfterException = 3 },
            });
            var space = Space(kind) with { Hidden = 16, LearningRate = 0.01, Dropout = 0.3 };
            var options = new FitOptions { Epochs = 8, Checkpoints = new CheckpointStore(folder) { Interval = TimeSpan.Zero } };
            var trained = new List<int>();
            await study.RunAsync(
                (trial, token) =>
                {
                    using var session = new CutOff(new ManagedSession(space, Data, 9), trained, until: 2 + 3 * trial.Attempts);
                    return FitLoop.Run(session, options, trial, token).ToTrialResult();
                },
                new RunOptions { TotalTrials = 1 });

            // Cut off in the epochs 2 and 5, each of which was begun twice.
            Assert.Equal([0, 1, 2, 2, 3, 4, 5, 5, 6, 7], trained);
            using var through = new ManagedSession(space, Data, 9);
            var expected = FitLoop.Run(through, options with { Checkpoints = null });
            var trial = study.GetBestTrial()!;
            Assert.Equal((2, 0), (trial.Number, trial.Origin));
            Assert.Equal(expected.History.Select(e => (long)e.Epoch), trial.Reports.Select(r => r.Step));
            Assert.Equal(expected.History.Select(e => e.Validation["accuracy"]), trial.Reports.Select(r => r.Value));
            Assert.Equal(expected.BestMetric, trial.Value);

            using var loaded = new ManagedSession(space, Data, 1);
            Assert.True(options.Checkpoints.TryLoad(study, trial, loaded));
            Assert.Equal(Parameters(through), Parameters(loaded));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void Backends_UnknownName_ListsThoseThereAre() =>
        Assert.Contains(
            "choose from torch, managed",
            Assert.Throws<ArgumentException>(() => Backends.Create("tensorflow", Data, "cpu")).Message,
            StringComparison.Ordinal);

    [TorchFact]
    public void Backends_BothLearn_OnTheSameParts()
    {
        foreach (var name in new[] { "torch", "managed" })
        {
            using var session = Backends.Create(name, Data, "cpu")(Space() with { LearningRate = 0.005 }, 3);
            var result = FitLoop.Run(session, new FitOptions { Epochs = 8 });
            Assert.True(result.BestMetric > 0.94, $"{name}: {result.BestMetric}");
            Assert.Equal(result.BestMetric, session.Evaluate(Data.Validation)["accuracy"], 1e-12);
        }
    }

    private static byte[] Parameters(ManagedSession session)
    {
        using var stream = new MemoryStream();
        session.Save(stream);
        return stream.ToArray();
    }

    /// <summary>A session that breaks in the middle of an epoch.</summary>
    private sealed class CutOff(ManagedSession inner, List<int> trained, int until) : ITrainingSession
    {
        public EpochLoss TrainEpoch(int epoch, double rateFactor, CancellationToken cancellationToken)
        {
            trained.Add(epoch);
            var loss = inner.TrainEpoch(epoch, rateFactor, cancellationToken);
            return epoch == until ? throw new InvalidOperationException("cut off") : loss;
        }

        public Evaluation Validate() => inner.Validate();

        public void Save(Stream target) => inner.Save(target);

        public void Load(Stream source) => inner.Load(source);

        public void SaveCheckpoint(Stream target) => inner.SaveCheckpoint(target);

        public void LoadCheckpoint(Stream source) => inner.LoadCheckpoint(source);

        public void Dispose() => inner.Dispose();
    }
}
