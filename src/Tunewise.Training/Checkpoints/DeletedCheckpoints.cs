namespace Tunewise.Training.Checkpoints;

/// <summary>What became of the checkpoints of a study that was deleted.</summary>
/// <param name="Deleted">How many files were deleted, logs of trials among them.</param>
/// <param name="Kept">The files that could not be deleted.</param>
/// <param name="Elsewhere">Folders that had checkpoints of the study and are not on this machine, or not any more. What is left there
/// begins with <see cref="Study.Uid"/>.</param>
public sealed record DeletedCheckpoints(int Deleted, IReadOnlyList<string> Kept, IReadOnlyList<string> Elsewhere)
{
    /// <summary>How many of those that were deleted are logs of trials (<c>run --logs</c>).</summary>
    public int DeletedLogs { get; init; }

    /// <summary>
    /// Files of the study that were left alone, because another database wrote them, or this one under another address: a copy of
    /// the database may mean them.
    /// </summary>
    public IReadOnlyList<string> OfOthers { get; init; } = [];
}
