using Tunewise.Spaces;

namespace Tunewise.Storage;

/// <summary>
/// Where studies and trials live. Every write is durable when the call returns, every call is one transaction, and every member
/// may be called from any thread and from many processes at once. Finished trials never change.
/// </summary>
/// <remarks>All members may throw <see cref="StorageException"/> when the storage itself fails.</remarks>
public interface IStudyStorage : IDisposable
{
    /// <summary>What the storage is, for messages: a path, a host.</summary>
    string Description { get; }

    /// <summary>The study of a name, or null.</summary>
    /// <param name="name">The name, compared to the letter.</param>
    StudyInfo? FindStudy(string name);

    /// <summary>The study of a name, created with these directions if there is none yet. An existing study is returned as it is.</summary>
    /// <param name="name">The name.</param>
    /// <param name="directions">One direction per objective.</param>
    StudyInfo OpenStudy(string name, IReadOnlyList<Direction> directions);

    /// <summary>All studies, oldest first.</summary>
    IReadOnlyList<StudyInfo> GetStudies();

    /// <summary>Deletes a study with all that belongs to it. Does nothing when it is gone already.</summary>
    /// <param name="studyId">The study.</param>
    void DeleteStudy(long studyId);

    /// <summary>A study's attributes as JSON.</summary>
    /// <param name="studyId">The study.</param>
    /// <param name="kind">The user's or the system's.</param>
    IReadOnlyDictionary<string, string> GetStudyAttributes(long studyId, AttributeKind kind);

    /// <summary>Adds or replaces an attribute of a study.</summary>
    /// <param name="studyId">The study.</param>
    /// <param name="kind">The user's or the system's.</param>
    /// <param name="key">The attribute's name, at most 512 characters.</param>
    /// <param name="json">Its value as JSON.</param>
    void SetStudyAttribute(long studyId, AttributeKind kind, string key, string json);

    /// <summary>
    /// Starts the waiting trial with the lowest number, or a new one when none waits, for exactly one caller. Returns null when
    /// the budget in the request is used up.
    /// </summary>
    /// <param name="studyId">The study.</param>
    /// <param name="request">Who asks, and under which budget.</param>
    FrozenTrial? ClaimTrial(long studyId, ClaimRequest request);

    /// <summary>Adds a waiting or finished trial and gives it the next number.</summary>
    /// <param name="studyId">The study.</param>
    /// <param name="trial">What to store; its <see cref="FrozenTrial.Id"/> and <see cref="FrozenTrial.Number"/> are ignored.</param>
    /// <returns>The trial as stored.</returns>
    FrozenTrial AddTrial(long studyId, FrozenTrial trial);

    /// <summary>Stores a parameter of a running trial. A name that is stored already keeps its first value.</summary>
    /// <param name="trialId">The trial.</param>
    /// <param name="parameter">Name, range and internal value.</param>
    /// <returns>False when the trial is not running any more.</returns>
    bool SetParameter(long trialId, TrialParameter parameter);

    /// <summary>Stores a report of a running trial. A step that is stored already keeps its first value.</summary>
    /// <param name="trialId">The trial.</param>
    /// <param name="report">The step and the value.</param>
    /// <returns>False when the trial is not running any more.</returns>
    bool AddReport(long trialId, TrialReport report);

    /// <summary>Adds or replaces an attribute of a trial that has not finished.</summary>
    /// <param name="trialId">The trial.</param>
    /// <param name="kind">The user's or the system's.</param>
    /// <param name="key">The attribute's name, at most 512 characters.</param>
    /// <param name="json">Its value as JSON.</param>
    /// <returns>False when the trial has finished.</returns>
    bool SetTrialAttribute(long trialId, AttributeKind kind, string key, string json);

    /// <summary>
    /// Ends a running trial and gives its lease back; if the ending says so, the trial is queued again in the same transaction,
    /// with its parameters and attributes.
    /// </summary>
    /// <param name="trialId">The trial.</param>
    /// <param name="ending">How it ended.</param>
    /// <returns>False, with nothing changed, when the trial is not running any more, another worker than
    /// <see cref="TrialEnding.OnlyIfHeldBy"/> holds it, or its lease still lasts though <see cref="TrialEnding.OnlyIfExpired"/> is set.</returns>
    bool FinishTrial(long trialId, TrialEnding ending);

