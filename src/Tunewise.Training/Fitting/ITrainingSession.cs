namespace Tunewise.Training.Fitting;

/// <summary>One model in training, whatever the framework: what <see cref="FitLoop"/> drives. Used by one thread.</summary>
public interface ITrainingSession : IDisposable
{
    /// <summary>Trains on every sample of the training set once.</summary>
    /// <param name="epoch">The epoch, from 0; with the session's seed it decides the order of the samples.</param>
    /// <param name="learningRate">The optimizer's learning rate for this epoch.</param>
    /// <param name="cancellationToken">Checked between batches.</param>
    EpochLoss TrainEpoch(int epoch, double learningRate, CancellationToken cancellationToken);

    /// <summary>Evaluates the model on the validation set; the model does not change.</summary>
    Evaluation Validate();

    /// <summary>Writes the model's parameters.</summary>
    /// <param name="target">Where to; stays open.</param>
    void Save(Stream target);

    /// <summary>Reads back what <see cref="Save"/> wrote.</summary>
    /// <param name="source">Where from; stays open.</param>
    void Load(Stream source);
}

/// <summary>What an epoch of training gave.</summary>
/// <param name="MeanLoss">The mean loss per sample, penalties included.</param>
/// <param name="Samples">How many samples were trained on.</param>
public readonly record struct EpochLoss(double MeanLoss, long Samples);

/// <summary>How good a model is on data it was not trained on.</summary>
/// <param name="Loss">The mean loss per sample.</param>
/// <param name="Metrics">Named metrics, such as those of <see cref="Training.Metrics.ConfusionMatrix.ToMetrics"/>.</param>
public sealed record Evaluation(double Loss, IReadOnlyDictionary<string, double> Metrics)
{
    /// <summary>The name under which <see cref="Loss"/> can be asked for as a metric.</summary>
    public const string LossName = "loss";

    /// <summary>A metric by name; "loss" is the loss.</summary>
    /// <param name="name">The metric.</param>
    /// <exception cref="KeyNotFoundException">There is no such metric; the message lists those there are.</exception>
    public double this[string name] => name == LossName ? Loss : Metrics.TryGetValue(name, out var value)
        ? value
        : throw new KeyNotFoundException($"there is no metric '{name}'; there are {string.Join(", ", Metrics.Keys.Prepend(LossName))}");
}
