namespace Tunewise.Training.Fitting;

/// <summary>How good a model is on data it was not trained on.</summary>
/// <param name="Loss">The mean loss per sample; a training whose loss is infinite or NaN has diverged. 0 when there is none.</param>
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
