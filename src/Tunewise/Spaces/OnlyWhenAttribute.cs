namespace Tunewise.Spaces;

/// <summary>
/// Searches a parameter only while an earlier one of the record has one of the given values; otherwise the parameter has its default
/// (the constructor's, or the type's).
/// </summary>
/// <param name="parameter">The earlier constructor parameter, as written in the record.</param>
/// <param name="values">Values that switch this one on; enum values as such.</param>
[AttributeUsage(AttributeTargets.Parameter)]
public sealed class OnlyWhenAttribute(string parameter, params object?[] values) : Attribute
{
    /// <summary>The earlier constructor parameter.</summary>
    public string Parameter { get; } = parameter;

    /// <summary>The values that switch this one on.</summary>
    public IReadOnlyList<object?> Values { get; } = values ?? [null];
}
