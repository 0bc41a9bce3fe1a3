using MathNet.Numerics.LinearAlgebra.Double;
using Tunewise.Numerics;
using Tunewise.Samplers.Gp;
using Tunewise.Storage;

namespace Tunewise.Tests.Samplers.Gp;

public sealed class GaussianProcessTests
{
    private static readonly bool[] Numeric = [false, false];

    private static (double[][] Points, double[] Values) Data(int n)
    {
        var random = new RandomSource(7);
        var points = Enumerable.Range(0, n).Select(_ => new[] { random.NextDouble(), random.NextDouble() }).ToArray();
        return (points, [.. points.Select(p => Math.Sin(5 * p[0]) + p[1] * p[1] - 0.4)]);
    }

    [Fact]
    public void Predict_AtTheData_InterpolatesAndIsSure()
    {
        var (points, values) = Data(25);
        var process = new GaussianProcess(points, values, Numeric, HyperparameterFit.Fit(points, values, Numeric, 1e-6));
        for (var i = 0; i < points.Length; i++)
        {
            var (mean, variance) = process.Predict(points[i]);
            Assert.Equal(values[i], mean, 2);
            Assert.True(variance < 1e-3);
        }

        // Between the points it is close to the function.
        Assert.Equal(Math.Sin(2.5) + 0.25 - 0.4, process.Predict([0.5, 0.5]).Mean, 1);
    }

    [Fact]
    public void Predict_OnePoint_IsTheFormula()
    {
        // k(r) = s·(1 + √5·r + 5/3·r²)·exp(−√5·r): with one observation y the mean is k/(s + σ²)·y and the variance s − k²/(s + σ²).
        var hyper = new GaussianProcess.Hyperparameters([4, 9], 2, 0.5);
        var process = new GaussianProcess([[0.2, 0.3]], [1.5], Numeric, hyper);
        var r = Math.Sqrt(4 * 0.01 + 9 * 0.04);
        var k = 2 * (1 + Math.Sqrt(5) * r + 5.0 / 3 * r * r) * Math.Exp(-Math.Sqrt(5) * r);
        var (mean, variance) = process.Predict([0.3, 0.5]);
        Assert.Equal(k / 2.5 * 1.5, mean, 12);
        Assert.Equal(2 - k * k / 2.5, variance, 12);
    }

    /// <summary>Mean k'K⁻¹y and variance s − k'K⁻¹k over several tiles, with a categorical dimension, as the textbook has them.</summary>
    [Fact]
    public void Predict_MixedPoints_IsTheFormula()
    {
        const int n = 21;
        bool[] categorical = [false, true, false, false];
        var random = new RandomSource(11);
        double[] Point() => [random.NextDouble(), random.NextInt(3), random.NextDouble(), random.NextDouble()];
        double[][] points = [.. Enumerable.Range(0, n).Select(_ => Point())];
        double[] values = [.. points.Select(p => p[0] - p[1] + p[2] * p[3])];
        var hyper = new GaussianProcess.Hyperparameters([3, 0.7, 12, 0.1], 1.7, 1e-3);
        double Kernel(double[] a, double[] b)
        {
            var square = 0.0;
            for (var d = 0; d < 4; d++)
                square += hyper.Weights[d] * (categorical[d] ? (a[d] == b[d] ? 0 : 1) : (a[d] - b[d]) * (a[d] - b[d]));
            var r = Math.Sqrt(5 * square);
            return hyper.Scale * (1 + r + r * r / 3) * Math.Exp(-r);
        }

        var kernel = DenseMatrix.Create(n, n, (i, j) => Kernel(points[i], points[j]) + (i == j ? hyper.Noise : 0));
        var process = new GaussianProcess(points, values, categorical, hyper);
        for (var i = 0; i < 5; i++)
        {
            var at = Point();
            var covariances = new DenseVector([.. points.Select(p => Kernel(p, at))]);
            var solved = kernel.Cholesky().Solve(covariances);
            var (mean, variance) = process.Predict(at);
            Assert.Equal(solved * new DenseVector(values), mean, 1e-9);
            Assert.Equal(hyper.Scale - solved * covariances, variance, 1e-9);
        }
    }

    [Fact]
    public void Predict_PointsTwiceWithoutNoise_IsHeldUpByJitter()
    {
        var (points, values) = Data(20);
        double[][] twice = [.. points, .. points];
        var process = new GaussianProcess(twice, [.. values, .. values], Numeric, new GaussianProcess.Hyperparameters([5, 2], 1.3, 0));
        for (var i = 0; i < points.Length; i++)
        {
            var (mean, variance) = process.Predict(points[i]);
            Assert.Equal(values[i], mean, 1e-3);
            Assert.InRange(variance, 1e-12, 1e-6);
        }
    }

