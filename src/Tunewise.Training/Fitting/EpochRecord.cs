namespace Tunewise.Training.Fitting;

/// <summary>One epoch of a training.</summary>
/// <param name="Epoch">From 0.</param>
/// <param name="RateFactor">What the schedule multiplied the optimizer's own learning rates by.</param>
/// <param name="TrainingLoss">The mean loss per training sample, penalties included.</param>
/// <param name="Validation">The validation set's loss and metrics.</param>
public sealed record EpochRecord(int Epoch, double RateFactor, double TrainingLoss, Evaluation Validation);
