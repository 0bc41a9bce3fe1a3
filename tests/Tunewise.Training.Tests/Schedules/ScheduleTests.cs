using Tunewise.Training.Schedules;

namespace Tunewise.Training.Tests.Schedules;

/// <summary>Golden values are worked out by hand from the formulas that the documentation cites.</summary>
public sealed class ScheduleTests
{
    private const int PerEpoch = 10;

    private static double At(Schedule schedule, long step, long steps, params double[] losses) =>
        Math.Round(schedule.FactorAt(new TrainingPosition(step, steps, (double)step / PerEpoch, losses)), 9);

    private static double[] Every(Schedule schedule, int steps) => [.. Enumerable.Range(0, steps).Select(s => At(schedule, s, steps))];

    private static double[] Epochs(Schedule schedule, int epochs) =>
        [.. Enumerable.Range(0, epochs).Select(e => At(schedule, e * PerEpoch, epochs * PerEpoch))];

    [Fact]
    public void OverAllOfTheTraining()
    {
        Assert.Equal([1, 1, 1], Every(Schedule.Constant(), 3));
        Assert.Equal([1, 0.75, 0.5, 0.25], Every(Schedule.Linear(), 4));
        Assert.Equal([0.5, 1, 1.5, 2], Every(Schedule.Linear(0.5, 2.5), 4));
        Assert.Equal([1, 0.853553391, 0.5, 0.146446609], Every(Schedule.Cosine(), 4));
        Assert.Equal([1, 0.6], Every(Schedule.Cosine(0.2), 2));
        Assert.Equal([1, 0.5625, 0.25, 0.0625], Every(Schedule.Polynomial(2), 4));
        Assert.Equal([1, 0.55], Every(Schedule.Polynomial(1, 0.1), 2));
    }

    [Fact]
    public void ByEpochs()
    {
        Assert.Equal([1, 1, 0.1, 0.1, 0.01], Epochs(Schedule.Step(2), 5));
        Assert.Equal([1, 1, 0.5, 0.5, 0.25], Epochs(Schedule.Steps([2, 4], 0.5), 5));
        Assert.Equal([1, 0.5, 0.25], Epochs(Schedule.Exponential(0.5), 3));
        // Within an epoch, too.
        Assert.Equal(Math.Round(Math.Sqrt(0.5), 9), At(Schedule.Exponential(0.5), 5, 100));
    }

    [Fact]
    public void CosineRestarts_FallAgainAndAgain()
    {
        Assert.Equal([1, 0.5, 1, 0.5, 1], Epochs(Schedule.CosineRestarts(2), 5));
        // T_0 = 1, T_mult = 2: falls of 1, 2 and 4 epochs.
        Assert.Equal([1, 1, 0.5, 1, 0.853553391, 0.5, 0.146446609, 1], Epochs(Schedule.CosineRestarts(1, 2), 8));
        Assert.Equal([1, 0.6], Epochs(Schedule.CosineRestarts(2, 1, 0.2), 2));
    }

    [Fact]
    public void OneCycle_RisesAndFalls()
    {
        // 40 steps: up until the step 0.25 · 40 − 1 = 9, down until the step 39.
        var schedule = Schedule.OneCycle(0.25, startDivisor: 10, endDivisor: 100);
        Assert.Equal(0.1, At(schedule, 0, 40));
        Assert.Equal(1, At(schedule, 9, 40));
        Assert.Equal(0.5005, At(schedule, 24, 40));
        Assert.Equal(0.001, At(schedule, 39, 40));
        Assert.Equal(1, At(Schedule.OneCycle(0), 0, 10));
        Assert.Equal(1, At(Schedule.OneCycle(1), 9, 10));
        foreach (var steps in new[] { 1, 2, 3, 10, 1000 })
        {
            var factors = Every(Schedule.OneCycle(), steps);
            Assert.Equal(steps < 4 ? factors.Max() : 1, factors.Max(), 0.01);
            if (steps > 2) Assert.Equal(4e-6, factors[^1], 1e-9);
        }
    }

    /// <summary>Shares of epochs are no exact numbers.</summary>
    [Fact]
    public void ByEpochs_InPartsOfThem_ChangesAtTheRightStep()
    {
        for (var step = 0; step < 2000; step++)
        {
            Assert.Equal(1, At(Schedule.CosineRestarts(0.1), step, 2000));
            Assert.Equal(step % 2 == 0 ? 1 : 0.5, At(Schedule.CosineRestarts(0.2), step, 2000));
            Assert.Equal(Math.Round(Math.Pow(0.999, step), 9), At(Schedule.Step(0.1, 0.999), step, 2000));
        }

        for (var warmUp = 1; warmUp < 40; warmUp++)
        {
            foreach (var perEpoch in new[] { 3, 7, 10 })
            {
                var schedule = Schedule.WarmUpSteps(warmUp).Then(Schedule.Step(1, 0.5));
                for (var step = warmUp; step < 100; step++)
                {
                    Assert.Equal(
                        Math.Pow(0.5, (step - warmUp) / perEpoch),
                        schedule.FactorAt(new TrainingPosition(step, 100, (double)step / perEpoch)));
                }
            }
        }
    }

