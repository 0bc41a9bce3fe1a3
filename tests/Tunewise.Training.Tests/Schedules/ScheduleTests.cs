using Tunewise.Training.Schedules;

namespace Tunewise.Training.Tests.Schedules;

public class ScheduleTests
{
    private static double[] Factors(ILearningRateSchedule schedule, int epochs) =>
        [.. Enumerable.Range(0, epochs).Select(e => Math.Round(schedule.FactorAt(e), 12))];

    [Fact]
    public void Factors_FollowTheirFormulas()
    {
        Assert.Equal([1, 1, 1], Factors(new ConstantSchedule(), 3));
        Assert.Equal([1, 1, 0.1, 0.1, 0.01], Factors(new StepSchedule(2), 5));
        Assert.Equal([1, 0.5, 0.25], Factors(new ExponentialSchedule(0.5), 3));
        Assert.Equal(
            [1, Math.Round(0.5 * (1 + Math.Sqrt(0.5)), 12), 0.5, Math.Round(0.5 * (1 - Math.Sqrt(0.5)), 12), 0, 0],
            Factors(new CosineSchedule(4), 6));
        Assert.Equal([1, 0.6, 0.2, 0.2], Factors(new CosineSchedule(2, 0.2), 4));
    }

    [Fact]
    public void WrongArguments_AreRefused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new StepSchedule(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => new ExponentialSchedule(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => new CosineSchedule(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => new CosineSchedule(1, 2));
    }
}
