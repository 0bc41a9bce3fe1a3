namespace Tunewise.Training.Schedules;

/// <summary>
/// A schedule for a part of a training (<see cref="Schedule.During"/>); afterwards the factor stays as it ended, unless another one follows.
/// Does not change; any thread may use it.
/// </summary>
public sealed class SchedulePart : Schedule
{
    private readonly Schedule _schedule;
    private readonly Func<TrainingPosition, long> _length;

    internal SchedulePart(Schedule schedule, Func<TrainingPosition, long> length) => (_schedule, _length) = (schedule, length);

    /// <inheritdoc/>
    public override double FactorAt(TrainingPosition at)
    {
        var length = _length(at);
        // Of a part that has no step, it is the end.
        return _schedule.FactorAt(at.Step <= length
            ? at with { Steps = Math.Max(length, 1) }
            : at with { Step = length, Steps = Math.Max(length, 1), Epoch = EpochsOf(at, length) });
    }

    /// <summary>
    /// What follows: it sees the rest of the training as if that were all, in steps and in epochs.
    /// </summary>
    /// <param name="next">The schedule of the rest.</param>
    public Schedule Then(Schedule next)
    {
        ArgumentNullException.ThrowIfNull(next);
        return Of(at =>
        {
            var length = _length(at);
            if (at.Step < length) return FactorAt(at);
            return next.FactorAt(at with
            {
                Step = at.Step - length,
                Steps = Math.Max(at.Steps - length, 1),
                Epoch = Math.Max(at.Epoch - EpochsOf(at, length), 0),
            });
        });
    }

    /// <summary>How many epochs the part lasts: an epoch has the same number of steps throughout.</summary>
    private static double EpochsOf(TrainingPosition at, long length) => at.Step == 0 ? 0 : at.Epoch * length / at.Step;
}
