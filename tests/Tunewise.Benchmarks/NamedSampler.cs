using Tunewise.Benchmarks.Quality;
using Tunewise.Samplers;

namespace Tunewise.Benchmarks;

/// <summary>A sampler under its name on the command line.</summary>
internal sealed record NamedSampler(string Name, Func<ISampler> Create)
{
    /// <summary>The kinds of problems that it does not serve.</summary>
    public Func<Problem, bool> Serves { get; init; } = _ => true;

    /// <summary>Whether it is left out of "all": it differs from another only where studies are long.</summary>
    public bool IsVariant { get; init; }
}
