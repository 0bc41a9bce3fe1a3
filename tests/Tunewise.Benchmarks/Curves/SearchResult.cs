namespace Tunewise.Benchmarks.Curves;

/// <summary>What came of a search.</summary>
/// <param name="Regrets">The regret of the best complete trial, each time that it was looked.</param>
/// <param name="Trials">How many trials there were.</param>
/// <param name="DecisionMilliseconds">What asking, reporting and telling took per trial.</param>
internal sealed record SearchResult(double[] Regrets, int Trials, double DecisionMilliseconds);
