using Tunewise.Numerics;

namespace Tunewise.Tests.Analysis;

/// <summary>Values of optuna._hypervolume (4.9.0) on the points of <see cref="Points"/>.</summary>
public sealed class HypervolumeTests
{
    private static double[][] Points(int objectives) =>
        [.. Enumerable.Range(0, 12)
            .Select(i => Enumerable.Range(0, objectives).Select(j => (i * 37 + j * 91 + i * j * 13) % 101 / 101.0).ToArray())];

    [Theory]
    [InlineData(2, 0.8123429075580827)]
    [InlineData(3, 0.6181679344191651)]
    [InlineData(4, 0.3636103231439597)]
    public void Compute_IsOptunas(int objectives, double expected) =>
        Assert.Equal(expected, Hypervolume.Compute(Points(objectives), [.. Enumerable.Repeat(1.1, objectives)]), 12);

    [Fact]
    public void Compute_OneObjective_IsTheDistance() => Assert.Equal(3, Hypervolume.Compute([[2.0], [4.0]], [5.0]));

    [Fact]
    public void Compute_PointsBeyondTheReference_AddNothing()
    {
        Assert.Equal(0, Hypervolume.Compute([[2.0, 0.0]], [1.0, 1.0]));
        Assert.Equal(double.PositiveInfinity, Hypervolume.Compute([[double.NegativeInfinity, 0.0]], [1.0, 1.0]));
    }

    [Fact]
    public void Compute_NaNOrWrongLength_IsAnError()
    {
        Assert.Throws<ArgumentException>(() => Hypervolume.Compute([[double.NaN, 0]], [1.0, 1.0]));
        Assert.Throws<ArgumentException>(() => Hypervolume.Compute([[0.0]], [1.0, 1.0]));
    }

    [Fact]
    public void Select_IsOptunasGreedyChoice()
    {
        Assert.Equal([9, 7, 11, 10], Hypervolume.Select(Points(3), 4, [1.1, 1.1, 1.1]));
        double[][] front = [[0, 0.9], [0.1, 0.75], [0.25, 0.5], [0.4, 0.45], [0.55, 0.2], [0.8, 0.1]];
        Assert.Equal([2, 4, 1], Hypervolume.Select(front, 3, [1, 1]));
        Assert.Equal([2, 4, 1, 5, 0], Hypervolume.Select(front, 5, [1, 1]));
    }

    [Fact]
    public void Compute_ThreeObjectives_IsWhatAFourthThatAllShareLeaves()
    {
        var random = new Random(3);
        for (var round = 0; round < 200; round++)
        {
            // Few levels, so that points share coordinates and dominate one another.
            var levels = round % 2 == 0 ? 5 : 1000;
            double[][] points = [.. Enumerable.Range(0, 1 + round % 30)
                .Select(_ => Enumerable.Range(0, 3).Select(_ => random.Next(levels) / (double)levels).ToArray())];
            var expected = Hypervolume.Compute(points.Select(p => (double[])[.. p, 0]), [1, 1, 1, 1]);
            Assert.Equal(expected, Hypervolume.Compute(points, [1, 1, 1]), 12);
        }
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Shares_AreWhatTheWholeLosesWithoutAPoint(int objectives)
    {
        double[][] points = [.. Points(objectives), Points(objectives)[3]];
        var reference = Hypervolume.ReferenceFor(points);
        var whole = Hypervolume.Compute(points, reference);
        var losses = points.Select((_, i) => whole - Hypervolume.Compute(points.Where((_, j) => j != i), reference)).ToArray();
        var shares = Hypervolume.Shares(points)!;
        for (var i = 0; i < losses.Length; i++) Assert.Equal(losses[i] / losses.Max(), shares[i], 9);
    }

    [Fact]
    public void Ranks_PairsAndTriples_CountTheFrontsBefore()
    {
        double[][] pairs = [[0, 3], [1, 1], [3, 0], [1, 2], [2, 2], [1, 1]];
        Assert.Equal([0, 0, 0, 1, 2, 0], NonDomination.Ranks(pairs));
        var triples = pairs.Select(p => new[] { p[0], p[1], 5.0 }).ToArray();
        Assert.Equal(NonDomination.Ranks(pairs), NonDomination.Ranks(triples));
    }

    [Fact]
    public void Compute_NumbersWhoseProductsOverflow_IsInfinite()
    {
        double[][] points = [[-1e200, -1e199, 0], [-1e199, -1e200, 0]];
        Assert.Equal(double.PositiveInfinity, Hypervolume.Compute(points, [1e200, 1e200, 1]));
        Assert.Equal(double.PositiveInfinity, Hypervolume.Compute(points.Select(p => (double[])[.. p, 0]), [1e200, 1e200, 1, 1]));
    }
}
