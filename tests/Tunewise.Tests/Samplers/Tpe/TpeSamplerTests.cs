using Tunewise.Numerics;
using Tunewise.Samplers;
using Tunewise.Samplers.Tpe;
using Tunewise.Testing;

namespace Tunewise.Tests.Samplers.Tpe;

public sealed class TpeSamplerTests : SamplerConformance
{
    protected override ISampler Create() => new TpeSampler { StartupTrials = 3 };

    [Fact]
    public void Open_OptionsOutOfRange_ListsEveryProblem()
    {
        var error = Assert.Throws<ArgumentException>(() => Study.InMemory(new StudyOptions
        {
            Sampler = new TpeSampler { StartupTrials = -1, Candidates = 0, PriorWeight = double.NaN },
            Objectives = [Objective.Minimize(), Objective.Maximize()],
        }));
        foreach (var part in new[] { "StartupTrials", "Candidates", "PriorWeight" })
            Assert.Contains(part, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Sample_OneGoodCorner_IsFoundMoreOftenThanByChance()
    {
        // x² + a penalty for two of three choices: after 100 trials most suggestions are near 0 with the good choice.
        var study = Study.InMemory(new StudyOptions { Sampler = new TpeSampler(), Seed = 3 });
        var near = 0;
        for (var i = 0; i < 150; i++)
        {
            var trial = study.Ask();
            var (x, c) = (trial.SuggestFloat("x", -10, 10), trial.SuggestCategorical("c", "bad", "good", "worse"));
            study.Tell(trial, x * x + (c == "good" ? 0 : 20));
            if (i >= 100 && Math.Abs(x) < 2 && c == "good") near++;
        }

        // By chance 50 · 0.2 / 3 ≈ 3.
        Assert.True(near > 20, $"{near} of 50 suggestions were near the optimum");
    }
}

public sealed class Optuna4TpeSamplerTests : SamplerConformance
{
    protected override ISampler Create() => new TpeSampler { StartupTrials = 3, Rules = TpeRules.Optuna4 };
}

public sealed class Optuna5TpeSamplerTests : SamplerConformance
{
    protected override ISampler Create() => new TpeSampler { StartupTrials = 3, Rules = TpeRules.Optuna5 };
}

public sealed class MultivariateTpeSamplerTests : SamplerConformance
{
    protected override ISampler Create() => new TpeSampler { StartupTrials = 3, Multivariate = true, Rules = TpeRules.Optuna4 };

    [Fact]
    public void InferJointSpace_IsWhatAllTrialsShare()
    {
        var study = Study.InMemory(new StudyOptions { Sampler = Create(), Seed = 1 });
        for (var i = 0; i < 5; i++)
        {
            var trial = study.Ask();
            trial.SuggestFloat("all", 0, 1);
            trial.SuggestFloat("changed", 0, 1 + i % 2);
            trial.SuggestFloat("single", 1, 1);
            if (i > 0) trial.SuggestInt("some", 0, 3);
            study.Tell(trial, i);
        }

        Assert.Equal(
            ["all"],
            study.WithHistory(h => study.Engine.Setup.Sampler.InferJointSpace(new SamplingContext(h, 9, new RandomSource(1)), "all"))
                .Select(d => d.Name));
    }
}
