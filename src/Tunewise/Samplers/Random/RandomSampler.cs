using Tunewise.History;
using Tunewise.Numerics;
using Tunewise.Spaces;

namespace Tunewise.Samplers.Random;

/// <summary>
/// Draws every parameter uniformly from its range: on the logarithm of a logarithmic one, and with equal chances on a grid.
/// </summary>
public sealed class RandomSampler : ISampler
{
    /// <inheritdoc/>
    public HistoryScope Scope => HistoryScope.None;

    /// <inheritdoc/>
    public double Sample(SamplingContext context, string name, Distribution distribution) => Draw(context.Random, distribution);

    /// <summary>Draws one internal value.</summary>
    internal static double Draw(RandomSource random, Distribution distribution) => distribution switch
    {
        CategoricalDistribution c => random.NextInt(c.Choices.Count),
        FloatDistribution { Step: { } step } f => f.Snap(random.NextDouble(f.Low - step / 2, f.High + step / 2)),
        FloatDistribution { Log: true } f => Below(Math.Exp(random.NextDouble(Math.Log(f.Low), Math.Log(f.High))), f),
        FloatDistribution f => Below(random.NextDouble(f.Low, f.High), f),
        IntDistribution { Log: true } i => i.Snap(Math.Exp(random.NextDouble(Math.Log(i.Low - 0.5), Math.Log(i.High + 0.5)))),
        IntDistribution i => i.Snap(random.NextDouble(i.Low - i.Step / 2.0, i.High + i.Step / 2.0)),
        _ => throw new ArgumentOutOfRangeException(nameof(distribution), distribution, "an unknown kind of distribution"),
    };

    private static double Below(double value, FloatDistribution range) =>
        Math.Clamp(value, range.Low, Math.BitDecrement(range.High));
}
