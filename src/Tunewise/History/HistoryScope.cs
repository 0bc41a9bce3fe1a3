namespace Tunewise.History;

/// <summary>How much of a study's history a sampler or pruner looks at. What nobody looks at is not read from the storage.</summary>
public enum HistoryScope
{
    /// <summary>Nothing: the history that it is given is empty.</summary>
    None,

    /// <summary>The finished trials; those that run or wait are not told of.</summary>
    Finished,

    /// <summary>All trials.</summary>
    Everything,
}
