using Tunewise.Stopping;

namespace Tunewise.Running;

/// <summary>What a run evaluates, for how long and how wide, checked; see <see cref="RunOptions"/>.</summary>
internal sealed record RunPlan(Func<HeldTrial, CancellationToken, ValueTask<TrialResult>> Objective)
{
    /// <summary>Whether the objective blocks its thread.</summary>
    public required bool Blocking { get; init; }

    public required int? TotalTrials { get; init; }

    public required int? AdditionalTrials { get; init; }

    public required TimeSpan? TimeLimit { get; init; }

    public required TimeSpan? TrialTimeLimit { get; init; }

    public required bool AwaitOthers { get; init; }

    public required IReadOnlyCollection<TrialState> CountedStates { get; init; }

    public required int Parallelism { get; init; }

    public required bool InBatches { get; init; }

    public required IReadOnlyList<IStopRule> StopRules { get; init; }

    public required FailurePolicy OnFailure { get; init; }

    public required int MaxConsecutiveFailures { get; init; }

    public required Func<Exception, FailureKind?>? ClassifyFailure { get; init; }

    /// <summary>Asked before every claim; false ends the run. It may block.</summary>
    public required Func<CancellationToken, bool>? Permit { get; init; }

    public required IRunWatcher? Watcher { get; init; }

    /// <summary>Called after every trial, one at a time, with the trial as stored.</summary>
    public required IReadOnlyList<Action<FrozenTrial>> Callbacks { get; init; }
}
