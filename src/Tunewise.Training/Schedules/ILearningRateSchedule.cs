namespace Tunewise.Training.Schedules;

/// <summary>How a learning rate changes from epoch to epoch.</summary>
public interface ILearningRateSchedule
{
    /// <summary>What the base learning rate is multiplied by.</summary>
    /// <param name="epoch">The epoch, from 0.</param>
    double FactorAt(int epoch);
}
