using Tunewise.History;
using Tunewise.Spaces;

namespace Tunewise.Samplers.Qmc;

/// <summary>
/// Quasi-Monte-Carlo search: trial n takes the n-th point of a scrambled low-discrepancy sequence, which covers the space more evenly than
/// random points do; one that is tried again takes the point of its first try. A parameter's dimension is its place in the order in which
/// the program suggests them, so that nothing must be known beforehand, conditional parameters work, and parallel workers need not speak
/// to each other.
/// </summary>
public sealed class QmcSampler : ISampler
{
    /// <summary>Which sequence.</summary>
    /// <value>The default is Sobol.</value>
    public QmcSequence Sequence { get; init; }

    /// <summary>
    /// Randomise the sequence by the study's seed, keeping its evenness. Without it the first point is the corner of all lower ends.
    /// </summary>
    /// <value>The default is true.</value>
    public bool Scramble { get; init; } = true;

    /// <inheritdoc/>
    public IEnumerable<string> Validate(IReadOnlyList<Objective> objectives)
    {
        if (!Enum.IsDefined(Sequence)) yield return $"QmcSampler.Sequence has no value {(int)Sequence}";
    }

    /// <inheritdoc/>
    public HistoryScope Scope => HistoryScope.None;

    /// <inheritdoc/>
    public double Sample(SamplingContext context, string name, Distribution distribution)
    {
        var dimension = context.Known.Count;
        if (Sequence == QmcSequence.Sobol && dimension >= SobolSequence.MaxDimensions)
        {
            throw new SamplerException(
                $"QmcSampler: parameter '{name}' is number {dimension + 1}, "
                + $"the Sobol sequence has {SobolSequence.MaxDimensions} dimensions; set Sequence to Halton");
        }

        // A trial that is tried again goes on in the point of its first try.
        var index = (uint)(TrialAttributes.FirstOf(context.Kept) ?? context.TrialNumber);
        var u = Sequence == QmcSequence.Halton ? HaltonSequence.Value(Scramble ? context.Seed : null, index, dimension)
            : Scramble ? SobolSequence.Scrambled(context.Seed, index, dimension)
            : SobolSequence.Bare(index, dimension) / 4294967296.0;
        return AtQuantile(distribution, u);
    }

    /// <summary>The value at a quantile of the uniform distribution over a range: on its scale, and with equal shares on a grid.</summary>
    internal static double AtQuantile(Distribution distribution, double u)
    {
        if (distribution is CategoricalDistribution categorical)
            return Math.Min((int)(u * categorical.Choices.Count), categorical.Choices.Count - 1);
        return new UnitScale(distribution).FromUnit(u);
    }
}
