namespace Tunewise;

/// <summary>
/// How often a failed trial is queued again with the same parameters, by kind of failure. An interrupted trial always is,
/// and does not use up a try.
/// </summary>
public sealed record RetryPolicy
{
    /// <summary>Retries after an exception in the objective.</summary>
    /// <value>At least 0. The default is 0.</value>
    public int Exception { get; init; }

    /// <summary>Retries after running out of memory.</summary>
    /// <value>At least 0. The default is 0.</value>
    public int OutOfMemory { get; init; }

    /// <summary>Retries after the worker disappeared or lost its lease, or the storage could not be written.</summary>
    /// <value>At least 0. The default is 10.</value>
    public int Lost { get; init; } = 10;

    /// <summary>Retries after the worker process crashed or ended in mid-trial.</summary>
    /// <value>At least 0. The default is 1.</value>
    public int Crash { get; init; } = 1;

    /// <summary>Retries after the trial ran or stayed silent for too long.</summary>
    /// <value>At least 0. The default is 0.</value>
    public int TimedOut { get; init; }

    /// <summary>
    /// The kinds of failure after which the trial is tried again from scratch. After all others it goes on from its checkpoint, where there
    /// is one (<see cref="Trial.Origin"/>).
    /// </summary>
    /// <value>The default is none.</value>
    public IReadOnlyCollection<FailureKind> FromScratch { get; init; } = [];

    internal bool Allows(FailureKind kind, int earlierAttempts) => kind switch
    {
        FailureKind.Interrupted => true,
        FailureKind.Exception => earlierAttempts < Exception,
        FailureKind.OutOfMemory => earlierAttempts < OutOfMemory,
        FailureKind.Lost or FailureKind.Storage => earlierAttempts < Lost,
        FailureKind.Crash => earlierAttempts < Crash,
        FailureKind.TimedOut => earlierAttempts < TimedOut,
        _ => false,
    };

    /// <summary>An ending with the policy's word on whether and how the trial is tried again.</summary>
    internal TrialEnding Apply(TrialEnding ending, int earlierAttempts) => ending.Failure is not { } failure
        ? ending
        : ending with { Retry = Allows(failure, earlierAttempts), FromScratch = FromScratch.Contains(failure) };

    internal IEnumerable<string> Validate()
    {
        foreach (var (name, count) in new[]
        {
            (nameof(Exception), Exception),
            (nameof(OutOfMemory), OutOfMemory),
            (nameof(Lost), Lost),
            (nameof(Crash), Crash),
            (nameof(TimedOut), TimedOut),
        })
        {
            if (count < 0) yield return $"Retry.{name} must be at least 0, got {count}";
        }
    }
}
