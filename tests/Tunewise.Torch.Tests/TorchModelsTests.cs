#if TORCHSHARP
using System.Reflection;
using TorchSharp.Modules;
using Tunewise.Pruners;
using Tunewise.Training.Checkpoints;
using Tunewise.Training.Fitting;
using static TorchSharp.torch;
#endif

namespace Tunewise.Torch.Tests;

/// <summary>
/// Models keep what they consist of, whatever modules they are made of. In the collection of all tests that seed the process's generators.
/// </summary>
[Collection(TorchTests.OneAtATime)]
public class TorchModelsTests
{
#if TORCHSHARP
    private const long Size = 4;

    /// <summary>Modules whose factories ask for what reflection cannot guess.</summary>
    private static readonly Dictionary<Type, Func<nn.Module>> Special = new()
    {
        [typeof(ParameterList)] = () => new ParameterList(nn.Parameter(randn(3)), nn.Parameter(randn(2, 2))),
        [typeof(ParameterDict)] = () => nn.ParameterDict(("a", nn.Parameter(randn(3)))),
        [typeof(TransformerEncoder)] = () => nn.TransformerEncoder(nn.TransformerEncoderLayer(Size, 2, 8), 2),
        [typeof(TransformerDecoder)] = () => nn.TransformerDecoder(nn.TransformerDecoderLayer(Size, 2, 8), 2),
        [typeof(FractionalMaxPool2d)] = () => nn.FractionalMaxPool2d(2L, output_size: 2L),
        [typeof(FractionalMaxPool3d)] = () => nn.FractionalMaxPool3d(2L, output_size: 2L),
        [typeof(Sequential)] = () => nn.Sequential(("lstm", nn.Embedding(5, 3)), ("linear", nn.Linear(3, 2))),
        [typeof(ModuleList<nn.Module>)] = () => new ModuleList<nn.Module>(nn.GRU(2, 3), nn.BatchNorm1d(3)),
        [typeof(ModuleDict<nn.Module>)] = () => nn.ModuleDict<nn.Module>(("a", nn.LSTM(2, 3)), ("b", nn.LayerNorm(3))),
    };

    /// <summary>All modules of TorchSharp that can be made, and how; those that cannot are a failure of the test.</summary>
    private static IEnumerable<(Type Type, Func<nn.Module> Make)> Modules()
    {
        var types = typeof(nn.Module).Assembly.GetTypes().Where(
            t => t is { IsPublic: true, IsAbstract: false, IsGenericTypeDefinition: false } && typeof(nn.Module).IsAssignableFrom(t));
        foreach (var type in types.Union(Special.Keys))
        {
            yield return (
                type,
                Special.TryGetValue(type, out var special)
                    ? special
                    : Guess(type) ?? throw new InvalidOperationException($"say in {nameof(Special)} how to make a {type.Name}"));
        }
    }

    private static Func<nn.Module>? Guess(Type type)
    {
        var ways = typeof(nn).GetMethods(BindingFlags.Public | BindingFlags.Static)
            .Where(m => m.ReturnType == type && !m.IsGenericMethodDefinition)
            .Cast<MethodBase>()
            .Concat(type.GetConstructors());
        foreach (var way in ways)
        {
            if (way.GetParameters().Any(p => Argument(p) == DBNull.Value)) continue;
            nn.Module Make()
            {
                var arguments = way.GetParameters().Select(Argument).ToArray();
                return (nn.Module)(
                    way is ConstructorInfo constructor ? constructor.Invoke(arguments) : ((MethodInfo)way).Invoke(null, arguments)!);
            }

            try
            {
                Make().Dispose();
                return Make;
            }
            catch (TargetInvocationException)
            {
                // The guessed arguments do not fit together; another way may.
            }
        }

        return null;
    }

    private static object? Argument(ParameterInfo parameter)
    {
        if (parameter.HasDefaultValue) return parameter.DefaultValue is DBNull ? null : parameter.DefaultValue;
        var type = Nullable.GetUnderlyingType(parameter.ParameterType) ?? parameter.ParameterType;
        if (type == typeof(long))
        {
            return parameter.Name!.Contains("head", StringComparison.Ordinal) || parameter.Name.Contains("group", StringComparison.Ordinal)
                ? 2
                : Size;
        }

        if (type == typeof(int)) return (int)Size;
        if (type == typeof(long[])) return new[] { Size };
        if (type == typeof(double)) return 0.1;
        if (type == typeof(float)) return 0.1f;
        if (type == typeof(bool)) return false;
        if (type == typeof((long, long))) return (2L, 2L);
        if (type == typeof((long, long, long))) return (2L, 2L, 2L);
        if (type == typeof((long, long, long, long))) return (1L, 1L, 1L, 1L);
        return type.IsArray ? Array.CreateInstance(type.GetElementType()!, 0) : DBNull.Value;
    }

