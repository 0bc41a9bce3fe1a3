using Tunewise.History;

namespace Tunewise.Pruners;

/// <summary>Never prunes.</summary>
public sealed class NoPruner : IPruner
{
    /// <inheritdoc/>
    public HistoryScope Scope => HistoryScope.None;

    /// <inheritdoc/>
    public ReportDecision Decide(PruningContext context) => ReportDecision.Continue("pruning is off");
}
