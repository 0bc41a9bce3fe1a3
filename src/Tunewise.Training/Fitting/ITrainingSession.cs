namespace Tunewise.Training.Fitting;

/// <summary>One model in training, whatever the framework: what <see cref="FitLoop"/> drives. Used by one thread.</summary>
public interface ITrainingSession : IDisposable
{
    /// <summary>Trains on every sample of the training set once.</summary>
    /// <param name="epoch">The epoch, from 0; with the session's seed it decides the order of the samples.</param>
    /// <param name="rateFactor">What the schedule multiplies the optimizer's own learning rates by in this epoch, each
    /// parameter group's.</param>
    /// <param name="cancellationToken">Checked between batches.</param>
    EpochLoss TrainEpoch(int epoch, double rateFactor, CancellationToken cancellationToken);

    /// <summary>Evaluates the model on the validation set; the model does not change.</summary>
    Evaluation Validate();

    /// <summary>
    /// The names of the metrics that <see cref="Validate"/> computes besides the loss, so that a wrong name is an error before the first
    /// epoch. The default validates once to find out.
    /// </summary>
    IReadOnlyCollection<string> MetricNames => [.. Validate().Metrics.Keys];

    /// <summary>
    /// Why this session cannot write checkpoints from which a training goes on as if it had never stopped, or null when it can.
    /// </summary>
    /// <value>The default is null.</value>
    string? CheckpointObstacle => null;

    /// <summary>Writes the model's parameters.</summary>
    /// <param name="target">Where to; stays open.</param>
    void Save(Stream target);

    /// <summary>Reads back what <see cref="Save"/> wrote.</summary>
    /// <param name="source">Where from; stays open.</param>
    void Load(Stream source);

    /// <summary>
    /// Writes everything that the next epoch builds on: parameters, the optimizer's state, random streams. The default
    /// writes the parameters alone.
    /// </summary>
    /// <param name="target">Where to; stays open.</param>
    void SaveCheckpoint(Stream target) => Save(target);

    /// <summary>Reads back what <see cref="SaveCheckpoint"/> wrote.</summary>
    /// <param name="source">Where from; stays open.</param>
    /// <exception cref="IOException">What is there does not fit this model, nor does it when an <see cref="ArgumentException"/>,
    /// <see cref="InvalidOperationException"/> or <see cref="FormatException"/> says so: the training then begins anew. Any other exception
    /// fails the trial.</exception>
    void LoadCheckpoint(Stream source) => Load(source);
}
