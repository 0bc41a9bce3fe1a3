using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Tunewise.Analysis;
using Tunewise.History;
using Tunewise.Numerics;
using Tunewise.Pruners;
using Tunewise.Running;
using Tunewise.Samplers;
using Tunewise.Samplers.Auto;
using Tunewise.Spaces;
using Tunewise.Storage;

namespace Tunewise;

/// <summary>
/// A search for good parameters: a name in a storage, objectives, a sampler and a pruner. Any thread may use it, and any number of
/// processes may open the same study at once.
/// </summary>
/// <remarks>Disposing it ends its run and gives back at once what it holds; without that, a trial that was asked for and never told is held until the process ends.</remarks>
public sealed class Study : IDisposable, IAsyncDisposable
{
    private readonly LiveHistory _history;
    private readonly LeaseKeeper _leases;
    private readonly TimeSpan _leaseDuration;
    private readonly TimeProvider _time;
    private readonly long _id;
    private readonly int? _prunedObjective;
    private readonly bool _canExhaust;
    private readonly bool _continues;
    private readonly TimeSpan _patience;
    private volatile StudyRunner? _runner;
    private readonly CancellationTokenSource _closed = new();
    private readonly Lock _closing = new();
    private Task? _close;

    private Study(IStudyStorage storage, StudyInfo info, IReadOnlyList<Objective> objectives, ISampler sampler, IPruner pruner, StudyOptions options)
    {
        Storage = storage;
        _id = info.Id;
        Name = info.Name;
        Uid = storage.GetUid(info.Id);
        Objectives = objectives;
        Sampler = sampler;
        Pruner = pruner;
        Seed = (ulong)(options.Seed ?? System.Random.Shared.NextInt64());
        AllowRepeats = options.AllowRepeats;
        _canExhaust = Defaults.Replaces(sampler, nameof(ISampler.IsExhausted));
        _continues = Defaults.Replaces(pruner, nameof(IPruner.NextToContinue));
        _prunedObjective = StudyObjectives.ReportedIn(objectives, options.PruneBy);
        Logger = options.Logger ?? NullLogger.Instance;
        _leaseDuration = options.LeaseDuration;
        Retry = options.Retry;
        _time = options.Time;
        _patience = options.StoragePatience;
        Patient = PatientUntil(CancellationToken.None);
        _history = new LiveHistory(storage, info, pruner, Logger);
        _leases = new LeaseKeeper(storage, Uid, WorkerIdentity.Current, _leaseDuration, _time, Logger);
        Lost = new LostTrials(storage, info.Id, Uid, options.Retry, options.LeaseDuration, _leases, _time, Logger);
    }

    /// <summary>The study's name.</summary>
    public string Name { get; }

    /// <summary>
    /// An id that no other study ever has, in any storage, drawn when the study is first opened. A study of the same name that is created after this one was deleted has
    /// another one, and so have copies of the study; a copy of the whole database file has the same. Where the storage only reads and no id was drawn yet, it is one
    /// for this object alone.
    /// </summary>
    public Guid Uid { get; }

    /// <summary>What is optimised.</summary>
    public IReadOnlyList<Objective> Objectives { get; }

    /// <summary>The objective that reports are values of: the only one, or the one that <see cref="StudyOptions.PruneBy"/> names; null when there are several and none is named.</summary>
    public Objective? ReportedObjective => _prunedObjective is { } position ? Objectives[position] : null;

    /// <summary>Where the study lives.</summary>
    public IStudyStorage Storage { get; }

    /// <summary>The storage for what callers do: it waits for <see cref="StudyOptions.StoragePatience"/> while the storage fails for the moment.</summary>
    internal PatientStorage Patient { get; }

    /// <summary>The storage for what waits with its own patience.</summary>
    internal PatientStorage With(Patience patience) => new(Storage, patience, _time, Logger);

    /// <summary>The storage for what gives up after <see cref="StudyOptions.StoragePatience"/>, or when it is told to stop.</summary>
    internal PatientStorage PatientUntil(CancellationToken stop) => With(new Patience(_patience, stop));

    internal ISampler Sampler { get; }

