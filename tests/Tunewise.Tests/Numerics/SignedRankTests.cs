using Tunewise.Numerics;

namespace Tunewise.Tests.Numerics;

/// <summary>Values of scipy 1.10.1, stats.wilcoxon(d, alternative='greater', zero_method='zsplit').</summary>
public sealed class SignedRankTests
{
    [Fact]
    public void PValueOfGreater_FewDifferences_IsExact() =>
        Assert.Equal(0.09765625, SignedRank.PValueOfGreater([0.1, 0.25, -0.05, 0.3, 0.41, 0.02, -0.33, 0.5]), 12);

    [Fact]
    public void PValueOfGreater_TiesAndZeros_IsTheNormalApproximation() =>
        Assert.Equal(0.13072302616481507, SignedRank.PValueOfGreater([0.1, 0.1, -0.05, 0.3, 0.0, 0.02, 0.7, -0.3]), 12);

    [Fact]
    public void PValueOfGreater_ManyDifferences_IsTheNormalApproximation() =>
        Assert.Equal(
            7.952303308679375e-05, SignedRank.PValueOfGreater([.. Enumerable.Range(0, 60).Select(i => (i % 7 - 2) * 0.1 + i * 0.001)]), 12);
}
