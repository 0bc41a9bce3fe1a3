namespace Tunewise;

/// <summary>One value that a study optimises: its direction and, for people, its name. Immutable.</summary>
/// <param name="Direction">Whether smaller or larger values are better.</param>
/// <param name="Name">What the value is called ("accuracy", "loss"), or null. Stored as Optuna's metric name.</param>
public sealed record Objective(Direction Direction, string? Name = null)
{
    /// <summary>An objective whose smaller values are better.</summary>
    /// <param name="name">What the value is called.</param>
    public static Objective Minimize(string? name = null) => new(Direction.Minimize, name);

    /// <summary>An objective whose larger values are better.</summary>
    /// <param name="name">What the value is called.</param>
    public static Objective Maximize(string? name = null) => new(Direction.Maximize, name);

    /// <inheritdoc/>
    public override string ToString() => Name is null ? TrialWords.Of(Direction) : $"{Name} ({TrialWords.Of(Direction)})";
}