    private static byte[] Bits(Tensor tensor)
    {
        using var scope = NewDisposeScope();
        return tensor.detach().cpu().contiguous().bytes.ToArray();
    }

    private static Dictionary<string, byte[]> Bits(nn.Module module) =>
        module.state_dict().ToDictionary(entry => entry.Key, entry => Bits(entry.Value));
#endif

    [TorchFact]
    public void Create_EveryModuleOfTorchSharp_KeepsMovesSavesAndLoadsAllItsParametersAndBuffers()
    {
#if TORCHSHARP
        var (problems, checkedTypes) = (new List<string>(), new List<string>());
        foreach (var (type, make) in Modules())
        {
            try
            {
                if (Check(make) is { } problem) problems.Add($"{type.Name}: {problem}");
                else checkedTypes.Add(type.Name);
            }
            catch (Exception error) when (error is not OutOfMemoryException)
            {
                problems.Add($"{type.Name}: {error.GetType().Name}: {error.Message.Split('\n')[0]}");
            }
        }

        Assert.Empty(problems);
        // What was lost once.
        foreach (var name in new[]
        {
            "LSTM", "GRU", "RNN", "LSTMCell", "Embedding", "EmbeddingBag",
            "MultiheadAttention", "Transformer", "TransformerEncoder", "ParameterList",
        })
        {
            Assert.Contains(name, checkedTypes);
        }

#endif
    }

#if TORCHSHARP
    /// <summary>What is wrong with a module that <see cref="TorchModels.Create"/> made, or null.</summary>
    private static string? Check(Func<nn.Module> make)
    {
        int parameters, buffers;
        string[] state;
        using (var plain = make())
            (parameters, buffers, state) = (plain.parameters().Count(), plain.buffers().Count(), [.. plain.state_dict().Keys]);
        using var model = TorchModels.Create(1, make);
        if (model.parameters().Count() != parameters) return $"{model.parameters().Count()} of {parameters} parameters are left";
        if (model.buffers().Count() != buffers) return $"{model.buffers().Count()} of {buffers} buffers are left";
        if (!model.state_dict().Keys.SequenceEqual(state)) return "its state has other names";
        var before = Bits(model);
        if (parameters > 0)
        {
            using var optimizer = optim.SGD(model.parameters(), 0.5);
            using (NewDisposeScope()) model.parameters().Select(p => p.sum()).Aggregate((a, b) => a + b).backward();
            optimizer.step();
            var still = model.named_parameters()
                .Where(p => before.TryGetValue(p.name, out var old) && Bits(p.parameter).SequenceEqual(old))
                .Select(p => p.name)
                .ToList();
            if (still.Count > 0) return $"a step does not move {string.Join(", ", still)}";
        }

        using var saved = new MemoryStream();
        TorchState.Save(model, saved);
        saved.Position = 0;
        using var other = TorchModels.Create(2, make);
        TorchState.Load(other, saved);
        var (written, read) = (Bits(model), Bits(other));
        return written.Count == read.Count && written.All(entry => read[entry.Key].SequenceEqual(entry.Value))
            ? null
            : "another state is read than was written";
    }

    /// <summary>Token sequences of length 6; whether token 0 occurs in the first half.</summary>
    private static TorchData Sentences(int count, long seed)
    {
        using var scope = NewDisposeScope();
        TorchSeeds.Set(seed);
        var tokens = randint(0, 5, [count, 6], dtype: ScalarType.Int64);
        var labels = tokens.narrow(1, 0, 3).eq(0).any(1).to_type(ScalarType.Int64);
        return new TorchData(tokens.MoveToOuterDisposeScope(), labels.MoveToOuterDisposeScope());
    }

    /// <summary>What users have: an embedding, a recurrent layer, attention, and a buffer of their own.</summary>
    private sealed class Reader : nn.Module<Tensor, Tensor>
    {
        private readonly Embedding _embedding = nn.Embedding(5, 8);
        private readonly LSTM _lstm = nn.LSTM(8, 8, batchFirst: true);
        private readonly TransformerEncoderLayer _attention = nn.TransformerEncoderLayer(8, 2, 16, 0);
        private readonly Linear _out = nn.Linear(8, 2);
        private readonly Tensor _positions = arange(6, ScalarType.Float32).unsqueeze(1).div(10);

        public Reader()
            : base(nameof(Reader)) => RegisterComponents();

        public override Tensor forward(Tensor input)
        {
            using var scope = NewDisposeScope();
            var (states, _, _) = _lstm.call(_embedding.call(input) + _positions);
            return _out.call(_attention.call(states.transpose(0, 1), null!, null!).mean([0])).MoveToOuterDisposeScope();
        }
    }

