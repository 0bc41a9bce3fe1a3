namespace Tunewise.Running;

/// <summary>How long something waits for a storage that fails for the moment.</summary>
/// <param name="Limit">At most; infinite for as long as it takes.</param>
/// <param name="Stop">Ends the wait before: with <see cref="OperationCanceledException"/>, or after the grace with the
/// storage's own error.</param>
internal readonly record struct Patience(TimeSpan Limit, CancellationToken Stop = default)
{
    /// <summary>
    /// How long what is finished is still tried when the wait was to end: Ctrl-C must not drop a result for one failing write.
    /// </summary>
    public static readonly TimeSpan FinishGrace = TimeSpan.FromSeconds(5);

    /// <summary>How long is tried on after <see cref="Stop"/>.</summary>
    public TimeSpan Grace { get; init; }

    /// <summary>What a run reads and writes between its trials: for as long as it takes, or until it is stopped.</summary>
    public static Patience OfRun(CancellationToken stop) => new(Timeout.InfiniteTimeSpan, stop);

    /// <summary>The end of a trial: for as long as it takes, and a little longer when the run is stopped.</summary>
    public static Patience OfEnd(CancellationToken stop) => new(Timeout.InfiniteTimeSpan, stop) { Grace = FinishGrace };
}
