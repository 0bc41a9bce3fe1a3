using Tunewise.Pruners;

namespace Tunewise;

/// <summary>What a pruner said to a report.</summary>
/// <param name="Step">The report's step.</param>
/// <param name="Report">What was reported.</param>
/// <param name="Decision">The verdict with the numbers that it follows from.</param>
public sealed record Verdict(long Step, double Report, ReportDecision Decision);
