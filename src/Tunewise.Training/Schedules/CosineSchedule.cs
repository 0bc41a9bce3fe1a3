namespace Tunewise.Training.Schedules;

/// <summary>
/// The learning rate falls along half a cosine to a fraction of itself and stays there (Loshchilov and Hutter, "SGDR: Stochastic Gradient
/// Descent with Warm Restarts", ICLR 2017, equation 5, without restarts).
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
