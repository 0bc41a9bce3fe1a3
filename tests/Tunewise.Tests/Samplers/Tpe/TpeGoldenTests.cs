using Tunewise.History;
using Tunewise.Numerics;
using Tunewise.Samplers.Tpe;
using Tunewise.Samplers.Tpe.Optuna;
using Tunewise.Spaces;
using Tunewise.Testing;

namespace Tunewise.Tests.Samplers.Tpe;

/// <summary>
/// Values that Optuna 4.9.0 computes: <c>optuna.samplers._tpe.parzen_estimator._ParzenEstimator</c> (prior_weight 1,
/// consider_magic_clip, not consider_endpoints), <c>_truncnorm</c>, <c>sampler.default_weights</c> and <c>sampler._split_trials</c>,
/// called with the arguments given here.
/// </summary>
public class TpeGoldenTests
{
    // In order of the names: c, l, n, x.
    private static readonly SearchSpace Space = new([
        new("x", new FloatDistribution(0, 1)),
        new("n", new IntDistribution(1, 10)),
        new("c", new CategoricalDistribution(["a", "b", "c"])),
        new("l", new FloatDistribution(1e-5, 1e-1, log: true)),
    ]);

    private static readonly double[][] Observations = [[0, 2, 2], [1e-4, 1e-3, 1e-2], [2, 2, 7], [0.1, 0.4, 0.9]];

    private static ParzenEstimator Joint(bool jointBandwidth) => new(Space, Observations, 1, jointBandwidth);

    private static void AssertClose(IEnumerable<double> expected, IEnumerable<double> actual, double tolerance = 1e-8)
    {
        var (e, a) = (expected.ToArray(), actual.ToArray());
        Assert.Equal(e.Length, a.Length);
        for (var i = 0; i < e.Length; i++)
            Assert.True(Math.Abs(e[i] - a[i]) <= tolerance * Math.Max(1, Math.Abs(e[i])), $"expected {e[i]:R}, got {a[i]:R} at {i}");
    }

    [Fact]
    public void Sigmas_Univariate_AreTheDistancesOfNeighbours()
    {
        var estimator = Joint(jointBandwidth: false);
        AssertClose([2.30258509, 2.30258509, 2.30258509, 9.21034037], estimator.Sigmas(1).ToArray());
        AssertClose([2, 5, 5, 10], estimator.Sigmas(2).ToArray());
        AssertClose([0.3, 0.5, 0.5, 1], estimator.Sigmas(3).ToArray());
    }

    [Fact]
    public void Sigmas_Multivariate_FollowTheNumberOfTrialsAndParameters()
    {
        var estimator = Joint(jointBandwidth: true);
        AssertClose([1.84206807, 1.84206807, 1.84206807, 9.21034037], estimator.Sigmas(1).ToArray());
        AssertClose([2, 2, 2, 10], estimator.Sigmas(2).ToArray());
        AssertClose([0.2, 0.2, 0.2, 1], estimator.Sigmas(3).ToArray());
    }

    [Fact]
    public void ChoiceProbabilities_AreSmoothedByThePrior()
    {
        var estimator = Joint(jointBandwidth: false);
        AssertClose([5 / 7.0, 1 / 7.0, 1 / 7.0], estimator.ChoiceProbabilities(0, 0));
        AssertClose([1 / 7.0, 1 / 7.0, 5 / 7.0], estimator.ChoiceProbabilities(0, 2));
        AssertClose([1 / 3.0, 1 / 3.0, 1 / 3.0], estimator.ChoiceProbabilities(0, 3));
    }

    [Theory]
    [InlineData(false, new[] { -5.43700663, -6.53425641, -5.7264678 })]
    [InlineData(true, new[] { -5.07083405, -6.46750481, -5.77498774 })]
    public void LogPdf_Joint(bool jointBandwidth, double[] expected)
    {
        var estimator = Joint(jointBandwidth);
        double[][] points = [[1, 5e-4, 3, 0.3], [0, 9e-2, 10, 0.95], [2, 1e-5, 1, 0]];
        AssertClose(expected, points.Select(p => estimator.LogPdf(p, new double[estimator.KernelCount])));
    }

    // No value twice: which of two equal kernels gets which bandwidth depends on numpy's unstable sort.
    private static readonly double[] Forty =
    [
        0.549, 0.715, 0.603, 0.545, 0.424, 0.646, 0.438, 0.892, 0.964, 0.383,
        0.792, 0.529, 0.568, 0.926, 0.071, 0.087, 0.02, 0.833, 0.778, 0.87,
        0.979, 0.799, 0.461, 0.781, 0.118, 0.64, 0.143, 0.945, 0.522, 0.415,
        0.265, 0.774, 0.456, 0.567, 0.019, 0.618, 0.612, 0.617, 0.944, 0.682,
    ];

