using Tunewise.Numerics;
using Tunewise.Samplers;
using Tunewise.Samplers.Gp;
using Tunewise.Spaces;

namespace Tunewise.Tests.Samplers.Gp;

public sealed class AcquisitionSearchTests
{
    private const int Draws = 2000;

    private static AcquisitionSearch Search(int parameters, params double[] fixedFirst)
    {
        var cube = new UnitCube(new SearchSpace(Enumerable.Range(0, parameters)
            .Select(i => new SearchSpace.Dimension($"x{i:00}", new FloatDistribution(0, 1)))));
        double[] known = [.. fixedFirst, .. Enumerable.Repeat(double.NaN, parameters - fixedFirst.Length)];
        // To draw, neither history nor acquisition is looked at.
        return new AcquisitionSearch(new SamplingContext(null!, 0, new RandomSource(1)), cube, null!, known, []);
    }

    private static int[] Moved(int parameters, params double[] fixedFirst)
    {
        var search = Search(parameters, fixedFirst);
        var near = Enumerable.Repeat(0.5, parameters).ToArray();
        return [.. Enumerable.Range(0, Draws).Select(_ => search.Draw(near, 0.05).Count(u => u != 0.5))];
    }

    /// <summary>A point that differs from another one in each of thirty parameters is nowhere near it.</summary>
    [Theory]
    [InlineData(8)]
    [InlineData(30)]
    [InlineData(60)]
    public void Draw_NearAPointOfManyParameters_MovesAboutFive(int parameters)
    {
        var moved = Moved(parameters);
        Assert.InRange(moved.Average(), 4.8, 5.3);
        Assert.InRange(moved.Min(), 1, 2);
    }

    [Fact]
    public void Draw_NearAPointOfFewParameters_MovesAll() => Assert.All(Moved(4), n => Assert.Equal(4, n));

    [Fact]
    public void Draw_ParametersThatAreGiven_KeepTheirValues()
    {
        var search = Search(3, 0.25);
        for (var i = 0; i < 10; i++) Assert.Equal(0.25, search.Draw(i % 2 == 0 ? null : [0.5, 0.5, 0.5], 0.2)[0]);
    }

    [Fact]
    public void Draw_AtRandom_DrawsEveryParameterAnew()
    {
        var search = Search(30);
        var first = search.Draw(null, 0);
        Assert.All(first.Zip(search.Draw(null, 0)), p => Assert.NotEqual(p.First, p.Second));
    }
}