    [Fact]
    public void InverseSquareRoot_IsLargestAfterTheWarmUp()
    {
        var schedule = Schedule.InverseSquareRoot(4);
        Assert.Equal([0.25, 0.5, 0.75, 1], Every(schedule, 4));
        Assert.Equal(0.5, At(schedule, 15, 100));
    }

    [Fact]
    public void WarmUp_ThenAnother_SeesTheRestAsAll()
    {
        var schedule = Schedule.WarmUp(0.2).Then(Schedule.Cosine());
        Assert.Equal([0.5, 1], Every(schedule, 10)[..2]);
        Assert.Equal(Every(Schedule.Cosine(), 8), Every(schedule, 10)[2..]);
        // Epochs count from there, too: 2 of 10 steps are a fifth of an epoch.
        Assert.Equal(
            [0.25, 0.5, 0.75, 1, 1, 0.1],
            new long[] { 0, 1, 2, 3, 13, 14 }.Select(s => At(Schedule.WarmUpSteps(4).Then(Schedule.Step(1)), s, 100)));
        Assert.Equal(Every(Schedule.Cosine(), 5), Every(Schedule.WarmUp(0).Then(Schedule.Cosine()), 5));
        // Alone it stays as it ended.
        Assert.Equal([0.5, 1, 1, 1], Every(Schedule.WarmUp(0.5), 4));
        Assert.Equal([1, 0.5, 0.25, 0.25, 0.25], Epochs(Schedule.Exponential(0.5).DuringSteps(2 * PerEpoch), 5));
        Assert.Equal([1, 0.5, 0, 0], Every(Schedule.Linear().During(0.5).Then(Schedule.Constant(0)), 4));
        Assert.Equal([0.5, 0.5, 0.5, 0.5], Every(Schedule.Constant(0.5).Times(Schedule.Constant()), 4));
    }

    [Fact]
    public void OnPlateau_FollowsTheValidations()
    {
        var schedule = Schedule.OnPlateau(0.1, patience: 2, minimum: 0.005);
        Assert.Equal(1, At(schedule, 0, 10));
        Assert.Equal(1, At(schedule, 0, 10, 3, 2, 2));
        Assert.Equal(0.1, At(schedule, 0, 10, 3, 2, 2, 2));
        Assert.Equal(0.1, At(schedule, 0, 10, 3, 2, 2, 2, 2));
        Assert.Equal(0.01, At(schedule, 0, 10, 3, 2, 2, 2, 2, 5));
        Assert.Equal(0.005, At(schedule, 0, 10, 3, 2, 2, 2, 2, 5, 5, 5));
        Assert.Equal(0.1, At(schedule, 0, 10, 3, double.NaN, double.NaN));
        // Better by next to nothing is not better; below 0, too.
        Assert.Equal(0.1, At(schedule, 0, 10, 1, 0.99999, 0.99998));
        Assert.Equal(0.1, At(schedule, 0, 10, -1, -1.00001, -1.00002));
        Assert.Equal(1, At(schedule, 0, 10, -1, -1.1, -1.2));
    }

    [Fact]
    public void TrainingsThatGoOn_HaveTheSameRates()
    {
        var schedule = Schedule.WarmUp(0.1).Then(Schedule.CosineRestarts(1.5, 2, 0.1)).Times(Schedule.OneCycle());
        var whole = Every(schedule, 200);
        Assert.Equal(whole[77..], Enumerable.Range(77, 123).Select(s => At(schedule, s, 200)));
        Assert.All(whole, f => Assert.InRange(f, 0, 1));
    }

    [Fact]
    public void WrongArguments_AreRefused()
    {
        foreach (var make in new Func<Schedule>[]
        {
            () => Schedule.Constant(-1), () => Schedule.Constant(double.PositiveInfinity), () => Schedule.Linear(-1), () => Schedule.Linear(1, -1), () => Schedule.Cosine(2),
            () => Schedule.CosineRestarts(0), () => Schedule.CosineRestarts(1, 0.5), () => Schedule.Polynomial(0), () => Schedule.OneCycle(1.5),
            () => Schedule.OneCycle(0.3, 0.5), () => Schedule.Step(0), () => Schedule.Step(1, 0), () => Schedule.Steps([-1]),
            () => Schedule.Exponential(0), () => Schedule.InverseSquareRoot(0), () => Schedule.OnPlateau(1), () => Schedule.OnPlateau(0.1, 0),
            () => Schedule.WarmUp(double.NaN), () => Schedule.WarmUpSteps(-1), () => Schedule.Cosine().During(1.1),
        })
        {
            Assert.Throws<ArgumentOutOfRangeException>(make);
        }

        Assert.Equal(1, Schedule.OnPlateau().FactorAt(default));
        Assert.Throws<ArgumentNullException>(() => Schedule.Of(null!));
        Assert.Throws<ArgumentNullException>(() => Schedule.WarmUp(0.1).Then(null!));
    }
}
