namespace Tunewise.Training.Fitting;

/// <summary>What an epoch of training gave.</summary>
/// <param name="MeanLoss">The mean loss per sample, penalties included.</param>
/// <param name="Samples">How many samples were trained on.</param>
public readonly record struct EpochLoss(double MeanLoss, long Samples);
