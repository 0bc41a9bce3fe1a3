using Tunewise.Spaces;

namespace Tunewise.Tests.Spaces;

public class DistributionTests
{
    // optuna.distributions.FloatDistribution(0, 1, step=0.3).high == 0.9 and IntDistribution(1, 10, step=4).high == 9 in Optuna 4.9.
    [Fact]
    public void High_WithStep_IsLoweredToTheLastGridPoint()
    {
        Assert.Equal(0.9, new FloatDistribution(0, 1, step: 0.3).High);
        Assert.Equal(1.0, new FloatDistribution(0, 1, step: 0.1).High);
        Assert.Equal(9, new IntDistribution(1, 10, step: 4).High);
        Assert.Equal(long.MinValue / 1024 / 1024, new IntDistribution(long.MinValue / 1024 / 1024, 0).Low);
    }

    [Fact]
    public void High_StepTooFineForDecimal_FallsBackToBinary()
    {
        var range = new FloatDistribution(0, 1e-300, step: 3e-301);
        Assert.Equal(9e-301, range.High, 1e-310);
        Assert.True(range.Contains(range.Snap(4e-301)));
    }

    [Fact]
    public void Contains_SteppedFloat_ToleratesBinaryRounding()
    {
        var range = new FloatDistribution(0, 1, step: 0.1);
        Assert.True(range.Contains(0.1 + 0.2));
        Assert.False(range.Contains(0.35));
        Assert.False(range.Contains(1.1));
        Assert.False(range.Contains(double.NaN));
    }

    [Fact]
    public void Snap_GivesTheDecimalGridPoint() =>
        Assert.Equal(
            [0, 0.1, 0.2, 0.3, 0.7, 1.0], new[] { -5, 0.14, 0.15000001, 0.3, 0.74, 9 }.Select(new FloatDistribution(0, 1, step: 0.1).Snap));

    public static TheoryData<Action, string> Wrong => new()
    {
        { () => _ = new FloatDistribution(double.NaN, 1), "finite" },
        { () => _ = new FloatDistribution(0, double.PositiveInfinity), "finite" },
        { () => _ = new FloatDistribution(1, 0), "above the upper bound" },
        { () => _ = new FloatDistribution(0, 1, log: true), "above 0" },
        { () => _ = new FloatDistribution(1, 2, log: true, step: 0.5), "exclude" },
        { () => _ = new FloatDistribution(1, 2, step: 0), "positive" },
        { () => _ = new FloatDistribution(1, 2, step: double.NaN), "positive" },
        { () => _ = new IntDistribution(2, 1), "above the upper bound" },
        { () => _ = new IntDistribution(0, 5, log: true), "at least 1" },
        { () => _ = new IntDistribution(1, 5, log: true, step: 2), "exclude" },
        { () => _ = new IntDistribution(1, 5, step: 0), "at least 1" },
        { () => _ = new IntDistribution(0, long.MaxValue), "2^53" },
        { () => _ = new CategoricalDistribution([]), "at least one choice" },
        { () => _ = new CategoricalDistribution([new object()]), "a choice must be" },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public void Constructor_WrongRange_SaysWhatIsWrong(Action create, string expected) =>
        Assert.Contains(expected, Assert.ThrowsAny<ArgumentException>(create).Message, StringComparison.Ordinal);

    [Fact]
    public void Categorical_MatchesExactTypeBeforeEqualNumber()
    {
        var choices = new CategoricalDistribution([1L, 1.0, true, null, "1"]);
        Assert.Equal([0, 1, 2, 3, 4], new object?[] { 1, 1.0, true, null, "1" }.Select(choices.ToInternal));
        Assert.Equal(0, new CategoricalDistribution([1L, 2L]).ToInternal(true));
        Assert.Contains(
            "not among the choices", Assert.Throws<ArgumentException>(() => choices.ToInternal("x")).Message, StringComparison.Ordinal);
        Assert.Equal(0, new CategoricalDistribution([double.NaN]).ToInternal(double.NaN));
    }

    [Fact]
    public void Equality_IsByValue()
    {
        Assert.Equal(new FloatDistribution(0, 1, step: 0.3), new FloatDistribution(0, 0.9, step: 0.3));
        Assert.Equal(new CategoricalDistribution(["a", 1]), new CategoricalDistribution(["a", 1L]));
        Assert.NotEqual(new CategoricalDistribution(["a", 1]), new CategoricalDistribution(["a", 1.0]));
        Assert.NotEqual<Distribution>(new IntDistribution(0, 1), new FloatDistribution(0, 1));
    }

    [Fact]
    public void IsCompatible_BoundsMayChange_KindScaleAndChoicesMayNot()
    {
        Assert.True(new FloatDistribution(0, 1).IsCompatibleWith(new FloatDistribution(5, 9, step: 1)));
        Assert.False(new FloatDistribution(1, 2, log: true).IsCompatibleWith(new FloatDistribution(1, 2)));
        Assert.False(new FloatDistribution(0, 1).IsCompatibleWith(new IntDistribution(0, 1)));
        Assert.False(new CategoricalDistribution(["a"]).IsCompatibleWith(new CategoricalDistribution(["a", "b"])));
    }

    [Theory]
    [InlineData(-1e308, 1e308)]
    [InlineData(double.MinValue, double.MaxValue)]
    public void FloatDistribution_WiderThanAnyNumber_IsRefused(double low, double high)
    {
        var error = Assert.Throws<ArgumentException>(() => new FloatDistribution(low, high));
        Assert.Contains("wider than any number", error.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => new FloatDistribution(low, high, step: 1e300));
        // The logarithm of a range as wide as it may be.
        Assert.True(new FloatDistribution(double.Epsilon, double.MaxValue, log: true).Contains(1));
    }

    [Fact]
    public void Sample_VeryManyPointsOnAGrid_GivesValuesThatAreOnIt()
    {
        var study = Study.InMemory(new StudyOptions { Sampler = new Tunewise.Samplers.Random.RandomSampler(), Seed = 1 });
        foreach (var (low, high, step) in new[] { (0.0, 1e9, 1e-3), (-3.7, 1e6, 1e-7), (0.1, 1e12, 0.3), (0, 1, 1e-12) })
        {
            var distribution = new FloatDistribution(low, high, step: step);
            for (var i = 0; i < 100; i++)
            {
                var trial = study.Ask();
                Assert.True(distribution.Contains(trial.SuggestFloat($"{low} {step}", low, high, step: step)));
            }
        }
    }

    [Fact]
    public void AreChoices_IsWhatEqualityWouldSay()
    {
        object?[][] lists = [[1, 2], [1L, 2L], [1.0, 2.0], ["1", "2"], [true, false], [null, 1], [2, 1], [1, 2, 3], [double.NaN, 1]];
        foreach (var a in lists)
        {
            var distribution = new CategoricalDistribution(a);
            foreach (var b in lists) Assert.Equal(distribution.Equals(new CategoricalDistribution(b)), distribution.AreChoices(b));
        }

        Assert.True(new CategoricalDistribution([1, 2]).AreChoices([1, 2]));
        Assert.True(new CategoricalDistribution(["a", "b"]).AreChoices(["a", "b"]));
        Assert.True(new CategoricalDistribution([DayOfWeek.Friday]).AreChoices([DayOfWeek.Friday]));
        Assert.False(new CategoricalDistribution(["a", "b"]).AreChoices(["a", "c"]));
        // What is no choice is said when a distribution is made of it.
        Assert.False(new CategoricalDistribution([1]).AreChoices([new object()]));
    }
}
