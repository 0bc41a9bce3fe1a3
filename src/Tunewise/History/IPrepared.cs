namespace Tunewise.History;

/// <summary>
/// What an algorithm prepares from a study's history and carries along as the study grows, such as sorted columns or a model, so that
/// a decision costs what is new and not what is known. See <see cref="StudyHistory.Prepared{T}"/>. It is used by one decision at a
/// time and needs no locks.
/// </summary>
public interface IPrepared
{
    /// <summary>
    /// Takes in what a history has more than at the last call: rows from the count that was seen on, and superseded rows
    /// (<see cref="StudyHistory.Superseded"/>). What comes of it must not depend on how many calls it took.
    /// </summary>
    /// <param name="history">The history, which has everything that the one of the last call had.</param>
    void Update(StudyHistory history);
}
