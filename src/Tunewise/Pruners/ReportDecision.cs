namespace Tunewise.Pruners;

/// <summary>A pruner's verdict with its reason.</summary>
/// <param name="ShouldPrune">Whether the trial should stop now.</param>
/// <param name="Reason">Why, in words and numbers.</param>
public readonly record struct ReportDecision(bool ShouldPrune, string Reason)
{
    /// <summary>The trial goes on.</summary>
    /// <param name="reason">Why.</param>
    public static ReportDecision Continue(string reason) => new(false, reason);

    /// <summary>The trial should stop.</summary>
    /// <param name="reason">Why.</param>
    public static ReportDecision Prune(string reason) => new(true, reason);
}
