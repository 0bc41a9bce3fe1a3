using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Tunewise.Analysis;
using Tunewise.History;
using Tunewise.Pruners;
using Tunewise.Running;
using Tunewise.Samplers;
using Tunewise.Samplers.Auto;
using Tunewise.Storage;

namespace Tunewise;

/// <summary>
/// A search for good parameters: a name in a storage, objectives, a sampler and a pruner. Any thread may use it, and any number of
/// processes may open the same study at once.
/// </summary>
/// <remarks>
/// Disposing it ends its run and gives back at once what it holds; without that, a trial that was asked for and never told is
/// held until the process ends.
/// </remarks>
public sealed class Study : IDisposable, IAsyncDisposable
{
    private readonly ConditionalWeakTable<HeldTrial, Trial> _handles = [];
    private readonly CancellationTokenSource _closed = new();
    private readonly Lock _closing = new();
    private volatile StudyRunner? _runner;
    private Task? _close;

    private Study(
        IStudyStorage storage, StudyInfo info, IReadOnlyList<Objective> objectives, ISampler sampler, IPruner pruner, StudyOptions options)
    {
        Storage = storage;
        Engine = new StudyEngine(storage, new StudySetup(info, storage.GetUid(info.Id), objectives, sampler, pruner)
        {
            Reported = StudyObjectives.ReportedIn(objectives, options.PruneBy),
            Seed = (ulong)StudySeed.Open(storage, info.Id, options.Seed, options.DrawnSeed),
            AllowRepeats = options.AllowRepeats,
            Retry = options.Retry,
            BlobBudget = options.BlobBudget,
            LeaseDuration = options.LeaseDuration,
            Patience = options.StoragePatience,
            IsMakeshift = options.IsMakeshift,
            Logger = options.Logger ?? NullLogger.Instance,
            Time = options.Time,
        });
    }

    /// <summary>The study's name.</summary>
    public string Name => Engine.Setup.Name;

    /// <summary>
    /// An id that no other study ever has, in any storage, drawn when the study is first opened. A study of the same name that is created
    /// after this one was deleted has another one, and so have copies of the study; a copy of the whole database file has the same. Where
    /// the storage only reads and no id was drawn yet, it is one for this object alone.
    /// </summary>
    public Guid Uid => Engine.Setup.Uid;

    /// <summary>
    /// The seed of all random choices that this object makes: <see cref="StudyOptions.Seed"/>, or else the one that is stored with the
    /// study. Where the storage only reads and none is stored, it is one for this object alone.
    /// </summary>
    public long Seed => (long)Engine.Setup.Seed;

    /// <summary>What is optimised.</summary>
    public IReadOnlyList<Objective> Objectives => Engine.Setup.Objectives;

    /// <summary>
    /// The objective that reports are values of: the only one, or the one that <see cref="StudyOptions.PruneBy"/> names; null when there
    /// are several and none is named.
    /// </summary>
    public Objective? ReportedObjective => Engine.Setup.Reported is { } position ? Objectives[position] : null;

    /// <summary>What the reports are called among the series.</summary>
    internal string ReportName
    {
        get
        {
            // Who only reads need not say what reports are values of.
            var position = Engine.Setup.Reported ?? StudyObjectives.FindReported(Engine.Storage, Engine.Setup.Info.Id, Objectives);
            return (position is { } known ? Objectives[known].Name : null) ?? "report";
        }
    }

    /// <summary>Where the study lives.</summary>
    public IStudyStorage Storage { get; }

    /// <summary>What runs the study.</summary>
    internal StudyEngine Engine { get; }

    /// <summary>Creates a study, or continues the one of this name.</summary>
    /// <param name="storage">Where it lives; stays the caller's to dispose.</param>
    /// <param name="name">Its name, at most 512 characters in one line.</param>
    /// <param name="options">Objectives, sampler, pruner, seed; null for the defaults.</param>
    /// <exception cref="ArgumentException">Options are out of range; every problem is listed.</exception>
    /// <exception cref="TunewiseException">The stored study has other objectives, or its reports are values of another one than
    /// <see cref="StudyOptions.PruneBy"/> names.</exception>
    /// <exception cref="StorageException">The storage failed.</exception>
    public static Study Open(IStudyStorage storage, string name, StudyOptions? options = null) =>
        Open(storage, name, options, mustBeNew: false);

    /// <summary>Creates a study that must not exist yet.</summary>
    /// <param name="storage">Where it lives; stays the caller's to dispose.</param>
    /// <param name="name">Its name, at most 512 characters in one line.</param>
    /// <param name="options">Objectives, sampler, pruner, seed; null for the defaults.</param>
    /// <exception cref="ArgumentException">Options are out of range; every problem is listed.</exception>
    /// <exception cref="TunewiseException">There is a study of this name already.</exception>
    /// <exception cref="StorageException">The storage failed.</exception>
    public static Study Create(IStudyStorage storage, string name, StudyOptions? options = null) =>
        Open(storage, name, options, mustBeNew: true);

