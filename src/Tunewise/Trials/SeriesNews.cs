namespace Tunewise;

/// <summary>What was added to the series of a study.</summary>
/// <param name="Points">The values. One that was there before comes again when something was added at its step.</param>
/// <param name="Position">Where the next read goes on.</param>
/// <param name="IsComplete">Whether this is all that there was; otherwise read on at once.</param>
public sealed record SeriesNews(IReadOnlyList<SeriesPoint> Points, SeriesPosition Position, bool IsComplete);
