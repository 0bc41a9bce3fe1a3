using Tunewise.Numerics;
using Tunewise.Samplers.Random;
using Tunewise.Spaces;

namespace Tunewise.Samplers.Nsga;

/// <summary>
/// How children differ from their parents: simulated binary crossover (Deb and Agrawal, Complex Systems 9, 1995) and polynomial mutation
/// (Deb and Goyal, Computer Science and Informatics 26, 1996) on the scale of numeric parameters, and choices taken over or drawn anew.
/// </summary>
internal static class Variation
{
    private const double CrossoverIndex = 10;
    private const double MutationIndex = 20;

    public static double Cross(Distribution distribution, double a, double b, RandomSource random)
    {
        if (a == b) return a;
        if (distribution is CategoricalDistribution) return random.NextDouble() < 0.5 ? a : b;
        var scale = new NumericScale(distribution);
        var (x, y) = (scale.ToModel(a), scale.ToModel(b));
        var u = random.NextDouble();
        var beta = Math.Pow(u < 0.5 ? 2 * u : 1 / (2 * (1 - u)), 1 / (CrossoverIndex + 1));
        var child = random.NextDouble() < 0.5 ? 0.5 * ((1 + beta) * x + (1 - beta) * y) : 0.5 * ((1 - beta) * x + (1 + beta) * y);
        return scale.FromModel(Math.Clamp(child, scale.Low, scale.High));
    }

    public static double Mutate(Distribution distribution, double value, RandomSource random)
    {
        if (distribution is CategoricalDistribution) return RandomSampler.Draw(random, distribution);
        var scale = new NumericScale(distribution);
        var x = scale.ToModel(value);
        var (toLow, toHigh) = ((x - scale.Low) / scale.Width, (scale.High - x) / scale.Width);
        var u = random.NextDouble();
        var power = 1 / (MutationIndex + 1);
        var move = u < 0.5
            ? Math.Pow(2 * u + (1 - 2 * u) * Math.Pow(1 - toLow, MutationIndex + 1), power) - 1
            : 1 - Math.Pow(2 * (1 - u) + 2 * (u - 0.5) * Math.Pow(1 - toHigh, MutationIndex + 1), power);
        var mutated = scale.FromModel(Math.Clamp(x + move * scale.Width, scale.Low, scale.High));
        // On a coarse grid a small move rounds back to where it was.
        return mutated == value && !scale.IsContinuous ? RandomSampler.Draw(random, distribution) : mutated;
    }
}
