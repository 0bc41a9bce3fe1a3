using System.Diagnostics.CodeAnalysis;
using Tunewise.Spaces;

namespace Tunewise;

/// <summary>One parameter of a trial.</summary>
public readonly record struct TrialParameter
{
    /// <summary>A parameter by its internal value.</summary>
    internal TrialParameter(string name, Distribution distribution, double value) =>
        (Name, Distribution, Value) = (name, distribution, value);

    /// <summary>The parameter's name.</summary>
    public string Name { get; }

    /// <summary>The range it was suggested from.</summary>
    public Distribution Distribution { get; }

    /// <summary>The internal value, as samplers see it: a number as it is, a categorical choice as its index.</summary>
    public double Value { get; internal init; }

    /// <summary>A real number, as <see cref="Trial.SuggestFloat"/> gives it.</summary>
    /// <param name="name">The parameter.</param>
    /// <param name="value">Its value, from the range.</param>
    /// <param name="low">The lower end, included.</param>
    /// <param name="high">The upper end, included.</param>
    /// <param name="log">Whether the scale is logarithmic.</param>
    /// <param name="step">The distance of the grid points, or null for a continuous range.</param>
    /// <exception cref="ArgumentException">The range is no range, or the value is not in it.</exception>
    [SuppressMessage("Naming", "CA1720:Identifiers should not contain type names", Justification = "Named as Trial.SuggestFloat is.")]
    public static TrialParameter Float(string name, double value, double low, double high, bool log = false, double? step = null) =>
        Of(name, value, () => new FloatDistribution(low, high, log, step));

    /// <summary>A whole number, as <see cref="Trial.SuggestLong"/> gives it.</summary>
    /// <param name="name">The parameter.</param>
    /// <param name="value">Its value, from the range.</param>
    /// <param name="low">The lower end, included.</param>
    /// <param name="high">The upper end, included.</param>
    /// <param name="log">Whether the scale is logarithmic.</param>
    /// <param name="step">The distance of the grid points, at least 1.</param>
    /// <exception cref="ArgumentException">The range is no range, or the value is not in it.</exception>
    [SuppressMessage("Naming", "CA1720:Identifiers should not contain type names", Justification = "Named as Trial.SuggestInt is.")]
    public static TrialParameter Int(string name, long value, long low, long high, bool log = false, long step = 1) =>
        Of(name, value, () => new IntDistribution(low, high, log, step));

    /// <summary>A choice, as <see cref="Trial.SuggestCategorical{T}"/> gives it.</summary>
    /// <typeparam name="T">string, bool, a number type, an enum (kept by name), or object for a mix with null.</typeparam>
    /// <param name="name">The parameter.</param>
    /// <param name="value">Its value, one of the choices.</param>
    /// <param name="choices">At least one, in the order in which trials suggest them.</param>
    /// <exception cref="ArgumentException">There is no choice, or the value is none of them.</exception>
    public static TrialParameter Categorical<T>(string name, T value, params IReadOnlyList<T> choices) =>
        Of(name, value, () => new CategoricalDistribution(choices.Cast<object?>()));

    /// <summary>A parameter of any kind.</summary>
    /// <param name="name">The parameter.</param>
    /// <param name="value">Its value as the user knows it: a number, or one of the choices.</param>
    /// <param name="distribution">Its range.</param>
    /// <exception cref="ArgumentException">The value is not in the range.</exception>
    public static TrialParameter Of(string name, object? value, Distribution distribution)
    {
        ArgumentNullException.ThrowIfNull(distribution);
        return Of(name, value, () => distribution);
    }

    /// <summary>
    /// The value as the user knows it: double, long, or a choice. A number that is none of these, such as an index that no choice has,
    /// is given as it is stored.
    /// </summary>
    public object? External => IsUsable || Distribution is ForeignDistribution ? Distribution.ToExternal(Value) : Value;

    internal void Deconstruct(out string name, out Distribution distribution, out double value) =>
        (name, distribution, value) = (Name, Distribution, Value);

    private static TrialParameter Of(string name, object? value, Func<Distribution> create)
    {
        StudyAttributes.CheckParameter(name);
        try
        {
            var distribution = create();
            var inside = distribution.ToInternal(value);
            return distribution.Contains(inside)
                ? new TrialParameter(name, distribution, inside)
                : throw new ArgumentException($"{Choice.Describe(value)} is not within {distribution}");
        }
        catch (ArgumentException error)
        {
            throw new ArgumentException($"parameter '{name}': {error.Message}", error);
        }
    }

    /// <summary>
    /// Whether models can use it: a number, in or out of its range, or the index of a choice, from a distribution that is known here.
    /// </summary>
    internal bool IsUsable => Distribution switch
    {
        ForeignDistribution => false,
        CategoricalDistribution choices => choices.Contains(Value),
        IntDistribution => Math.Abs(Value) <= IntDistribution.MaxMagnitude,
        _ => double.IsFinite(Value),
    };
}
