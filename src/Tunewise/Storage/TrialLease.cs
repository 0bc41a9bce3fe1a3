namespace Tunewise.Storage;

/// <summary>The hold of a worker on a running trial.</summary>
/// <param name="TrialId">The trial.</param>
/// <param name="Worker">The worker.</param>
/// <param name="Expired">Whether it ran out, by the storage's clock.</param>
public sealed record TrialLease(long TrialId, string Worker, bool Expired);