    [Theory]
    [InlineData(12, 1)]
    [InlineData(16, 3)]
    [InlineData(15, 20)]
    public void Believe_AddedPoints_IsTheProcessOfAllBitForBit(int n, int added)
    {
        var (points, values) = Data(n + added);
        var hyper = new GaussianProcess.Hyperparameters([5, 2], 1.3, 0.01);
        var believing = new GaussianProcess(points[..n], values[..n], Numeric, hyper).Believe(points[n..]);
        var whole = new GaussianProcess(points, believing.Values, Numeric, hyper);
        Assert.Equal(whole.Predict([0.4, 0.7]), believing.Predict([0.4, 0.7]));
        Assert.Equal(n + added, believing.Values.Length);
    }

    [Fact]
    public void Predict_Gradients_AreThoseOfFiniteDifferences()
    {
        var (points, values) = Data(15);
        var process = new GaussianProcess(points, values, Numeric, new GaussianProcess.Hyperparameters([5, 2], 1.3, 0.01));
        var (byMean, byVariance) = (new double[2], new double[2]);
        double[] at = [0.37, 0.61];
        process.Predict(at, byMean, byVariance);
        for (var d = 0; d < 2; d++)
        {
            double[] up = [.. at], down = [.. at];
            (up[d], down[d]) = (at[d] + 1e-5, at[d] - 1e-5);
            Assert.Equal((process.Predict(up).Mean - process.Predict(down).Mean) / 2e-5, byMean[d], 5);
            Assert.Equal((process.Predict(up).Variance - process.Predict(down).Variance) / 2e-5, byVariance[d], 5);
        }
    }

