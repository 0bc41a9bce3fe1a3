#if TORCHSHARP
using TorchSharp;
using Tunewise.Torch;
using Tunewise.Training.Fitting;
using static TorchSharp.torch;

namespace Digits.TorchBackend;

/// <summary>The same network as the managed one, trained by TorchSharp: 64 pixels, one hidden layer with dropout, 10 classes.</summary>
internal sealed class TorchDigitsSession : IDigitsSession
{
    private readonly TorchSession _session;
    private readonly Device _device;

    static TorchDigitsSession()
    {
        // Networks as small as these are faster on one core each, and trials run side by side.
        set_num_threads(1);
    }

    public TorchDigitsSession(DigitsSpace space, DigitsData data, long seed, string device)
    {
        _device = TorchDevices.Get(device);
        var network = TorchModels.Create(seed, () => nn.Sequential(
            ("hidden", nn.Linear(DigitsData.Pixels, space.Hidden)),
            ("relu", nn.ReLU()),
            ("dropout", new SeededDropout(space.Dropout, seed)),
            ("out", nn.Linear(space.Hidden, DigitsData.Classes)))).to(_device);
        var optimizer = TorchOptimizers.Create(
            space.Optimizer.ToString(), network.parameters(), space.LearningRate, space.WeightDecay, space.Momentum);
        _session = new TorchSession(
            network, optimizer, TorchDigits.Of(data.Training, _device), TorchDigits.Of(data.Validation, _device), new TorchSessionOptions
            {
                BatchSize = space.BatchSize,
                Seed = seed,
            });
    }

    public EpochLoss TrainEpoch(int epoch, double rateFactor, CancellationToken cancellationToken) =>
        _session.TrainEpoch(epoch, rateFactor, cancellationToken);

    public Evaluation Validate() => _session.Validate();

    public IReadOnlyCollection<string> MetricNames => _session.MetricNames;

    public string? CheckpointObstacle => _session.CheckpointObstacle;

    public Evaluation Evaluate(DigitsPart part) => _session.Evaluate(TorchDigits.Of(part, _device));

    public void Save(Stream target) => _session.Save(target);

    public void Load(Stream source) => _session.Load(source);

    public void SaveCheckpoint(Stream target) => _session.SaveCheckpoint(target);

    public void LoadCheckpoint(Stream source) => _session.LoadCheckpoint(source);

    public void Dispose() => _session.Dispose();
}

/// <summary>The images as tensors, made once and shared by all trials of the process, which sees one device.</summary>
internal static class TorchDigits
{
    private static readonly Dictionary<DigitsPart, TorchData> Parts = new(ReferenceEqualityComparer.Instance);

    public static TorchData Of(DigitsPart part, Device device)
    {
        lock (Parts)
        {
            if (Parts.TryGetValue(part, out var known)) return known;
            var inputs = tensor(Array.ConvertAll(part.Pixels, p => (float)p), [part.Count, DigitsData.Pixels], device: device);
            var labels = tensor(Array.ConvertAll(part.Labels, l => (long)l), device: device);
            var data = new TorchData(inputs.DetachFromDisposeScope(), labels.DetachFromDisposeScope());
            Parts.Add(part, data);
            return data;
        }
    }
}
#endif
