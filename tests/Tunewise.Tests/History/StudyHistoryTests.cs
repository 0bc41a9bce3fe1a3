using FsCheck;
using FsCheck.Fluent;
using Tunewise.History;
using Tunewise.Numerics;
using Tunewise.Pruners;
using Tunewise.Samplers;
using Tunewise.Samplers.Auto;
using Tunewise.Samplers.CmaEs;
using Tunewise.Samplers.Nsga;
using Tunewise.Samplers.Tpe;
using Tunewise.Spaces;
using Tunewise.Testing;

namespace Tunewise.Tests.History;

public class StudyHistoryTests
{
    private static readonly CategoricalDistribution Kinds = new(["a", "b"]);
    private static readonly FloatDistribution Unit = new(0, 1);
    private static readonly IntDistribution Width = new(1, 64, log: true);

    /// <summary>Samplers over the space of <see cref="Trials"/>: of one objective, and of several.</summary>
    private static readonly (string Name, int Objectives, Func<ISampler> Create)[] Samplers =
    [
        ("TPE", 1, () => new TpeSampler()),
        ("TPE", 2, () => new TpeSampler()),
        ("TPE, few kernels", 1, () => new TpeSampler { MostKernels = 32 }),
        ("TPE of Optuna 4", 1, () => new TpeSampler { Rules = TpeRules.Optuna4 }),
        ("TPE of Optuna 4", 2, () => new TpeSampler { Rules = TpeRules.Optuna4, Multivariate = true }),
        ("TPE of Optuna 5", 1, () => new TpeSampler { Rules = TpeRules.Optuna5 }),
        // Before its first generation is full: whose draws fill one depends on who came first.
        ("CMA-ES", 1, () => new CmaEsSampler { PopulationSize = 5, StartsAtBest = true }),
        ("NSGA-II", 2, () => new NsgaIISampler { PopulationSize = 4 }),
        ("Auto", 1, () => new AutoSampler()),
    ];

    private static readonly (string Name, Func<IPruner> Create)[] Pruners =
    [
        ("median", () => new MedianPruner { StartupTrials = 1 }),
        ("percentile of all", () => new PercentilePruner(25) { StartupTrials = 1, CountsUnfinished = true }),
        ("halving", () => new SuccessiveHalvingPruner { MinResource = 1 }),
        ("Hyperband", () => new HyperbandPruner { MaxResource = 9 }),
        ("halving with pauses", () => new SuccessiveHalvingPruner { MinResource = 1, Promotes = true }),
        ("curves", () => new LearningCurvePruner { StartupTrials = 1 }),
    ];

    /// <summary>
    /// A conditional space; some trials are pruned, fail, violate a constraint, finish out of order, or carry on a paused one.
    /// </summary>
    private static List<FrozenTrial> Trials(int count, int objectives, ulong seed)
    {
        var random = new RandomSource(seed);
        var trials = new List<FrozenTrial>();
        for (var number = 0; number < count; number++)
        {
            var kind = random.NextInt(2);
            var (x, y) = (random.NextDouble(), random.NextDouble());
            List<TrialParameter> parameters = [new("kind", Kinds, kind), new("x", Unit, x)];
            if (kind == 0) parameters.Add(new TrialParameter("y", Unit, y));
            else parameters.Add(new TrialParameter("width", Width, Width.Snap(1 + 63 * y)));
            var state = random.NextInt(10) switch { 0 => TrialState.Failed, 1 or 2 or 3 => TrialState.Pruned, _ => TrialState.Complete };
            var attributes = new Dictionary<string, string>
            {
                ["completed_rung_0"] = AttributeJson.Write(x),
                [NsgaSampler.GenerationAttribute] = $"{number / 8}",
            };
            if (random.NextInt(12) == 0) attributes["constraints:c"] = "0.5";
            var paused = trials.FindAll(t => t.State == TrialState.Pruned);
            if (random.NextInt(4) == 0 && paused.Count > 0)
                attributes["tunewise:continues"] = $"{paused[random.NextInt(paused.Count)].Number}";
            var steps = state == TrialState.Complete ? 9 : 1 + random.NextInt(8);
            trials.Add(new FrozenTrial
            {
                Number = number,
                State = state,
                Failure = state == TrialState.Failed ? (random.NextInt(2) == 0 ? FailureKind.Exception : FailureKind.Lost) : null,
                Values = state == TrialState.Complete
                    ? [.. Enumerable.Range(0, objectives).Select(m => m == 0 ? Math.Abs(x - 0.3) : y)]
                    : [],
                Reports =
                [
                    .. Enumerable.Range(0, steps).Select(s => new TrialReport(s, random.NextInt(30) == 0 ? double.NaN : x + 1.0 / (s + 1))),
                ],
                ParameterList = parameters,
                SystemAttributesJson = attributes,
            });
        }

        // Neighbours change places, as with trials that run side by side.
        for (var i = 0; i + 1 < trials.Count; i++)
        {
            var carriesOn = trials[i + 1].Continues == trials[i].Number;
            if (random.NextInt(3) == 0 && !carriesOn) (trials[i], trials[i + 1]) = (trials[i + 1], trials[i]);
        }

        return trials;
    }

