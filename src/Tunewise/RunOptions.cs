using Tunewise.Running;

namespace Tunewise;

/// <summary>
/// How long and how wide a study runs. At least one of <see cref="TotalTrials"/>, <see cref="AdditionalTrials"/> and
/// <see cref="TimeLimit"/> must be set.
/// </summary>
public sealed record RunOptions
{
    /// <summary>
    /// Run until the study has this many trials, whoever ran them: the same call again goes on to the total and no further.
    /// </summary>
    /// <value>At least 1, or null for no total. The default is null.</value>
    public int? TotalTrials { get; init; }

    /// <summary>Run at most this many trials in this call.</summary>
    /// <value>At least 1, or null for no limit. The default is null.</value>
    public int? AdditionalTrials { get; init; }

    /// <summary>Start no trial after this time; those that run are finished.</summary>
    /// <value>Above zero, or null for no limit. The default is null.</value>
    public TimeSpan? TimeLimit { get; init; }

    /// <summary>
    /// Stop a trial that runs longer than this; it fails as <see cref="FailureKind.TimedOut"/>. It stops at its next report, or where it
    /// looks at its cancellation token: an objective that does neither goes on, unless a supervisor kills its process.
    /// </summary>
    /// <value>Above zero, or null for no limit. The default is null.</value>
    public TimeSpan? TrialTimeLimit { get; init; }

    /// <summary>
    /// When the budget is used up, stay for as long as other processes still run trials of it, and take over those whose workers are lost.
    /// </summary>
    /// <value>The default is false.</value>
    public bool AwaitOthers { get; init; }

    /// <summary>The states that count towards <see cref="TotalTrials"/>. A trial that another one tries again never counts.</summary>
    /// <value>The default is running, complete, pruned and failed.</value>
    public IReadOnlyCollection<TrialState> CountedStates { get; init; } = Storage.ClaimRequest.DefaultCountedStates;

    /// <summary>How many trials run at the same time, each on a thread of its own.</summary>
    /// <value>At least 1. The default is 1.</value>
    public int Parallelism { get; init; } = 1;

    /// <summary>
    /// Start <see cref="Parallelism"/> trials together and the next ones only when all of them ended. What a trial learns from then
    /// does not depend on which one is faster: with the same seed a run that nothing interrupts gives the same trials, to the bit, as
    /// long as the objective does and no two trials of a batch are to be tried again: these are queued in the order in which they failed.
    /// </summary>
    /// <value>The default is false: a free slot is filled at once.</value>
    public bool InBatches { get; init; }

    /// <summary>Rules that end the run early, asked after every trial.</summary>
    public IReadOnlyList<Stopping.IStopRule> StopRules { get; init; } = [];

    /// <summary>What an exception in the objective does to the run. The trial is recorded as failed either way.</summary>
    /// <value>The default is <see cref="FailurePolicy.Continue"/>.</value>
    public FailurePolicy OnFailure { get; init; }

    /// <summary>
    /// End the run when this many trials in a row failed: by then it is the program that is broken. Trials that diverged do not count.
    /// </summary>
    /// <value>At least 1. The default is 10.</value>
    public int MaxConsecutiveFailures { get; init; } = 10;

    /// <summary>
    /// Tells failures apart that have no exception type of their own, such as running out of device memory; null means not known.
    /// </summary>
    /// <value>The default knows <see cref="OutOfMemoryException"/> only.</value>
    public Func<Exception, FailureKind?>? ClassifyFailure { get; init; }

    /// <summary>Called after every trial of this run, one at a time, with the trial as stored.</summary>
    public IReadOnlyList<Action<Study, FrozenTrial>> Callbacks { get; init; } = [];

    /// <summary>Watches this run, or null.</summary>
    /// <value>The default is null.</value>
    public IRunObserver? Observer { get; init; }

    /// <summary>Asked before every claim; false ends the run. It may block.</summary>
    internal Func<CancellationToken, bool>? Permit { get; init; }

    /// <summary>What the engine is to do.</summary>
    /// <param name="objective">Evaluates a trial.</param>
    /// <param name="blocking">Whether it blocks its thread.</param>
    /// <param name="study">The study that callbacks and observers are told of.</param>
    internal RunPlan ToPlan(Func<HeldTrial, CancellationToken, ValueTask<TrialResult>> objective, bool blocking, Study study) =>
        new(objective)
        {
            Blocking = blocking,
            TotalTrials = TotalTrials,
            AdditionalTrials = AdditionalTrials,
            TimeLimit = TimeLimit,
            TrialTimeLimit = TrialTimeLimit,
            AwaitOthers = AwaitOthers,
            CountedStates = CountedStates,
            Parallelism = Parallelism,
            InBatches = InBatches,
            StopRules = StopRules,
            OnFailure = OnFailure,
            MaxConsecutiveFailures = MaxConsecutiveFailures,
            ClassifyFailure = ClassifyFailure,
            Permit = Permit,
            Watcher = Observer is { } observer ? new ObservedRun(study, observer) : null,
            Callbacks = [.. Callbacks.Select(callback => (Action<FrozenTrial>)(trial => callback(study, trial)))],
        };

    internal void Validate(IReadOnlyList<Objective> objectives)
    {
        var problems = new List<string>();
        if (TotalTrials is null && AdditionalTrials is null && TimeLimit is null)
            problems.Add("set TotalTrials, AdditionalTrials or TimeLimit: a run needs an end");
        if (TotalTrials < 1) problems.Add($"TotalTrials must be at least 1, got {TotalTrials}");
        if (AdditionalTrials < 1) problems.Add($"AdditionalTrials must be at least 1, got {AdditionalTrials}");
        if (TimeLimit <= TimeSpan.Zero) problems.Add($"TimeLimit must be above zero, got {TimeLimit}");
        if (TrialTimeLimit <= TimeSpan.Zero) problems.Add($"TrialTimeLimit must be above zero, got {TrialTimeLimit}");
        if (Parallelism < 1) problems.Add($"Parallelism must be at least 1, got {Parallelism}");
        if (MaxConsecutiveFailures < 1) problems.Add($"MaxConsecutiveFailures must be at least 1, got {MaxConsecutiveFailures}");
        if (CountedStates.Count == 0) problems.Add("CountedStates is empty, so no total would ever be reached");
        if (CountedStates.Contains(TrialState.Waiting))
            problems.Add("CountedStates must not contain Waiting: queued trials would use up the budget they wait for");
        problems.AddRange(StopRules.SelectMany(r => r.Validate(objectives)));
        if (problems.Count > 0) throw new ArgumentException(string.Join("; ", problems));
    }
}
