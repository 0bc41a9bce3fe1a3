using static Tunewise.Storage.TrialCondition;

namespace Tunewise.Storage;

/// <summary>
/// What may be done to which trials, each rule stated once: <see cref="InMemoryStorage"/> evaluates them, and the statements of databases
/// are composed of them. What a rule allows is done in the transaction in which the rule held: of several callers exactly one does it.
/// </summary>
internal static class TrialRules
{
    private static readonly TrialState[] States = Enum.GetValues<TrialState>();

    /// <summary>While it runs, a trial takes parameters and reports, and may be leased.</summary>
    public static TrialRule Runs { get; } = new(new InState(TrialState.Running));

    /// <summary>Until it has finished, a trial takes attributes.</summary>
    public static TrialRule Unfinished { get; } = new(new InState([.. States.Where(s => !s.IsFinished())]));

    /// <summary>When it has finished, a trial's state never changes again.</summary>
    public static TrialRule Finished { get; } = new(new InState([.. States.Where(s => s.IsFinished())]));

    /// <summary>Whoever claims a trial starts one that waits: of all these, the one with the lowest number.</summary>
    public static TrialRule Claim { get; } = new(new InState(TrialState.Waiting));

    /// <summary>A paused trial is continued once; to the storage every pruned trial is one that may have been paused.</summary>
    public static TrialRule Continue { get; } = new(new InState(TrialState.Pruned), new NotRetried());

    /// <summary>What a worker brings for a trial that was taken from it is kept once, unless the trial is tried again already.</summary>
    public static TrialRule AddLateResult { get; } =
        new(new InState(TrialState.Failed), new FailedAs(FailureKind.Lost), new NotRetried());

    /// <summary>
    /// A running trial ends, for whom the ending is meant: for anybody, for who holds its lease, or only if that was not renewed meanwhile.
    /// Its retry is queued with its end, and so by the same rule.
    /// </summary>
    public static TrialRule Finish(TrialEnding ending)
    {
        var rule = Runs;
        if (ending.OnlyIfHeldBy is { } worker) rule = rule.And(new HeldBy(worker));
        if (ending.OnlyIfLeaseUntil is { } until) rule = rule.And(new LeasedUntil(until));
        return rule;
    }

    /// <summary>A lease is renewed by who holds it; a trial that ends gives it back.</summary>
    public static TrialRule Renew(string worker) => new(new HeldBy(worker));

    /// <summary>A trial counts for a budget as one of its state, unless another one came in its place.</summary>
    public static TrialRule Counts(TrialState state) => new(new InState(state), new NotRetried());

    /// <summary>Whether so many trials that count leave nothing to claim, not even what waits.</summary>
    public static bool IsUsedUp(ClaimRequest request, long counted) => request.TotalTrials is { } total && counted >= total;

    /// <summary>Whether a new trial is started where none waits.</summary>
    public static bool MayBegin(ClaimRequest request) => !request.OnlyWaiting && request.MayBegin?.Invoke() != false;
}
