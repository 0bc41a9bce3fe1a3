using Tunewise.Samplers;
using Tunewise.Samplers.Random;
using Tunewise.Samplers.Tpe;

namespace Tunewise.Benchmarks;

/// <summary>The samplers under their names on the command line.</summary>
internal static class NamedSamplers
{
    private static readonly Dictionary<string, Func<ISampler>> All = new()
    {
        ["random"] = () => new RandomSampler(),
        ["tpe"] = () => new TpeSampler(),
        ["tpe-multivariate"] = () => new TpeSampler { Multivariate = true },
    };

    /// <summary>The samplers of a comma-separated list, or all of them.</summary>
    public static IEnumerable<(string Name, Func<ISampler> Create)> Parse(string names) =>
        (names == "all" ? [.. All.Keys] : names.Split(',')).Select(n => All.TryGetValue(n, out var create)
            ? (n, create)
            : throw new ArgumentException($"there is no sampler '{n}'; choose from {string.Join(", ", All.Keys)}"));
}
