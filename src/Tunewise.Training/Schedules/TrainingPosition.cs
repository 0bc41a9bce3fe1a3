namespace Tunewise.Training.Schedules;

/// <summary>Where a training is: before a step of the optimizer.</summary>
/// <param name="Step">How many steps were made; at least 0.</param>
/// <param name="Steps">How many it has in all, as far as is known; at least 1. A training may stop early.</param>
/// <param name="Epoch">How many epochs were trained; within one, a fraction.</param>
/// <param name="Losses">
/// What every validation so far found, oldest first, as a number of which less is better; NaN where it diverged. Empty before the first.
/// </param>
public readonly record struct TrainingPosition(long Step, long Steps, double Epoch, IReadOnlyList<double> Losses)
{
    /// <summary>A position of a training that validates nothing.</summary>
    /// <param name="step">How many steps were made.</param>
    /// <param name="steps">How many there are in all.</param>
    /// <param name="epoch">How many epochs were trained.</param>
    public TrainingPosition(long step, long steps, double epoch)
        : this(step, steps, epoch, [])
    {
    }

    /// <summary>Which share of the training is behind it, from 0 to 1.</summary>
    public double Share => Steps <= 0 ? 1 : Math.Clamp((double)Step / Steps, 0, 1);
}