    [Fact]
    public void Predict_ManyPoints_IsPointByPoint()
    {
        var (points, values) = Data(12);
        var process = new GaussianProcess(points, values, Numeric, new GaussianProcess.Hyperparameters([5, 2], 1.3, 0.01));
        double[][] at = [[0.1, 0.9], [0.5, 0.5], [0.77, 0.02]];
        var (means, variances) = (new double[3], new double[3]);
        process.Predict(at, means, variances);
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(process.Predict(at[i]).Mean, means[i], 10);
            Assert.Equal(process.Predict(at[i]).Variance, variances[i], 10);
        }
    }

    [Fact]
    public void Loss_Gradient_IsThatOfFiniteDifferences()
    {
        var (points, values) = Data(14);
        var fit = HyperparameterFit.Create(points, values, Numeric);
        double[] at = [0.7, -0.4, 0.2, -3];
        var gradient = new double[4];
        fit.Loss(at, gradient);
        for (var i = 0; i < 4; i++)
        {
            double[] up = [.. at], down = [.. at];
            (up[i], down[i]) = (at[i] + 1e-5, at[i] - 1e-5);
            Assert.Equal((fit.Loss(up, new double[4]) - fit.Loss(down, new double[4])) / 2e-5, gradient[i], 5);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Loss_ManyPointsAndChoices_HasTheGradientOfFiniteDifferences(bool deterministic)
    {
        var random = new RandomSource(5);
        bool[] categorical = [false, true, false];
        double[][] points = [.. Enumerable.Range(0, 37).Select(_ => new[] { random.NextDouble(), random.NextInt(3), random.NextDouble() })];
        double[] values = [.. points.Select(p => p[0] * p[2] - p[1] + 0.1 * random.NextGaussian())];
        var fit = HyperparameterFit.Create(points, values, categorical, deterministic ? 0.01 : null);
        double[] at = [1.1, -0.8, 2.0, 0.4, -2.5];
        var gradient = new double[5];
        Array.Fill(gradient, 99);
        fit.Loss(at, gradient);
        for (var i = 0; i < 5; i++)
        {
            double[] up = [.. at], down = [.. at];
            (up[i], down[i]) = (at[i] + 1e-5, at[i] - 1e-5);
            Assert.Equal((fit.Loss(up, new double[5]) - fit.Loss(down, new double[5])) / 2e-5, gradient[i], 1e-5);
        }
    }

    /// <summary>ln(φ(z) + z·Φ(z)) to 15 digits, from the series of Φ and the continued fraction of its tail at 70 digits.</summary>
    [Theory]
    [InlineData(2.0, 0.69738354578822831)]
    [InlineData(0.0, -0.91893853320467274)]
    [InlineData(-0.9, -2.2982829894596517)]
    [InlineData(-5.0, -16.744301162660990)]
    [InlineData(-29.0, -428.15708264427310)]
    [InlineData(-31.0, -488.29002339783721)]
    [InlineData(-1000.0, -500014.73445209116)]
    public void OfZ_IsExactInBothTails(double z, double expected)
    {
        var (value, derivative) = LogExpectedImprovement.OfZ(z);
        Assert.Equal(1, value / expected, 9);
        var h = 1e-5 * Math.Max(1, Math.Abs(z));
        Assert.Equal(1, (LogExpectedImprovement.OfZ(z + h).Value - LogExpectedImprovement.OfZ(z - h).Value) / (2 * h) / derivative, 4);
    }

    [Fact]
    public void Apply_KeepsTheOrderAndTamesInfinity()
    {
        double[] losses = [1, 1e6, 3, double.PositiveInfinity, 2, -5, double.NegativeInfinity];
        var values = OutcomeTransform.Apply(losses);
        Assert.All(values, v => Assert.True(double.IsFinite(v)));
        Assert.Equal(0, values.Average(), 9);
        Assert.True(values[5] < values[0] && values[0] < values[4] && values[4] < values[2] && values[2] < values[1]);
        Assert.True(values[1] < values[3]);
        Assert.Equal(values[5], values[6]);
        Assert.All(OutcomeTransform.Apply([7, 7, 7]), v => Assert.Equal(0, v));
    }

    [Theory]
    [InlineData(1e4)]
    [InlineData(1e300)]
    [InlineData(double.PositiveInfinity)]
    [InlineData(double.NaN)]
    public void Apply_AnOutlierOnTheBadSide_LeavesTheOthersApart(double outlier)
    {
        double[] losses = [.. Enumerable.Range(0, 20).Select(i => i / 20.0)];
        var clean = OutcomeTransform.Apply([.. losses, 1]);
        var values = OutcomeTransform.Apply([.. losses, outlier]);
        for (var i = 0; i < losses.Length; i++) Assert.InRange(values[i] - clean[i], -0.5, 0.5);
        Assert.Equal(values.Max(), values[^1]);
    }

    [Fact]
    public void Apply_MostDiverged_KeepsTheOrderOfTheRest()
    {
        var values = OutcomeTransform.Apply([double.NaN, 3, double.PositiveInfinity, 1, double.NaN, 2, double.NaN]);
        Assert.True(values[3] < values[5] && values[5] < values[1] && values[1] < values[0]);
        Assert.Equal(values[0], values[2]);
        Assert.All(OutcomeTransform.Apply([double.NaN, double.NaN]), v => Assert.Equal(0, v));
    }

    [Fact]
    public void Sample_Branin_IsSolved()
    {
        var study = Study.InMemory(new StudyOptions { Sampler = new GpSampler(), Seed = 1 });
        for (var i = 0; i < 45; i++)
        {
            var trial = study.Ask();
            var (x, y) = (trial.SuggestFloat("x", -5, 10), trial.SuggestFloat("y", 0, 15));
            var a = y - 5.1 / (4 * Math.PI * Math.PI) * x * x + 5 / Math.PI * x - 6;
            study.Tell(trial, a * a + 10 * (1 - 1 / (8 * Math.PI)) * Math.Cos(x) + 10);
        }

        Assert.InRange(study.GetBestTrial()!.Value!.Value, 0.397887, 0.41);
    }

    [Fact]
    public void Sample_ConstraintAndMixedSpace_FindsTheFeasibleOptimum()
    {
        var study = Study.InMemory(new StudyOptions { Sampler = new GpSampler(), Seed = 1 });
        for (var i = 0; i < 50; i++)
        {
            var trial = study.Ask();
            var (x, n, kind) =
                (trial.SuggestFloat("x", 0, 4), trial.SuggestInt("n", 0, 9), trial.SuggestCategorical("kind", "a", "b", "c"));
            trial.SetConstraint("limit", 2 - x);
            study.Tell(trial, x * x + Math.Abs(n - 6) + (kind == "b" ? 0 : 1));
        }

        var best = study.GetBestTrial()!;
        Assert.True(best.IsFeasible);
        Assert.Equal((6L, "b"), ((long)best.Parameters["n"]!, (string)best.Parameters["kind"]!));
        Assert.InRange(best.Get<double>("x"), 2, 2.1);
    }

    /// <summary>What is proposed depends on the history alone, not on what was prepared for earlier trials.</summary>
    [Fact]
    public void Sample_StudyOpenedAnewForEveryTrial_ProposesTheSame()
    {
        static StudyOptions Options() => new() { Sampler = new GpSampler { StartupTrials = 5, MaxTrials = 20 }, Seed = 4 };
        static double Run(Study study)
        {
            var trial = study.Ask();
            var (x, n, kind) = (trial.SuggestFloat("x", 0, 1), trial.SuggestInt("n", 0, 30), trial.SuggestCategorical("kind", "a", "b"));
            study.Tell(trial, Math.Cos(7 * x) + 0.01 * (n - 20) * (n - 20) + (kind == "a" ? 0.2 : 0));
            return x + n + (kind == "a" ? 100 : 0);
        }

        var storage = new InMemoryStorage();
        var whole = Study.InMemory(Options());
        for (var i = 0; i < 26; i++) Assert.Equal(Run(whole), Run(Study.Open(storage, "study", Options())));
    }

    [Fact]
    public void Sample_RunningTrials_AreAvoided()
    {
        var study = Study.InMemory(new StudyOptions { Sampler = new GpSampler { StartupTrials = 5 }, Seed = 1 });
        for (var i = 0; i < 8; i++)
        {
            var trial = study.Ask();
            study.Tell(trial, Math.Sin(25 * trial.SuggestFloat("x", 0, 1)));
        }

        var running = study.Ask(4).Select(t => t.SuggestFloat("x", 0, 1)).ToArray();
        for (var i = 0; i < 4; i++)
        {
            for (var j = 0; j < i; j++) Assert.True(Math.Abs(running[i] - running[j]) > 1e-3, string.Join(' ', running));
        }
    }
}