    private static FrozenTrial Running(int number) => new()
    {
        Number = number,
        State = TrialState.Running,
        ParameterList = [new("kind", Kinds, 0), new("x", Unit, 0.75)],
        Reports = [new(0, 1.5), new(1, 1.25)],
        SystemAttributesJson = new Dictionary<string, string> { ["completed_rung_0"] = "1.5" },
    };

    private static string Describe(StudyHistory history, ISampler sampler)
    {
        var said = new List<string>();
        var known = new List<TrialParameter>();
        var planned = new Dictionary<string, double>();
        foreach (var (name, distribution) in new (string, Distribution)[] { ("kind", Kinds), ("x", Unit), ("y", Unit) })
        {
            var context = new SamplingContext(history, 1000, RandomSource.For(3, 1000, name)) { Asked = name, Seed = 3, Known = known };
            if (!planned.ContainsKey(name)
                && sampler.InferJointSpace(context, name) is { Count: > 0 } space
                && sampler.SampleJoint(context, space) is { } values)
            {
                for (var d = 0; d < space.Count; d++) planned.TryAdd(space[d].Name, values[d]);
            }

            var value = planned.TryGetValue(name, out var joint) ? joint : sampler.Sample(context, name, distribution);
            if (name == "kind") value = 0;
            said.Add($"{name} = {value:R}");
            known.Add(new TrialParameter(name, distribution, value));
        }

        return string.Join(", ", said);
    }

    private static string Describe(StudyHistory history, IPruner pruner)
    {
        var judged = Enumerable.Range(0, 6).Select(step => pruner.Decide(
            new PruningContext(
                history, 1000, Direction.Minimize, [.. Enumerable.Range(0, step + 1).Select(s => new TrialReport(s, 0.6 + 1.0 / (s + 1)))])
            {
                StudyName = "s",
            }));
        return string.Join(Environment.NewLine, judged);
    }

    /// <summary>Decides at each of some moments with what the decisions before prepared, and at each with nothing prepared.</summary>
    private static void AssertPreparedStepByStepIsAsPreparedAtOnce(
        IReadOnlyList<FrozenTrial> trials, int[] moments, int objectives, Func<StudyHistory, string> decide)
    {
        var (table, shelf, added) = (new TrialTable([.. Enumerable.Repeat(Direction.Minimize, objectives)]), new ModelShelf(), 0);
        foreach (var moment in moments.Append(trials.Count).Order())
        {
            for (; added < moment; added++) table.Add(trials[added]);
            var history = new StudyHistory(table.Now, [Running(500)], shelf);
            var said = decide(history);
            history.Return();
            var atOnce = new TrialTable(table.Directions);
            foreach (var trial in trials.Take(added)) atOnce.Add(trial);
            Assert.Equal(decide(atOnce.Look(Running(500))), said);
        }
    }

