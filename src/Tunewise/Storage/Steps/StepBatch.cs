namespace Tunewise.Storage;

/// <summary>What is to be added to what a trial measured.</summary>
/// <param name="Steps">The steps.</param>
internal sealed record StepBatch(IReadOnlyList<StepRecord> Steps)
{
    public static StepBatch Nothing { get; } = new([]);

    /// <summary>
    /// Where a trial that carries another one on goes on: what it carried of this step and later ones is forgotten first. Null where it
    /// carries nothing, or has gone on.
    /// </summary>
    public long? GoesOnAt { get; init; }

    public bool IsEmpty => Steps.Count == 0 && GoesOnAt is null;
}
