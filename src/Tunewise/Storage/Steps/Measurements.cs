namespace Tunewise.Storage;

/// <summary>All that a trial measured and was told, but for its reports.</summary>
internal sealed record Measurements(IReadOnlyList<StepRecord> Steps, IReadOnlyList<BlobRecord> Blobs)
{
    public static Measurements None { get; } = new([], []);

    public bool IsEmpty => Steps.Count == 0 && Blobs.Count == 0;
}
