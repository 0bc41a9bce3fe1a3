using Tunewise.History;

namespace Tunewise.Pruners;

/// <summary>What a pruner is told.</summary>
/// <param name="History">The study's finished trials.</param>
/// <param name="TrialNumber">The trial.</param>
/// <param name="Direction">Whether smaller or larger reports are better.</param>
/// <param name="Reports">The trial's reports in order of their steps; at least one.</param>
public sealed record PruningContext(StudyHistory History, int TrialNumber, Direction Direction, IReadOnlyList<TrialReport> Reports);
