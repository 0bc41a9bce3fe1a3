namespace Tunewise;

/// <summary>How long and how wide a study runs. At least one of <see cref="TotalTrials"/>, <see cref="AdditionalTrials"/> and <see cref="TimeLimit"/> must be set.</summary>
public sealed record RunOptions
{
    /// <summary>Run until the study has this many trials, whoever ran them: the same call again goes on to the total and no further.</summary>
    /// <value>At least 1, or null for no total. The default is null.</value>
    public int? TotalTrials { get; init; }

    /// <summary>Run at most this many trials in this call.</summary>
    /// <value>At least 1, or null for no limit. The default is null.</value>
    public int? AdditionalTrials { get; init; }

    /// <summary>Start no trial after this time; those that run are finished.</summary>
    /// <value>Above zero, or null for no limit. The default is null.</value>
    public TimeSpan? TimeLimit { get; init; }

    /// <summary>The states that count towards <see cref="TotalTrials"/>. A trial that another one tries again never counts.</summary>
    /// <value>The default is running, complete, pruned and failed.</value>
    public IReadOnlyCollection<TrialState> CountedStates { get; init; } = Storage.ClaimRequest.DefaultCountedStates;

    /// <summary>How many trials run at the same time, each on a thread of its own.</summary>
    /// <value>At least 1. The default is 1.</value>
    public int Parallelism { get; init; } = 1;

    /// <summary>What an exception in the objective does to the run. The trial is recorded as failed either way.</summary>
    /// <value>The default is <see cref="FailurePolicy.Continue"/>.</value>
    public FailurePolicy OnFailure { get; init; }

    /// <summary>End the run when this many trials in a row failed: by then it is the program that is broken.</summary>
    /// <value>At least 1. The default is 10.</value>
    public int MaxConsecutiveFailures { get; init; } = 10;

    /// <summary>Tells failures apart that have no exception type of their own, such as running out of device memory; null means not known.</summary>
    /// <value>The default knows <see cref="OutOfMemoryException"/> only.</value>
    public Func<Exception, FailureKind?>? ClassifyFailure { get; init; }

    /// <summary>Called after every trial of this run, one at a time, with the trial as stored.</summary>
    public IReadOnlyList<Action<Study, FrozenTrial>> Callbacks { get; init; } = [];

    /// <summary>Watches this run, or null.</summary>
    /// <value>The default is null.</value>
    public IRunObserver? Observer { get; init; }

    internal void Validate()
    {
        var problems = new List<string>();
        if (TotalTrials is null && AdditionalTrials is null && TimeLimit is null) problems.Add("set TotalTrials, AdditionalTrials or TimeLimit: a run needs an end");
        if (TotalTrials < 1) problems.Add($"TotalTrials must be at least 1, got {TotalTrials}");
        if (AdditionalTrials < 1) problems.Add($"AdditionalTrials must be at least 1, got {AdditionalTrials}");
        if (TimeLimit <= TimeSpan.Zero) problems.Add($"TimeLimit must be above zero, got {TimeLimit}");
        if (Parallelism < 1) problems.Add($"Parallelism must be at least 1, got {Parallelism}");
        if (MaxConsecutiveFailures < 1) problems.Add($"MaxConsecutiveFailures must be at least 1, got {MaxConsecutiveFailures}");
        if (CountedStates.Count == 0) problems.Add("CountedStates is empty, so no total would ever be reached");
        if (CountedStates.Contains(TrialState.Waiting)) problems.Add("CountedStates must not contain Waiting: queued trials would use up the budget they wait for");
        if (problems.Count > 0) throw new ArgumentException(string.Join("; ", problems));
    }
}

/// <summary>What an exception in the objective does to the run.</summary>
public enum FailurePolicy
{
    /// <summary>The run goes on with the next trial.</summary>
    Continue,

    /// <summary>No further trial starts, and the exception leaves <c>RunAsync</c> once the others have finished.</summary>
    Stop,
}

/// <summary>Watches a run. Members may be called from several threads at once; an exception ends the run.</summary>
public interface IRunObserver
{
    /// <summary>A trial was claimed and is about to start.</summary>
    /// <param name="trial">The trial.</param>
    void Started(Trial trial)
    {
    }

    /// <summary>A report was stored and judged.</summary>
    /// <param name="trial">The trial.</param>
    /// <param name="report">What it reported.</param>
    /// <param name="decision">The pruner's verdict.</param>
    void Reported(Trial trial, TrialReport report, Pruners.ReportDecision decision)
    {
    }

    /// <summary>A trial ended and is stored.</summary>
    /// <param name="trial">The trial as stored.</param>
    void Finished(FrozenTrial trial)
    {
    }
}

/// <summary>Why a run ended.</summary>
public enum RunEnd
{
    /// <summary>The number of trials asked for is reached.</summary>
    BudgetReached,

    /// <summary>The time limit passed.</summary>
    TimeLimit,

    /// <summary><see cref="Study.Stop"/> was called.</summary>
    Stopped,

    /// <summary>The run was cancelled; trials that ran are queued again.</summary>
    Cancelled,

    /// <summary>Too many trials in a row failed.</summary>
    TooManyFailures,
}

/// <summary>What one call of <c>RunAsync</c> did.</summary>
/// <param name="End">Why it ended.</param>
/// <param name="Elapsed">How long it took.</param>
/// <param name="Complete">How many trials it completed.</param>
/// <param name="Pruned">How many it pruned.</param>
/// <param name="Failed">How many failed in it.</param>
/// <param name="Interrupted">How many were stopped by the cancellation and queued again.</param>
/// <param name="LastFailure">The latest exception of an objective, or null.</param>
public sealed record RunReport(RunEnd End, TimeSpan Elapsed, int Complete, int Pruned, int Failed, int Interrupted, Exception? LastFailure);
