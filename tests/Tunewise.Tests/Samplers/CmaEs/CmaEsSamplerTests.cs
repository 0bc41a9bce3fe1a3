using Tunewise.Samplers;
using Tunewise.Samplers.CmaEs;
using Tunewise.Samplers.Random;

namespace Tunewise.Tests.Samplers.CmaEs;

public sealed class CmaEsSamplerTests
{
    private static Study NewStudy(CmaEsSampler sampler, long seed = 3, params Objective[] objectives) =>
        Study.InMemory(new StudyOptions
        {
            Sampler = sampler,
            Seed = seed,
            Objectives = objectives.Length == 0 ? null : objectives,
            AllowRepeats = true,
        });

    private static double Minimise(CmaEsSampler sampler, int trials, Func<double[], double> function, int dimensions = 5, long seed = 3)
    {
        var study = NewStudy(sampler, seed);
        for (var i = 0; i < trials; i++)
        {
            var trial = study.Ask();
            study.Tell(trial, function([.. Enumerable.Range(0, dimensions).Select(d => trial.SuggestFloat($"x{d}", -5, 5))]));
        }

        return study.GetBestTrial()!.Value!.Value;
    }

    private static double Sphere(double[] x) => x.Sum(v => (v - 1) * (v - 1));

    private static double Ellipsoid(double[] x) => x.Select((v, i) => Math.Pow(1000, i / (x.Length - 1.0)) * (v - 1) * (v - 1)).Sum();

    /// <summary>The ellipsoid on axes that are not the parameters'.</summary>
    private static double Rotated(double[] x) => Ellipsoid([.. x.Select((v, i) => (v + x[(i + 1) % x.Length]) / Math.Sqrt(2) + 0.3)]);

    [Fact]
    public void Sample_Sphere_Converges() => Assert.True(Minimise(new CmaEsSampler(), 600, Sphere) < 1e-6);

    [Fact]
    public void Sample_RotatedEllipsoid_Converges() => Assert.True(Minimise(new CmaEsSampler(), 1500, Rotated) < 1e-4);

    [Fact]
    public void Sample_Separable_ConvergesOnTheEllipsoid() =>
        Assert.True(Minimise(new CmaEsSampler { Separable = true }, 1200, Ellipsoid) < 1e-4);

    [Fact]
    public void Sample_LearningRateAdaptation_ConvergesOnTheSphere() =>
        Assert.True(Minimise(new CmaEsSampler { LearningRateAdaptation = true }, 1500, Sphere) < 1e-2);

    [Theory]
    [InlineData(CmaRestarts.Ipop)]
    [InlineData(CmaRestarts.Bipop)]
    public void Sample_Restarts_LeaveALocalMinimum(CmaRestarts restarts)
    {
        // A wide basin with the value 1 and a narrow one with 0; and values that stay equal, so that the strategy notices convergence.
        static double TwoBasins(double[] x) => Math.Round(Math.Min(1 + Sphere(x), 6 * x.Sum(v => (v + 3.5) * (v + 3.5))), 6);
        var alone = Enumerable.Range(0, 6)
            .Count(seed => Minimise(new CmaEsSampler { Restarts = CmaRestarts.None }, 1500, TwoBasins, 2, seed) < 0.5);
        var again = Enumerable.Range(0, 6)
            .Count(seed => Minimise(new CmaEsSampler { Restarts = restarts }, 1500, TwoBasins, 2, seed) < 0.5);
        Assert.True(again > alone, $"{again} with restarts, {alone} without");
    }

