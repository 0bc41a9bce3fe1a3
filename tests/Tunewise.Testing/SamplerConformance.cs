using Tunewise.History;
using Tunewise.Numerics;
using Tunewise.Samplers;
using Tunewise.Spaces;

namespace Tunewise.Testing;

/// <summary>What every sampler must do. A sampler's test class derives from it and makes one.</summary>
public abstract partial class SamplerConformance
{
    protected abstract ISampler Create();

    /// <summary>Whether the sampler can search a space that has this parameter alone; otherwise it must say so in a clear error.</summary>
    protected virtual bool Serves(Distribution distribution) => true;

    public static TheoryData<Distribution> Distributions => new(
        new FloatDistribution(-3, 5),
        new FloatDistribution(1e-6, 1e2, log: true),
        new FloatDistribution(-1, 1, step: 0.25),
        new FloatDistribution(0, 1, step: 0.3),
        new IntDistribution(-7, 9),
        new IntDistribution(1, 1000, log: true),
        new IntDistribution(8, 64, step: 8),
        new CategoricalDistribution(["a", "b", null, 1L, 2.5, true]));

    private Study NewStudy(Direction direction = Direction.Minimize, long seed = 7) => Study.InMemory(new StudyOptions
    {
        Objectives = [new Objective(direction)],
        Sampler = Create(),
        Pruner = new Pruners.NoPruner(),
        Seed = seed,
    });

    private static double Suggest(Trial trial, string name, Distribution distribution)
    {
        object? value = distribution switch
        {
            FloatDistribution f => trial.SuggestFloat(name, f.Low, f.High, f.Log, f.Step),
            IntDistribution i => trial.SuggestLong(name, i.Low, i.High, i.Log, i.Step),
            CategoricalDistribution c => trial.SuggestCategorical(name, c.Choices),
            _ => null,
        };
        return distribution.ToInternal(value);
    }

    [Theory]
    [MemberData(nameof(Distributions))]
    public void Sample_AnyDistribution_StaysInsideAndOnTheGrid(Distribution distribution)
    {
        var study = NewStudy();
        if (!Serves(distribution))
        {
            var error = Record.Exception(() =>
            {
                for (var i = 0; i < 60; i++)
                {
                    var trial = study.Ask();
                    study.Tell(trial, Suggest(trial, "p", distribution));
                }
            });
            Assert.Contains("'p'", Assert.IsType<SamplerException>(error).Message, StringComparison.Ordinal);
            return;
        }

        for (var i = 0; i < 60; i++)
        {
            var trial = study.Ask();
            var value = Suggest(trial, "p", distribution);
            Assert.True(distribution.Contains(value), $"{value} is not in {distribution}");
            study.Tell(trial, Math.Sin(value));
        }
    }

    [Fact]
    public void Sample_AllKindsOfTrialsInTheHistory_Works()
    {
        var study = NewStudy();
        for (var i = 0; i < 60; i++)
        {
            var trial = study.Ask();
            var x = trial.SuggestFloat("x", 0, 1);
            if (trial.SuggestBool("deep")) trial.SuggestInt("layers", 1, 8);
            trial.SuggestFloat("single", 2, 2);
            trial.Report(0, i % 7 == 0 ? double.NaN : x);
            switch (i % 5)
            {
                case 0: study.Tell(trial, TrialResult.Pruned); break;
                case 1: study.Tell(trial, TrialResult.Failed("on purpose")); break;
                case 2: study.Tell(trial, i % 2 == 0 ? double.PositiveInfinity : double.NegativeInfinity); break;
                case 3: break;
                default: study.Tell(trial, x); break;
            }
        }

        Assert.All(study.GetTrials(), t => Assert.Equal(2.0, t.Get<double>("single")));
    }

    [Fact]
    public void Sample_RangeChanges_FollowsTheNewRange()
    {
        var study = NewStudy();
        for (var i = 0; i < 40; i++)
        {
            var trial = study.Ask();
            var (low, high) = i < 20 ? (0.0, 1.0) : (5.0, 6.0);
            var x = trial.SuggestFloat("x", low, high);
            Assert.InRange(x, low, high);
            study.Tell(trial, x);
        }
    }

