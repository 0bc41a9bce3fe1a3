namespace Tunewise.Pruners;

/// <summary>
/// Prunes a trial whose best report so far is worse than the median of what the complete trials reported at the same step.
/// </summary>
public sealed class MedianPruner : PercentilePruner
{
    /// <summary>Creates the rule.</summary>
    public MedianPruner()
        : base(50)
    {
    }
}
