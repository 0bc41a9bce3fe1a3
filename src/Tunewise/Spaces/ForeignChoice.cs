namespace Tunewise.Spaces;

/// <summary>A choice that another program stored and that is no plain value: a list, a tuple or a map. It is kept as it is stored.</summary>
/// <param name="Json">The choice as it is stored.</param>
public sealed record ForeignChoice(string Json)
{
    /// <summary>The choice as it is stored.</summary>
    public override string ToString() => Json;
}
