using Tunewise.Numerics;

namespace Tunewise.Benchmarks.Quality;

/// <summary>A problem to minimise.</summary>
/// <param name="Name">Its name on the command line.</param>
/// <param name="Kind">What makes it hard.</param>
/// <param name="Evaluate">Suggests parameters and returns what the study is told.</param>
internal sealed record Problem(string Name, string Kind, Func<Trial, RandomSource, double[]> Evaluate)
{
    /// <summary>What is evaluated instead in the study of a seed, where that differs from seed to seed.</summary>
    public Func<int, Func<Trial, double[]>>? OfSeed { get; init; }

    public int Objectives { get; init; } = 1;

    /// <summary>The value without noise, by the trial; null where there is no noise.</summary>
    public Func<FrozenTrial, double>? Truth { get; init; }

    /// <summary>With several objectives the score is the hypervolume that is missing up to this point.</summary>
    public double[] Reference { get; init; } = [];

    public double BestVolume { get; init; }
}
