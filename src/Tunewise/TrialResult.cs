namespace Tunewise;

/// <summary>
/// What an objective returns: one value per objective of the study, or that the trial was pruned or failed. A number converts by itself.
/// Immutable.
/// </summary>
public sealed class TrialResult
{
    private TrialResult(TrialState state, IReadOnlyList<double> values, string? reason)
    {
        State = state;
        Values = values;
        Reason = reason;
    }

    /// <summary>The trial was stopped early; its value is its last report.</summary>
    public static TrialResult Pruned { get; } = new(TrialState.Pruned, [], null);

    /// <summary>Complete, pruned or failed.</summary>
    public TrialState State { get; }

    /// <summary>One value per objective of a complete trial, otherwise empty.</summary>
    public IReadOnlyList<double> Values { get; }

    /// <summary>Why the trial failed, or null.</summary>
    public string? Reason { get; }

    /// <summary>The trial is complete.</summary>
    /// <param name="values">One value per objective; ±infinity is a value, NaN makes the trial a failed one.</param>
    public static TrialResult Complete(params IReadOnlyList<double> values) => new(TrialState.Complete, [.. values], null);

    /// <summary>The trial failed.</summary>
    /// <param name="reason">Why, in one line.</param>
    public static TrialResult Failed(string reason) => new(TrialState.Failed, [], reason);

    /// <summary>A complete trial of a study with one objective.</summary>
    /// <param name="value">The value.</param>
    public static implicit operator TrialResult(double value) => Complete(value);

    /// <summary>A complete trial of a study with several objectives.</summary>
    /// <param name="values">The values.</param>
    public static implicit operator TrialResult(double[] values) => Complete(values);

    /// <summary>A complete trial of a study with one objective.</summary>
    /// <param name="value">The value.</param>
    public static TrialResult FromDouble(double value) => value;
}
