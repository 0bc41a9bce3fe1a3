namespace Tunewise;

/// <summary>A series of a trial: its values in order of their steps. Does not change.</summary>
/// <param name="Name">What it is called, such as "train/loss".</param>
/// <param name="Steps">The steps, ascending.</param>
/// <param name="Values">The value at each step; may be infinite or NaN.</param>
public sealed record Series(string Name, IReadOnlyList<long> Steps, IReadOnlyList<double> Values)
{
    /// <summary>How many values there are.</summary>
    public int Count => Steps.Count;

    /// <inheritdoc/>
    public override string ToString() => $"{Name}: {Count} {(Count == 1 ? "value" : "values")}";
}
