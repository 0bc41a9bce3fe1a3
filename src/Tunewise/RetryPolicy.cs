namespace Tunewise;

/// <summary>How often a failed trial is queued again with the same parameters, by kind of failure. An interrupted trial always is, and does not use up a try.</summary>
public sealed record RetryPolicy
{
    /// <summary>Retries after an exception in the objective.</summary>
    /// <value>At least 0. The default is 0.</value>
    public int Exception { get; init; }

    /// <summary>Retries after running out of memory.</summary>
    /// <value>At least 0. The default is 0.</value>
    public int OutOfMemory { get; init; }

    /// <summary>Retries after the worker died or lost its lease, or the storage could not be written.</summary>
    /// <value>At least 0. The default is 10.</value>
    public int Lost { get; init; } = 10;

    internal bool Allows(FailureKind kind, int earlierAttempts) => kind switch
    {
        FailureKind.Interrupted => true,
        FailureKind.Exception => earlierAttempts < Exception,
        FailureKind.OutOfMemory => earlierAttempts < OutOfMemory,
        FailureKind.Lost or FailureKind.Storage => earlierAttempts < Lost,
        _ => false,
    };

    internal IEnumerable<string> Validate()
    {
        if (Exception < 0) yield return $"Retry.Exception must be at least 0, got {Exception}";
        if (OutOfMemory < 0) yield return $"Retry.OutOfMemory must be at least 0, got {OutOfMemory}";
        if (Lost < 0) yield return $"Retry.Lost must be at least 0, got {Lost}";
    }
}
