namespace Tunewise.Storage;

/// <summary>
/// One thing that must be so of a trial. A condition is data: a storage that has trials as objects evaluates it, and one that has them in a
/// database translates it, kind by kind.
/// </summary>
internal abstract record TrialCondition
{
    private TrialCondition()
    {
    }

    public abstract bool HoldsFor(in TrialFacts trial);

    /// <summary>It is in one of some states.</summary>
    public sealed record InState(params IReadOnlyList<TrialState> States) : TrialCondition
    {
        public override bool HoldsFor(in TrialFacts trial) => States.Contains(trial.State);
    }

    /// <summary>It failed in one of the ways that a retry policy tells apart.</summary>
    public sealed record FailedAs(FailureKind Kind) : TrialCondition
    {
        public override bool HoldsFor(in TrialFacts trial) => trial.Failure == Kind;
    }

    /// <summary>No other trial came in its place: one that tries it again, that continues it, or that has its late result.</summary>
    public sealed record NotRetried : TrialCondition
    {
        public override bool HoldsFor(in TrialFacts trial) => trial.RetriedBy is null;
    }

    /// <summary>A worker holds its lease, expired or not.</summary>
    public sealed record HeldBy(string Worker) : TrialCondition
    {
        public override bool HoldsFor(in TrialFacts trial) => trial.Worker == Worker;
    }

    /// <summary>Its lease was not renewed since somebody saw when it runs out (<see cref="TrialLease.Until"/>).</summary>
    public sealed record LeasedUntil(long Until) : TrialCondition
    {
        public override bool HoldsFor(in TrialFacts trial) => trial.LeaseUntil == Until;
    }
}
