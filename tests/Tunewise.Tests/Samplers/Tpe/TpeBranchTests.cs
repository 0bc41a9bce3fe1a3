using Tunewise.History;
using Tunewise.Numerics;
using Tunewise.Samplers;
using Tunewise.Samplers.Tpe;
using Tunewise.Samplers.Tpe.Optuna;
using Tunewise.Spaces;
using Tunewise.Testing;

namespace Tunewise.Tests.Samplers.Tpe;

public sealed class TpeBranchTests
{
    private static readonly FloatDistribution Unit = new(0, 1);
    private static readonly CategoricalDistribution Kinds = new(["a", "b"]);

    private static SamplingContext Context(StudyHistory history, string asked, params TrialParameter[] known) =>
        new(history, 1000, RandomSource.For(1, 1000, asked)) { Asked = asked, Known = known };

    private static FrozenTrial Trial(
        int number, double value, params (string Name, Distribution Distribution, double Value)[] parameters) =>
        new()
        {
            Number = number,
            State = TrialState.Complete,
            Values = [value],
            ParameterList = [.. parameters.Select(p => new TrialParameter(p.Name, p.Distribution, p.Value))],
        };

    /// <summary>Branch a has x and y; branch b has z. In branch a only x + y = 1 is good.</summary>
    private static StudyHistory TwoBranches()
    {
        var table = new TrialTable([Direction.Minimize]);
        var random = new RandomSource(5);
        for (var i = 0; i < 200; i++)
        {
            if (i % 2 == 0)
            {
                var (x, y) = (random.NextDouble(), random.NextDouble());
                table.Add(Trial(i, Math.Abs(x + y - 1), ("kind", Kinds, 0), ("x", Unit, x), ("y", Unit, y)));
            }
            else
            {
                table.Add(Trial(i, 1, ("kind", Kinds, 1), ("z", Unit, random.NextDouble())));
            }
        }

        return table.Look();
    }

    [Fact]
    public void InferJointSpace_ConditionalParameter_IsTheRestOfItsBranch()
    {
        var history = TwoBranches();
        var sampler = new TpeSampler();

        Assert.Equal(["kind"], sampler.InferJointSpace(Context(history, "kind"), "kind").Select(d => d.Name));
        Assert.Equal(
            ["x", "y"], sampler.InferJointSpace(Context(history, "x", new TrialParameter("kind", Kinds, 0)), "x").Select(d => d.Name));
        Assert.Equal(["z"], sampler.InferJointSpace(Context(history, "z", new TrialParameter("kind", Kinds, 1)), "z").Select(d => d.Name));
        Assert.Empty(sampler.InferJointSpace(Context(history, "new"), "new"));
    }

    [Fact]
    public void SampleJoint_ParametersOfABranchThatDependOnEachOther_AreChosenTogether()
    {
        var history = TwoBranches();
        var sampler = new TpeSampler();
        var distances = Enumerable.Range(0, 50).Select(i =>
        {
            var context = new SamplingContext(history, i + 500, RandomSource.For(1, i, "x"))
            {
                Asked = "x",
                Known = [new TrialParameter("kind", Kinds, 0)],
            };
            var values = sampler.SampleJoint(context, sampler.InferJointSpace(context, "x"))!;
            return Math.Abs(values[0] + values[1] - 1);
        }).ToArray();

        // Chosen apart, or at random, the mean distance from the line is 1/3.
        Assert.True(distances.Average() < 0.1, $"the mean distance is {distances.Average()}");
    }

    [Fact]
    public void SampleJoint_KnownParameter_IsConditionedOn()
    {
        var history = TwoBranches();
        var sampler = new TpeSampler();
        foreach (var x in new[] { 0.1, 0.9 })
        {
            var context = Context(history, "y", new TrialParameter("kind", Kinds, 0), new TrialParameter("x", Unit, x));
            var space = sampler.InferJointSpace(context, "y");
            Assert.Equal(["y"], space.Select(d => d.Name));
            Assert.InRange(sampler.SampleJoint(context, space)![0], 1 - x - 0.25, 1 - x + 0.25);
        }
    }

    [Fact]
    public void Sample_RunningTrials_RepelTheNextOnes()
    {
        double[] Suggest(bool liar)
        {
            var study = Study.InMemory(new StudyOptions { Sampler = new TpeSampler { ConstantLiar = liar, StartupTrials = 5 }, Seed = 4 });
            for (var i = 0; i < 30; i++)
            {
                var trial = study.Ask();
                study.Tell(trial, Math.Abs(trial.SuggestFloat("x", 0, 1) - 0.5));
            }

            return [.. Enumerable.Range(0, 12).Select(_ => study.Ask().SuggestFloat("x", 0, 1))];
        }

        double Spread(double[] x) => x.Max() - x.Min();
        Assert.True(
            Spread(Suggest(liar: true)) > 1.5 * Spread(Suggest(liar: false)), $"{Spread(Suggest(true))} and {Spread(Suggest(false))}");
    }

