using Tunewise.Spaces;

namespace Tunewise;

/// <summary>One parameter of a trial.</summary>
/// <param name="Name">The parameter's name.</param>
/// <param name="Distribution">The range it was suggested from.</param>
/// <param name="Value">The internal value: a number as it is, a categorical choice as its index.</param>
public readonly record struct TrialParameter(string Name, Distribution Distribution, double Value)
{
    /// <summary>
    /// The value as the user knows it: double, long, or a choice. A number that is none of these, such as an index that no choice has,
    /// is given as it is stored.
    /// </summary>
    public object? External => IsUsable || Distribution is ForeignDistribution ? Distribution.ToExternal(Value) : Value;

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
