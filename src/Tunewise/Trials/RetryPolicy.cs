namespace Tunewise;

/// <summary>
/// How often a failed trial is queued again with the same parameters, by kind of failure. An interrupted trial always is,
/// and does not use up a try; one that returned the wrong number of values never is, because it ends the run.
/// </summary>
public sealed record RetryPolicy
{
    /// <summary>Retries after an exception in the objective.</summary>
    /// <value>At least 0. The default is 0.</value>
    public int AfterException { get; init; }

    /// <summary>Retries after the objective said that it failed (<see cref="TrialResult.Failed"/>).</summary>
    /// <value>At least 0. The default is 0.</value>
    public int AfterReportedFailure { get; init; }

    /// <summary>Retries after the training diverged.</summary>
    /// <value>At least 0. The default is 0.</value>
    public int AfterDivergence { get; init; }

    /// <summary>Retries after running out of memory.</summary>
    /// <value>At least 0. The default is 0.</value>
    public int AfterOutOfMemory { get; init; }

    /// <summary>Retries after the worker disappeared or lost its lease.</summary>
    /// <value>At least 0. The default is 10.</value>
    public int AfterLoss { get; init; } = 10;

    /// <summary>Retries after the storage could not be written for too long.</summary>
    /// <value>At least 0. The default is 10.</value>
    public int AfterStorageFailure { get; init; } = 10;

    /// <summary>Retries after the worker process crashed or ended in mid-trial.</summary>
    /// <value>At least 0. The default is 1.</value>
    public int AfterCrash { get; init; } = 1;

    /// <summary>Retries after the trial ran or stayed silent for too long.</summary>
    /// <value>At least 0. The default is 0.</value>
    public int AfterTimeout { get; init; }

    /// <summary>
    /// The kinds of failure after which the trial is tried again from scratch. After all others it goes on from its checkpoint, where there
    /// is one (<see cref="Trial.Origin"/>).
    /// </summary>
    /// <value>The default is none.</value>
    public IReadOnlyCollection<FailureKind> FromScratch { get; init; } = [];

    /// <summary>How often a trial that failed so is tried again; <see cref="int.MaxValue"/> for always.</summary>
    /// <param name="kind">How it failed.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such kind.</exception>
    public int RetriesAfter(FailureKind kind) => kind switch
    {
        FailureKind.Exception => AfterException,
        FailureKind.Reported => AfterReportedFailure,
        FailureKind.InvalidResult => 0,
        FailureKind.OutOfMemory => AfterOutOfMemory,
        FailureKind.Lost => AfterLoss,
        FailureKind.Interrupted => int.MaxValue,
        FailureKind.Storage => AfterStorageFailure,
        FailureKind.Crash => AfterCrash,
        FailureKind.TimedOut => AfterTimeout,
        FailureKind.Diverged => AfterDivergence,
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "there is no such kind of failure"),
    };

    /// <summary>An ending with the policy's word on whether and how the trial is tried again.</summary>
    internal TrialEnding Apply(TrialEnding ending, int earlierAttempts) => ending.Failure is not { } failure
        ? ending
        : ending with { Retry = earlierAttempts < RetriesAfter(failure), FromScratch = FromScratch.Contains(failure) };

    internal IEnumerable<string> Validate()
    {
        foreach (var (name, count) in new[]
        {
            (nameof(AfterException), AfterException),
            (nameof(AfterReportedFailure), AfterReportedFailure),
            (nameof(AfterDivergence), AfterDivergence),
            (nameof(AfterOutOfMemory), AfterOutOfMemory),
            (nameof(AfterLoss), AfterLoss),
            (nameof(AfterStorageFailure), AfterStorageFailure),
            (nameof(AfterCrash), AfterCrash),
            (nameof(AfterTimeout), AfterTimeout),
        })
        {
            if (count < 0) yield return $"Retry.{name} must be at least 0, got {count}";
        }
    }
}