    private static Study Open(IStudyStorage storage, string name, StudyOptions? options, bool mustBeNew)
    {
        ArgumentNullException.ThrowIfNull(storage);
        ArgumentNullException.ThrowIfNull(name);
        options ??= new StudyOptions();
        if (options.Objectives is { Count: 0 }) throw new ArgumentException("a study needs at least one objective, got none");

        // Checked before anything is written: a study with wrong options leaves no trace.
        var known = storage.FindStudy(name);
        if (known is null) StudyAttributes.CheckNewName(name);
        else if (mustBeNew) throw Exists(storage, name);
        var objectives = known is null
            ? options.Objectives ?? [Objective.Minimize()]
            : StudyObjectives.Reconcile(storage, known, options.Objectives);
        var sampler = options.Sampler ?? new AutoSampler();
        var pruner = options.Pruner ?? new AutoPruner();
        var problems = options.Validate(objectives, sampler, pruner).ToList();
        // Other programs may have stored a study with other names.
        if (known is null) problems.AddRange(StudyObjectives.WrongNames(objectives));
        if (problems.Count > 0) throw new ArgumentException($"study '{name}' cannot be opened: {string.Join("; ", problems)}");

        if (known is null)
        {
            Direction[] directions = [.. objectives.Select(o => o.Direction)];
            known = mustBeNew ? storage.AddStudy(new StudyContent(name, directions, [])) : storage.OpenStudy(name, directions);
            // Another process may have created it in between, with other objectives.
            objectives = StudyObjectives.Reconcile(storage, known, objectives);
        }

        StudyObjectives.StoreNames(storage, known.Id, objectives);
        StudyObjectives.StoreReported(storage, known, objectives, options.PruneBy);
        return new Study(storage, known, objectives, sampler, pruner, options);
    }

    private static TunewiseException Exists(IStudyStorage storage, string name) =>
        new($"there is a study '{name}' in {storage.Description} already; Study.Open goes on with it, and another name begins a new one");

    /// <summary>Creates a study that lives in memory.</summary>
    /// <param name="options">Objectives, sampler, pruner, seed; null for the defaults.</param>
    public static Study InMemory(StudyOptions? options = null) => Open(new InMemoryStorage(), "study", options);

    /// <summary>Opens a study that must exist already.</summary>
    /// <param name="storage">Where it lives.</param>
    /// <param name="name">Its name.</param>
    /// <param name="options">Sampler, pruner, seed; null for the defaults.</param>
    /// <exception cref="TunewiseException">There is no such study; the message lists those there are.</exception>
    public static Study Load(IStudyStorage storage, string name, StudyOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(storage);
        Find(storage, name);
        return Open(storage, name, options);
    }

    /// <summary>What the studies of a storage are and how far they got, oldest first.</summary>
    /// <param name="storage">Where they live.</param>
    /// <param name="cancellationToken">Ends the read between two studies.</param>
    /// <exception cref="StorageException">The storage failed.</exception>
    public static IReadOnlyList<StudySummary> GetSummaries(IStudyStorage storage, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(storage);
        var summaries = new List<StudySummary>();
        foreach (var study in storage.GetStudies())
        {
            cancellationToken.ThrowIfCancellationRequested();
            try
            {
                summaries.Add(SummaryOf(storage, study));
            }
            catch (StorageException) when (storage.FindStudy(study.Name)?.Id != study.Id)
            {
                // It was deleted meanwhile.
            }
        }

        return summaries;
    }

    private static StudySummary SummaryOf(IStudyStorage storage, StudyInfo study)
    {
        var (first, last) = storage.GetTimes(study.Id);
        return new StudySummary(
            study.Name,
            StudyObjectives.Reconcile(storage, study, null),
            storage.CountTrials(study.Id),
            study.Directions.Count == 1 && storage.GetBestTrials(study.Id, 0, 1) is [var best] ? best : null,
            first,
            last,
            Read(storage.GetStudyAttributes(study.Id, AttributeKind.User)));
    }

    /// <summary>A study that must exist.</summary>
    internal static StudyInfo Find(IStudyStorage storage, string name)
    {
        if (storage.FindStudy(name) is { } known) return known;
        var others = storage.GetStudies();
        throw new TunewiseException(others.Count == 0
            ? $"there is no study '{name}' in {storage.Description}; it holds no study yet"
            : $"there is no study '{name}' in {storage.Description}; it holds {string.Join(", ", others.Select(s => $"'{s.Name}'"))}");
    }

    /// <summary>Trials in order of their numbers, each as it is at a moment of the read.</summary>
    /// <param name="states">Which states, or null for all.</param>
    /// <param name="cancellationToken">Ends the read, which of a large study takes a while.</param>
    /// <exception cref="StorageException">The storage failed, if only for the moment then for longer than
    /// <see cref="StudyOptions.StoragePatience"/>; so with all members that read.</exception>
    /// <exception cref="OperationCanceledException">The read was ended.</exception>
    public IReadOnlyList<FrozenTrial> GetTrials(
        IReadOnlyCollection<TrialState>? states = null, CancellationToken cancellationToken = default) =>
        Engine.PatientUntil(cancellationToken).GetTrials(Engine.Setup.Info.Id, states, cancellationToken);

    /// <summary>
    /// The complete trial with the best value among those that violate constraints least; null while no trial is complete.
    /// </summary>
    /// <param name="cancellationToken">Ends the wait for a storage that fails for the moment.</param>
    /// <exception cref="InvalidOperationException">The study has several objectives; call <see cref="GetParetoFront"/>.</exception>
    public FrozenTrial? GetBestTrial(CancellationToken cancellationToken = default) => Objectives.Count > 1
        ? throw new InvalidOperationException($"study '{Name}' has {Objectives.Count} objectives; call GetParetoFront()")
        : GetBestTrials(1, cancellationToken: cancellationToken) is [var best] ? best : null;

