using Tunewise.Numerics;

namespace Tunewise;

/// <summary>
/// What an objective returns: one value per objective of the study, or that the trial was pruned or failed. A number converts by itself.
/// Immutable.
/// </summary>
public sealed class TrialResult
{
    private TrialResult(TrialState state, IReadOnlyList<double> values, string? reason, FailureKind? failure = null)
    {
        State = state;
        Values = values;
        Reason = reason;
        Failure = failure;
    }

    /// <summary>The trial was stopped early; in a study with one objective its value is its last report.</summary>
    public static TrialResult Pruned { get; } = new(TrialState.Pruned, [], null);

    /// <summary>Complete, pruned or failed.</summary>
    public TrialState State { get; }

    /// <summary>One value per objective of a complete trial, otherwise empty.</summary>
    public IReadOnlyList<double> Values { get; }

    /// <summary>Why the trial failed, or null.</summary>
    public string? Reason { get; }

    /// <summary><see cref="FailureKind.Reported"/> or <see cref="FailureKind.Diverged"/> of a failed trial, otherwise null.</summary>
    public FailureKind? Failure { get; }

    /// <summary>The last finite value of a training that diverged, or null when it said none.</summary>
    public double? LastFiniteValue { get; private init; }

    /// <summary>The trial is complete.</summary>
    /// <param name="values">One value per objective; ±infinity is a value, NaN makes the trial one that diverged.</param>
    public static TrialResult Complete(params IReadOnlyList<double> values) => new(TrialState.Complete, [.. values], null);

    /// <summary>The trial failed.</summary>
    /// <param name="reason">Why. The first line is kept as the trial's reason, the whole as its detail.</param>
    public static TrialResult Failed(string reason) => new(TrialState.Failed, [], reason, FailureKind.Reported);

    /// <summary>The training diverged. The trial fails, but the program is not taken for broken however many do so in a row.</summary>
    /// <param name="reason">How, in one line, such as "the training loss became NaN in epoch 3".</param>
    /// <param name="lastFiniteValue">The objective's last value before, kept with the trial (<see cref="FrozenTrial.LastFiniteValue"/>);
    /// null for the last finite report.</param>
    /// <exception cref="ArgumentException">The value is not finite.</exception>
    public static TrialResult Diverged(string reason, double? lastFiniteValue = null) =>
            lastFiniteValue is { } value && !double.IsFinite(value)
        ? throw new ArgumentException(
            $"the last finite value of a trial that diverged must be finite, got {Words.Of(value)}; leave it out when there was none")
        : new(TrialState.Failed, [], reason, FailureKind.Diverged) { LastFiniteValue = lastFiniteValue };

    /// <summary>A complete trial of a study with one objective.</summary>
    /// <param name="value">The value.</param>
    public static implicit operator TrialResult(double value) => Complete(value);

    /// <summary>A complete trial of a study with several objectives.</summary>
    /// <param name="values">The values.</param>
    public static implicit operator TrialResult(double[] values) => Complete(values);

    /// <summary>A complete trial of a study with one objective.</summary>
    /// <param name="value">The value.</param>
    public static TrialResult FromDouble(double value) => value;

    /// <inheritdoc/>
    public override string ToString() =>
        TrialWords.Of(State)
        + (Values.Count == 0 ? "" : $" ({string.Join(", ", Values.Select(Words.Exact))})")
        + (Words.FirstLine(Reason) is { Length: > 0 } why ? $": {why}" : "");
}
