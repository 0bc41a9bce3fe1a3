namespace Tunewise.Training.Schedules;

/// <summary>The learning rate is multiplied by a factor every epoch: gamma^epoch.</summary>
public sealed record ExponentialSchedule : ILearningRateSchedule
{
    private readonly double _gamma;

    /// <summary>Creates the schedule.</summary>
    /// <param name="gamma">The factor per epoch; above 0.</param>
    public ExponentialSchedule(double gamma)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(gamma);
        _gamma = gamma;
    }

    /// <inheritdoc/>
    public double FactorAt(int epoch) => Math.Pow(_gamma, epoch);
}
