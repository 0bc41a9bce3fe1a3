namespace Tunewise.History;

/// <summary>A trial that is about to get another parameter.</summary>
/// <param name="History">The study's trials.</param>
/// <param name="Number">The trial's number.</param>
/// <param name="Known">The parameters that it has, in order.</param>
/// <param name="Fixed">Those that it was queued with, as far as their ranges are known.</param>
internal readonly record struct TrialSoFar(
    StudyHistory History, int Number, IReadOnlyList<TrialParameter> Known, IReadOnlyList<TrialParameter> Fixed);
