using Tunewise.Numerics;
using Tunewise.Samplers;
using Tunewise.Samplers.Random;
using Tunewise.Spaces;
using Tunewise.Testing;

namespace Tunewise.Tests.Samplers.Random;

public sealed class RandomSamplerTests : SamplerConformance
{
    protected override ISampler Create() => new RandomSampler();

    [Fact]
    public void Draw_Grid_GivesEveryPointTheSameChance()
    {
        var counts = new Dictionary<double, int>();
        var random = new RandomSource(1);
        for (var i = 0; i < 40_000; i++)
        {
            var x = RandomSampler.Draw(random, new FloatDistribution(0, 0.9, step: 0.3));
            counts[x] = counts.GetValueOrDefault(x) + 1;
        }

        // Four points of 10,000 each; the standard deviation is 87.
        Assert.Equal([0, 0.3, 0.6, 0.9], counts.Keys.Order());
        Assert.All(counts.Values, c => Assert.InRange(c, 9_600, 10_400));
    }

    [Fact]
    public void Draw_Log_IsUniformInTheLogarithm()
    {
        var random = new RandomSource(2);
        var below = Enumerable.Range(0, 10_000).Count(_ => RandomSampler.Draw(random, new FloatDistribution(1e-4, 1, log: true)) < 1e-2);
        Assert.InRange(below, 4_750, 5_250);
    }
}

public class RandomSourceTests
{
    [Fact]
    public void For_SameKey_GivesTheSameStream_OtherKeysGiveOthers()
    {
        double First(ulong seed, int trial, string name) => RandomSource.For(seed, trial, name).NextDouble();
        Assert.Equal(First(1, 2, "x"), First(1, 2, "x"));
        var keys = new[] { First(1, 2, "x"), First(1, 2, "y"), First(1, 3, "x"), First(2, 2, "x"), First(2, 1, "x"), First(0, 0, "") };
        Assert.Equal(keys.Length, keys.Distinct().Count());
    }

    // The stream is a promise: these numbers must not change, or resumed studies would repeat or skip what they drew.
    [Fact]
    public void For_KnownKey_GivesTheNumbersOfEveryVersion()
    {
        var random = RandomSource.For(42, 7, "learning_rate");
        Assert.Equal([KnownFirst, KnownSecond], [random.NextBits(), random.NextBits()]);
    }

    private const ulong KnownFirst = 13172946538393955979;
    private const ulong KnownSecond = 7357938347940051747;

    [Fact]
    public void NextInt_StaysInRange_AndReachesEveryNumber() =>
        Assert.Equal([0, 1, 2], Enumerable.Range(0, 100).Select(i => new RandomSource((ulong)i).NextInt(3)).Distinct().Order());
}