    /// <summary>A type that nests itself without end.</summary>
    private sealed class Nest<T>
    {
        public Nest<List<T>>? Deeper { get; set; }

        public Tensor? Held { get; set; }
    }

    /// <summary>Tensors where registration does not look.</summary>
    private sealed class Hoarder : nn.Module<Tensor, Tensor>
    {
        private readonly List<Tensor> _list = [ones(2), zeros(2)];
        private readonly Dictionary<string, (Tensor Mean, int Count)> _map = new() { ["x"] = (ones(2) * 3, 1) };
        private readonly Func<Tensor> _closure;
        private readonly Nest<int> _nest = new() { Deeper = new Nest<List<int>> { Held = ones(2) } };
        private readonly Lazy<Tensor> _lazy = new(ones(2));
        private readonly object _box = new System.Runtime.CompilerServices.StrongBox<Tensor>(ones(2));

        public Hoarder()
            : base(nameof(Hoarder))
        {
            var captured = full(2, 4);
            _closure = () => captured;
        }

        public override Tensor forward(Tensor input) =>
            input
            + _list[0]
            + _map["x"].Mean
            + _closure()
            + _nest.Deeper!.Held!
            + _lazy.Value
            + ((System.Runtime.CompilerServices.StrongBox<Tensor>)_box).Value!;
    }

    private static TorchSession NewReader(TorchData training, TorchData validation, long seed = 3)
    {
        var model = TorchModels.Create(seed, () => new Reader());
        return new TorchSession(
            model, TorchOptimizers.Create("adam", model.parameters(), 0.01), training, validation, new TorchSessionOptions { Seed = seed });
    }

    private static double[] Weights(TorchSession session)
    {
        using var stream = new MemoryStream();
        session.Save(stream);
        return [.. stream.ToArray().Select(b => (double)b)];
    }
#endif

    [TorchFact]
    public void Create_TensorsInListsMapsAndClosures_SurviveAndLeftOversDoNot()
    {
#if TORCHSHARP
        Tensor? leftOver = null;
        using var model = TorchModels.Create(1, () =>
        {
            leftOver = randn(3);
            return new Hoarder();
        });
        using (NewDisposeScope()) Assert.Equal([11f, 11f], model.call(zeros(2)).data<float>().ToArray());
        Assert.True(leftOver!.IsInvalid);
#endif
    }

    [TorchFact]
    public void Create_InAScopeOfTheUsers_SurvivesIt()
    {
#if TORCHSHARP
        Reader model;
        using (NewDisposeScope()) model = TorchModels.Create(1, () => new Reader());
        using (model)
        {
            Assert.Equal(1 + 4 + 12 + 2, model.parameters().Count());
            using var scope = NewDisposeScope();
            Assert.Equal([2, 2], model.call(zeros([2, 6], ScalarType.Int64)).shape);
        }
#endif
    }

    [TorchFact]
    public void Fit_EmbeddingLstmAndAttention_AllMoveAndTheBestEpochComesBack()
    {
#if TORCHSHARP
        using var training = Sentences(200, 1);
        using var validation = Sentences(100, 2);
        using var session = NewReader(training, validation);
        var before = Weights(session);
        var result = FitLoop.Run(session, new FitOptions { Epochs = 12, Metric = Evaluation.LossName });
        Assert.True(
            result.History[^1].TrainingLoss < 0.6 * result.History[0].TrainingLoss,
            $"{result.History[0].TrainingLoss} fell to {result.History[^1].TrainingLoss}");
        Assert.Equal(result.BestMetric, session.Validate().Loss, 1e-6);
        Assert.Equal(result.History.Min(e => e.Validation.Loss), result.BestMetric);
        Assert.NotEqual(before, Weights(session));
#endif
    }

