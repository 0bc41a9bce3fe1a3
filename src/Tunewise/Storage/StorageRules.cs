namespace Tunewise.Storage;

/// <summary>What every storage does alike: the trials that follow others, and what may be added.</summary>
internal static class StorageRules
{
    /// <summary>The waiting trial that tries <paramref name="trial"/> again.</summary>
    public static FrozenTrial RetryOf(FrozenTrial trial, TrialEnding ending) => new()
    {
        State = TrialState.Waiting,
        ParameterList = trial.ParameterList,
        UserAttributesJson = trial.UserAttributesJson,
        SystemAttributesJson = TrialAttributes.ForRetry(
            trial, countsAsAttempt: ending.Failure != FailureKind.Interrupted, fromScratch: ending.FromScratch),
    };

    /// <summary>The waiting trial that continues a paused one.</summary>
    public static FrozenTrial ContinuationOf(FrozenTrial trial) => new()
    {
        State = TrialState.Waiting,
        ParameterList = trial.ParameterList,
        Reports = trial.Reports,
        UserAttributesJson = trial.UserAttributesJson,
        SystemAttributesJson = TrialAttributes.ForContinuation(trial),
    };

    /// <summary>The finished trial that keeps the late result of a lost one.</summary>
    public static FrozenTrial LateResultOf(FrozenTrial lost, FrozenTrial result) => new(result)
    {
        SystemAttributesJson = TrialAttributes.ForRetry(lost, countsAsAttempt: true, result.SystemAttributesJson),
        StartedAt = lost.StartedAt,
        RetriedBy = null,
    };

    /// <exception cref="ArgumentException">The study cannot be added as it is.</exception>
    public static void CheckAddable(StudyContent content)
    {
        ArgumentNullException.ThrowIfNull(content);
        StudyAttributes.CheckName(content.Name);
        if (content.Directions.Count == 0) throw new ArgumentException($"study '{content.Name}' has no objective");
        for (var i = 0; i < content.Trials.Count; i++)
        {
            var trial = content.Trials[i];
            if (trial.State == TrialState.Running)
            {
                throw new ArgumentException(
                    $"trial {trial.Number} of study '{content.Name}' is running; StudyContent.ForTransfer queues such trials");
            }

            foreach (var (part, problem) in StudyRules.Broken(trial, content.Directions.Count))
                throw new ArgumentException($"trial {trial.Number} of study '{content.Name}', {part}: {problem}");
            if (trial.RetriedBy is { } next && (next <= i || next >= content.Trials.Count))
            {
                throw new ArgumentException(
                    $"trial {trial.Number} of study '{content.Name}' is said to be tried again by trial {next}, which does not follow it");
            }
        }
    }

    public static StorageException Deleted() => new("the study was deleted; open it again to create a new one");

    public static StorageException Exists(string name) => new($"there is a study '{name}' already; name another one, or delete it first");
}
