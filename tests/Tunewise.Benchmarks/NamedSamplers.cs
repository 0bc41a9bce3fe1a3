using Tunewise.Samplers.Auto;
using Tunewise.Samplers.CmaEs;
using Tunewise.Samplers.Gp;
using Tunewise.Samplers.Nsga;
using Tunewise.Samplers.Qmc;
using Tunewise.Samplers.Random;
using Tunewise.Samplers.Tpe;

namespace Tunewise.Benchmarks;

/// <summary>The samplers that are compared.</summary>
internal static class NamedSamplers
{
    private static readonly NamedSampler[] All =
    [
        new("random", () => new RandomSampler()),
        new("auto", () => new AutoSampler()),
        new("tpe", () => new TpeSampler()),
        // For long studies: every trial has a kernel of its own.
        new("tpe-unthinned", () => new TpeSampler { MostKernels = int.MaxValue }) { IsVariant = true },
        new("tpe-optuna4", () => new TpeSampler { Rules = TpeRules.Optuna4 }),
        new("tpe-optuna4-multi", () => new TpeSampler { Rules = TpeRules.Optuna4, Multivariate = true }),
        new("gp", () => new GpSampler()),
        new("cma-es", () => new CmaEsSampler()) { Serves = p => p.Objectives == 1 && p.Kind is not "categorical" },
        new("cma-es-separable", () => new CmaEsSampler { Separable = true })
        {
            Serves = p => p.Objectives == 1 && p.Kind is not "categorical",
        },
        new("cma-es-lra", () => new CmaEsSampler { LearningRateAdaptation = true })
        {
            Serves = p => p.Objectives == 1 && p.Kind is not "categorical",
        },
        new("nsga2", () => new NsgaIISampler { PopulationSize = 20 }),
        new("nsga3", () => new NsgaIIISampler { PopulationSize = 20 }),
        new("sobol", () => new QmcSampler()),
        new("halton", () => new QmcSampler { Sequence = QmcSequence.Halton }),
        new("tpe-optuna5", () => new TpeSampler { Rules = TpeRules.Optuna5 }),
    ];

    /// <summary>The samplers of a comma-separated list, or all of them.</summary>
    public static IEnumerable<NamedSampler> Parse(string names) =>
        names == "all" ? All.Where(s => !s.IsVariant) : names.Split(',').Select(n => Array.Find(All, s => s.Name == n)
            ?? throw new ArgumentException($"there is no sampler '{n}'; choose from {string.Join(", ", All.Select(s => s.Name))}"));
}
