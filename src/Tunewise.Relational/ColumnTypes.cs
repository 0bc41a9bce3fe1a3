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

    /// <summary>Types that must be created first, by name.</summary>
    public IReadOnlyList<(string Name, string Sql)> Enumerations { get; init; } = [];
}
