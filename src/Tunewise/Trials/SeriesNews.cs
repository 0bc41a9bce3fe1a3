namespace Tunewise;

/// <summary>What was added to the series of a study.</summary>
/// <param name="Points">
/// The values. Of those that were logged, all of a trial at each step at which something was added: a logged value that was known of that
/// step and is not among them is gone. Reports come once, and stay.
/// </param>
/// <param name="Position">Where the next read goes on.</param>
/// <param name="IsComplete">Whether this is all that there was; otherwise read on at once.</param>
public sealed record SeriesNews(IReadOnlyList<SeriesPoint> Points, SeriesPosition Position, bool IsComplete)
{
    /// <summary>
    /// Steps of which no logged value is left: the trial had them from the one that it tries again, and goes on at an earlier one. Reports
    /// stay.
    /// </summary>
    public IReadOnlyList<(int Trial, long Step)> Emptied { get; init; } = [];
}