    private static void ForAnyStudy(Action<ulong, int[]> assert)
    {
        var study = from seed in Gen.Choose(0, 1_000_000)
                    from moments in Gen.Choose(0, 120).ListOf(6)
                    select (Seed: (ulong)seed, Moments: moments.ToArray());
        Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(60).WithQuietOnSuccess(true),
            Prop.ForAll(Arb.From(study), s => assert(s.Seed, s.Moments)));
    }

    [Fact]
    public void Prepared_ForSamplers_DoesNotDependOnWhenItWasAskedFor() => ForAnyStudy((seed, moments) =>
    {
        foreach (var (name, objectives, create) in Samplers)
        {
            var sampler = create();
            AssertPreparedStepByStepIsAsPreparedAtOnce(
                Trials(120, objectives, seed), moments, objectives, history => name + ": " + Describe(history, sampler));
        }
    });

    [Fact]
    public void Prepared_ForPruners_DoesNotDependOnWhenItWasAskedFor() => ForAnyStudy((seed, moments) =>
    {
        foreach (var (name, create) in Pruners)
        {
            var pruner = create();
            AssertPreparedStepByStepIsAsPreparedAtOnce(
                Trials(120, 1, seed), moments, 1, history => name + ": " + Describe(history, pruner));
        }
    });

    [Fact]
    public void Look_WhateverComesLater_SaysWhatItSaid() => ForAnyStudy((seed, moments) =>
    {
        static string Everything(StudyHistory history) => string.Join('\n', history.Rows.Select(row =>
            $"{row} {history.NumberOf(row)} {history.StateOf(row)} {history.IsSuperseded(row)} "
            + $"{string.Join(' ', history.ValuesOf(row).ToArray())} "
            + $"{string.Join(' ', history.ReportsOf(row))} {history.Parameter("x")?[row]} {history.Parameter("y")?[row]}"))
            + $"\n{history.Count} {string.Join(' ', Enum.GetValues<TrialState>().Select(history.CountOf))} "
            + $"{string.Join(' ', history.Superseded.ToArray())} "
            + string.Join(' ', history.Intersection.Select(d => d.Name))
            + " "
            + string.Join(' ', history.Branches.BranchOf("y").Select(d => d.Name));

        var (trials, table) = (Trials(120, 1, seed), new TrialTable([Direction.Minimize]));
        var looks = new List<(StudyHistory History, string Said)>();
        for (var i = 0; i < trials.Count; i++)
        {
            if (moments.Contains(i)) looks.Add((table.Look(), Everything(table.Look())));
            table.Add(trials[i]);
        }

        Assert.All(looks, look => Assert.Equal(look.Said, Everything(look.History)));
    });

    [Fact]
    public void Prepared_WhileAnotherDecisionHasIt_IsAnotherOne()
    {
        var (table, shelf) = (new TrialTable([Direction.Minimize]), new ModelShelf());
        StudyHistory Look() => new(table.Now, [], shelf);
        static Counting Of(StudyHistory history) => history.Prepared("counting", () => new Counting());

        var (first, second) = (Look(), Look());
        var taken = Of(first);
        Assert.Same(taken, Of(first));
        Assert.NotSame(taken, Of(second));
        first.Return();
        Assert.Same(taken, Of(Look()));
    }

    [Fact]
    public void Prepared_ByALaterDecision_IsNotGivenToAnEarlierOne()
    {
        var (table, shelf) = (new TrialTable([Direction.Minimize]), new ModelShelf());
        table.Add(new FrozenTrial { Number = 0, State = TrialState.Complete, Values = [1] });
        var early = new StudyHistory(table.Now, [], shelf);
        table.Add(new FrozenTrial { Number = 1, State = TrialState.Complete, Values = [2] });
        var late = new StudyHistory(table.Now, [], shelf);
        static int Seen(StudyHistory history) => history.Prepared("counting", () => new Counting()).Seen;

        Assert.Equal(2, Seen(late));
        late.Return();
        Assert.Equal(1, Seen(early));
        early.Return();
        Assert.Equal(2, Seen(new StudyHistory(table.Now, [], shelf)));
    }

    [Fact]
    public void Unfinished_WhenNotAskedFor_SaysSo()
    {
        var history = new StudyHistory(new TrialTable([Direction.Minimize]).Now, null, new ModelShelf());
        Assert.Contains(
            nameof(HistoryScope.Everything),
            Assert.Throws<InvalidOperationException>(() => history.Unfinished).Message,
            StringComparison.Ordinal);
    }

    private sealed class Counting : IPrepared
    {
        public int Seen { get; private set; }

        public void Update(StudyHistory history) => Seen = history.Count;
    }
}