    /// <summary>
    /// The complete trials that no other complete one beats in every objective (the Pareto front), in order of their numbers;
    /// infeasible trials are left out. With one objective: all trials that share the best value.
    /// </summary>
    /// <param name="cancellationToken">Ends the read, which of a large study takes a while.</param>
    public IReadOnlyList<FrozenTrial> GetParetoFront(CancellationToken cancellationToken = default)
    {
        var numbers = WithHistory(ParetoFront.Numbers, HistoryScope.Finished, cancellationToken);
        var storage = Engine.PatientUntil(cancellationToken);
        return [.. numbers.Select(n => storage.FindTrial(Engine.Setup.Info.Id, n)).OfType<FrozenTrial>()];
    }

    /// <summary>
    /// The complete trials with the best values of one objective, best first: feasible ones, then those that violate their constraints
    /// least, the older of equals first. The storage finds them without reading the others.
    /// </summary>
    /// <param name="count">How many at most.</param>
    /// <param name="objective">The objective, by its position.</param>
    /// <param name="cancellationToken">Ends the wait for a storage that fails for the moment.</param>
    public IReadOnlyList<FrozenTrial> GetBestTrials(int count, int objective = 0, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfNegative(objective);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(objective, Objectives.Count);
        return Engine.PatientUntil(cancellationToken).GetBestTrials(Engine.Setup.Info.Id, objective, count);
    }

    /// <summary>Some of the trials in order of their numbers, without reading the others.</summary>
    /// <param name="skip">How many to pass over.</param>
    /// <param name="take">How many to read at most.</param>
    /// <param name="cancellationToken">Ends the wait for a storage that fails for the moment.</param>
    public IReadOnlyList<FrozenTrial> GetPage(int skip, int take, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(skip);
        ArgumentOutOfRangeException.ThrowIfNegative(take);
        return Engine.PatientUntil(cancellationToken).GetPage(Engine.Setup.Info.Id, skip, take);
    }

    /// <summary>The trial of a number, or null.</summary>
    /// <param name="number">The number, from 0.</param>
    /// <param name="cancellationToken">Ends the wait for a storage that fails for the moment.</param>
    public FrozenTrial? FindTrial(int number, CancellationToken cancellationToken = default) =>
        Engine.PatientUntil(cancellationToken).FindTrial(Engine.Setup.Info.Id, number);

    /// <summary>How many trials are in each state.</summary>
    /// <param name="cancellationToken">Ends the wait for a storage that fails for the moment.</param>
    public IReadOnlyDictionary<TrialState, int> CountTrials(CancellationToken cancellationToken = default) =>
        Engine.PatientUntil(cancellationToken).CountTrials(Engine.Setup.Info.Id);

    /// <summary>The study's user attributes: null, bool, long, double, string, lists and maps of these.</summary>
    /// <param name="cancellationToken">Ends the wait for a storage that fails for the moment.</param>
    public IReadOnlyDictionary<string, object?> GetUserAttributes(CancellationToken cancellationToken = default) =>
        Read(Engine.PatientUntil(cancellationToken).GetStudyAttributes(Engine.Setup.Info.Id, AttributeKind.User));

    private static Dictionary<string, object?> Read(IReadOnlyDictionary<string, string> attributes) =>
        attributes.ToDictionary(pair => pair.Key, pair => AttributeJson.ReadOrText(pair.Value));

    /// <summary>Adds or replaces a user attribute of the study.</summary>
    /// <param name="key">Its name, at most 512 characters.</param>
    /// <param name="value">null, bool, text, a number, or lists and string-keyed maps of these.</param>
    public void SetUserAttribute(string key, object? value) =>
        Engine.Patient.SetStudyAttribute(
            Engine.Setup.Info.Id, AttributeKind.User, StudyAttributes.CheckKey(key), StudyAttributes.Write(value));

    /// <summary>Runs trials until the budget is used up.</summary>
    /// <remarks>
    /// An objective returns a number, a <see cref="TrialResult"/>, or a task of either, and takes the cancellation token or not; one that
    /// has no token still ends at its next report. One that returns no task runs on a thread of its own and may block. One that
    /// returns a task must not be used with frameworks that keep state per thread, such as TorchSharp.
    /// </remarks>
    /// <param name="objective">Trains and returns the value.</param>
    /// <param name="options">The budget and how to run; a budget is needed.</param>
    /// <param name="cancellationToken">Cancelling stops running trials at their next report and queues them again;
    /// the report says so.</param>
    /// <exception cref="ArgumentException">Options are out of range; every problem is listed.</exception>
    /// <exception cref="InvalidOperationException">The study runs already in this object.</exception>
    /// <exception cref="TunewiseException">The objective returned the wrong number of values, or does not fit the study; or the sampler
    /// (<see cref="SamplerException"/>) or the pruner (<see cref="PrunerException"/>) threw.</exception>
    [OverloadResolutionPriority(15)]
    public Task<RunReport> RunAsync(
        Func<Trial, CancellationToken, TrialResult> objective, RunOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(objective);
        return RunAsync((trial, token) => ValueTask.FromResult(objective(trial, token)), options, blocking: true, cancellationToken);
    }

    /// <inheritdoc cref="RunAsync(Func{Trial, CancellationToken, TrialResult}, RunOptions, CancellationToken)"/>
    [OverloadResolutionPriority(14)]
    public Task<RunReport> RunAsync(
        Func<Trial, TrialResult> objective, RunOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(objective);
        return RunAsync((trial, _) => ValueTask.FromResult(objective(trial)), options, blocking: true, cancellationToken);
    }

    /// <inheritdoc cref="RunAsync(Func{Trial, CancellationToken, TrialResult}, RunOptions, CancellationToken)"/>
    [OverloadResolutionPriority(13)]
    public Task<RunReport> RunAsync(
        Func<Trial, CancellationToken, Task<TrialResult>> objective, RunOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(objective);
        return RunAsync((trial, token) => new ValueTask<TrialResult>(ATask(objective(trial, token))), options, blocking: false, cancellationToken);
    }