    [TorchFact]
    public async Task Fit_RecurrentNetworkStoppedAndGoneOn_GivesTheCurveOfOneThatRanThrough_AndItsModelIsLoaded()
    {
#if TORCHSHARP
        var folder = Directory.CreateTempSubdirectory("tunewise").FullName;
        try
        {
            using var training = Sentences(100, 1);
            using var validation = Sentences(50, 2);
            var store = new CheckpointStore(folder) { Interval = TimeSpan.Zero };
            var options = new FitOptions { Epochs = 6, Metric = Evaluation.LossName, Checkpoints = store };
            var study = Study.InMemory(new StudyOptions { Pruner = new NoPruner(), Retry = new RetryPolicy { AfterException = 1 } });
            List<double> losses = [];
            await study.RunAsync(
                (trial, token) =>
                {
                    using var session = NewReader(training, validation);
                    var cut = trial.Attempts == 0 ? new CancellationTokenSource() : null;
                    if (cut is null)
                    {
                        var result = FitLoop.Run(session, options, trial, token);
                        losses.AddRange(result.History.Select(e => e.TrainingLoss));
                        return result.ToTrialResult();
                    }

                    // Three epochs, then the crash.
                    FitLoop.Run(
                        session,
                        options with
                        {
                            Epochs = 3,
                            RestoreBest = false,
                            Checkpoints = new CheckpointStore(folder) { Interval = TimeSpan.Zero, KeepBest = 0 },
                        },
                        trial,
                        token);
                    throw new InvalidOperationException("crash");
                },
                new RunOptions { TotalTrials = 1 });
            using var through = NewReader(training, validation);
            var expected = FitLoop.Run(through, options with { Checkpoints = null });
            Assert.Equal(expected.History.Select(e => e.TrainingLoss), losses);
            using var loaded = NewReader(training, validation, seed: 99);
            Assert.True(store.TryLoad(study, study.GetBestTrial()!, loaded));
            Assert.Equal(expected.BestMetric, loaded.Validate().Loss);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
#else
        await Task.CompletedTask;
#endif
    }

    [TorchFact]
    public void TrainEpoch_GroupsWithRatesOfTheirOwn_KeepThemUnderASchedule()
    {
#if TORCHSHARP
        using var training = Sentences(20, 1);
        using var validation = Sentences(20, 2);
        var model = TorchModels.Create(1, () => new Reader());
        var all = model.parameters().ToList();
        var optimizer = optim.SGD(
            [
                new SGD.ParamGroup(all.Take(1), new SGD.Options { LearningRate = 0.001 }),
                new SGD.ParamGroup(all.Skip(1), new SGD.Options { LearningRate = 0.1 }),
            ],
            0.5);
        using var session = new TorchSession(model, optimizer, training, validation, new TorchSessionOptions());
        Assert.Equal([0.001, 0.1], optimizer.ParamGroups.Select(g => g.LearningRate));
        session.TrainEpoch(0, 0.5, CancellationToken.None);
        Assert.Equal([0.0005, 0.05], optimizer.ParamGroups.Select(g => g.LearningRate));
        // A checkpoint brings back the rates of its epoch; the next epoch's are those of the program's own optimizer.
        using var state = new MemoryStream();
        session.SaveCheckpoint(state);
        state.Position = 0;
        session.LoadCheckpoint(state);
        session.TrainEpoch(1, 0.1, CancellationToken.None);
        Assert.Equal([0.0001, 0.01], optimizer.ParamGroups.Select(g => g.LearningRate).Select(r => Math.Round(r, 12)));
        // A layer that is thawed later brings a rate of its own.
        using var thawed = nn.Linear(2, 2);
        optimizer.add_param_group(new SGD.ParamGroup(thawed.parameters(), new SGD.Options { LearningRate = 4 }));
        session.TrainEpoch(2, 0.5, CancellationToken.None);
        Assert.Equal([0.0005, 0.05, 2], optimizer.ParamGroups.Select(g => g.LearningRate).Select(r => Math.Round(r, 12)));
#endif
    }

    [TorchFact]
    public void Run_OptimizerThatCannotWriteItsState_IsAnErrorBeforeTheFirstEpoch()
    {
#if TORCHSHARP
        using var training = Sentences(20, 1);
        using var validation = Sentences(20, 2);
        var model = TorchModels.Create(1, () => new Reader());
        using var session = new TorchSession(model, new Plain(model.parameters()), training, validation, new TorchSessionOptions());
        var trial = Study.InMemory(new StudyOptions { Pruner = new NoPruner() }).Ask();
        var options = new FitOptions { Epochs = 1, Metric = Evaluation.LossName };
        var folder = Path.Combine(Path.GetTempPath(), Guid.NewGuid().ToString());
        Assert.Contains(
            "derive it from OptimizerHelper",
            Assert.Throws<StudyMismatchException>(
                () => FitLoop.Run(session, options with { Checkpoints = new CheckpointStore(folder) }, trial)).Message,
            StringComparison.Ordinal);
        Assert.Empty(trial.Reports);
        Assert.Equal(FitEnd.Completed, FitLoop.Run(session, options, trial).End);
#endif
    }

#if TORCHSHARP
    /// <summary>A user's own optimizer.</summary>
    private sealed class Plain(IEnumerable<Parameter> trained) : optim.Optimizer(IntPtr.Zero)
    {
        public override IEnumerable<optim.ILearningRateController> ParamGroups => [];

        public override IEnumerable<Parameter> parameters() => trained;

        public override void zero_grad()
        {
        }

        public override Tensor step(Func<Tensor>? closure = null) => null!;
    }
#endif
}
