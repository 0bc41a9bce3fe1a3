using Tunewise.Pruners;

namespace Tunewise.Storage;

/// <summary>What a trial measured at a step, and what was said to its report there.</summary>
/// <param name="Step">The step.</param>
/// <param name="Values">The series' values, at most one per name where it was read; of several the last one counts.</param>
/// <param name="Verdict">The verdict on the step's report, or null.</param>
internal sealed record StepRecord(long Step, IReadOnlyList<SeriesValue> Values, ReportDecision? Verdict)
{
    /// <summary>Whether there were values once, which the trial took back by going on at an earlier step.</summary>
    public bool IsEmptied { get; init; }

    public bool IsNothing => Values.Count == 0 && Verdict is null;
}
