using Tunewise.Training.Data;

namespace Tunewise.Training.Tests.Data;

public class StratifiedSplitTests
{
    private static readonly int[] Labels = [.. Enumerable.Range(0, 1000).Select(i => i % 10 == 0 ? 1 : i % 3 == 0 ? 2 : 0)];

    [Fact]
    public void Divide_KeepsTheSharesOfTheClasses_AndEverySampleOnce()
    {
        var parts = StratifiedSplit.Divide(Labels, 1, 0.6, 0.2, 0.2);
        Assert.Equal(Enumerable.Range(0, 1000), parts.SelectMany(p => p).Order());
        foreach (var (part, share) in parts.Zip(new[] { 0.6, 0.2, 0.2 }))
        {
            for (var c = 0; c < 3; c++) Assert.InRange(part.Count(i => Labels[i] == c) - share * Labels.Count(l => l == c), -1, 1);
        }
    }

    [Fact]
    public void Divide_SameSeed_GivesTheSameParts_OthersGiveOthers()
    {
        Assert.Equal(StratifiedSplit.Divide(Labels, 7, 0.5, 0.5)[0], StratifiedSplit.Divide(Labels, 7, 0.5, 0.5)[0]);
        Assert.NotEqual(StratifiedSplit.Divide(Labels, 7, 0.5, 0.5)[0], StratifiedSplit.Divide(Labels, 8, 0.5, 0.5)[0]);
    }

    [Fact]
    public void Divide_WrongShares_AreRefused()
    {
        Assert.Throws<ArgumentException>(() => StratifiedSplit.Divide(Labels, 1, 0.5, 0.6));
        Assert.Throws<ArgumentException>(() => StratifiedSplit.Divide(Labels, 1, 1.5, -0.5));
        Assert.Throws<ArgumentException>(() => StratifiedSplit.Divide([0, 1], 1, 0.9, 0.05, 0.05));
    }

    [Fact]
    public void EpochOrder_IsAPermutation_OfItsOwnForEachEpoch()
    {
        var orders = Enumerable.Range(0, 3).Select(e => Shuffle.EpochOrder(50, 3, e)).ToArray();
        Assert.All(orders, o => Assert.Equal(Enumerable.Range(0, 50), o.Order()));
        Assert.NotEqual(orders[0], orders[1]);
        Assert.Equal(orders[2], Shuffle.EpochOrder(50, 3, 2));
    }
}