    public static TheoryData<Distribution, double[], double[], double[]> Univariate => new()
    {
        { new FloatDistribution(0, 1), Forty, [0.05, 0.5, 0.77], [0.14596434, -0.22280759, 0.55200877] },
        {
            new FloatDistribution(0, 1, step: 0.2),
            [0.2, 0.4, 0.4, 1.0],
            [0, 0.4, 0.6, 1],
            [-1.96763558, -1.45717043, -1.7536158, -2.2385623]
        },
        {
            new IntDistribution(16, 256, log: true),
            [16, 20, 64, 64, 200],
            [16, 33, 64, 256],
            [-3.37875283, -4.49745271, -5.25687304, -6.99355674]
        },
        { new FloatDistribution(0, 1), [], [0.2], [-0.0040222] },
        { new FloatDistribution(0, 1), [0.3], [0.2], [0.05267461] },
    };

    [Theory]
    [MemberData(nameof(Univariate))]
    public void LogPdf_OneParameter(Distribution distribution, double[] observations, double[] points, double[] expected)
    {
        var estimator = new ParzenEstimator(new SearchSpace([new("p", distribution)]), [observations], 1, jointBandwidth: false);
        AssertClose(expected, points.Select(p => estimator.LogPdf([p], new double[estimator.KernelCount])));
    }

    /// <summary>The fast density of the sampler is the estimator's, for any kind of parameter and many trials.</summary>
    [Theory]
    [MemberData(nameof(Tunewise.Testing.SamplerConformance.Distributions), MemberType = typeof(Tunewise.Testing.SamplerConformance))]
    public void UnivariateDensity_ManyTrials_IsTheEstimators(Distribution distribution)
    {
        var table = new TrialTable([Direction.Minimize]);
        var random = new RandomSource(5);
        for (var i = 0; i < 400; i++)
        {
            // Half of them close together, so that both near and far kernels occur; some have another parameter only.
            var value = i % 2 == 0 ? Tunewise.Samplers.Random.RandomSampler.Draw(random, distribution) : distribution.SingleValue;
            table.Add(new FrozenTrial
            {
                Number = i,
                State = i % 9 == 0 ? TrialState.Failed : i % 4 == 0 ? TrialState.Pruned : TrialState.Complete,
                Values = [random.NextDouble()],
                ParameterList = [new TrialParameter(i % 10 == 3 ? "other" : "p", distribution, value)],
            });
        }

        var (history, split) = (table.Look(), new TpeSplit());
        split.Update(history);
        foreach (var side in new[] { TpeSplit.Side.Below, TpeSplit.Side.Above })
        {
            var column = history.Parameter("p")!;
            var observations = history.Rows
                .Where(r => split.Sides[r] == side && r < column.Values.Length && !double.IsNaN(column.Values[r]))
                .Select(r => column.Values[r])
                .ToArray();
            Assert.NotEmpty(observations);
            foreach (var jointBandwidth in new[] { false, true })
            {
                var exact = new ParzenEstimator(new SearchSpace([new("p", distribution)]), [observations], 1, jointBandwidth);
                var fast = new UnivariateDensity(split, new AscendingColumns(), side);
                fast.Fit(history, "p", distribution, 1, jointBandwidth);
                for (var i = 0; i < 50; i++)
                {
                    var x = Tunewise.Samplers.Random.RandomSampler.Draw(random, distribution);
                    AssertClose([exact.LogPdf([x], new double[exact.KernelCount])], [Math.Log(fast.Pdf(x))], 1e-10);
                }
            }
        }
    }

    /// <summary>
    /// What one parameter leaves in the shared object does not reach the next: one that all trials have, one that some
    /// have, one that none has.
    /// </summary>
    [Fact]
    public void UnivariateDensity_IsReused_WithoutATrace()
    {
        var (table, range, random) = (new TrialTable([Direction.Minimize]), new FloatDistribution(0, 1), new RandomSource(2));
        for (var i = 0; i < 300; i++)
        {
            var parameters = new List<TrialParameter> { new("a", range, random.NextDouble()), new("b", range, random.NextDouble()) };
            if (i % 3 == 0) parameters.Add(new TrialParameter("some", range, random.NextDouble()));
            table.Add(
                new FrozenTrial { Number = i, State = TrialState.Complete, Values = [random.NextDouble()], ParameterList = parameters });
        }

        var (history, split) = (table.Look(), new TpeSplit());
        split.Update(history);
        double Pdf(UnivariateDensity density, string name)
        {
            density.Fit(history, name, range, 1, jointBandwidth: false);
            return density.Pdf(0.4);
        }

        var shared = new UnivariateDensity(split, new AscendingColumns(), TpeSplit.Side.Above);
        foreach (var name in new[] { "a", "b", "some", "a", "none", "b", "none", "some", "a" })
            Assert.Equal(Pdf(new UnivariateDensity(split, new AscendingColumns(), TpeSplit.Side.Above), name), Pdf(shared, name));
    }

    [Fact]
    public void Weights_RampForAllButTheLatest25()
    {
        double[] Weights(int n) => [.. Enumerable.Range(0, n).Select(i => ParzenRules.Weight(i, n))];
        AssertClose(Enumerable.Repeat(1.0, 25), Weights(25));
        AssertClose([0.03846154, .. Enumerable.Repeat(1.0, 25)], Weights(26));
        AssertClose([0.03703704, .. Enumerable.Repeat(1.0, 26)], Weights(27));
        AssertClose([0.03333333, 0.275, 0.51666667, 0.75833333, .. Enumerable.Repeat(1.0, 26)], Weights(30));
    }

