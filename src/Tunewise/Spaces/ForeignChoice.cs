namespace Tunewise.Spaces;

/// <summary>
/// A choice that another program stored and that is no plain value: a list, a tuple or a map. It is kept as it is stored.
/// </summary>
public sealed record ForeignChoice
{
    /// <param name="json">A list or a map, as JSON.</param>
    internal ForeignChoice(string json) => Json = json;

    /// <summary>The choice as it is stored, as JSON.</summary>
    public string Json { get; }

    /// <summary>The choice as it is stored.</summary>
    public override string ToString() => Json;
}
