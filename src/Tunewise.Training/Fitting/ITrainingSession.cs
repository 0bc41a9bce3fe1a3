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

    /// <summary>Writes everything that the next epoch builds on: parameters, the optimizer's state, random streams. The default writes the parameters alone.</summary>
    /// <param name="target">Where to; stays open.</param>
    void SaveCheckpoint(Stream target) => Save(target);

    /// <summary>Reads back what <see cref="SaveCheckpoint"/> wrote.</summary>
    /// <param name="source">Where from; stays open.</param>
    void LoadCheckpoint(Stream source) => Load(source);
}
