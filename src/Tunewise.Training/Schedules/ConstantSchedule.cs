namespace Tunewise.Training.Schedules;

/// <summary>The learning rate stays.</summary>
public sealed record ConstantSchedule : ILearningRateSchedule
{
    /// <inheritdoc/>
    public double FactorAt(int epoch) => 1;
}