    [Fact]
    public void Sample_SameSeedAndHistory_GivesTheSameValues()
    {
        double[] Run()
        {
            var study = NewStudy(seed: 11);
            return [.. Enumerable.Range(0, 40).Select(_ =>
            {
                var trial = study.Ask();
                var (x, n) = (trial.SuggestFloat("x", -1, 1), trial.SuggestInt("n", 0, 20));
                study.Tell(trial, x * x + n);
                return x + n;
            })];
        }

        Assert.Equal(Run(), Run());
    }

    [Fact]
    public void Sample_TrialsArriveInAnotherOrder_GivesTheSameValue()
    {
        var range = new FloatDistribution(0, 1);
        FrozenTrial Trial(int number) => new()
        {
            Number = number,
            State = number % 4 == 0 ? TrialState.Pruned : TrialState.Complete,
            Values = [Math.Round(Math.Sin(number), 1)],
            Reports = [new TrialReport(number % 3, number)],
            ParameterList = [new TrialParameter("x", range, Math.Round(Math.Abs(Math.Cos(number)), 1))],
        };
        double Sample(IEnumerable<int> order)
        {
            var table = new TrialTable([Direction.Minimize]);
            foreach (var number in order) table.Add(Trial(number));
            var sampler = Create();
            var context = new SamplingContext(table.Look(), 100, RandomSource.For(1, 100, "x")) { Asked = "x" };
            var joint = sampler.InferJointSpace(context, "x");
            return joint.Count > 0 && sampler.SampleJoint(context, joint) is { } values ? values[0] : sampler.Sample(context, "x", range);
        }

        Assert.Equal(Sample(Enumerable.Range(0, 80)), Sample(Enumerable.Range(0, 80).Reverse()));
    }

    [Fact]
    public void Sample_MaximizeTheNegative_IsMinimize()
    {
        double[] Run(Direction direction, int sign)
        {
            var study = NewStudy(direction);
            return [.. Enumerable.Range(0, 30).Select(_ =>
            {
                var trial = study.Ask();
                var x = trial.SuggestFloat("x", -1, 1);
                study.Tell(trial, sign * x * x);
                return x;
            })];
        }

        Assert.Equal(Run(Direction.Minimize, 1), Run(Direction.Maximize, -1));
    }

    [Fact]
    public void Sample_TenThousandTrials_StillWorks()
    {
        var table = new TrialTable([Direction.Minimize]);
        var range = new FloatDistribution(0, 1);
        var random = new RandomSource(3);
        for (var i = 0; i < 10_000; i++)
        {
            var x = random.NextDouble();
            table.Add(new FrozenTrial
            {
                Number = i,
                State = TrialState.Complete,
                Values = [x],
                ParameterList = [new TrialParameter("x", range, x)],
            });
        }

        Assert.True(range.Contains(Create().Sample(new SamplingContext(table.Look(), 10_000, random), "x", range)));
    }

    [Fact]
    public void Sample_ConditionalSpace_GivesEachBranchItsParameters()
    {
        var study = NewStudy();
        for (var i = 0; i < 60; i++)
        {
            var trial = study.Ask();
            var value = trial.SuggestFloat("shared", 0, 1);
            if (trial.SuggestBool("deep"))
            {
                value += trial.SuggestInt("layers", 1, 8);
                if (trial.SuggestCategorical("norm", "batch", "layer", "none") == "batch") value += trial.SuggestFloat("momentum", 0, 1);
            }
            else
            {
                value += trial.SuggestFloat("width", 1, 100, log: true);
            }

            study.Tell(trial, value);
        }

        Assert.All(study.GetTrials(), t => Assert.Equal(t.Get<bool>("deep"), t.Parameters.ContainsKey("layers")));
    }

