using Tunewise.Numerics;

namespace Tunewise.Tests.Numerics;

public sealed class FirstFrontsTests
{
    private static int[][] Sorted(IEnumerable<IEnumerable<int>> fronts) => [.. fronts.Select(f => f.Order().ToArray())];

    /// <summary>Whether points come one by one or are taken out between, the fronts are those of a ranking from nothing.</summary>
    [Theory]
    [InlineData(1, 2)]
    [InlineData(2, 3)]
    [InlineData(3, 4)]
    public void Until_PointsThatComeAndGo_AreRankedAsFromNothing(ulong seed, int objectives)
    {
        var random = new RandomSource(seed);
        var (fronts, known) = (new FirstFronts(), new List<(double[] Losses, int Id)>());
        for (var i = 0; i < 250; i++)
        {
            // Coarse, so that equal points occur.
            var point = Enumerable.Range(0, objectives).Select(_ => Math.Round(12 * random.NextDouble())).ToArray();
            fronts.Add(point, i);
            known.Add((point, i));
            if (i % 40 == 39)
            {
                var gone = known[(int)(random.NextDouble() * known.Count)];
                known.Remove(gone);
                Assert.True(fronts.Remove(gone.Id));
                Assert.False(fronts.Remove(gone.Id));
            }

            if (i % 3 == 1) continue;
            var enough = 1 + (int)(random.NextDouble() * 30);
            var ranks = NonDomination.Ranks([.. known.Select(k => k.Losses)]);
            var expected = new List<int[]>();
            for (var rank = 0; expected.Sum(f => f.Length) < enough && rank <= ranks.Max(); rank++)
                expected.Add([.. known.Where((_, j) => ranks[j] == rank).Select(k => k.Id)]);
            var actual = Sorted(fronts.Until(enough).Select(f => f.Select(p => p.Id)));
            Assert.Equal(Sorted(expected), actual);
            Assert.Equal(known.Count, fronts.Count);
        }
    }
}
