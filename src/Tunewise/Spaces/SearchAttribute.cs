namespace Tunewise.Spaces;

/// <summary>
/// Says how a constructor parameter of a typed record is searched: <see cref="Trial.Suggest{T}"/> suggests the record,
/// <see cref="FrozenTrial.As{T}"/> reads it back.
/// </summary>
[AttributeUsage(AttributeTargets.Parameter)]
public abstract class SearchAttribute : Attribute
{
    /// <summary>The parameter's name in the study; the default is the constructor parameter's.</summary>
    public string? Name { get; init; }

    internal abstract Distribution ToDistribution(Type type);
}