    [Fact]
    public void Sample_Integers_MarginKeepsThemMoving()
    {
        int Solved(bool margin) => Enumerable.Range(0, 10).Count(seed =>
        {
            var study = NewStudy(new CmaEsSampler { Margin = margin, Restarts = CmaRestarts.None }, seed);
            for (var i = 0; i < 500; i++)
            {
                var trial = study.Ask();
                var sum = 0.0;
                for (var d = 0; d < 3; d++) sum += Math.Pow(trial.SuggestFloat($"x{d}", -5, 5), 2);
                for (var d = 0; d < 3; d++) sum += trial.SuggestInt($"n{d}", -10, 10) is var n ? (n - 2) * (n - 2) : 0;
                study.Tell(trial, sum);
            }

            return study.GetBestTrial()!.Value < 1e-2;
        });

        var (with, without) = (Solved(margin: true), Solved(margin: false));
        Assert.True(with >= without && with >= 8, $"{with} of 10 with margin, {without} without");
    }

    [Fact]
    public void Sample_ResumedStudy_GoesOnAsIfItHadNotStopped()
    {
        double[] Run(int firstPart)
        {
            var storage = new Tunewise.Storage.InMemoryStorage();
            var values = new List<double>();
            for (var i = 0; i < 60; i++)
            {
                // A new object at the break knows nothing but the storage.
                var study = Study.Open(storage, "cma", new StudyOptions { Sampler = new CmaEsSampler(), Seed = 8 });
                var end = i == 0 ? firstPart : 60;
                for (; i < end; i++)
                {
                    var trial = study.Ask();
                    var (x, y, n) =
                        (trial.SuggestFloat("x", -1, 1), trial.SuggestFloat("y", 1e-3, 1, log: true), trial.SuggestInt("n", 1, 9));
                    values.AddRange([x, y, n]);
                    study.Tell(trial, x * x + y + n);
                }

                i--;
            }

            return [.. values];
        }

        Assert.Equal(Run(60), Run(23));
    }

    [Fact]
    public void Sample_MixedAndConditionalSpace_LeavesTheRestToTheOther()
    {
        var study = NewStudy(new CmaEsSampler { Independent = new RandomSampler() });
        for (var i = 0; i < 80; i++)
        {
            var trial = study.Ask();
            var value =
                Math.Abs(trial.SuggestFloat("x", -1, 1)) + trial.SuggestInt("n", 0, 5) + trial.SuggestFloat("step", 0, 1, step: 0.25);
            if (trial.SuggestCategorical("kind", "a", "b") == "a") value += trial.SuggestFloat("only_a", 0, 1);
            study.Tell(trial, value);
        }

        Assert.Contains(study.GetTrials(), t => t.SystemAttributes.ContainsKey("tunewise:cma"));
        Assert.True(study.GetBestTrial()!.Value < 0.5);
    }

    [Fact]
    public void Sample_NothingNumeric_IsAClearError()
    {
        var study = NewStudy(new CmaEsSampler());
        var first = study.Ask();
        first.SuggestCategorical("kind", "a", "b");
        study.Tell(first, 1);
        var error = Assert.Throws<SamplerException>(() => study.Ask().SuggestCategorical("kind", "a", "b"));
        foreach (var part in new[] { "CmaEsSampler", "'kind'", "TpeSampler" })
            Assert.Contains(part, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_OptionsOutOfRange_ListsEveryProblem()
    {
        var sampler = new CmaEsSampler { PopulationSize = 3, InitialStep = 0, Separable = true, LearningRateAdaptation = true };
        var error = Assert.Throws<ArgumentException>(() => NewStudy(sampler, 1, Objective.Minimize(), Objective.Minimize()));
        foreach (var part in new[] { "PopulationSize", "InitialStep", "Separable", "one objective" })
            Assert.Contains(part, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Sample_ParallelTrials_FillGenerations()
    {
        var study = NewStudy(new CmaEsSampler());
        for (var round = 0; round < 30; round++)
        {
            var batch = study.Ask(6);
            var results = batch.Select(t => (Trial: t, Value: Sphere([t.SuggestFloat("x", -5, 5), t.SuggestFloat("y", -5, 5)]))).ToArray();
            foreach (var (trial, value) in results.Reverse()) study.Tell(trial, value);
        }

        Assert.True(study.GetBestTrial()!.Value < 0.05, $"{study.GetBestTrial()!.Value}");
    }
}
