using Tunewise.History;
using Tunewise.Spaces;

namespace Tunewise.Samplers.PartialFixed;

/// <summary>
/// Holds some parameters at given values and leaves the others to another sampler, which searches the space that is left.
/// </summary>
public sealed class PartialFixedSampler : ISampler
{
    private readonly ISampler _inner;
    private readonly IReadOnlyDictionary<string, object?> _values;

    /// <summary>Creates the sampler.</summary>
    /// <param name="inner">Chooses the other parameters.</param>
    /// <param name="values">The fixed values as the user knows them, by parameter.</param>
    public PartialFixedSampler(ISampler inner, IReadOnlyDictionary<string, object?> values)
    {
        ArgumentNullException.ThrowIfNull(inner);
        ArgumentNullException.ThrowIfNull(values);
        (_inner, _values) = (inner, values.ToDictionary());
    }

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

    /// <summary>Tells the inner sampler what is fixed.</summary>
    private SamplingContext With(SamplingContext context)
    {
        var known = new List<TrialParameter>(context.Fixed);
        foreach (var (name, wanted) in _values)
        {
            if (context.ValueOf(name) is null
                && context.History.KnownDistribution(name) is { } distribution
                && Internal(distribution, wanted) is { } value)
            {
                known.Add(new TrialParameter(name, distribution, value));
            }
        }

        return context with { Fixed = known };
    }
}
