namespace Tunewise.Storage;

/// <summary>The hold of a worker on a running trial.</summary>
/// <param name="TrialId">The trial.</param>
/// <param name="Worker">The worker.</param>
/// <param name="Expired">Whether it ran out, by the storage's clock.</param>
public sealed record TrialLease(long TrialId, string Worker, bool Expired)
{
    /// <summary>When it runs out: milliseconds since 1970 in UTC by the storage's clock. Each renewal changes it.</summary>
    public long Until { get; init; }

    /// <summary>How long each renewal lasts, or null when that is not known.</summary>
    public TimeSpan? Duration { get; init; }
}
