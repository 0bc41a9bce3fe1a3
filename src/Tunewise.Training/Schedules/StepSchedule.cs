namespace Tunewise.Training.Schedules;

/// <summary>The learning rate is multiplied by a factor every so many epochs: gamma^⌊epoch/size⌋.</summary>
public sealed record StepSchedule : ILearningRateSchedule
{
    private readonly int _size;
    private readonly double _gamma;

    /// <summary>Creates the schedule.</summary>
    /// <param name="size">How many epochs a step lasts; at least 1.</param>
    /// <param name="gamma">The factor per step; above 0.</param>
    public StepSchedule(int size, double gamma = 0.1)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(size, 1);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(gamma);
        (_size, _gamma) = (size, gamma);
    }

    /// <inheritdoc/>
    public double FactorAt(int epoch) => Math.Pow(_gamma, epoch / _size);
}
