using System.Collections.ObjectModel;
using Tunewise.History;
using Tunewise.Spaces;

namespace Tunewise.Samplers.BruteForce;

/// <summary>
/// Tries every combination once, in random order, and ends the run when none is left. Conditional parameters need no declaration: what was
/// suggested after what is known from earlier trials. Every parameter must have finitely many values, at most 100,000. Of trials that run
/// at the same time, also in several processes, each tries another combination; where those that run may have taken all that is known to be
/// left, no further one begins until they have suggested more. Where trials failed or were pruned, perhaps before they had suggested
/// everything, one comes back once or twice after all others. Where nothing is left, a run begins no further trial, so that it does not see
/// when the program was given wider ranges since:
/// <see cref="Study.Enqueue(IReadOnlyDictionary{string, object}, IReadOnlyDictionary{string, object}, bool)"/> a trial of the wider space, and
/// the run goes on from there.
/// </summary>
public sealed class BruteForceSampler : ISampler, IExhaustibleSampler, IPrescribingSampler
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

        var free = context.History.Explored.FreeValues(context.SoFar, name, distribution);
        return free[context.Random.NextInt(free.Count)];
    }

    /// <inheritdoc/>
    public bool IsExhausted(StudyHistory history) => IsExhausted(history, ReadOnlyDictionary<string, object?>.Empty);

    /// <inheritdoc/>
    public bool IsExhausted(StudyHistory history, IReadOnlyDictionary<string, object?> held) =>
        !history.IsOpen && history.Explored.Left(history, history.KnownOf(held)).Total < 1;

    /// <inheritdoc/>
    public bool MoreMayShow(StudyHistory history) => MoreMayShow(history, ReadOnlyDictionary<string, object?>.Empty);

    /// <inheritdoc/>
    public bool MoreMayShow(StudyHistory history, IReadOnlyDictionary<string, object?> held) =>
        !history.IsOpen && history.Explored.MoreMayShow(history, history.KnownOf(held));

    /// <inheritdoc/>
    public bool Prescribes(string name) => true;

    /// <inheritdoc/>
    public bool ChoosesInTurn(string name) => true;
}
