using Tunewise.History;

namespace Tunewise.Testing;

/// <summary>Histories without a storage.</summary>
internal static class Histories
{
    /// <summary>A table's trials and some that have not finished, as a decision sees them.</summary>
    public static StudyHistory Look(this TrialTable table, params IReadOnlyList<FrozenTrial> unfinished) =>
        new(table.Now, unfinished, new ModelShelf());
}
