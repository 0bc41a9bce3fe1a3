namespace Tunewise.Spaces;

/// <summary>Says how a constructor parameter of a typed record is searched: <see cref="Trial.Suggest{T}"/> suggests the record, <see cref="FrozenTrial.As{T}"/> reads it back.</summary>
[AttributeUsage(AttributeTargets.Parameter)]
public abstract class SearchAttribute : Attribute
{
    /// <summary>The parameter's name in the study; the default is the constructor parameter's.</summary>
    public string? Name { get; init; }

    internal abstract Distribution ToDistribution(Type type);
}

/// <summary>A real number from a range.</summary>
/// <param name="low">The lower end, included.</param>
/// <param name="high">The upper end, included.</param>
public sealed class FloatRangeAttribute(double low, double high) : SearchAttribute
{
    /// <summary>The lower end, included.</summary>
    public double Low { get; } = low;

    /// <summary>The upper end, included.</summary>
    public double High { get; } = high;

    /// <summary>Search on a logarithmic scale. The default is false.</summary>
    public bool Log { get; init; }

    /// <summary>The distance of the grid points, or 0 for a continuous range. The default is 0.</summary>
    public double Step { get; init; }

    internal override Distribution ToDistribution(Type type) => new FloatDistribution(Low, High, Log, Step == 0 ? null : Step);
}

/// <summary>A whole number from a range.</summary>
/// <param name="low">The lower end, included.</param>
/// <param name="high">The upper end, included.</param>
public sealed class IntRangeAttribute(long low, long high) : SearchAttribute
{
    /// <summary>The lower end, included.</summary>
    public long Low { get; } = low;

    /// <summary>The upper end, included.</summary>
    public long High { get; } = high;

    /// <summary>Search on a logarithmic scale. The default is false.</summary>
    public bool Log { get; init; }

    /// <summary>The distance of the grid points. The default is 1.</summary>
    public long Step { get; init; } = 1;

    internal override Distribution ToDistribution(Type type) => new IntDistribution(Low, High, Log, Step);
}

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
