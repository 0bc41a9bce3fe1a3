namespace Tunewise.Training.Fitting;

/// <summary>Stops a training whose metric has not improved for a number of epochs.</summary>
/// <param name="Patience">How many epochs without improvement are allowed; at least 1.</param>
/// <param name="MinDelta">By how much a value must beat the best to count as an improvement; at least 0.</param>
public sealed record EarlyStopping(int Patience, double MinDelta = 0);
