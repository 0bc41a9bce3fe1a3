using Tunewise.Numerics;

namespace Tunewise.Tests.Numerics;

public sealed class NormalTests
{
    [Theory]
    [InlineData(0, 0)]
    [InlineData(3, 3)]
    [InlineData(-3, -3)]
    [InlineData(double.PositiveInfinity, double.PositiveInfinity)]
    public void TruncatedQuantile_NothingBetweenTheBounds_IsTheBound(double low, double high)
    {
        Assert.Equal(low, Normal.TruncatedQuantile(0.5, low, high));
        Assert.Equal(double.NaN, Normal.TruncatedQuantile(0.5, double.NaN, high));
    }
}
