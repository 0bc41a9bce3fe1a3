namespace Tunewise.Storage;

/// <summary>What trials of a study measured and reported since a position.</summary>
/// <param name="Steps">With the numbers of their trials; a step to which something was added comes whole.</param>
/// <param name="Reports">With the numbers of their trials.</param>
/// <param name="Position">Where to go on.</param>
/// <param name="IsComplete">Whether this was all.</param>
internal sealed record StepNews(
    IReadOnlyList<(int Trial, StepRecord Step)> Steps,
    IReadOnlyList<(int Trial, TrialReport Report)> Reports,
    SeriesPosition Position,
    bool IsComplete);
