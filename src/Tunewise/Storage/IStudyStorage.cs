namespace Tunewise.Storage;

/// <summary>
/// Where studies and trials live. Every write is durable when the call returns, every call is one transaction, and every member
/// may be called from any thread and from many processes at once. Finished trials never change.
/// </summary>
/// <remarks>
/// <para>All members may throw <see cref="StorageException"/> when the storage itself fails.</para>
/// <para>
/// The contract is closed: the storages are those of Tunewise (<see cref="InMemoryStorage"/>, SQLite, PostgreSQL), and some members are
/// internal, so that nobody else implements it. What it promises, of several processes that claim, choose and finish at once and of any of
/// them dying at any moment, is held up by rules and by a suite of tests that are not public, and it grows with most releases; a storage
/// from outside would be wrong in ways that only show in a crash. Another database is added here, as a dialect of
/// Tunewise.Relational. Programs open a storage, give it to <see cref="Study"/> and dispose it; the other public members serve tools.
/// </para>
/// </remarks>
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

    /// <summary>
    /// The id of a study that no other study ever has, in any storage: drawn at the first call, for all callers the same. Copies of a
    /// study, Optuna's too, get ids of their own; a copy of the whole database has the same ids.
    /// </summary>
    /// <param name="studyId">The study.</param>
    Guid GetUid(long studyId);

    /// <summary>Remembers a folder that holds checkpoints of a study. Does nothing when it is known already.</summary>
    /// <param name="studyId">The study.</param>
    /// <param name="folder">The folder's full path.</param>
    void AddCheckpointFolder(long studyId, string folder);

    /// <summary>The folders that hold checkpoints of a study, in the order of their paths.</summary>
    /// <param name="studyId">The study.</param>
    IReadOnlyList<string> GetCheckpointFolders(long studyId);

    /// <summary>A study's attributes as JSON.</summary>
    /// <param name="studyId">The study.</param>
    /// <param name="kind">The user's or the system's.</param>
    IReadOnlyDictionary<string, string> GetStudyAttributes(long studyId, AttributeKind kind);

    /// <summary>Adds or replaces an attribute of a study.</summary>
    /// <param name="studyId">The study.</param>
    /// <param name="kind">The user's or the system's.</param>
    /// <param name="key">The attribute's name, at most 512 characters.</param>
    /// <param name="json">Its value as JSON.</param>
    /// <exception cref="ArgumentException">It is not JSON (<see cref="AttributeJson.Write(object?)"/> writes it).</exception>
    void SetStudyAttribute(long studyId, AttributeKind kind, string key, string json);

    /// <summary>
    /// Adds an attribute of a study, unless it has one of this name: of several callers, in whatever processes, the first one wins. A
    /// storage that only reads adds nothing.
    /// </summary>
    /// <param name="studyId">The study.</param>
    /// <param name="kind">The user's or the system's.</param>
    /// <param name="key">The attribute's name, at most 512 characters.</param>
    /// <param name="json">Its value as JSON.</param>
    /// <returns>What is stored under the name, the same for all callers; where a storage only reads and has nothing,
    /// <paramref name="json"/>.</returns>
    /// <exception cref="ArgumentException">It is not JSON (<see cref="AttributeJson.Write(object?)"/> writes it).</exception>
    string AddStudyAttribute(long studyId, AttributeKind kind, string key, string json);

    /// <summary>
    /// Starts the waiting trial with the lowest number, or a new one when none waits, for exactly one caller. Returns null when
    /// the budget in the request is used up, or when only a waiting trial will do and none waits.
    /// </summary>
    /// <param name="studyId">The study.</param>
    /// <param name="request">Who asks, and under which budget.</param>
    FrozenTrial? ClaimTrial(long studyId, ClaimRequest request);

    /// <summary>Adds a waiting or finished trial and gives it the next number.</summary>
    /// <param name="studyId">The study.</param>
    /// <param name="trial">What to store; its <see cref="FrozenTrial.Id"/> and <see cref="FrozenTrial.Number"/> are ignored.</param>
    /// <param name="key">A key of the caller's own, or null: a call that is made again with it, after an error that left open whether the
    /// trial was stored, finds the one that was.</param>
    /// <returns>The trial as stored.</returns>
    FrozenTrial AddTrial(long studyId, FrozenTrial trial, Guid? key = null);

    /// <summary>Stores a parameter of a running trial. A name that is stored already keeps its first value.</summary>
    /// <param name="trialId">The trial.</param>
    /// <param name="parameter">Name, range and internal value.</param>
    /// <returns>False when the trial is not running any more.</returns>
    bool SetParameter(long trialId, TrialParameter parameter);

    /// <summary>
    /// Chooses a parameter of a running trial and stores it in one act: nobody else chooses so for a trial of the study meanwhile, nor
    /// begins one under <see cref="ClaimRequest.MayBegin"/>, and whoever does next sees what was stored. A name that is stored already
    /// keeps its first value, and nothing is chosen.
    /// </summary>
    /// <param name="studyId">The study.</param>
    /// <param name="trialId">The trial.</param>
    /// <param name="name">The parameter's name.</param>
    /// <param name="choose">Chooses from what feeds (<see cref="OpenFeed"/>) read now. It must be quick, and write nothing. It may be
    /// called again when the transaction has to be done again. Trials may end meanwhile: unfinished ones are to be read first.</param>
    /// <returns>The parameter as stored; null when the trial is not running any more.</returns>
    internal TrialParameter? ChooseParameter(long studyId, long trialId, string name, Func<ParameterChoice> choose);

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
    /// <exception cref="ArgumentException">It is not JSON (<see cref="AttributeJson.Write(object?)"/> writes it).</exception>
    bool SetTrialAttribute(long trialId, AttributeKind kind, string key, string json);

    /// <summary>
    /// Ends a running trial and gives its lease back; if the ending says so, the trial is queued again in the same transaction,
    /// with its parameters and attributes.
    /// </summary>
    /// <param name="trialId">The trial.</param>
    /// <param name="ending">How it ended.</param>
    /// <returns>False, with nothing changed, when the trial is not running any more, another worker than
    /// <see cref="TrialEnding.OnlyIfHeldBy"/> holds it, or its lease was renewed since
    /// <see cref="TrialEnding.OnlyIfLeaseUntil"/>.</returns>
    bool FinishTrial(long trialId, TrialEnding ending);

    /// <summary>The same with the last of what the trial measured, in the same transaction.</summary>
    /// <param name="trialId">The trial.</param>
    /// <param name="ending">How it ended.</param>
    /// <param name="rest">What was not written yet.</param>
    internal bool FinishTrial(long trialId, TrialEnding ending, StepBatch rest);

    /// <summary>
    /// Queues the continuation of a paused trial: a waiting trial with its parameters, reports and attributes. The paused one counts no
    /// more. For exactly one caller, and only once per trial.
    /// </summary>
    /// <param name="studyId">The study.</param>
    /// <param name="number">The number of a pruned trial.</param>
    /// <returns>False, with nothing changed, when the trial is not a pruned one or is continued already.</returns>
    bool ContinueTrial(long studyId, int number);

    /// <summary>
    /// Keeps what a worker brings for a trial that was taken from it, if nobody tried the trial again: the lost trial stays as it is, and a
    /// finished trial with the same parameters and this result follows it. For exactly one caller, and only once per trial.
    /// </summary>
    /// <param name="trialId">A failed trial whose <see cref="FrozenTrial.Failure"/> is <see cref="FailureKind.Lost"/>.</param>
    /// <param name="result">The trial as its worker knows it: a finished state, values, parameters, reports and attributes.</param>
    /// <returns>The trial that was added; null, with nothing changed, when the trial was not lost or is tried again already.</returns>
    FrozenTrial? AddLateResult(long trialId, FrozenTrial result);

    /// <summary>The same with what the trial measured since it was taken away.</summary>
    /// <param name="trialId">The lost trial.</param>
    /// <param name="result">The trial as its worker knows it.</param>
    /// <param name="rest">What was not written.</param>
    internal FrozenTrial? AddLateResult(long trialId, FrozenTrial result, StepBatch rest);

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

    /// <summary>
    /// Trials in order of their numbers, each as it is at a moment of the call (<see cref="GetContent"/> reads all as of one moment).
    /// </summary>
    /// <param name="studyId">The study.</param>
    /// <param name="states">Which states, or null for all.</param>
    /// <param name="cancellationToken">Ends the read.</param>
    /// <exception cref="OperationCanceledException">The read was ended.</exception>
    IReadOnlyList<FrozenTrial> GetTrials(
        long studyId, IReadOnlyCollection<TrialState>? states = null, CancellationToken cancellationToken = default);

    /// <summary>Some of the trials in order of their numbers, without reading the others.</summary>
    /// <param name="studyId">The study.</param>
    /// <param name="skip">How many to pass over.</param>
    /// <param name="take">How many to read at most.</param>
    IReadOnlyList<FrozenTrial> GetPage(long studyId, int skip, int take);

    /// <summary>
    /// The complete trials with the best values of one objective, best first: feasible ones, then those that violate their constraints
    /// least, the older of equals first. Reads no other trials where the storage can help it.
    /// </summary>
    /// <param name="studyId">The study.</param>
    /// <param name="objective">The objective, by its position.</param>
    /// <param name="count">How many at most.</param>
    IReadOnlyList<FrozenTrial> GetBestTrials(long studyId, int objective, int count);

    /// <summary>How many trials are in each state.</summary>
    /// <param name="studyId">The study.</param>
    IReadOnlyDictionary<TrialState, int> CountTrials(long studyId);

    /// <summary>When a study's first trial was started and its latest one finished; null where none has.</summary>
    /// <param name="studyId">The study.</param>
    (DateTimeOffset? FirstStart, DateTimeOffset? LastEnd) GetTimes(long studyId);

    /// <summary>Everything of a study, as of one moment.</summary>
    /// <param name="studyId">The study.</param>
    /// <param name="cancellationToken">Ends the read.</param>
    /// <exception cref="OperationCanceledException">The read was ended.</exception>
    StudyContent GetContent(long studyId, CancellationToken cancellationToken = default);

    /// <summary>Adds a whole study in one transaction: its trials get the numbers 0, 1, 2, ... in the order in which they come.</summary>
    /// <param name="content">The study. No trial may be running.</param>
    /// <returns>The study as stored.</returns>
    /// <exception cref="StorageException">There is a study of this name already; nothing was changed.</exception>
    StudyInfo AddStudy(StudyContent content);

    /// <summary>
    /// Adds to what a running trial measured and was told. A value of a name and step that is stored already takes its place; a trial that
    /// is tried again or goes on has what was stored of the one before.
    /// </summary>
    /// <param name="trialId">The trial.</param>
    /// <param name="batch">The steps.</param>
    /// <returns>False when the trial is not running any more.</returns>
    internal bool AddSteps(long trialId, StepBatch batch);

    /// <summary>What a trial measured and was told, in order of the steps; its reports not among it.</summary>
    /// <param name="trialId">The trial.</param>
    internal IReadOnlyList<StepRecord> GetSteps(long trialId);

    /// <summary>The names of a study's logged series, in the order in which they were first seen, and whether there are reports.</summary>
    /// <param name="studyId">The study.</param>
    internal (IReadOnlyList<string> Logged, bool HaveReports) GetSeriesNames(long studyId);

    /// <summary>One series of all trials.</summary>
    /// <param name="studyId">The study.</param>
    /// <param name="name">What it is called.</param>
    /// <param name="isReports">Whether it is the reports that go by this name.</param>
    /// <param name="cancellationToken">Ends the read.</param>
    internal SeriesColumns GetColumns(long studyId, string name, bool isReports, CancellationToken cancellationToken);

    /// <summary>What was measured, told and reported since a position, oldest first.</summary>
    /// <param name="studyId">The study.</param>
    /// <param name="since">From where.</param>
    /// <param name="most">How many steps, and how many reports, at most.</param>
    internal StepNews ReadSteps(long studyId, SeriesPosition since, int most);

    /// <summary>Adds a blob to a running trial; one of its step and name takes the place of the one before.</summary>
    /// <param name="trialId">The trial.</param>
    /// <param name="blob">The blob.</param>
    /// <param name="budget">How many bytes all blobs of the study may have together.</param>
    internal BlobOutcome AddBlob(long trialId, BlobRecord blob, long budget);

    /// <summary>The blobs of a trial, in order of their steps and names.</summary>
    /// <param name="trialId">The trial.</param>
    internal IReadOnlyList<TrialBlob> GetBlobs(long trialId);

    /// <summary>The bytes of a blob; null when it is gone.</summary>
    /// <param name="studyId">The study.</param>
    /// <param name="contentId">Its id (<see cref="TrialBlob.ContentId"/>).</param>
    internal byte[]? ReadBlob(long studyId, long contentId);

    /// <summary>Opens a reader that follows what happens to a study's trials.</summary>
    /// <param name="studyId">The study.</param>
    internal ITrialFeed OpenFeed(long studyId);
}
