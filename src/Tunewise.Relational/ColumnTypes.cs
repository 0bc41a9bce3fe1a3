namespace Tunewise.Relational;

/// <summary>The names that a database has for the types of Optuna's columns.</summary>
internal sealed record ColumnTypes
{
    /// <summary>A key that numbers itself.</summary>
    public required string Id { get; init; }

    public required string Time { get; init; }

    public required string Real { get; init; }

    public required string State { get; init; }

    public required string Direction { get; init; }

    public required string ValueType { get; init; }

    public required string IntermediateValueType { get; init; }

    public required string Bytes { get; init; }

    /// <summary>A column, of Tunewise's own, that gets a larger number with each row that is written: how, the database says.</summary>
    public required string Version { get; init; }

    /// <summary>Indexes of Tunewise's that only this database needs, by name.</summary>
    public IReadOnlyList<(string Name, string Sql)> OwnIndexes { get; init; } = [];

    /// <summary>Types that must be created first, by name.</summary>
    public IReadOnlyList<(string Name, string Sql)> Enumerations { get; init; } = [];
}