    internal IPruner Pruner { get; }

    internal ulong Seed { get; }

    internal bool AllowRepeats { get; }

    internal ILogger Logger { get; }

    /// <summary>Creates a study, or continues the one of this name.</summary>
    /// <param name="storage">Where it lives; stays the caller's to dispose.</param>
    /// <param name="name">Its name, at most 512 characters.</param>
    /// <param name="options">Objectives, sampler, pruner, seed; null for the defaults.</param>
    /// <exception cref="ArgumentException">Options are out of range; every problem is listed.</exception>
    /// <exception cref="TunewiseException">The stored study has other objectives.</exception>
    /// <exception cref="StorageException">The storage failed.</exception>
    public static Study Open(IStudyStorage storage, string name, StudyOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(storage);
        ArgumentNullException.ThrowIfNull(name);
        options ??= new StudyOptions();
        if (options.Objectives is { Count: 0 }) throw new ArgumentException("a study needs at least one objective, got none");

        // Checked before anything is written: a study with wrong options leaves no trace.
        var known = storage.FindStudy(name);
        if (known is null) StudyAttributes.CheckName(name);
        var objectives = known is null ? options.Objectives ?? [Objective.Minimize()] : StudyObjectives.Reconcile(storage, known, options.Objectives);
        var sampler = options.Sampler ?? new AutoSampler();
        var pruner = options.Pruner ?? new MedianPruner();
        var problems = options.Validate(objectives, sampler, pruner).ToList();
        if (problems.Count > 0) throw new ArgumentException($"study '{name}' cannot be opened: {string.Join("; ", problems)}");

        if (known is null)
        {
            known = storage.OpenStudy(name, [.. objectives.Select(o => o.Direction)]);
            // Another process may have created it in between, with other objectives.
            objectives = StudyObjectives.Reconcile(storage, known, objectives);
        }

        StudyObjectives.StoreNames(storage, known.Id, objectives);
        return new Study(storage, known, objectives, sampler, pruner, options);
    }

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

    /// <summary>A study that must exist.</summary>
    internal static StudyInfo Find(IStudyStorage storage, string name)
    {
        if (storage.FindStudy(name) is { } known) return known;
        var others = storage.GetStudies();
        throw new TunewiseException(others.Count == 0
            ? $"there is no study '{name}' in {storage.Description}; it holds no study yet"
            : $"there is no study '{name}' in {storage.Description}; it holds {string.Join(", ", others.Select(s => $"'{s.Name}'"))}");
    }

    /// <summary>All trials in order of their numbers, read from the storage at each access; each as it is at a moment of the read.</summary>
    public IReadOnlyList<FrozenTrial> Trials => Storage.GetTrials(_id);

    /// <summary>The complete trial with the best value, a feasible one if there is any; null while no trial is complete.</summary>
    /// <exception cref="InvalidOperationException">The study has several objectives; read <see cref="BestTrials"/>.</exception>
    public FrozenTrial? BestTrial
    {
        get
        {
            if (Objectives.Count > 1) throw new InvalidOperationException($"study '{Name}' has {Objectives.Count} objectives; read BestTrials");
            return Storage.GetBestTrials(_id, 0, 1) is [var best] ? best : null;
        }
    }

    /// <summary>
    /// The complete trials that no other complete one beats in every objective (the Pareto front), in order of their numbers;
    /// infeasible trials are left out. With one objective: all trials that share the best value.
    /// </summary>
    public IReadOnlyList<FrozenTrial> BestTrials =>
        [.. WithHistory(ParetoFront.Numbers).Select(n => Storage.FindTrial(_id, n)).OfType<FrozenTrial>()];

    /// <summary>
    /// The complete trials with the best values of one objective, best first: feasible ones before infeasible ones, the older of equals first. The storage
    /// finds them without reading the others.
    /// </summary>
    /// <param name="count">How many at most.</param>
    /// <param name="objective">The objective, by its position.</param>
    public IReadOnlyList<FrozenTrial> GetBestTrials(int count, int objective = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfNegative(objective);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(objective, Objectives.Count);
        return Storage.GetBestTrials(_id, objective, count);
    }

