using FsCheck;
using FsCheck.Fluent;
using Tunewise.History;

namespace Tunewise.Tests.History;

public class CurveStoreTests
{
    [Fact]
    public void AnyReports_AreGivenBack()
    {
        var report = from step in Gen.Choose(-3, 12)
                     from value in Gen.Elements(0.0, -0.0, 1.5, double.NaN, double.PositiveInfinity)
                     select new TrialReport(step, value);
        var trials = Gen.ListOf(report.ListOf());
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(100).WithQuietOnSuccess(true), Prop.ForAll(Arb.From(trials), trials =>
        {
            var store = new CurveStore();
            var given = trials.Select(t => t.GroupBy(r => r.Step).Select(g => g.First()).OrderBy(r => r.Step).ToArray()).ToArray();
            var kept = given.Select(reports => store.Add(reports)).ToArray();
            for (var i = 0; i < given.Length; i++)
            {
                Assert.Equal(given[i], kept[i]);
                Assert.Equal(given[i].Length == 0 ? null : given[i][^1], kept[i].Last);
                for (var step = -4L; step < 14; step++)
                {
                    double? expected = Array.FindIndex(given[i], r => r.Step == step) is >= 0 and var index ? given[i][index].Value : null;
                    Assert.Equal(expected, kept[i].At(step));
                }
            }
        }));
    }

    [Fact]
    public void TrialsThatReportAlike_ShareTheirSteps()
    {
        var store = new CurveStore();
        TrialReport[] Reports(int count, int every = 1) => [.. Enumerable.Range(0, count).Select(s => new TrialReport(s * every, s))];
        var (first, shorter, longer, other) =
            (store.Add(Reports(5)), store.Add(Reports(3)), store.Add(Reports(9)), store.Add(Reports(5, 10)));
        Assert.True(first.Steps[..3] == shorter.Steps);
        Assert.True(longer.Steps[..5] == store.Add(Reports(5)).Steps);
        Assert.Equal([0, 10, 20, 30, 40], other.Steps.ToArray());
    }

    [Fact]
    public void AsALongCurve_IsKeptWhole()
    {
        var store = new CurveStore();
        TrialReport[] Reports(int count) => [.. Enumerable.Range(0, count).Select(s => new TrialReport(s, count + s))];
        var counts = new[] { 3, 100_000, 1, 70_000, 500, 65_536, 2 };
        var kept = counts.Select(count => store.Add(Reports(count))).ToArray();
        Assert.All(counts.Zip(kept), pair => Assert.Equal(Reports(pair.First), pair.Second));
    }
}
