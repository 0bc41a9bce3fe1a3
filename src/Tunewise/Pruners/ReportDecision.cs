namespace Tunewise.Pruners;

/// <summary>A pruner's verdict with its reason.</summary>
/// <param name="ShouldPrune">Whether the trial should stop now.</param>
/// <param name="Reason">Why, in words and numbers.</param>
public readonly record struct ReportDecision(bool ShouldPrune, string Reason)
{
    /// <summary>
    /// Whether the trial stops only for now: it may be continued later, so its checkpoint is worth keeping. Never without
    /// <see cref="ShouldPrune"/>.
    /// </summary>
    public bool ShouldPause { get; init; }

    /// <summary>The trial goes on.</summary>
    /// <param name="reason">Why.</param>
    public static ReportDecision Continue(string reason) => new(false, reason);

    /// <summary>The trial should stop.</summary>
    /// <param name="reason">Why.</param>
    public static ReportDecision Prune(string reason) => new(true, reason);

    /// <summary>The trial should stop and may be continued later.</summary>
    /// <param name="reason">Why.</param>
    public static ReportDecision Pause(string reason) => new(true, reason) { ShouldPause = true };
}
