namespace Tunewise.Relational;

/// <summary>What <see cref="RelationalStorage.Check"/> looks for.</summary>
public enum DatabaseProblemKind
{
    /// <summary>Pages of the database file are damaged.</summary>
    Damage,

    /// <summary>An index, a trigger or a table of Tunewise's is missing.</summary>
    MissingObject,

    /// <summary>Rows belong to a trial or a study that is not there.</summary>
    Orphan,

    /// <summary>Trials of a study share a number, have none, or numbers are left out, so that other programs would use one twice.</summary>
    Numbering,

    /// <summary>A trial is said to run, but no worker holds it.</summary>
    Zombie,

    /// <summary>A column holds what no program writes, and Optuna may refuse to read the study.</summary>
    Unreadable,
}