    /// <inheritdoc cref="RunAsync(Func{Trial, CancellationToken, TrialResult}, RunOptions, CancellationToken)"/>
    [OverloadResolutionPriority(12)]
    public Task<RunReport> RunAsync(
        Func<Trial, Task<TrialResult>> objective, RunOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(objective);
        return RunAsync((trial, _) => new ValueTask<TrialResult>(ATask(objective(trial))), options, blocking: false, cancellationToken);
    }

    /// <inheritdoc cref="RunAsync(Func{Trial, CancellationToken, TrialResult}, RunOptions, CancellationToken)"/>
    [OverloadResolutionPriority(11)]
    public Task<RunReport> RunAsync(
        Func<Trial, CancellationToken, double> objective, RunOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(objective);
        return RunAsync((trial, token) => ValueTask.FromResult<TrialResult>(objective(trial, token)), options, blocking: true, cancellationToken);
    }

    /// <inheritdoc cref="RunAsync(Func{Trial, CancellationToken, TrialResult}, RunOptions, CancellationToken)"/>
    [OverloadResolutionPriority(10)]
    public Task<RunReport> RunAsync(
        Func<Trial, double> objective, RunOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(objective);
        return RunAsync((trial, _) => ValueTask.FromResult<TrialResult>(objective(trial)), options, blocking: true, cancellationToken);
    }

    /// <inheritdoc cref="RunAsync(Func{Trial, CancellationToken, TrialResult}, RunOptions, CancellationToken)"/>
    [OverloadResolutionPriority(9)]
    public Task<RunReport> RunAsync(
        Func<Trial, CancellationToken, Task<double>> objective, RunOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(objective);
        return RunAsync(async (trial, token) => await ATask(objective(trial, token)).ConfigureAwait(false), options, blocking: false, cancellationToken);
    }

    /// <inheritdoc cref="RunAsync(Func{Trial, CancellationToken, TrialResult}, RunOptions, CancellationToken)"/>
    [OverloadResolutionPriority(8)]
    public Task<RunReport> RunAsync(
        Func<Trial, Task<double>> objective, RunOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(objective);
        return RunAsync(async (trial, _) => await ATask(objective(trial)).ConfigureAwait(false), options, blocking: false, cancellationToken);
    }

    /// <inheritdoc cref="RunAsync(Func{Trial, CancellationToken, TrialResult}, RunOptions, CancellationToken)"/>
    /// <param name="objective">Trains and returns the value.</param>
    /// <param name="totalTrials">Run until the study has so many trials (<see cref="RunOptions.TotalTrials"/>); at least 1.</param>
    /// <param name="cancellationToken">Cancelling stops running trials at their next report and queues them again;
    /// the report says so.</param>
    [OverloadResolutionPriority(7)]
    public Task<RunReport> RunAsync(Func<Trial, CancellationToken, TrialResult> objective, int totalTrials, CancellationToken cancellationToken = default) =>
        RunAsync(objective, new RunOptions { TotalTrials = totalTrials }, cancellationToken);

    /// <inheritdoc cref="RunAsync(Func{Trial, CancellationToken, TrialResult}, RunOptions, CancellationToken)"/>
    /// <param name="objective">Trains and returns the value.</param>
    /// <param name="totalTrials">Run until the study has so many trials (<see cref="RunOptions.TotalTrials"/>); at least 1.</param>
    /// <param name="cancellationToken">Cancelling stops running trials at their next report and queues them again;
    /// the report says so.</param>
    [OverloadResolutionPriority(6)]
    public Task<RunReport> RunAsync(Func<Trial, TrialResult> objective, int totalTrials, CancellationToken cancellationToken = default) =>
        RunAsync(objective, new RunOptions { TotalTrials = totalTrials }, cancellationToken);

    /// <inheritdoc cref="RunAsync(Func{Trial, CancellationToken, TrialResult}, RunOptions, CancellationToken)"/>
    /// <param name="objective">Trains and returns the value.</param>
    /// <param name="totalTrials">Run until the study has so many trials (<see cref="RunOptions.TotalTrials"/>); at least 1.</param>
    /// <param name="cancellationToken">Cancelling stops running trials at their next report and queues them again;
    /// the report says so.</param>
    [OverloadResolutionPriority(5)]
    public Task<RunReport> RunAsync(Func<Trial, CancellationToken, Task<TrialResult>> objective, int totalTrials, CancellationToken cancellationToken = default) =>
        RunAsync(objective, new RunOptions { TotalTrials = totalTrials }, cancellationToken);

    /// <inheritdoc cref="RunAsync(Func{Trial, CancellationToken, TrialResult}, RunOptions, CancellationToken)"/>
    /// <param name="objective">Trains and returns the value.</param>
    /// <param name="totalTrials">Run until the study has so many trials (<see cref="RunOptions.TotalTrials"/>); at least 1.</param>
    /// <param name="cancellationToken">Cancelling stops running trials at their next report and queues them again;
    /// the report says so.</param>
    [OverloadResolutionPriority(4)]
    public Task<RunReport> RunAsync(Func<Trial, Task<TrialResult>> objective, int totalTrials, CancellationToken cancellationToken = default) =>
        RunAsync(objective, new RunOptions { TotalTrials = totalTrials }, cancellationToken);

