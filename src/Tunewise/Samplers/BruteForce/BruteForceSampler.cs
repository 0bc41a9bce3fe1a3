using Tunewise.History;
using Tunewise.Spaces;

namespace Tunewise.Samplers.BruteForce;

/// <summary>
/// Tries every combination once, in random order, and ends the run when none is left. Conditional parameters need no declaration: what was
/// suggested after what is known from earlier trials. Every parameter must have finitely many values, at most 100,000. With several trials
/// at a time the last few combinations may be tried twice, by trials that started before they were known to be the last.
/// </summary>
public sealed class BruteForceSampler : ISampler, IExhaustibleSampler
{
    /// <inheritdoc/>
    /// <exception cref="SamplerException">The parameter is continuous.</exception>
    public double Sample(SamplingContext context, string name, Distribution distribution)
    {
        if (!FiniteValues.AreFew(distribution))
        {
            throw new SamplerException(
                $"BruteForceSampler: parameter '{name}' ({distribution}) has too many values to try them all; "
                + "give it a step, or use another sampler such as TpeSampler");
        }

        context = context with { AllowRepeats = false };
        var values = FiniteValues.Of(distribution).ToArray();
        var free = values.Where(v => !context.IsEvaluated(name, distribution, v)).ToArray();
        return free.Length > 0 ? free[context.Random.NextInt(free.Length)] : values[context.Random.NextInt(values.Length)];
    }

    /// <inheritdoc/>
    public bool IsExhausted(StudyHistory history) => history.Explored.IsExhausted || history.IsExhaustedByRunning();
}
