using Tunewise.Pruners;
using Tunewise.Storage;

namespace Tunewise.Tests.Storage;

/// <summary>How steps are packed: small, and never read wrongly.</summary>
public sealed class StepPackingTests
{
    private static PackedValue[] Values(params int[] names) => [.. names.Select(n => new PackedValue(n, n / 4.0, false))];

    [Fact]
    public void ThirtyNeighbours_CostFourBytesEachAndAFewMore() =>
        Assert.Equal(30 * sizeof(float) + 4, StepPacking.Pack(Values([.. Enumerable.Range(0, 30)])).Length);

    [Fact]
    public void Pack_AnyNames_ComeBack()
    {
        var random = new Random(1);
        for (var round = 0; round < 500; round++)
        {
            var names = Enumerable.Range(0, random.Next(1, 40)).Select(_ => random.Next(random.Next(2) == 0 ? 50 : 100_000)).Distinct().Order();
            PackedValue[] values = [.. names.Select(n => new PackedValue(n, (float)random.NextDouble(), random.Next(4) == 0))];
            var packed = StepPacking.Pack(values);
            Assert.Equal(values, StepPacking.Unpack(packed));
            foreach (var value in values) Assert.Equal(value.Value, StepPacking.Find(packed, value.Name));
            Assert.Null(StepPacking.Find(packed, 100_001));
        }
    }

    [Fact]
    public void Merge_LaterValuesWin() => Assert.Equal(
        [new(1, 9, false), new(2, 0.5, false), new PackedValue(3, 8, true)],
        StepPacking.Unpack(StepPacking.Merge(
            StepPacking.Pack(Values(1, 2)), [new PackedValue(3, 7, false), new PackedValue(1, 9, false), new PackedValue(3, 8, true)])));

    [Fact]
    public void Unpack_RandomDamage_IsRefusedOrReadButNeverFailsOtherwise()
    {
        var random = new Random(2);
        var names = new NameTable();
        var step = new StepRecord(
            4,
            [.. Enumerable.Range(0, 20).Select(i => SeriesValue.Of($"n{i}", i, i % 3 == 0 ? SeriesPrecision.Bits64 : SeriesPrecision.Bits32))],
            ReportDecision.Prune($"{1.5} of {3:trial}") with { Rule = "R", Value = 1.5, Limit = 2, Compared = 3 });
        foreach (var (kind, name) in names.Missing([step])) names.AddNext(kind, name);
        var (values, verdict) = (names.Pack(step.Values, null)!, names.Pack(step, null)!);
        Assert.Equal(step.Verdict, names.Unpack(4, values, verdict).Verdict);
        for (var round = 0; round < 20_000; round++)
        {
            var (damagedValues, damagedVerdict) = (Damage(values), Damage(verdict));
            try
            {
                _ = names.Unpack(4, damagedValues, damagedVerdict);
                _ = StepPacking.Find(damagedValues, random.Next(30));
            }
            catch (FormatException)
            {
            }
        }

        byte[] Damage(byte[] bytes)
        {
            var damaged = bytes[..random.Next(random.Next(3) == 0 ? 0 : bytes.Length, bytes.Length + 1)];
            for (var i = 0; i < random.Next(4) && damaged.Length > 0; i++) damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
            return damaged;
        }
    }
}