    /// <inheritdoc cref="RunAsync(Func{Trial, CancellationToken, TrialResult}, RunOptions, CancellationToken)"/>
    /// <param name="objective">Trains and returns the value.</param>
    /// <param name="totalTrials">Run until the study has so many trials (<see cref="RunOptions.TotalTrials"/>); at least 1.</param>
    /// <param name="cancellationToken">Cancelling stops running trials at their next report and queues them again;
    /// the report says so.</param>
    [OverloadResolutionPriority(3)]
    public Task<RunReport> RunAsync(Func<Trial, CancellationToken, double> objective, int totalTrials, CancellationToken cancellationToken = default) =>
        RunAsync(objective, new RunOptions { TotalTrials = totalTrials }, cancellationToken);

    /// <inheritdoc cref="RunAsync(Func{Trial, CancellationToken, TrialResult}, RunOptions, CancellationToken)"/>
    /// <param name="objective">Trains and returns the value.</param>
    /// <param name="totalTrials">Run until the study has so many trials (<see cref="RunOptions.TotalTrials"/>); at least 1.</param>
    /// <param name="cancellationToken">Cancelling stops running trials at their next report and queues them again;
    /// the report says so.</param>
    [OverloadResolutionPriority(2)]
    public Task<RunReport> RunAsync(Func<Trial, double> objective, int totalTrials, CancellationToken cancellationToken = default) =>
        RunAsync(objective, new RunOptions { TotalTrials = totalTrials }, cancellationToken);

    /// <inheritdoc cref="RunAsync(Func{Trial, CancellationToken, TrialResult}, RunOptions, CancellationToken)"/>
    /// <param name="objective">Trains and returns the value.</param>
    /// <param name="totalTrials">Run until the study has so many trials (<see cref="RunOptions.TotalTrials"/>); at least 1.</param>
    /// <param name="cancellationToken">Cancelling stops running trials at their next report and queues them again;
    /// the report says so.</param>
    [OverloadResolutionPriority(1)]
    public Task<RunReport> RunAsync(Func<Trial, CancellationToken, Task<double>> objective, int totalTrials, CancellationToken cancellationToken = default) =>
        RunAsync(objective, new RunOptions { TotalTrials = totalTrials }, cancellationToken);

    /// <inheritdoc cref="RunAsync(Func{Trial, CancellationToken, TrialResult}, RunOptions, CancellationToken)"/>
    /// <param name="objective">Trains and returns the value.</param>
    /// <param name="totalTrials">Run until the study has so many trials (<see cref="RunOptions.TotalTrials"/>); at least 1.</param>
    /// <param name="cancellationToken">Cancelling stops running trials at their next report and queues them again;
    /// the report says so.</param>
    public Task<RunReport> RunAsync(Func<Trial, Task<double>> objective, int totalTrials, CancellationToken cancellationToken = default) =>
        RunAsync(objective, new RunOptions { TotalTrials = totalTrials }, cancellationToken);

    private static Task<T> ATask<T>(Task<T>? task) => task ?? throw new InvalidOperationException(
        "the objective returned null instead of a task; make it async, or return Task.FromResult(value)");

    /// <summary>Lets the current run end after the trials that run now. Does nothing when there is none.</summary>
    public void Stop() => _runner?.Stop();

    /// <summary>
    /// Asks a trial of the current run to stop, at its next report or where it looks at its cancellation token; it
    /// then fails for this reason.
    /// </summary>
    /// <param name="number">The trial's number. Does nothing when this run does not run it.</param>
    /// <param name="kind">What it fails of.</param>
    /// <param name="reason">Why, in one line.</param>
    public void StopTrial(int number, FailureKind kind, string reason) => _runner?.StopTrial(number, kind, reason);

