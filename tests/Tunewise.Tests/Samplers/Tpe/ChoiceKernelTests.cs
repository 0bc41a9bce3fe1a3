using Tunewise.Samplers.Tpe;
using Tunewise.Spaces;

namespace Tunewise.Tests.Samplers.Tpe;

public sealed class ChoiceKernelTests
{
    private static readonly CategoricalDistribution Seven = new([.. Enumerable.Range(0, 7).Cast<object?>()]);

    private static double Distance(object? a, object? b) => Math.Abs(Convert.ToDouble(a, null) - Convert.ToDouble(b, null));

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Of_IsTheTables(bool distances)
    {
        var table = ChoiceKernels.Create(Seven, 11, 0.7, distances ? Distance : null);
        var kernel = new ChoiceKernel(7, 12, 0.7, distances ? new ChoiceDistances(Seven, Distance) : null);
        for (var own = 0; own < 7; own++)
        {
            for (var choice = 0; choice < 7; choice++)
            {
                Assert.Equal(table[own][choice], kernel.Of(own, choice), 12);
                Assert.Equal(Math.Log(table[own][choice]), kernel.Log(own, choice), 10);
            }
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Draw_TakesTheChoiceAtTheQuantile(bool distances)
    {
        var table = ChoiceKernels.Create(Seven, 11, 0.7, distances ? Distance : null);
        var kernel = new ChoiceKernel(7, 12, 0.7, distances ? new ChoiceDistances(Seven, Distance) : null);
        for (var own = 0; own < 7; own++)
        {
            for (var i = 0; i <= 1000; i++)
            {
                var u = Math.Min(i / 1000.0 + 1e-7, 1 - 1e-12);
                var (expected, left) = (0, u);
                while (expected < 6 && (left -= table[own][expected]) >= 0) expected++;
                Assert.Equal(expected, kernel.Draw(own, u));
            }
        }
    }

    /// <summary>A thousand choices must not cost a thousand rows of a thousand.</summary>
    [Fact]
    public void Distances_AreAskedOnlyForChoicesThatOccur()
    {
        var asked = 0;
        var many = new CategoricalDistribution([.. Enumerable.Range(0, 1000).Cast<object?>()]);
        var distances = new ChoiceDistances(many, (a, b) =>
        {
            asked++;
            return Distance(a, b);
        });
        var kernel = new ChoiceKernel(1000, 20, 1, distances);
        for (var i = 0; i < 100; i++) kernel.Of(i % 3, i);
        Assert.Equal(3000, asked);
    }
}
