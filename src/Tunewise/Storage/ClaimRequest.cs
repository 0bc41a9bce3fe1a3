namespace Tunewise.Storage;

/// <summary>Who claims a trial, and under which budget.</summary>
/// <param name="Worker">The worker that will hold the lease.</param>
/// <param name="LeaseDuration">How long the lease lasts unless it is renewed.</param>
public sealed record ClaimRequest(string Worker, TimeSpan LeaseDuration)
{
    /// <summary>
    /// Names this request: a call that is made again with it, after an error that left open whether a trial was
    /// claimed, finds the one that was.
    /// </summary>
    public Guid Key { get; } = Guid.NewGuid();

    /// <summary>Claim only while fewer trials than this are counted, or null for no limit.</summary>
    public int? TotalTrials { get; init; }

    /// <summary>The states that count; a trial that another one tries again never does. The default is every state but waiting.</summary>
    public IReadOnlyCollection<TrialState> CountedStates { get; init; } = DefaultCountedStates;

    /// <summary>Start waiting trials only, never a new one. The default is false.</summary>
    public bool OnlyWaiting { get; init; }

    /// <summary>
    /// Asked before a new trial is started, in one act with that: nobody else begins one under such a condition meanwhile, nor chooses a
    /// parameter by <see cref="IStudyStorage.ChooseParameter"/>. False when it must not be started. It must be quick, and write nothing.
    /// The default is null: it may.
    /// </summary>
    public Func<bool>? MayBegin { get; init; }

    internal static IReadOnlyList<TrialState> DefaultCountedStates { get; } =
        [TrialState.Running, TrialState.Complete, TrialState.Pruned, TrialState.Failed];
}