    /// <summary>
    /// Takes the next trial to evaluate by hand: a waiting one, or a new one. End it with
    /// <see cref="Tell(Trial, TrialResult, CancellationToken)"/>.
    /// </summary>
    /// <param name="cancellationToken">Ends the wait for a storage that fails for the moment. When it is cancelled already,
    /// nothing is taken.</param>
    /// <exception cref="StorageException">The storage failed, if only for the moment then for longer than
    /// <see cref="StudyOptions.StoragePatience"/>.</exception>
    /// <exception cref="OperationCanceledException">The wait was ended; nothing is taken.</exception>
    public Trial Ask(CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_closed.IsCancellationRequested, this);
        cancellationToken.ThrowIfCancellationRequested();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _closed.Token);
        var storage = Engine.PatientUntil(stop.Token);
        try
        {
            return HandleOf(Engine.Begin(storage));
        }
        catch (OperationCanceledException) when (_closed.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new ObjectDisposedException(ToString());
        }
    }

    /// <summary>
    /// Takes the next trial to evaluate by hand, with parameters that are suggested at once: <see cref="Trial.Parameters"/> has them,
    /// and <see cref="Trial.Get{T}"/>.
    /// </summary>
    /// <param name="space">The range of each parameter, by its name.</param>
    /// <param name="cancellationToken">Ends the wait for a storage that fails for the moment.</param>
    /// <exception cref="ArgumentException">The study knows a name as another kind of parameter; the trial is given back.</exception>
    /// <exception cref="StorageException">The storage failed; the trial is given back.</exception>
    /// <exception cref="OperationCanceledException">The wait was ended; nothing is taken.</exception>
    public Trial Ask(IReadOnlyDictionary<string, Spaces.Distribution> space, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(space);
        foreach (var (name, distribution) in space)
        {
            StudyAttributes.CheckParameter(name);
            if (distribution is null) throw new ArgumentException($"parameter '{name}' has no range");
        }

        var trial = Ask(cancellationToken);
        try
        {
            foreach (var (name, distribution) in space) trial.Held.Suggest(name, distribution);
        }
        catch
        {
            Engine.GiveBack([trial.Held], "its parameters could not be suggested");
            throw;
        }

        return trial;
    }

    /// <summary>
    /// Takes several trials to evaluate side by side. What the sampler chooses together is chosen at once, trial after trial, so that they
    /// differ from one another and do not depend on which is suggested first.
    /// </summary>
    /// <param name="count">How many; at least 1.</param>
    /// <param name="cancellationToken">Ends the wait for a storage that fails for the moment.</param>
    /// <exception cref="StorageException">The storage failed; what was taken already is given back.</exception>
    /// <exception cref="OperationCanceledException">The wait was ended; what was taken already is given back.</exception>
    public IReadOnlyList<Trial> Ask(int count, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        var batch = new List<HeldTrial>(count);
        try
        {
            while (batch.Count < count) batch.Add(Ask(cancellationToken).Held);
            Engine.PlanBatch(batch, Engine.PatientUntil(cancellationToken));
        }
        catch
        {
            Engine.GiveBack(batch, "the trials that were to be taken with it could not be");
            throw;
        }

        // Planned together; from now on each of them sees what happens.
        foreach (var trial in batch) trial.View = null;
        return [.. batch.Select(HandleOf)];
    }

    /// <summary>Ends a trial that <see cref="Ask(CancellationToken)"/> gave.</summary>
    /// <param name="trial">The trial.</param>
    /// <param name="result">Its value or values, pruned, or failed. NaN makes the trial one that diverged.</param>
    /// <param name="cancellationToken">Ends the wait for a storage that fails for the moment.</param>
    /// <exception cref="ArgumentException">The number of values is not the number of objectives; the trial goes on.</exception>
    /// <exception cref="TrialLostException">The trial was taken from this worker and is tried again, or was ended or deleted
    /// elsewhere; nothing was changed. The result of a trial that was taken away and that nobody tries again is kept, as a
    /// trial of its own.</exception>
    /// <exception cref="StorageException">The storage failed, if only for the moment then for longer than
    /// <see cref="StudyOptions.StoragePatience"/>; tell again later.</exception>
    /// <exception cref="OperationCanceledException">The wait was ended; tell again later.</exception>
    public void Tell(Trial trial, TrialResult result, CancellationToken cancellationToken = default)
    {
        CheckTold(trial, result);
        if (Engine.Finish(
            trial.Held,
            Endings.Conclude(Objectives, result, trial.Reports, trial.LastDecision),
            Engine.PatientUntil(cancellationToken)) is null)
        {
            throw new TrialLostException(
                $"trial {trial.Number} of study '{Name}' is no longer this worker's ({Engine.WhyLost(trial.Number)}); "
                + "this result is dropped");
        }
    }

    /// <summary>Ends a trial that <see cref="Ask(CancellationToken)"/> gave, unless it was ended already.</summary>
    /// <param name="trial">The trial.</param>
    /// <param name="result">Its value or values, pruned, or failed. NaN makes the trial one that diverged.</param>
    /// <param name="skipIfFinished">Do nothing, instead of throwing, when the trial is finished.</param>
    /// <param name="cancellationToken">Ends the wait for a storage that fails for the moment.</param>
    /// <exception cref="ArgumentException">The number of values is not the number of objectives; the trial goes on.</exception>
    /// <exception cref="TrialLostException">The trial was taken from this worker or deleted.</exception>
    public void Tell(Trial trial, TrialResult result, bool skipIfFinished, CancellationToken cancellationToken = default)
    {
        CheckTold(trial, result);
        if (skipIfFinished && IsFinished(trial.Number, cancellationToken)) return;
        try
        {
            Tell(trial, result, cancellationToken);
        }
        catch (TrialLostException) when (skipIfFinished && IsFinished(trial.Number, cancellationToken))
        {
        }
    }

    /// <summary>Ends a running trial by its number, unless it was ended already.</summary>
    /// <param name="number">The trial's number.</param>
    /// <param name="result">Its value or values, pruned, or failed.</param>
    /// <param name="skipIfFinished">Do nothing, instead of throwing, when the trial is finished.</param>
    /// <param name="cancellationToken">Ends the wait for a storage that fails for the moment.</param>
    /// <exception cref="ArgumentException">There is no such trial, it waits, or the number of values is wrong.</exception>
    public void Tell(int number, TrialResult result, bool skipIfFinished, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(result);
        Engine.Setup.CheckCount(result);
        if (skipIfFinished && IsFinished(number, cancellationToken)) return;
        try
        {
            Tell(number, result, cancellationToken);
        }
        catch (TrialLostException) when (skipIfFinished && IsFinished(number, cancellationToken))
        {
        }
    }

    private void CheckTold(Trial trial, TrialResult result)
    {
        ArgumentNullException.ThrowIfNull(trial);
        ArgumentNullException.ThrowIfNull(result);
        if (trial.Study != this)
        {
            throw new ArgumentException(
                $"trial {trial.Number} belongs to {(trial.Study.Name == Name ? "another study that is called" : "study")} "
                + $"'{trial.Study.Name}', not to "
                + (trial.Study.Name == Name ? "this one" : $"'{Name}'"));
        }

        Engine.Setup.CheckCount(result);
    }

    /// <summary>Whether a trial ended, and not only for a worker that may still bring its result.</summary>
    private bool IsFinished(int number, CancellationToken cancellationToken) =>
        FindTrial(number, cancellationToken) is { State: not (TrialState.Running or TrialState.Waiting) } trial
        && !TrialRules.AddLateResult.HoldsFor(TrialFacts.Of(trial));

    /// <summary>Ends a running trial by its number, for programs that asked in another place.</summary>
    /// <param name="number">The trial's number.</param>
    /// <param name="result">Its value or values, pruned, or failed.</param>
    /// <param name="cancellationToken">Ends the wait for a storage that fails for the moment.</param>
    /// <exception cref="ArgumentException">There is no such trial, it is not running, or the number of values is wrong.</exception>
    public void Tell(int number, TrialResult result, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(result);
        var storage = Engine.PatientUntil(cancellationToken);
        var trial = storage.FindTrial(Engine.Setup.Info.Id, number) ?? throw new ArgumentException($"study '{Name}' has no trial {number}");
        var facts = TrialFacts.Of(trial);
        var late = TrialRules.AddLateResult.HoldsFor(facts);
        if (!TrialRules.Runs.HoldsFor(facts) && !late)
            throw new ArgumentException($"trial {number} of study '{Name}' is {trial.State}, only a running one can be told a result");
        Engine.Setup.CheckCount(result);
        var ending = Endings.Conclude(Objectives, result, trial.Reports, default);
        if (Engine.FindHeld(trial.Id) is { } held)
        {
            // One that this object gave, with what it has not written yet.
            if (Engine.Finish(held, ending, storage) is not null) return;
            throw new TrialLostException(
                $"trial {number} of study '{Name}' is not running any more ({Engine.WhyLost(number)}); this result is dropped");
        }

        if (late
            ? storage.AddLateResult(trial.Id, new FrozenTrial(trial, ending, Engine.Setup.Time.GetUtcNow())) is null
            : !storage.FinishTrial(trial.Id, ending))
        {
            throw new TrialLostException(
                $"trial {number} of study '{Name}' is not running any more ({Engine.WhyLost(number)}); this result is dropped");
        }
    }

    /// <summary>
    /// Queues parameters to be tried next. Parameters that are not named are sampled; values outside the range are used all the same.
    /// </summary>
    /// <param name="parameters">Values as the user knows them, by name.</param>
    /// <param name="userAttributes">User attributes of the trial, or null.</param>
    /// <param name="skipIfExists">Queue nothing when a trial was queued with the same values, or has these parameters and no others. All
    /// trials are read for it; two callers at once may both queue.</param>
    /// <returns>The waiting trial, or the one that there is.</returns>
    public FrozenTrial Enqueue(
        IReadOnlyDictionary<string, object?> parameters,
        IReadOnlyDictionary<string, object?>? userAttributes = null,
        bool skipIfExists = false)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        var values = WriteQueued(parameters);
        if (skipIfExists && GetTrials().FirstOrDefault(t => TrialAttributes.IsQueuedAs(t, parameters)) is { } same) return same;
        return Engine.Patient.AddTrial(Engine.Setup.Info.Id, new FrozenTrial
        {
            State = TrialState.Waiting,
            SystemAttributesJson = new Dictionary<string, string> { [TrialAttributes.FixedParameters] = values },
            UserAttributesJson = StudyAttributes.ToJson(userAttributes),
        });
    }

    private static string WriteQueued(IReadOnlyDictionary<string, object?> parameters)
    {
        foreach (var (name, value) in parameters)
        {
            try
            {
                StudyAttributes.Write(value);
            }
            catch (ArgumentException error)
            {
                throw new ArgumentException($"parameter '{name}': {error.Message}", error);
            }
        }

        return StudyAttributes.Write(parameters);
    }

    /// <summary>
    /// Queues parameters given as a typed record: one whose constructor's parameters carry range attributes such as
    /// <see cref="Spaces.FloatRangeAttribute"/>.
    /// </summary>
    /// <typeparam name="T">A record whose constructor's parameters carry range attributes.</typeparam>
    /// <param name="parameters">The values.</param>
    /// <param name="skipIfExists">Queue nothing when a trial was queued with the same values, or has these parameters and no others.</param>
    public FrozenTrial EnqueueRecord<[DynamicallyAccessedMembers(ParameterRecord.Members)] T>(T parameters, bool skipIfExists = false)
        where T : class => Enqueue(ParameterRecord<T>.ToDictionary(parameters), skipIfExists: skipIfExists);

    /// <summary>Adds a trial that was evaluated elsewhere; samplers learn from it.</summary>
    /// <param name="parameters">Its parameters: <see cref="TrialParameter.Float"/>, <see cref="TrialParameter.Int"/>,
    /// <see cref="TrialParameter.Categorical{T}"/>.</param>
    /// <param name="result">Its value or values, pruned, or failed.</param>
    /// <param name="reports">Its intermediate values, or null.</param>
    /// <param name="userAttributes">Its user attributes, or null.</param>
    /// <returns>The trial as stored.</returns>
    /// <exception cref="ArgumentException">A value lies outside its range or is of another kind than the study knows, a parameter or a step
    /// comes twice, or the number of values is wrong; nothing is stored.</exception>
    public FrozenTrial AddTrial(
        IReadOnlyList<TrialParameter> parameters,
        TrialResult result,
        IReadOnlyList<TrialReport>? reports = null,
        IReadOnlyDictionary<string, object?>? userAttributes = null)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        ArgumentNullException.ThrowIfNull(result);
        var added = AddedTrial.Of(Engine, parameters, result, reports ?? [], StudyAttributes.ToJson(userAttributes));
        return Engine.Patient.AddTrial(Engine.Setup.Info.Id, added);
    }

    /// <summary>
    /// Adds trials that were evaluated elsewhere, such as those of another study; samplers learn from them. They get the next numbers, and
    /// keep parameters, values, reports, constraints, user attributes and times. All are checked before the first one is stored.
    /// </summary>
    /// <param name="trials">Finished trials: <see cref="FrozenTrial.Create"/>, or another study's <see cref="GetTrials"/>.</param>
    /// <param name="cancellationToken">Ends the wait for a storage that fails for the moment; what was stored by then stays.</param>
    /// <returns>The trials as stored.</returns>
    /// <exception cref="ArgumentException">A trial is not finished, or is not one that this study could have run; nothing is stored, and
    /// the message says which one it is, counted from 0.</exception>
    public IReadOnlyList<FrozenTrial> AddTrials(IEnumerable<FrozenTrial> trials, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(trials);
        var (added, ranges) = (new List<FrozenTrial>(), new Dictionary<string, Spaces.Distribution>());
        foreach (var trial in trials)
        {
            try
            {
                added.Add(AddedTrial.Of(Engine, trial, ranges));
            }
            catch (ArgumentException error)
            {
                throw new ArgumentException($"trial {added.Count} of those to be added: {error.Message}", error);
            }
        }

        var storage = Engine.PatientUntil(cancellationToken);
        return [.. added.Select(trial => storage.AddTrial(Engine.Setup.Info.Id, trial))];
    }

    /// <summary>Remembers a folder that holds checkpoints of the study, so that they can be deleted with it.</summary>
    /// <param name="folder">The folder; relative paths start at the current directory.</param>
    public void AddCheckpointFolder(string folder)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(folder);
        Engine.Patient.AddCheckpointFolder(Engine.Setup.Info.Id, Path.GetFullPath(folder));
    }

    /// <summary>The folders that hold checkpoints of the study, on whatever machines.</summary>
    public IReadOnlyList<string> GetCheckpointFolders() => Storage.GetCheckpointFolders(Engine.Setup.Info.Id);

    /// <summary>
    /// Deletes the study with all its trials. This object is of no use afterwards. Checkpoints are files, and stay;
    /// <c>StudyCheckpoints.Delete</c> in Tunewise.Training takes them along.
    /// </summary>
    public void Delete() => Engine.Patient.DeleteStudy(Engine.Setup.Info.Id);

    /// <summary>
    /// Ends what workers that are gone were running, and queues it again as the retry policy allows. Runs do this by themselves.
    /// </summary>
    /// <returns>How many trials were lost.</returns>
    public int ReapLostTrials() => Engine.Lost.Reap(Engine.Patient);

    /// <summary>
    /// Ends this object's run, as cancelling it does, and queues again at once what was asked for and not told. It waits for the running
    /// objectives, which end at their next report or where they look at their token. Dispose the study before its storage, which stays its
    /// owner's. Afterwards the study can still be read; it takes no more trials, and what is told of those that it held is refused
    /// (<see cref="TrialLostException"/>).
    /// </summary>
    /// <exception cref="InvalidOperationException">Called from within an objective of this study's run, or of a run within that, whose end
    /// it would wait for; call <see cref="Stop"/> there.</exception>
    public void Dispose() => DisposeAsync().AsTask().GetAwaiter().GetResult();

    /// <summary>As <see cref="Dispose"/>, without holding the caller up while trials stop.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_runner is { IsAroundCaller: true })
        {
            throw new InvalidOperationException(
                $"study '{Name}' cannot be disposed from within an objective of its run, whose end that would wait for; call Stop() there");
        }

        Task close;
        lock (_closing) close = _close ??= Task.Run(CloseAsync);
        await close.ConfigureAwait(false);
        GC.SuppressFinalize(this);
    }

    private async Task CloseAsync()
    {
        await _closed.CancelAsync().ConfigureAwait(false);
        if (_runner is { } runner) await runner.CancelAsync().ConfigureAwait(false);
        Engine.Close();
    }

    /// <inheritdoc/>
    public override string ToString() => $"study '{Name}' in {Storage.Description}: {string.Join(", ", Objectives)}";

    /// <summary>Whether the study is still in its storage: not deleted, nor deleted and created anew.</summary>
    /// <exception cref="StorageException">The storage failed.</exception>
    public bool Exists() => Engine.Exists;

    /// <summary>What the names of the study's checkpoints begin with (<see cref="Trial.GetCheckpointName"/>).</summary>
    public string CheckpointPrefix => $"{Uid:N}-";

    /// <summary>Where the study's warnings go, for those who train its trials.</summary>
    public ILogger Logger => Engine.Setup.Logger;

    /// <summary>Takes one look at the study, and lets somebody think about it.</summary>
    internal T WithHistory<T>(
        Func<StudyHistory, T> think, HistoryScope scope = HistoryScope.Everything, CancellationToken cancellationToken = default) =>
        Engine.Decide(Engine.PatientUntil(cancellationToken), scope, think);

    private async Task<RunReport> RunAsync(
        Func<Trial, CancellationToken, ValueTask<TrialResult>> objective,
        RunOptions options,
        bool blocking,
        CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate(Objectives);
        ObjectDisposedException.ThrowIf(_closed.IsCancellationRequested, this);
        var plan = options.ToPlan((trial, token) => objective(HandleOf(trial), token), blocking, this);
        using var runner = new StudyRunner(Engine, plan);
        if (Interlocked.CompareExchange(ref _runner, runner, null) is not null)
            throw new InvalidOperationException($"study '{Name}' runs already; raise Parallelism to run more trials at once");
        try
        {
            return await runner.RunAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _runner = null;
        }
    }

    /// <summary>What the user has of a trial; the same object at each call.</summary>
    internal Trial HandleOf(HeldTrial trial) => _handles.GetValue(trial, held => new Trial(this, held));
}
