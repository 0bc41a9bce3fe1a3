namespace Tunewise;

/// <summary>One intermediate value of a trial.</summary>
/// <param name="Step">When it was reported, from 0: usually the epoch.</param>
/// <param name="Value">The reported value; may be infinite or NaN.</param>
public readonly record struct TrialReport(long Step, double Value);
