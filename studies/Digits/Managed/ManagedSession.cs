using System.Runtime.InteropServices;
using Tunewise.Numerics;
using Tunewise.Training.Data;
using Tunewise.Training.Fitting;
using Tunewise.Training.Metrics;

namespace Digits.Managed;

/// <summary>Trains the perceptron of this folder. The same seed gives the same network to the bit.</summary>
internal sealed class ManagedSession : IDigitsSession
{
    private readonly DigitsSpace _space;
    private readonly DigitsData _data;
    private readonly long _seed;
    private readonly Mlp _network;
    private readonly IOptimizer _optimizer;

    public ManagedSession(DigitsSpace space, DigitsData data, long seed)
    {
        (_space, _data, _seed) = (space, data, seed);
        _network = new Mlp(
            DigitsData.Pixels, space.Hidden, DigitsData.Classes, space.Dropout, RandomSource.For((ulong)seed, 0, "parameters"));
        _optimizer = ManagedOptimizers.Create(space, _network.Parameters.Length);
    }

    public EpochLoss TrainEpoch(int epoch, double rateFactor, CancellationToken cancellationToken)
    {
        var part = _data.Training;
        var dropout = RandomSource.For((ulong)_seed, epoch, "dropout");
        var sum = 0.0;
        foreach (var batch in Shuffle.EpochOrder(part.Count, _seed, epoch).Chunk(_space.BatchSize))
        {
            cancellationToken.ThrowIfCancellationRequested();
            Array.Clear(_network.Gradients);
            foreach (var sample in batch)
            {
                var x = Image(part, sample);
                _network.Forward(x, dropout);
                sum += _network.Backward(x, part.Labels[sample], 1.0 / batch.Length);
            }

            _optimizer.Step(_network.Parameters, _network.Gradients, _space.LearningRate * rateFactor);
        }

        return new EpochLoss(sum / part.Count, part.Count);
    }

    public Evaluation Validate() => Evaluate(_data.Validation);

    public IReadOnlyCollection<string> MetricNames => ConfusionMatrix.MetricNames;

    public Evaluation Evaluate(DigitsPart part)
    {
        var confusion = new ConfusionMatrix(DigitsData.Classes);
        var sum = 0.0;
        for (var sample = 0; sample < part.Count; sample++)
        {
            var logits = _network.Forward(Image(part, sample), dropout: null);
            sum += Mlp.CrossEntropy(logits, part.Labels[sample], out _);
            confusion.AddLogits(part.Labels.AsSpan(sample, 1), logits);
        }

        return new Evaluation(sum / part.Count, confusion.ToMetrics());
    }

    public void Save(Stream target) => target.Write(MemoryMarshal.AsBytes(_network.Parameters.AsSpan()));

    public void Load(Stream source) => source.ReadExactly(MemoryMarshal.AsBytes(_network.Parameters.AsSpan()));

    public void SaveCheckpoint(Stream target)
    {
        Save(target);
        foreach (var part in _optimizer.State) target.Write(MemoryMarshal.AsBytes(part.AsSpan()));
    }

    public void LoadCheckpoint(Stream source)
    {
        Load(source);
        foreach (var part in _optimizer.State) source.ReadExactly(MemoryMarshal.AsBytes(part.AsSpan()));
        if (source.ReadByte() >= 0) throw new InvalidDataException("it is of a larger network");
    }

    public void Dispose()
    {
    }

    private static ReadOnlySpan<double> Image(DigitsPart part, int sample) =>
        part.Pixels.AsSpan(sample * DigitsData.Pixels, DigitsData.Pixels);
}
