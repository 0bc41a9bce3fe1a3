using Tunewise.Numerics;

namespace Tunewise;

/// <summary>What a stored study is and how far it got, as <see cref="Study.GetSummaries"/> reads it.</summary>
/// <param name="Name">The study's name.</param>
/// <param name="Objectives">What is optimised.</param>
/// <param name="Trials">How many trials are in each state.</param>
/// <param name="Best">The best trial of a study with one objective; null while no trial is complete, and with several objectives.</param>
/// <param name="FirstStart">When its first trial was started, or null. Of a study that Optuna 4.9 wrote, see
/// <see cref="FrozenTrial.StartedAt"/>.</param>
/// <param name="LastEnd">When its latest trial finished, or null.</param>
/// <param name="UserAttributes">The study's user attributes.</param>
public sealed record StudySummary(
    string Name,
    IReadOnlyList<Objective> Objectives,
    IReadOnlyDictionary<TrialState, int> Trials,
    FrozenTrial? Best,
    DateTimeOffset? FirstStart,
    DateTimeOffset? LastEnd,
    IReadOnlyDictionary<string, object?> UserAttributes)
{
    /// <summary>How many trials there are in all.</summary>
    public int TrialCount => Trials.Values.Sum();

    /// <inheritdoc/>
    public override string ToString() => $"'{Name}': {string.Join(", ", Objectives)}; {Words.Count(TrialCount, "trial")}{(Best is null ? "" : $"; best {Best}")}";
}
