using Tunewise.History;
using Tunewise.Spaces;

namespace Tunewise.Samplers.PartialFixed;

/// <summary>
/// Holds some parameters at given values and leaves the others to another sampler, which searches the space that is left. The run ends when
/// that is finite and everything in it was tried, unless the study allows repeats (<see cref="StudyOptions.AllowRepeats"/>); or when the
/// other sampler has nothing left.
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
        return Internal(distribution, wanted)
            ?? throw new SamplerException(
                $"PartialFixedSampler: parameter '{name}' is fixed at {Choice.Describe(wanted)}, which is not within {distribution}; "
                + "fix it at one of these values");
    }

    /// <inheritdoc/>
    public bool IsExhausted(StudyHistory history) => IsExhausted(history, []);

    /// <inheritdoc/>
    public bool IsExhausted(StudyHistory history, IReadOnlyList<TrialParameter> held)
    {
        held = [.. Own(history), .. held.Where(h => !_values.ContainsKey(h.Name))];
        if (_exhaustible is not null) return _exhaustible.IsExhausted(history, held);
        return !history.IsOpen && history.Explored.Left(history, held).Total < 1;
    }

    /// <inheritdoc/>
    public bool MoreMayShow(StudyHistory history) =>
        _exhaustible?.MoreMayShow(history) ?? (!history.IsOpen && history.Explored.MoreMayShow(history));

    /// <inheritdoc/>
    public bool Prescribes(string name) => _values.ContainsKey(name) || (_prescribing is { } inner && inner.Prescribes(name));

    /// <inheritdoc/>
    public bool ChoosesInTurn(string name) => !_values.ContainsKey(name) && _prescribing is { } inner && inner.ChoosesInTurn(name);

    /// <inheritdoc/>
    public IReadOnlyList<TrialParameter> Held(StudyHistory history)
    {
        var own = Own(history);
        return _prescribing is null ? own : [.. own, .. _prescribing.Held(history).Where(h => !_values.ContainsKey(h.Name))];
    }

    private static double? Internal(Distribution distribution, object? wanted)
    {
        try
        {
            return distribution.ToInternal(wanted) is var value && distribution.Contains(value) ? value : null;
        }
        catch (ArgumentException)
        {
            return null;
        }
    }

    /// <summary>The values whose ranges the study knows.</summary>
    private List<TrialParameter> Own(StudyHistory history)
    {
        var known = new List<TrialParameter>();
        foreach (var (name, wanted) in _values)
        {
            if (history.DistributionOf(name) is { } distribution && Internal(distribution, wanted) is { } value)
                known.Add(new TrialParameter(name, distribution, value));
        }

        return known;
    }

    private static bool IsKnown(StudyHistory history, TrialParameter parameter) => history.KnownDistribution(parameter.Name) is not null;

    /// <summary>Tells the inner sampler what is fixed.</summary>
    private SamplingContext With(SamplingContext context) => context with
    {
        Fixed = [.. context.Fixed, .. Own(context.History).Where(p => context.ValueOf(p.Name) is null && IsKnown(context.History, p))],
    };
}