    /// <summary>Some of the trials in order of their numbers, without reading the others.</summary>
    /// <param name="skip">How many to pass over.</param>
    /// <param name="take">How many to read at most.</param>
    public IReadOnlyList<FrozenTrial> GetPage(int skip, int take)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(skip);
        ArgumentOutOfRangeException.ThrowIfNegative(take);
        return Storage.GetPage(_id, skip, take);
    }

    /// <summary>How many trials are in each state.</summary>
    public IReadOnlyDictionary<TrialState, int> CountTrials() => Storage.CountTrials(_id);

    /// <summary>The study's user attributes: null, bool, long, double, string, lists and maps of these.</summary>
    public IReadOnlyDictionary<string, object?> UserAttributes =>
        Storage.GetStudyAttributes(_id, AttributeKind.User).ToDictionary(pair => pair.Key, pair => AttributeJson.ReadOrText(pair.Value));

    /// <summary>Adds or replaces a user attribute of the study.</summary>
    /// <param name="key">Its name, at most 512 characters.</param>
    /// <param name="value">null, bool, text, a number, or lists and string-keyed maps of these.</param>
    public void SetUserAttribute(string key, object? value) =>
        Storage.SetStudyAttribute(_id, AttributeKind.User, StudyAttributes.CheckKey(key), StudyAttributes.Write(value));

    /// <summary>Trials in order of their numbers, each as it is at a moment of the read.</summary>
    /// <param name="states">Which states, or null for all.</param>
    public IReadOnlyList<FrozenTrial> GetTrials(IReadOnlyCollection<TrialState>? states) => Storage.GetTrials(_id, states);

    /// <summary>The trial of a number, or null.</summary>
    /// <param name="number">The number, from 0.</param>
    public FrozenTrial? FindTrial(int number) => Storage.FindTrial(_id, number);

    /// <summary>Runs trials until the budget is used up.</summary>
    /// <param name="objective">Trains and returns the value. It runs on a thread of its own and may block.</param>
    /// <param name="options">The budget and how to run; a budget is needed.</param>
    /// <param name="cancellationToken">Cancelling stops running trials at their next report and queues them again; the report says so.</param>
    /// <exception cref="ArgumentException">Options are out of range; every problem is listed.</exception>
    /// <exception cref="InvalidOperationException">The study runs already in this object.</exception>
    /// <exception cref="TunewiseException">The objective returned the wrong number of values.</exception>
    public Task<RunReport> RunAsync(Func<Trial, CancellationToken, TrialResult> objective, RunOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(objective);
        return RunAsync((trial, token) => ValueTask.FromResult(objective(trial, token)), options, blocking: true, cancellationToken);
    }

    /// <summary>Runs trials with an asynchronous objective until the budget is used up.</summary>
    /// <param name="objective">Trains and returns the value. Must not be used with frameworks that keep state per thread, such as TorchSharp.</param>
    /// <param name="options">The budget and how to run; a budget is needed.</param>
    /// <param name="cancellationToken">Cancelling stops running trials at their next report and queues them again; the report says so.</param>
    public Task<RunReport> RunAsync(Func<Trial, CancellationToken, Task<TrialResult>> objective, RunOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(objective);
        return RunAsync((trial, token) => new ValueTask<TrialResult>(objective(trial, token)), options, blocking: false, cancellationToken);
    }

    /// <summary>Lets the current run end after the trials that run now. Does nothing when there is none.</summary>
    public void Stop() => _runner?.Stop();

    /// <summary>Asks a trial of the current run to stop, at its next report or where it looks at its cancellation token; it then fails for this reason.</summary>
    /// <param name="number">The trial's number. Does nothing when this run does not run it.</param>
    /// <param name="kind">What it fails of.</param>
    /// <param name="reason">Why, in one line.</param>
    public void StopTrial(int number, FailureKind kind, string reason) => _runner?.StopTrial(number, kind, reason);

    /// <summary>Takes the next trial to evaluate by hand: a waiting one, or a new one. End it with <see cref="Tell(Trial, TrialResult, CancellationToken)"/>.</summary>
    /// <param name="cancellationToken">Ends the wait for a storage that fails for the moment. When it is cancelled already, nothing is taken.</param>
    /// <exception cref="StorageException">The storage failed, if only for the moment then for longer than <see cref="StudyOptions.StoragePatience"/>.</exception>
    /// <exception cref="OperationCanceledException">The wait was ended; nothing is taken.</exception>
    public Trial Ask(CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_closed.IsCancellationRequested, this);
        cancellationToken.ThrowIfCancellationRequested();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _closed.Token);
        var storage = PatientUntil(stop.Token);
        try
        {
            Lost.ReapIfDue(storage);
            QueueContinuation(storage);
            while (true)
            {
                var claimed = storage.ClaimTrial(_id, new ClaimRequest(WorkerIdentity.Current, _leaseDuration))!;
                if (Start(claimed, storage, CancellationToken.None) is { } trial) return trial;
            }
        }
        catch (OperationCanceledException) when (_closed.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new ObjectDisposedException(ToString());
        }
    }

    /// <summary>
    /// Takes several trials to evaluate side by side. What the sampler chooses together is chosen at once, trial after trial, so that they differ
    /// from one another and do not depend on which is suggested first.
    /// </summary>
    /// <param name="count">How many; at least 1.</param>
    /// <param name="cancellationToken">Ends the wait for a storage that fails for the moment.</param>
    /// <exception cref="StorageException">The storage failed; what was taken already is given back.</exception>
    /// <exception cref="OperationCanceledException">The wait was ended; what was taken already is given back.</exception>
    public IReadOnlyList<Trial> Ask(int count, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        var batch = new List<Trial>(count);
        try
        {
            while (batch.Count < count) batch.Add(Ask(cancellationToken));
            PlanBatch(batch, PatientUntil(cancellationToken));
            return batch;
        }
        catch
        {
            GiveBack(batch, "the trials that were to be taken with it could not be");
            throw;
        }
        finally
        {
            ThawHistory();
        }
    }

    /// <summary>Ends a trial that <see cref="Ask(CancellationToken)"/> gave.</summary>
    /// <param name="trial">The trial.</param>
    /// <param name="result">Its value or values, pruned, or failed. NaN makes the trial one that diverged.</param>
    /// <param name="cancellationToken">Ends the wait for a storage that fails for the moment.</param>
    /// <exception cref="ArgumentException">The number of values is not the number of objectives; the trial goes on.</exception>
    /// <exception cref="TrialLostException">The trial was taken from this worker and is tried again, or was ended or deleted elsewhere; nothing was
    /// changed. The result of a trial that was taken away and that nobody tries again is kept, as a trial of its own.</exception>
    /// <exception cref="StorageException">The storage failed, if only for the moment then for longer than <see cref="StudyOptions.StoragePatience"/>; tell again later.</exception>
    /// <exception cref="OperationCanceledException">The wait was ended; tell again later.</exception>
    public void Tell(Trial trial, TrialResult result, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(trial);
        ArgumentNullException.ThrowIfNull(result);
        if (trial.Study != this) throw new ArgumentException($"trial {trial.Number} belongs to study '{trial.Study.Name}', not to '{Name}'");
        if (result.State == TrialState.Complete && result.Values.Count != Objectives.Count) throw new ArgumentException(WrongCount(result.Values.Count));
        if (Finish(trial, Endings.Conclude(Objectives, result, trial.Reports, trial.LastDecision), PatientUntil(cancellationToken)) is null)
            throw new TrialLostException($"trial {trial.Number} of study '{Name}' is no longer this worker's ({WhyLost(trial.Number)}); this result is dropped");
    }

    /// <summary>Ends a running trial by its number, for programs that asked in another place.</summary>
    /// <param name="number">The trial's number.</param>
    /// <param name="result">Its value or values, pruned, or failed.</param>
    /// <param name="cancellationToken">Ends the wait for a storage that fails for the moment.</param>
    /// <exception cref="ArgumentException">There is no such trial, it is not running, or the number of values is wrong.</exception>
    public void Tell(int number, TrialResult result, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(result);
        var storage = PatientUntil(cancellationToken);
        var trial = storage.FindTrial(_id, number) ?? throw new ArgumentException($"study '{Name}' has no trial {number}");
        var late = trial is { State: TrialState.Failed, Failure: FailureKind.Lost, RetriedBy: null };
        if (trial.State != TrialState.Running && !late) throw new ArgumentException($"trial {number} of study '{Name}' is {trial.State}, only a running one can be told a result");
        if (result.State == TrialState.Complete && result.Values.Count != Objectives.Count) throw new ArgumentException(WrongCount(result.Values.Count));
        var ending = Endings.Conclude(Objectives, result, trial.Reports, default);
        if (late ? storage.AddLateResult(trial.Id, Endings.LateResult(trial, ending, _time.GetUtcNow())) is null : !storage.FinishTrial(trial.Id, ending))
            throw new TrialLostException($"trial {number} of study '{Name}' is not running any more ({WhyLost(number)}); this result is dropped");
    }

    /// <summary>Queues parameters to be tried next. Parameters that are not named are sampled; values outside the range are used all the same.</summary>
    /// <param name="parameters">Values as the user knows them, by name.</param>
    /// <param name="userAttributes">User attributes of the trial, or null.</param>
    /// <returns>The waiting trial.</returns>
    public FrozenTrial Enqueue(IReadOnlyDictionary<string, object?> parameters, IReadOnlyDictionary<string, object?>? userAttributes = null)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        return Patient.AddTrial(_id, new FrozenTrial
        {
            State = TrialState.Waiting,
            SystemAttributesJson = new Dictionary<string, string> { [TrialAttributes.FixedParameters] = StudyAttributes.Write(parameters) },
            UserAttributesJson = ToJson(userAttributes),
        });
    }

    /// <summary>Queues parameters given as a typed record: one whose constructor's parameters carry range attributes such as <see cref="Spaces.FloatRangeAttribute"/>.</summary>
    /// <typeparam name="T">A record whose constructor's parameters carry range attributes.</typeparam>
    /// <param name="parameters">The values.</param>
    public FrozenTrial EnqueueRecord<T>(T parameters)
        where T : class => Enqueue(ParameterRecord<T>.ToDictionary(parameters));

    /// <summary>Adds a trial that was evaluated elsewhere; samplers learn from it.</summary>
    /// <param name="parameters">Name, range and internal value of each parameter.</param>
    /// <param name="result">Its value or values, pruned, or failed.</param>
    /// <param name="reports">Its intermediate values, or null.</param>
    /// <param name="userAttributes">Its user attributes, or null.</param>
    /// <returns>The trial as stored.</returns>
    /// <exception cref="ArgumentException">A value lies outside its range or is of another kind than the study knows, a parameter or a step comes twice, or the number of
    /// values is wrong; nothing is stored.</exception>
    public FrozenTrial AddTrial(
        IReadOnlyList<TrialParameter> parameters,
        TrialResult result,
        IReadOnlyList<TrialReport>? reports = null,
        IReadOnlyDictionary<string, object?>? userAttributes = null)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        ArgumentNullException.ThrowIfNull(result);
        if (result.State == TrialState.Complete && result.Values.Count != Objectives.Count) throw new ArgumentException(WrongCount(result.Values.Count));
        WithHistory(_ =>
        {
            foreach (var (name, distribution, value) in parameters)
            {
                if (!distribution.Contains(value)) throw new ArgumentException($"parameter '{name}': {Words.Exact(value)} is not within {distribution}");
                if (KnownDistribution(name) is { } known && !distribution.IsCompatibleWith(known))
                    throw new ArgumentException($"parameter '{name}' is {known} in study '{Name}', the added trial has {distribution}");
            }

            return 0;
        });

        var sorted = (reports ?? []).OrderBy(r => r.Step).ToArray();
        for (var i = 1; i < sorted.Length; i++)
        {
            if (sorted[i].Step == sorted[i - 1].Step) throw new ArgumentException($"step {sorted[i].Step} is reported twice; a trial has one value per step");
        }

        if (parameters.GroupBy(p => p.Name).FirstOrDefault(g => g.Count() > 1) is { } twice) throw new ArgumentException($"parameter '{twice.Key}' is given twice");
        var ending = Endings.Conclude(Objectives, result, sorted, default);
        var now = _time.GetUtcNow().UtcDateTime;
        return Patient.AddTrial(_id, new FrozenTrial
        {
            State = ending.State,
            Values = ending.Values,
            ParameterList = parameters,
            Reports = sorted,
            UserAttributesJson = ToJson(userAttributes),
            StartedAt = now,
            FinishedAt = now,
            Failure = ending.Failure,
            Reason = ending.Reason,
            Detail = ending.Detail,
            LastFiniteValue = ending.LastFiniteValue,
        });
    }

    /// <summary>Remembers a folder that holds checkpoints of the study, so that they can be deleted with it.</summary>
    /// <param name="folder">The folder; relative paths start at the current directory.</param>
    public void AddCheckpointFolder(string folder)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(folder);
        Patient.AddCheckpointFolder(_id, Path.GetFullPath(folder));
    }

    /// <summary>The folders that hold checkpoints of the study, on whatever machines.</summary>
    public IReadOnlyList<string> GetCheckpointFolders() => Storage.GetCheckpointFolders(_id);

    /// <summary>
    /// Deletes the study with all its trials. This object is of no use afterwards. Checkpoints are files, and stay; <c>StudyCheckpoints.Delete</c> in Tunewise.Training takes
    /// them along.
    /// </summary>
    public void Delete() => Storage.DeleteStudy(_id);

    /// <summary>Ends what workers that are gone were running, and queues it again as the retry policy allows. Runs do this by themselves.</summary>
    /// <returns>How many trials were lost.</returns>
    public int ReapLostTrials() => Lost.Reap(Patient);

    /// <summary>
    /// Ends this object's run, as cancelling it does, and queues again at once what was asked for and not told. It waits for the running objectives, which end at their next report
    /// or where they look at their token. Dispose the study before its storage, which stays its owner's. Afterwards the study can still be read; it takes no more trials, and what
    /// is told of those that it held is refused (<see cref="TrialLostException"/>).
    /// </summary>
    /// <exception cref="InvalidOperationException">Called from within an objective of this study's run, or of a run within that, whose end it would wait for; call <see cref="Stop"/> there.</exception>
    public void Dispose() => DisposeAsync().AsTask().GetAwaiter().GetResult();

    /// <summary>As <see cref="Dispose"/>, without holding the caller up while trials stop.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_runner is { IsAroundCaller: true })
            throw new InvalidOperationException($"study '{Name}' cannot be disposed from within an objective of its run, whose end that would wait for; call Stop() there");
        Task close;
        lock (_closing) close = _close ??= Task.Run(CloseAsync);
        await close.ConfigureAwait(false);
        GC.SuppressFinalize(this);
    }

    private async Task CloseAsync()
    {
        await _closed.CancelAsync().ConfigureAwait(false);
        if (_runner is { } runner) await runner.CancelAsync().ConfigureAwait(false);
        GiveBack(_leases.Close(), "the study was closed while the trial ran");
    }

    /// <summary>Queues trials again that this object took and will not end, for a grace period in all; what cannot be stored is left to the lease.</summary>
    internal void GiveBack(IEnumerable<Trial> trials, string why)
    {
        var since = _time.GetTimestamp();
        foreach (var trial in trials)
        {
            var left = Patience.FinishGrace - _time.GetElapsedTime(since);
            GiveBack(trial, why, new Patience(left > TimeSpan.Zero ? left : TimeSpan.Zero));
        }
    }

    private void GiveBack(Trial trial, string why, Patience patience)
    {
        var ending = new TrialEnding(TrialState.Failed, []) { Failure = FailureKind.Interrupted, Reason = why };
        try
        {
            With(patience).FinishTrial(trial.Id, Retry.Apply(ending, trial.Attempts) with { OnlyIfHeldBy = WorkerIdentity.Current });
        }
        catch (Exception error) when (error is StorageException or ObjectDisposedException)
        {
            Logger.EndNotStored(trial.Number, error.Message);
        }

        _leases.Remove(trial);
    }

    /// <inheritdoc/>
    public override string ToString() => $"study '{Name}' in {Storage.Description}: {string.Join(", ", Objectives)}";

    /// <summary>The trials whose workers are gone.</summary>
    internal LostTrials Lost { get; }

    internal long Id => _id;

    /// <summary>Whether the study is still there.</summary>
    internal bool Exists => Storage.FindStudy(Name) is { } found && found.Id == _id && Storage.GetUid(_id) == Uid;

    /// <summary>What the names of the study's checkpoints begin with.</summary>
    internal string CheckpointPrefix => $"{Uid:N}-";

    internal RetryPolicy Retry { get; }

    internal FrozenTrial? Claim(RunOptions options, bool onlyWaiting, PatientStorage storage) => storage.ClaimTrial(_id, new ClaimRequest(WorkerIdentity.Current, _leaseDuration)
    {
        TotalTrials = options.TotalTrials,
        CountedStates = options.CountedStates,
        OnlyWaiting = onlyWaiting,
    });

    /// <summary>Whether the sampler has nothing left to propose.</summary>
    internal bool IsExhausted(PatientStorage storage) => _canExhaust && WithHistory(storage, Sampler.IsExhausted);

    /// <summary>Queues the paused trial that the pruner wants to go on with, if there is one.</summary>
    internal void QueueContinuation(PatientStorage storage)
    {
        if (_continues && WithHistory(storage, h => Pruner.NextToContinue(Name, h)) is { } number) storage.ContinueTrial(_id, number);
    }

    /// <summary>Lets each trial of a batch be chosen for in turn, knowing what was chosen for those before it.</summary>
    internal void PlanBatch(IReadOnlyList<Trial> batch, PatientStorage storage)
    {
        var others = WithHistory(storage, h => h.Unfinished.Where(u => batch.All(t => t.Number != u.Number)).ToList());
        foreach (var trial in batch)
        {
            Freeze(others);
            others = [.. others, new FrozenTrial { Number = trial.Number, State = TrialState.Running, ParameterList = trial.Plan() }];
        }

        Freeze(others);
        void Freeze(IReadOnlyList<FrozenTrial> running) => storage.Try(() =>
        {
            _history.Freeze(running);
            return true;
        });
    }

    /// <summary>The claimed trial, held; null when nobody can run it, and it has failed.</summary>
    internal Trial? Start(FrozenTrial claimed, PatientStorage storage, CancellationToken stop)
    {
        Trial trial;
        try
        {
            trial = new Trial(this, claimed, stop);
        }
        catch (FormatException error)
        {
            // What a stranger queued: it would end every run that takes it.
            var reason = $"what was queued cannot be read: {error.Message}";
            storage.FinishTrial(claimed.Id, new TrialEnding(TrialState.Failed, []) { Failure = FailureKind.Exception, Reason = reason, OnlyIfHeldBy = WorkerIdentity.Current });
            Logger.TrialFailed(claimed.Number, reason);
            return null;
        }

        if (_leases.TryAdd(trial)) return trial;
        GiveBack([trial], "the study was closed before the trial began");
        throw new ObjectDisposedException(ToString());
    }

    /// <summary>Stops renewing the lease of a trial that is no longer this worker's.</summary>
    internal void Release(Trial trial) => _leases.Remove(trial);

    /// <summary>
    /// Stores how a trial ended, and returns the number of the trial that holds it: another one when the trial was taken from this worker and nobody tries
    /// it again. Null when the result is not wanted any more.
    /// </summary>
    /// <remarks>While the storage fails for the moment the trial stays held: its result is not lost to others that would take it for theirs.</remarks>
    internal int? Finish(Trial trial, TrialEnding ending, PatientStorage storage)
    {
        ending = Retry.Apply(ending, trial.Attempts);
        if (ending.Failure == FailureKind.OutOfMemory) storage.SetTrialAttribute(trial.Id, AttributeKind.System, TrialAttributes.MemoryConstraint, "1.0");
        var finished = storage.FinishTrial(trial.Id, ending with { OnlyIfHeldBy = WorkerIdentity.Current });
        _leases.Remove(trial);
        if (finished) return trial.Number;
        if (ending.State == TrialState.Failed || storage.AddLateResult(trial.Id, Endings.LateResult(trial.Freeze(), ending, _time.GetUtcNow())) is not { } kept) return null;
        Logger.KeptLate(trial.Number, kept.Number);
        return kept.Number;
    }

    /// <summary>What became of a trial that is not this worker's any more.</summary>
    internal string WhyLost(int number)
    {
        try
        {
            if (Storage.FindTrial(_id, number) is not { } trial) return Exists ? "it was deleted" : "the study was deleted";
            var tried = trial.RetriedBy is { } next ? $"; trial {next} tries it again" : "";
            return $"it is {TrialWords.Of(trial.State)}{(trial.Reason is { } reason ? $": {reason}" : "")}{tried}";
        }
        catch (Exception error) when (error is StorageException or ObjectDisposedException)
        {
            return "its lease ran out, or it was ended or deleted elsewhere";
        }
    }

    /// <summary>Whether a trial was taken from its worker and nobody tries it again, so that what the worker brings is still wanted.</summary>
    internal bool MayComeLate(Trial trial) =>
        trial.Storage.FindTrial(_id, trial.Number) is { State: TrialState.Failed, Failure: FailureKind.Lost, RetriedBy: null } lost && lost.Id == trial.Id;

    internal string WrongCount(int count) =>
        $"the objective returned {Words.Count(count, "value")}, study '{Name}' has {Words.Count(Objectives.Count, "objective")} ({string.Join(", ", Objectives)})";

    internal ReportDecision Judge(Trial trial, IReadOnlyDictionary<string, string> attributes)
    {
        if (_prunedObjective is not { } objective)
            return ReportDecision.Continue("a study with several objectives is pruned only by the objective that StudyOptions.PruneBy names");
        // What the pruner keeps is stored when the history is free again for others.
        var kept = new Dictionary<string, string>();
        var decision = trial.Storage.Try(() => _history.UseWhenNeeded(history => Pruner.Decide(new PruningContext(history, trial.Number, Objectives[objective].Direction, trial.Reports)
        {
            StudyName = Name,
            Attributes = attributes,
            StoreAttribute = (key, json) => kept[key] = json,
        })));
        foreach (var (key, json) in kept) trial.StoreSystemAttribute(key, json);
        return decision;
    }

    internal void Observe(Action<IRunObserver> notify)
    {
        if (_runner?.Observer is { } observer) notify(observer);
    }

    /// <summary>Reads what finished since the last look, then lets one caller at a time use the history.</summary>
    internal T WithHistory<T>(Func<StudyHistory, T> use) => WithHistory(Patient, use);

    /// <summary>The same with one's own patience. Nobody waits for the storage while the history is in use.</summary>
    internal T WithHistory<T>(PatientStorage storage, Func<StudyHistory, T> use) => storage.Try(() => _history.Use(use));

    /// <summary>The same with the part of the history that a trial's sampler may see.</summary>
    internal T WithHistory<T>(int trialNumber, PatientStorage storage, Func<StudyHistory, T> use) => storage.Try(() => _history.UseFor(trialNumber, use));

    internal void ThawHistory() => _history.Thaw();

    /// <summary>The distribution that the study knows under a name. Call it while the history is in use.</summary>
    internal Distribution? KnownDistribution(string name) => _history.KnownDistribution(name);

    internal void LearnDistribution(string name, Distribution distribution) => _history.Learn(name, distribution);

    private async Task<RunReport> RunAsync(
        Func<Trial, CancellationToken, ValueTask<TrialResult>> objective, RunOptions options, bool blocking, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate(Objectives);
        ObjectDisposedException.ThrowIf(_closed.IsCancellationRequested, this);
        using var runner = new StudyRunner(this, objective, options, _time, blocking);
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

    private static Dictionary<string, string> ToJson(IReadOnlyDictionary<string, object?>? attributes) =>
        attributes?.ToDictionary(a => StudyAttributes.CheckKey(a.Key), a => StudyAttributes.Write(a.Value)) ?? [];
}
