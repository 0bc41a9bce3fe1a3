namespace Tunewise.Pruners;

/// <summary>Never prunes.</summary>
public sealed class NoPruner : IPruner
{
    /// <inheritdoc/>
    public ReportDecision Decide(PruningContext context) => ReportDecision.Continue("pruning is off");
}