    /// <summary>Gives the leases of a worker's running trials more time.</summary>
    /// <param name="worker">The worker that holds them.</param>
    /// <param name="trialIds">The trials.</param>
    /// <param name="duration">From now, by the storage's clock.</param>
    /// <returns>Those of the trials whose lease the worker no longer holds.</returns>
    IReadOnlyList<long> RenewLeases(string worker, IReadOnlyCollection<long> trialIds, TimeSpan duration);

    /// <summary>The leases of a study's running trials.</summary>
    /// <param name="studyId">The study.</param>
    IReadOnlyList<TrialLease> GetLeases(long studyId);

    /// <summary>The trial of a number, or null.</summary>
    /// <param name="studyId">The study.</param>
    /// <param name="number">The trial's number.</param>
    FrozenTrial? FindTrial(long studyId, int number);

    /// <summary>Trials in order of their numbers.</summary>
    /// <param name="studyId">The study.</param>
    /// <param name="states">Which states, or null for all.</param>
    IReadOnlyList<FrozenTrial> GetTrials(long studyId, IReadOnlyCollection<TrialState>? states = null);

    /// <summary>Opens a reader that follows what happens to a study's trials.</summary>
    /// <param name="studyId">The study.</param>
    ITrialFeed OpenFeed(long studyId);
}

/// <summary>Follows the trials of a study without reading anything twice. Used by one thread at a time.</summary>
public interface ITrialFeed
{
    /// <summary>The trials that finished since the last call, each exactly once, at the first call all of them. Cheap when nothing did.</summary>
    IEnumerable<FrozenTrial> ReadFinished();

    /// <summary>The trials that run or wait now, with their parameters and reports.</summary>
    IReadOnlyList<FrozenTrial> ReadUnfinished();
}

/// <summary>Whose attributes: a user's, or those of samplers, pruners and programs.</summary>
public enum AttributeKind
{
    /// <summary>Set by the user's code.</summary>
    User,

    /// <summary>Set by samplers, pruners, Tunewise and Optuna.</summary>
    System,
}

/// <summary>A study as stored.</summary>
/// <param name="Id">The storage's key.</param>
/// <param name="Name">The name.</param>
/// <param name="Directions">One direction per objective.</param>
public sealed record StudyInfo(long Id, string Name, IReadOnlyList<Direction> Directions);

/// <summary>Who claims a trial, and under which budget.</summary>
/// <param name="Worker">The worker that will hold the lease.</param>
/// <param name="LeaseDuration">How long the lease lasts unless it is renewed.</param>
public sealed record ClaimRequest(string Worker, TimeSpan LeaseDuration)
{
    /// <summary>Claim only while fewer trials than this are counted, or null for no limit.</summary>
    public int? TotalTrials { get; init; }

    /// <summary>The states that count; a trial that another one tries again never does. The default is every state but waiting.</summary>
    public IReadOnlyCollection<TrialState> CountedStates { get; init; } = DefaultCountedStates;

    internal static IReadOnlyList<TrialState> DefaultCountedStates { get; } =
        [TrialState.Running, TrialState.Complete, TrialState.Pruned, TrialState.Failed];
}

/// <summary>How a trial ended.</summary>
/// <param name="State">Complete, Pruned or Failed.</param>
/// <param name="Values">One value per objective, or none.</param>
public sealed record TrialEnding(TrialState State, IReadOnlyList<double> Values)
{
    /// <summary>Why it failed, or null.</summary>
    public FailureKind? Failure { get; init; }

    /// <summary>Why it was pruned or failed, in one line, or null.</summary>
    public string? Reason { get; init; }

    /// <summary>The longer story, or null.</summary>
    public string? Detail { get; init; }

    /// <summary>Queue the same parameters again.</summary>
    public bool Retry { get; init; }

    /// <summary>End the trial only while this worker holds its lease, or null for whoever holds it.</summary>
    public string? OnlyIfHeldBy { get; init; }

    /// <summary>End the trial only if its lease ran out, by the storage's clock.</summary>
    public bool OnlyIfExpired { get; init; }
}

/// <summary>The hold of a worker on a running trial.</summary>
/// <param name="TrialId">The trial.</param>
/// <param name="Worker">The worker.</param>
/// <param name="Expired">Whether it ran out, by the storage's clock.</param>
public sealed record TrialLease(long TrialId, string Worker, bool Expired);
