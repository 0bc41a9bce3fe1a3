using System.Collections.ObjectModel;
using Tunewise.History;
using Tunewise.Spaces;

namespace Tunewise.Samplers.PartialFixed;

/// <summary>
/// Holds some parameters at given values and leaves the others to another sampler, which searches the space that is left. The run ends when
/// that is finite and everything in it was tried, unless the study allows repeats (<see cref="StudyOptions.AllowRepeats"/>); or when the
/// other sampler has nothing left. A run does not see then that the program was given wider ranges since:
/// <see cref="Study.Enqueue(IReadOnlyDictionary{string, object}, IReadOnlyDictionary{string, object}, bool)"/> a trial of the wider space, and
/// the run goes on from there.
/// </summary>
public sealed class PartialFixedSampler : ISampler, IExhaustibleSampler, IPrescribingSampler
{
    private readonly ISampler _inner;
    private readonly IExhaustibleSampler? _exhaustible;
    private readonly IPrescribingSampler? _prescribing;
    private readonly IReadOnlyDictionary<string, object?> _values;

    /// <summary>Creates the sampler.</summary>
    /// <param name="inner">Chooses the other parameters.</param>
    /// <param name="values">The fixed values as the user knows them, by parameter.</param>
    public PartialFixedSampler(ISampler inner, IReadOnlyDictionary<string, object?> values)
    {
        ArgumentNullException.ThrowIfNull(inner);
        ArgumentNullException.ThrowIfNull(values);
        (_inner, _values) = (inner, values.ToDictionary());
        (_exhaustible, _prescribing) = (inner.Capability<IExhaustibleSampler>(), inner.Capability<IPrescribingSampler>());
    }

    /// <inheritdoc/>
    public bool MayRepeat => _exhaustible?.MayRepeat ?? true;

    /// <inheritdoc/>
    public IEnumerable<string> Validate(IReadOnlyList<Objective> objectives) => _inner.Validate(objectives);

    /// <inheritdoc/>
    public HistoryScope Scope => _inner.Scope;

    /// <inheritdoc/>
    public bool LearnsWithinGroup => _inner.LearnsWithinGroup;

    /// <inheritdoc/>
    public T? Capability<T>()
        where T : class => this as T ?? _inner.Capability<T>();

    /// <inheritdoc/>
    public SearchSpace InferJointSpace(SamplingContext context, string name) => _values.ContainsKey(name)
        ? SearchSpace.Empty
        : new SearchSpace(_inner.InferJointSpace(With(context), name).Where(d => !_values.ContainsKey(d.Name)));

    /// <inheritdoc/>
    public double[]? SampleJoint(SamplingContext context, SearchSpace space) => _inner.SampleJoint(With(context), space);

    /// <inheritdoc/>
    /// <exception cref="SamplerException">The fixed value is not one of the parameter's.</exception>
    public double Sample(SamplingContext context, string name, Distribution distribution)
    {
        if (!_values.TryGetValue(name, out var wanted)) return _inner.Sample(With(context), name, distribution);
        return distribution.TryToInternal(wanted) is { } value && distribution.Contains(value)
            ? value
            : throw new SamplerException(
                $"PartialFixedSampler: parameter '{name}' is fixed at {Choice.Describe(wanted)}, which is not within {distribution}; "
                + "fix it at one of these values");
    }

    /// <inheritdoc/>
    public bool IsExhausted(StudyHistory history) => IsExhausted(history, ReadOnlyDictionary<string, object?>.Empty);

    /// <inheritdoc/>
    public bool IsExhausted(StudyHistory history, IReadOnlyDictionary<string, object?> held)
    {
        held = OwnBefore(held);
        if (_exhaustible is not null) return _exhaustible.IsExhausted(history, held);
        return !history.IsOpen && history.Explored.Left(history, history.KnownOf(held)).Total < 1;
    }

    /// <inheritdoc/>
    public bool MoreMayShow(StudyHistory history) => MoreMayShow(history, ReadOnlyDictionary<string, object?>.Empty);

    /// <inheritdoc/>
    public bool MoreMayShow(StudyHistory history, IReadOnlyDictionary<string, object?> held)
    {
        held = OwnBefore(held);
        return _exhaustible?.MoreMayShow(history, held)
            ?? (!history.IsOpen && history.Explored.MoreMayShow(history, history.KnownOf(held)));
    }

    /// <inheritdoc/>
    public bool Prescribes(string name) => _values.ContainsKey(name) || (_prescribing is { } inner && inner.Prescribes(name));

    /// <inheritdoc/>
    public bool ChoosesInTurn(string name) => !_values.ContainsKey(name) && _prescribing is { } inner && inner.ChoosesInTurn(name);

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, object?> Held => _prescribing is null ? _values : OwnBefore(_prescribing.Held);

    private Dictionary<string, object?> OwnBefore(IReadOnlyDictionary<string, object?> others)
    {
        var held = others.ToDictionary();
        foreach (var (name, value) in _values) held[name] = value;
        return held;
    }

    /// <summary>Tells the inner sampler what is fixed.</summary>
    private SamplingContext With(SamplingContext context)
    {
        var held = context.Held.ToDictionary();
        foreach (var (name, value) in _values)
        {
            if (!context.Given.ContainsKey(name)) held.TryAdd(name, value);
        }

        return context with
        {
            Held = held,
            Fixed = [.. context.Fixed, .. context.History.KnownOf(_values).Where(p => context.ValueOf(p.Name) is null)],
        };
    }
}
