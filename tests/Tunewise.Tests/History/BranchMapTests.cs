using Tunewise.History;
using Tunewise.Spaces;

namespace Tunewise.Tests.History;

public sealed class BranchMapTests
{
    private static readonly FloatDistribution Unit = new(0, 1);

    private static Branches Of(params (int Number, string Names, bool Complete)[] trials)
    {
        var map = new BranchMap();
        foreach (var (number, names, complete) in trials)
            map.Add(number, [.. names.Select(c => new TrialParameter(c.ToString(), Unit, 0.5))], complete);
        return map.Now;
    }

    private static string Names(SearchSpace space) => string.Concat(space.Select(d => d.Name));

    private static IEnumerable<(int, string, bool)> Many(int from, int count, string names) =>
        Enumerable.Range(from, count).Select(n => (n, names, true));

    [Fact]
    public void Root_TrialsPrunedBeforeTheirLastSuggestion_IsTheWholeSpace()
    {
        var branches = Of([.. Many(0, 5, "abc"), (5, "a", false), (6, "ab", false), (7, "a", false)]);
        Assert.Equal(("abc", "abc", "abc"), (Names(branches.Root), Names(branches.BranchOf("a")), Names(branches.BranchOf("c"))));
    }

    [Fact]
    public void Root_TrialsOlderThanAParameter_AreNoBranch()
    {
        var branches = Of([.. Many(0, 30, "ab"), .. Many(30, 2, "abc")]);
        Assert.Equal(("abc", "abc"), (Names(branches.Root), Names(branches.BranchOf("a"))));
    }

    [Fact]
    public void Root_ATrialAddedWithFewer_IsNoBranch()
    {
        Assert.Equal("abc", Names(Of([.. Many(0, 10, "abc"), (10, "ab", true), .. Many(11, 10, "abc")]).Root));
        Assert.Equal("abc", Names(Of([(0, "ab", true), .. Many(1, 10, "abc")]).Root));
    }

    [Fact]
    public void BranchOf_ConditionalParameters_IsWhatComesWithThem()
    {
        var branches = Of([.. Enumerable.Range(0, 20).Select(n => (n, n % 2 == 0 ? "abx" : "abyz", true))]);
        Assert.Equal("ab", Names(branches.Root));
        Assert.Equal("ab", Names(branches.BranchOf("a")));
        Assert.Equal("abx", Names(branches.BranchOf("x")));
        Assert.Equal("abyz", Names(branches.BranchOf("z")));
    }

    [Fact]
    public void Now_TrialsInAnyOrder_IsTheSame()
    {
        (int, string, bool)[] trials =
        [
            (0, "ab", true), (1, "abx", true), (2, "aby", true), (3, "ab", true), (4, "abx", true), (5, "abyz", true), (6, "a", false),
            (7, "abx", true), (8, "aby", true), (9, "abyz", true),
        ];
        string All(IEnumerable<(int, string, bool)> order)
        {
            var branches = Of([.. order]);
            return string.Join(' ', "abxyz".Select(c => string.Concat(Names(branches.BranchOf(c.ToString())).Order())).Prepend(
                string.Concat(Names(branches.Root).Order())));
        }

        var expected = All(trials);
        for (var seed = 0; seed < 50; seed++)
        {
            var random = new Random(seed);
            Assert.Equal(expected, All(trials.OrderBy(_ => random.Next())));
        }
    }
}