    [Theory]
    [InlineData(-40, -804.6084420137538)]
    [InlineData(-20, -203.91715537109727)]
    [InlineData(-19.9, -201.9171677073326)]
    [InlineData(-5, -15.064998393988724)]
    [InlineData(-1, -1.8410216450092634)]
    [InlineData(0, -0.6931471805599453)]
    [InlineData(1, -0.1727537790234499)]
    [InlineData(7, -1.279812543885835e-12)]
    [InlineData(9, -1.1285884059538422e-19)]
    public void LogCdf(double x, double expected) => Assert.Equal(1, Normal.LogCdf(x) / expected, 1e-13);

    [Theory]
    [InlineData(-2, 1, -0.20016629432446262, 0.3, -0.6178760730114089)]
    [InlineData(0.5, 3, -1.1802965106326773, 0.7, 1.3194689604428471)]
    [InlineData(-40, -38, -726.5572160188202, 0.5, -38.018223745586276)]
    [InlineData(30, 31, -454.3212439563432, 0.9, 30.076570337034923)]
    [InlineData(-1, 40, -0.17275377902344993, 1e-10, -0.999999999652295)]
    [InlineData(-1e-3, 1e-3, -7.133546798293504, 0.25, -0.0004999999375000996)]
    public void LogMassAndTruncatedQuantile(double a, double b, double logMass, double q, double quantile)
    {
        Assert.Equal(1, Normal.LogMass(a, b) / logMass, 1e-12);
        Assert.Equal(1, Normal.TruncatedQuantile(q, a, b) / quantile, 1e-9);
    }

    // scipy.special.erfc of SciPy 1.10.1.
    [Theory]
    [InlineData(-3, 1.9999779095030015)]
    [InlineData(0.1, 0.8875370839817152)]
    [InlineData(0.5, 0.4795001221869535)]
    [InlineData(3.9, 3.479224859723178e-08)]
    [InlineData(4.1, 6.7000276540849075e-09)]
    [InlineData(26, 5.663192408856145e-296)]
    public void Erfc(double x, double expected) => Assert.Equal(1, Normal.Erfc(x) / expected, 1e-14);

    [Fact]
    public void ExpOfNegative_IsExp()
    {
        for (var x = 0.0; x > -740; x -= 0.37)
        {
            var actual = VectorMath.ExpOfNegative(System.Runtime.Intrinsics.Vector512.Create(x))[0];
            if (x < -708) Assert.Equal(0, actual);
            else Assert.Equal(1, actual / Math.Exp(x), 5e-16);
        }
    }

    // Trials 0 to 8: complete 3, pruned (last step 3: 9), pruned (5: 2), complete 1, pruned (5: NaN), pruned without reports, complete 1,
    // pruned (5: −7), complete ∞.
    [Theory]
    [InlineData(Direction.Minimize, new[] { 3, 6, 0, 8, 7, 2, 4, 1, 5 })]
    [InlineData(Direction.Maximize, new[] { 8, 0, 3, 6, 2, 7, 4, 1, 5 })]
    public void Split_PicksInOptunasOrder(Direction direction, int[] order)
    {
        var table = new TrialTable([direction]);
        void Add(TrialState state, double? value, params TrialReport[] reports) =>
            table.Add(new FrozenTrial { Number = table.Now.Count, State = state, Values = value is { } v ? [v] : [], Reports = reports });
        Add(TrialState.Complete, 3);
        Add(TrialState.Pruned, null, new(0, 1), new(3, 9));
        Add(TrialState.Pruned, null, new TrialReport(5, 2));
        Add(TrialState.Complete, 1);
        Add(TrialState.Pruned, null, new TrialReport(5, double.NaN));
        Add(TrialState.Pruned, null);
        Add(TrialState.Complete, 1);
        Add(TrialState.Pruned, null, new TrialReport(5, -7));
        Add(TrialState.Complete, double.PositiveInfinity);
        var (history, split) = (table.Look(), new TpeSplit());
        for (var n = 0; n <= order.Length; n++)
        {
            split.Update(history, n);
            Assert.Equal(order.Take(n).Order(), split.Below.Select(history.NumberOf));
        }
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(10, 1)]
    [InlineData(11, 2)]
    [InlineData(100, 10)]
    [InlineData(250, 25)]
    [InlineData(1000, 25)]
    public void Split_NumberOfGoodTrials(int trials, int expected)
    {
        var table = new TrialTable([Direction.Minimize]);
        for (var i = 0; i < trials; i++) table.Add(new FrozenTrial { Number = i, State = TrialState.Complete, Values = [i] });
        var (history, split) = (table.Look(), new TpeSplit());
        split.Update(history);
        Assert.Equal(Enumerable.Range(0, expected), split.Below.Select(history.NumberOf));
    }
}
