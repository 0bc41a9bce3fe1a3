namespace Tunewise.Training.Schedules;

/// <summary>How a learning rate changes from epoch to epoch.</summary>
public interface ILearningRateSchedule
{
    /// <summary>What the base learning rate is multiplied by.</summary>
    /// <param name="epoch">The epoch, from 0.</param>
    double FactorAt(int epoch);
}

/// <summary>The learning rate stays.</summary>
public sealed record ConstantSchedule : ILearningRateSchedule
{
    /// <inheritdoc/>
    public double FactorAt(int epoch) => 1;
}

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

/// <summary>
/// The learning rate falls along half a cosine to a fraction of itself and stays there (Loshchilov and Hutter, "SGDR: Stochastic Gradient Descent with
/// Warm Restarts", ICLR 2017, equation 5, without restarts).
/// </summary>
public sealed record CosineSchedule : ILearningRateSchedule
{
    private readonly int _epochs;
    private readonly double _minimum;

    /// <summary>Creates the schedule.</summary>
    /// <param name="epochs">How many epochs the fall lasts; at least 1.</param>
    /// <param name="minimum">The factor at its end, from 0 to 1.</param>
    public CosineSchedule(int epochs, double minimum = 0)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(epochs, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(minimum);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(minimum, 1);
        (_epochs, _minimum) = (epochs, minimum);
    }

    /// <inheritdoc/>
    public double FactorAt(int epoch) => _minimum + 0.5 * (1 - _minimum) * (1 + Math.Cos(Math.PI * Math.Min(epoch, _epochs) / _epochs));
}
