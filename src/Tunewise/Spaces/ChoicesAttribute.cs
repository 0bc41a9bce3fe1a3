namespace Tunewise.Spaces;

/// <summary>One of a list of choices. Without choices: all values of an enum, or false and true.</summary>
/// <param name="choices">Text, truth values, numbers or null.</param>
public sealed class ChoicesAttribute(params object?[] choices) : SearchAttribute
{
    /// <summary>The choices.</summary>
    public IReadOnlyList<object?> Choices { get; } = choices ?? [null];

    internal override Distribution ToDistribution(Type type) => new CategoricalDistribution(
        Choices.Count > 0 ? Choices
        : type.IsEnum ? Enum.GetNames(type)
        : type == typeof(bool) ? [false, true]
        : throw new ArgumentException("choices are needed for anything but an enum or a bool"));
}