    [Fact]
    public void Sample_Constraint_IsLearnt()
    {
        var study = Study.InMemory(new StudyOptions { Sampler = new TpeSampler(), Seed = 2 });
        var near = 0;
        for (var i = 0; i < 120; i++)
        {
            var trial = study.Ask();
            var x = trial.SuggestFloat("x", 0, 1);
            // The best value lies where the constraint forbids it.
            trial.SetConstraint("limit", x - 0.3);
            study.Tell(trial, -x);
            if (i >= 60 && Math.Abs(x - 0.3) < 0.1) near++;
        }

        // Without the constraint the search would gather at 1; by chance 12 are near.
        Assert.True(near > 36, $"{near} of 60 were near the constraint's edge");
        Assert.InRange(study.GetBestTrial()!.Get<double>("x"), 0.25, 0.3);
    }

    [Fact]
    public void Sample_CategoricalDistance_ReachesNearChoices()
    {
        int[] CountsAt(TpeSampler sampler)
        {
            var table = new TrialTable([Direction.Minimize]);
            var choices = new CategoricalDistribution([0, 1, 2, 3, 4, 5, 6, 7]);
            // Only the choice 2 and the far choice 7 were seen, 2 was good.
            for (var i = 0; i < 40; i++) table.Add(Trial(i, i < 4 ? 0 : 1 + i, ("c", choices, i < 4 ? 2 : 7)));
            var (history, counts) = (table.Look(), new int[8]);
            for (var i = 0; i < 200; i++)
            {
                var context = new SamplingContext(history, 100 + i, RandomSource.For(9, i, "c")) { AllowRepeats = true };
                counts[(int)sampler.Sample(context, "c", choices)]++;
            }

            return counts;
        }

        var counts = CountsAt(new TpeSampler
        {
            Candidates = 1,
            CategoricalDistances = new Dictionary<string, Func<object?, object?, double>>
            {
                ["c"] = (a, b) => Math.Abs((long)a! - (long)b!),
            },
        });
        Assert.True(counts[1] + counts[3] > 2 * (counts[5] + counts[6]), string.Join(' ', counts));
    }

    [Fact]
    public void Sample_ManyTrials_ThinnedModelStillFindsTheOptimum()
    {
        var table = new TrialTable([Direction.Minimize]);
        var random = new RandomSource(8);
        for (var i = 0; i < 5000; i++)
        {
            var (x, y) = (random.NextDouble(), random.NextDouble());
            table.Add(Trial(i, Math.Abs(x - 0.7) + Math.Abs(y - 0.2), ("x", Unit, x), ("y", Unit, y)));
        }

        var sampler = new TpeSampler { MostKernels = 256 };
        var context = Context(table.Look(), "x");
        var values = sampler.SampleJoint(context, sampler.InferJointSpace(context, "x"))!;

        Assert.InRange(values[0], 0.65, 0.75);
        Assert.InRange(values[1], 0.15, 0.25);
    }

    /// <summary>
    /// Weights and log-densities of Optuna 4.9's _ParzenEstimator with categorical_distance_func |a − b| and observations
    /// 0, 2, 2 of four choices.
    /// </summary>
    [Fact]
    public void ParzenEstimator_CategoricalDistances_AreOptunas()
    {
        var space = new SearchSpace([new SearchSpace.Dimension("c", new CategoricalDistribution([0, 1, 2, 3]))]);
        var distances = new Dictionary<string, Func<object?, object?, double>> { ["c"] = (a, b) => Math.Abs((long)a! - (long)b!) };
        var estimator = new ParzenEstimator(space, [[0, 2, 2]], 1, jointBandwidth: false, [1, 1, 1], distances);
        double[][] rows =
        [
            [0.35080317379344245, 0.3113909939137212, 0.21778785080916901, 0.12001798148366732],
            [0.11913554465663131, 0.2663202876919069, 0.34822387995955495, 0.2663202876919069],
        ];
        double[] logs = [-1.5617504237179647, -1.2964248007745343, -1.2342296175787228, -1.4887052790462614];
        for (var x = 0; x < 4; x++)
        {
            Assert.Equal(rows[0][x], estimator.ChoiceProbabilities(0, 0)[x], 12);
            Assert.Equal(rows[1][x], estimator.ChoiceProbabilities(0, 2)[x], 12);
            Assert.Equal(logs[x], estimator.LogPdf([x], new double[4]), 12);
        }
    }

