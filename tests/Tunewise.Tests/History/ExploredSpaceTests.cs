using FsCheck;
using FsCheck.Fluent;
using Tunewise.History;
using Tunewise.Numerics;
using Tunewise.Spaces;
using Tunewise.Testing;

namespace Tunewise.Tests.History;

public class ExploredSpaceTests
{
    private static readonly CategoricalDistribution Kinds = new(["a", "b", "c"]);
    private static readonly IntDistribution Few = new(0, 2);
    private static readonly IntDistribution One = new(7, 7);
    private static readonly FloatDistribution Grid = new(0, 1, step: 0.5);
    private static readonly FloatDistribution Continuous = new(0, 1);

    /// <summary>A program: what it suggests after what it has. Kind c needs nothing else.</summary>
    private static Distribution? Next(IReadOnlyList<TrialParameter> known, bool endsContinuous) => known.Count switch
    {
        0 => Kinds,
        1 => known[0].Value == 2 ? null : One,
        2 => Few,
        3 => known[0].Value == 0 ? Grid : endsContinuous ? Continuous : null,
        _ => null,
    };

    private static TrialParameter[] Draw(RandomSource random, bool endsContinuous)
    {
        var known = new List<TrialParameter>();
        while (Next(known, endsContinuous) is { } next)
            known.Add(new TrialParameter($"p{known.Count}", next, Tunewise.Samplers.Random.RandomSampler.Draw(random, next)));
        return [.. known];
    }

    private static TrialSoFar Asked(StudyHistory history, IEnumerable<TrialParameter> known) => new(history, 10_000, [.. known], []);

    private static bool IsExhausted(StudyHistory history) => history.Explored.Left(history, []).Total < 1;

    /// <summary>By going through everything: whether what can follow was tried.</summary>
    private static bool IsTried(IReadOnlyList<TrialParameter> known, List<TrialParameter[]> tried, bool endsContinuous)
    {
        var here = tried.FindAll(
            t => t.Length >= known.Count && t.Take(known.Count).Select(p => p.Value).SequenceEqual(known.Select(p => p.Value)));
        if (Next(known, endsContinuous) is not { } next) return here.Count > 0;
        return !ReferenceEquals(next, Continuous)
            && FiniteValues.Of(next).All(v => IsTried([.. known, new TrialParameter("", next, v)], here, endsContinuous));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void AnyTrials_WhatIsTaken_IsWhatWasTried(bool endsContinuous)
    {
        var property = Prop.ForAll(Arb.From(Gen.Choose(0, 1_000_000)), seed =>
        {
            var (random, table, tried) =
                (new RandomSource((ulong)seed), new TrialTable([Direction.Minimize]), new List<TrialParameter[]>());
            for (var number = 0; number < 40; number++)
            {
                var trial = Draw(random, endsContinuous);
                tried.Add(trial);
                table.Add(new FrozenTrial { Number = number, State = TrialState.Complete, Values = [0], ParameterList = trial });
                var history = table.Look();
                Assert.Equal(IsTried([], tried, endsContinuous), IsExhausted(history));
                // Along another trial's way: what is next, and what it may not be.
                var way = Draw(random, endsContinuous);
                for (var depth = 0; depth < way.Length; depth++)
                {
                    var (known, next) = (way[..depth], way[depth]);
                    if (next.Distribution.IsSingle || IsTried(known, tried, endsContinuous)) continue;
                    var expected = IsTried([.. known, next], tried, endsContinuous);
                    Assert.Equal(expected, history.Explored.IsTaken(Asked(history, known), next.Name, next.Distribution, next.Value));
                    var replaced = history.Explored.Replace(Asked(history, known), next.Name, next.Distribution, next.Value, random);
                    Assert.Equal(expected, replaced is not null);
                    if (replaced is { } free) Assert.False(IsTried([.. known, next with { Value = free }], tried, endsContinuous));
                }
            }
        });
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(30).WithQuietOnSuccess(true), property);
    }

    [Fact]
    public void IsExhausted_AProgramThatGoesOnWhereItEnded_IsOpenAgain()
    {
        var table = new TrialTable([Direction.Minimize]);
        void Add(params TrialParameter[] parameters) =>
            table.Add(new FrozenTrial { Number = table.Now.Count, State = TrialState.Complete, Values = [0], ParameterList = parameters });
        for (var kind = 0; kind < 3; kind++) Add(new TrialParameter("kind", Kinds, kind));
        Assert.True(IsExhausted(table.Look()));
        Add(new TrialParameter("kind", Kinds, 1), new TrialParameter("few", Few, 0));
        Assert.False(IsExhausted(table.Look()));
        Add(new TrialParameter("kind", Kinds, 1), new TrialParameter("few", Few, 1));
        Add(new TrialParameter("kind", Kinds, 1), new TrialParameter("few", Few, 2));
        Assert.True(IsExhausted(table.Look()));
    }

    [Fact]
    public void IsOpen_FirstParameterIsContinuousOrChanges()
    {
        static bool IsOpen(params TrialParameter[][] trials)
        {
            var table = new TrialTable([Direction.Minimize]);
            for (var i = 0; i < trials.Length; i++)
                table.Add(new FrozenTrial { Number = i, State = TrialState.Complete, Values = [0], ParameterList = trials[i] });
            return table.Look().IsOpen;
        }

        Assert.False(IsOpen([new("one", One, 7), new("few", Few, 1)], [new("few", Few, 0)]));
        Assert.True(IsOpen([new TrialParameter("x", Continuous, 0.5)]));
        Assert.True(IsOpen([new TrialParameter("n", new IntDistribution(0, 1_000_000), 5)]));
        Assert.True(IsOpen([new TrialParameter("few", Few, 1)], [new TrialParameter("few", new IntDistribution(0, 3), 1)]));
        Assert.True(IsOpen([new TrialParameter("few", Few, 1)], [new TrialParameter("other", Few, 1)]));
    }
}
