using Tunewise.History;

namespace Tunewise.Stopping;

/// <summary>What a stop rule is told.</summary>
/// <param name="History">The study's trials as of one moment.</param>
/// <param name="Objectives">What is optimised.</param>
public sealed record StopContext(StudyHistory History, IReadOnlyList<Objective> Objectives)
{
    /// <summary>The feasible complete rows in order of their trials' numbers.</summary>
    internal IEnumerable<int> Complete => History.CompleteRows.Where(History.IsFeasible);
}
