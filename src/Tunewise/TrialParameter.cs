using Tunewise.Spaces;

namespace Tunewise;

/// <summary>One parameter of a trial.</summary>
/// <param name="Name">The parameter's name.</param>
/// <param name="Distribution">The range it was suggested from.</param>
/// <param name="Value">The internal value: a number as it is, a categorical choice as its index.</param>
public readonly record struct TrialParameter(string Name, Distribution Distribution, double Value)
{
    /// <summary>The value as the user knows it: double, long, or a choice.</summary>
    public object? External => Distribution.ToExternal(Value);
}