    /// <summary>As Optuna 4.9's _split_trials divides these 30 trials with two objectives and five good ones.</summary>
    [Fact]
    public void Split_SeveralObjectives_IsOptunas()
    {
        var table = new TrialTable([Direction.Minimize, Direction.Maximize]);
        for (var t = 0; t < 30; t++)
        {
            table.Add(new FrozenTrial
            {
                Number = t,
                State = TrialState.Complete,
                Values = [t * 37 % 101 / 101.0, -(t * 53 % 97) / 97.0],
                ParameterList = [new TrialParameter("x", Unit, t / 30.0)],
            });
        }

        var split = new TpeSplit();
        split.Update(table.Look(), 5);
        Assert.Equal([0, 4, 6, 11, 22], split.Below);
    }

    /// <summary>
    /// Good places that feasible trials fill are left, up to a fifth, to infeasible ones that none of them dominates; weights go by what
    /// the front would lose.
    /// </summary>
    [Fact]
    public void Split_SeveralObjectivesAndConstraints_KeepsPromisingTrials()
    {
        var table = new TrialTable([Direction.Minimize, Direction.Minimize]);
        // Feasible: a front of five and five behind it. Infeasible: beyond the front by much and by little, and dominated.
        double[][] values =
        [
            [0, 5], [1, 3], [2, 2], [3, 1], [6, 0], [1, 6], [2, 5], [3, 4], [4, 3], [7, 2],
            [0.5, 0.5], [1, 2.5], [3, 3], [1, 2.5],
        ];
        for (var t = 0; t < values.Length; t++)
        {
            double[] violations = [4, 0.5, 0.1, 0.6];
            table.Add(new FrozenTrial
            {
                Number = t,
                State = TrialState.Complete,
                Values = values[t],
                SystemAttributesJson =
                    t >= 10 ? new Dictionary<string, string> { ["constraints:c"] = Tunewise.Numerics.Words.Exact(violations[t - 10]) } : [],
            });
        }

        var split = new TpeSplit(TpeSplit.OptunaGood, isOptunas: false);
        var history = table.Look();
        split.Update(history, 6);
        // Of the six, two may be infeasible: 11 is the nearest, 13 equals it, 12 is dominated, 10 is far but not dominated.
        Assert.Equal([1, 2, 3, 10, 11], split.Below.Intersect([1, 2, 3, 10, 11, 12, 13]));
        Assert.Equal(6, split.Below.Count);
        var weights = split.WeightsOf(history);
        Assert.Equal(split.Below.Count, weights.Count);
        Assert.Equal(1, weights.Max());
        Assert.Equal(weights[^1], weights[^2]);
        Assert.Equal(weights.Take(4).Average(), weights[^1], 12);

        // Optuna's rules take feasible ones alone.
        var optuna = new TpeSplit();
        optuna.Update(history, 6);
        Assert.DoesNotContain(optuna.Below, row => row >= 10);
    }

    /// <summary>Of forty trials four are good; of ten complete and thirty pruned ones ten and half of thirty count.</summary>
    [Fact]
    public void Split_PrunedTrials_CountHalfByOwnRules()
    {
        var table = new TrialTable([Direction.Minimize]);
        for (var t = 0; t < 40; t++)
        {
            table.Add(new FrozenTrial
            {
                Number = t,
                State = t % 4 == 0 ? TrialState.Complete : TrialState.Pruned,
                Values = t % 4 == 0 ? [40 - t] : [],
                Reports = [new TrialReport(1, 40 - t)],
                ParameterList = [new TrialParameter("x", Unit, t / 40.0)],
            });
        }

        var (own, optunas) = (new TpeSplit(TpeSplit.OptunaGood, isOptunas: false), new TpeSplit());
        own.Update(table.Look());
        optunas.Update(table.Look());
        Assert.Equal([28, 32, 36], own.Below);
        Assert.Equal([24, 28, 32, 36], optunas.Below);
        // The best of three weighs most: 1 − ln r / ln 4.
        Assert.Equal([1 - Math.Log(3) / Math.Log(4), 0.5, 1], own.WeightsOf(table.Look()), (a, b) => Math.Abs(a - b) < 1e-12);
    }

    [Fact]
    public void Split_InfeasibleTrials_ComeLastByHowMuchTheyViolate()
    {
        var table = new TrialTable([Direction.Minimize]);
        double[] violations = [3, 0, 1, 0, 2];
        for (var t = 0; t < 5; t++)
        {
            table.Add(new FrozenTrial
            {
                Number = t,
                State = t == 3 ? TrialState.Pruned : TrialState.Complete,
                Values = [t],
                ParameterList = [new TrialParameter("x", Unit, t / 5.0)],
                SystemAttributesJson = violations[t] > 0 ? new Dictionary<string, string> { ["constraints:c"] = $"{violations[t]}" } : [],
            });
        }

        var split = new TpeSplit();
        int[][] expected = [[1], [1, 3], [1, 2, 3], [1, 2, 3, 4], [0, 1, 2, 3, 4]];
        for (var good = 1; good <= 5; good++)
        {
            split.Update(table.Look(), good);
            Assert.Equal(expected[good - 1], split.Below);
        }
    }
}
