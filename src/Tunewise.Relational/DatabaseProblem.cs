namespace Tunewise.Relational;

/// <summary>Something in a database that should not be there, or is missing.</summary>
/// <param name="Kind">What kind of thing.</param>
/// <param name="Description">What was found, in words.</param>
/// <param name="Repair">What <see cref="RelationalStorage.Repair"/> does about it, or null when it cannot help.</param>
public sealed record DatabaseProblem(DatabaseProblemKind Kind, string Description, string? Repair)
{
    /// <summary>The statements that repair it, in order.</summary>
    internal IReadOnlyList<string> Statements { get; init; } = [];

    /// <summary>The study it is about, or 0.</summary>
    internal long Subject { get; init; }
}