    [Fact]
    public void Sample_PartlyFixed_KeepsWhatIsFixed()
    {
        var study = NewStudy();
        for (var i = 0; i < 40; i++)
        {
            if (i >= 20) study.Enqueue(new Dictionary<string, object?> { ["n"] = 3, ["x"] = 0.25 });
            var trial = study.Ask();
            var (x, n, y) = (trial.SuggestFloat("x", 0, 1), trial.SuggestInt("n", 0, 5), trial.SuggestFloat("y", 0, 1));
            if (i >= 20) Assert.Equal((0.25, 3), (x, n));
            study.Tell(trial, x + n + y);
        }
    }

    [Fact]
    public void Sample_InfeasibleTrials_Works()
    {
        var study = NewStudy();
        for (var i = 0; i < 50; i++)
        {
            var trial = study.Ask();
            var x = trial.SuggestFloat("x", 0, 1);
            if (i % 4 != 0) trial.SetConstraint("c", i % 3 == 0 ? double.PositiveInfinity : x - 0.5);
            study.Tell(trial, x);
        }

        Assert.All(study.GetTrials(), t => Assert.InRange(t.Get<double>("x"), 0, 1));
    }

    [Fact]
    public void Sample_AllTrialsInfeasible_Works()
    {
        var study = NewStudy();
        for (var i = 0; i < 40; i++)
        {
            var trial = study.Ask();
            var x = trial.SuggestFloat("x", 0, 1);
            trial.SetConstraint("never", 1 + x);
            study.Tell(trial, x);
        }
    }

    [Fact]
    public void Sample_EqualValues_Works()
    {
        var study = NewStudy();
        for (var i = 0; i < 40; i++)
        {
            var trial = study.Ask();
            trial.SuggestFloat("x", 0, 1);
            trial.SuggestCategorical("c", 1, 2, 3);
            study.Tell(trial, 7);
        }
    }

    [Fact]
    public void Sample_ManyTrialsRunAtOnce_Works()
    {
        var study = NewStudy();
        var running = Enumerable.Range(0, 30).Select(_ =>
        {
            var trial = study.Ask();
            return (Trial: trial, Value: trial.SuggestFloat("x", 0, 1) + trial.SuggestInt("n", 1, 9));
        }).ToArray();
        foreach (var (trial, value) in running) study.Tell(trial, value);
        var next = study.Ask(8);
        Assert.All(next, t => Assert.InRange(t.SuggestFloat("x", 0, 1), 0, 1));
    }

    [Fact]
    public void Sample_FiniteSpace_ProposesEverythingOnce()
    {
        var study = NewStudy();
        var seen = new HashSet<string>();
        // 3 · 2 configurations in one branch, 4 in the other.
        for (var i = 0; i < 10; i++)
        {
            var trial = study.Ask();
            var key = trial.SuggestBool("deep")
                ? $"{trial.SuggestInt("layers", 1, 3)} {trial.SuggestCategorical("norm", "batch", "none")}"
                : $"{trial.SuggestFloat("width", 0, 0.3, step: 0.1)}";
            Assert.True(seen.Add(key), $"{key} was proposed again in trial {i}");
            study.Tell(trial, key.Length);
        }
    }

    [Fact]
    public void Sample_SeedAndBatches_DoNotDependOnWhoIsFaster()
    {
        double[] Run(bool reverse)
        {
            var study = NewStudy(seed: 3);
            var values = new List<double>();
            for (var round = 0; round < 8; round++)
            {
                var batch = study.Ask(4);
                var results = batch.Select(t => (Trial: t, X: t.SuggestFloat("x", 0, 1), Y: t.SuggestFloat("y", 0, 1))).ToArray();
                values.AddRange(results.SelectMany(r => new[] { r.X, r.Y }));
                foreach (var (trial, x, y) in reverse ? results.Reverse() : results) study.Tell(trial, x * x + y);
            }

            return [.. values];
        }

        Assert.Equal(Run(reverse: false), Run(reverse: true));
    }
}
