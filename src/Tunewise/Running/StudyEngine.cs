using System.Collections.ObjectModel;
using Tunewise.History;
using Tunewise.Pruners;
using Tunewise.Samplers;
using Tunewise.Storage;

namespace Tunewise.Running;

/// <summary>
/// The engine of a study: claims trials, chooses their parameters, judges their reports, ends them, takes over those of workers that are
/// gone, and keeps what comes late. Any thread may use it.
/// </summary>
internal sealed class StudyEngine
{
    private readonly LeaseKeeper _leases;
    private readonly IExhaustibleSampler? _exhaustible;
    private readonly IPrescribingSampler? _prescribing;
    private readonly IPromotingPruner? _promoting;
    private int _blobsAreFull;

    public StudyEngine(IStudyStorage storage, StudySetup setup)
    {
        (Storage, Setup) = (storage, setup);
        _exhaustible = setup.Sampler.Capability<IExhaustibleSampler>();
        if (setup.AllowRepeats && _exhaustible is { MayRepeat: true }) _exhaustible = null;
        _prescribing = setup.Sampler.Capability<IPrescribingSampler>();
        _promoting = setup.Pruner.Capability<IPromotingPruner>();
        Patient = PatientUntil(CancellationToken.None);
        History = new LiveHistory(storage, setup.Info, setup.Reported, setup.Pruner.Capability<IGroupingPruner>(), setup.Logger);
        _leases = new LeaseKeeper(storage, setup.Uid, WorkerIdentity.Current, setup.LeaseDuration, setup.Time, setup.Logger);
        Steps = new StepKeeper(storage, setup.Time, setup.Logger);
        Lost = new LostTrials(storage, setup.Info.Id, setup.Uid, setup.Retry, setup.LeaseDuration, _leases, setup.Time, setup.Logger);
    }

    public StudySetup Setup { get; }

    public IStudyStorage Storage { get; }

    /// <summary>The storage for what callers do: it waits for the study's patience while the storage fails for the moment.</summary>
    public PatientStorage Patient { get; }

    public LiveHistory History { get; }

    /// <summary>Raised when a trial of this object has suggested a parameter or is no longer held.</summary>
    public ChangeSignal Progress { get; } = new();

    /// <summary>Writes what the trials of this object measure.</summary>
    public StepKeeper Steps { get; }

    /// <summary>The trials whose workers are gone.</summary>
    public LostTrials Lost { get; }

    /// <summary>Whether the study is still there.</summary>
    public bool Exists => Storage.FindStudy(Setup.Name) is { } found && found.Id == Id && Storage.GetUid(Id) == Setup.Uid;

    private long Id => Setup.Info.Id;

    /// <summary>The storage for what waits with its own patience.</summary>
    public PatientStorage With(Patience patience) => new(Storage, patience, Setup.Time, Setup.Logger);

    /// <summary>The storage for what gives up after the study's patience, or when it is told to stop.</summary>
    public PatientStorage PatientUntil(CancellationToken stop) => With(new Patience(Setup.Patience, stop));

    /// <summary>
    /// Takes one look at the study, and lets somebody think about it. Only the look waits, with its own patience, for the storage.
    /// </summary>
    public T Decide<T>(
        PatientStorage storage, HistoryScope scope, Func<StudyHistory, T> think, int? trialNumber = null, BatchView? view = null) =>
        LiveHistory.Think(storage.Try(() => History.Look(scope, trialNumber, view)), think);

    /// <summary>
    /// Takes a waiting trial or begins a new one; null when the budget is used up, or when the sampler has nothing left to propose. Whether
    /// it has, and that the trial begins, is one act for all workers of the study. Trials that run may yet show that something is left.
    /// </summary>
    public FrozenTrial? Claim(
        PatientStorage storage,
        int? totalTrials,
        IReadOnlyCollection<TrialState>? countedStates,
        out bool exhausted,
        out bool moreMayShow)
    {
        var request = RequestOf(totalTrials, countedStates);
        (exhausted, moreMayShow) = (false, false);
        if (_exhaustible is not { } sampler) return storage.ClaimTrial(Id, request);
        // What the act looks at is read before it begins, but for the latest news.
        var nothingLeft = Decide(storage, HistoryScope.Everything, sampler.IsExhausted);
        request = request with { MayBegin = () => !(nothingLeft = History.LookNow(sampler.IsExhausted)) };
        var claimed = storage.Try(() => History.Alone(() => Storage.ClaimTrial(Id, request)));
        exhausted = claimed is null && nothingLeft;
        moreMayShow = exhausted && Decide(storage, HistoryScope.Everything, sampler.MoreMayShow);
        return claimed;
    }

    /// <summary>Takes a waiting trial or begins a new one, whatever the sampler has left; null when the budget is used up.</summary>
    public FrozenTrial? Claim(PatientStorage storage, int? totalTrials, IReadOnlyCollection<TrialState>? countedStates) =>
        storage.ClaimTrial(Id, RequestOf(totalTrials, countedStates));

    private ClaimRequest RequestOf(int? totalTrials, IReadOnlyCollection<TrialState>? countedStates) =>
        new(WorkerIdentity.Current, Setup.LeaseDuration)
        {
            TotalTrials = totalTrials,
            CountedStates = countedStates ?? ClaimRequest.DefaultCountedStates,
        };

    /// <summary>Whether the sampler's values of a parameter stand as they are.</summary>
    public bool Prescribes(string name) => _prescribing is { } sampler && sampler.Prescribes(name);

    /// <summary>Whether the sampler chooses the values of a parameter among those that are left.</summary>
    public bool ChoosesInTurn(string name) => _prescribing is { } sampler && sampler.Prescribes(name) && sampler.ChoosesInTurn(name);

    /// <summary>The values that the sampler holds for all trials.</summary>
    public IReadOnlyDictionary<string, object?> Held => _prescribing?.Held ?? ReadOnlyDictionary<string, object?>.Empty;

    /// <summary>
    /// Lets a parameter be chosen from all that is stored by now, and stores it, as one act for all workers of the study; null when the
    /// trial runs no more. In a batch the plans of the others count first, and then what is stored: plans give way, what somebody has
    /// chosen does not.
    /// </summary>
    public TrialParameter? Choose(HeldTrial trial, string name, ChoiceInTurn choose) => trial.Storage.Try(
        () => History.Alone(() => Storage.ChooseParameter(
            Id,
            trial.Id,
            name,
            () =>
            {
                var planned = trial.View is { } view ? History.LookNow(choose.ByPlans, view) : null;
                return History.LookNow(history => choose.Choose(history, planned));
            })));

    /// <summary>Takes a trial to be evaluated by hand.</summary>
    public HeldTrial Begin(PatientStorage storage)
    {
        Lost.ReapIfDue(storage);
        QueueContinuation(storage);
        FrozenTrial Begun() => storage.ClaimTrial(Id, new ClaimRequest(WorkerIdentity.Current, Setup.LeaseDuration))!;
        while (true)
        {
            if (Hold(Begun(), storage, CancellationToken.None) is { } trial) return trial;
        }
    }

    /// <summary>
    /// Whether a claim depends on what was claimed just before: the sampler may have nothing left, or the pruner lets a paused trial go on.
    /// </summary>
    public bool ClaimsInTurn => _exhaustible is not null || _promoting is not null;

    /// <summary>Queues the paused trial that the pruner wants to go on with, if there is one.</summary>
    public void QueueContinuation(PatientStorage storage)
    {
        if (_promoting is not { } pruner) return;
        if (Decide(storage, HistoryScope.Everything, history => pruner.NextToContinue(Setup.Name, history)) is { } number)
            storage.ContinueTrial(Id, number);
    }

    /// <summary>The claimed trial, held; null when nobody can run it, and it has failed.</summary>
    /// <exception cref="ObjectDisposedException">The engine takes no more trials.</exception>
    public HeldTrial? Hold(FrozenTrial claimed, PatientStorage storage, CancellationToken stop, IRunWatcher? watcher = null)
    {
        HeldTrial trial;
        try
        {
            trial = new HeldTrial(this, claimed, stop, watcher);
        }
        catch (FormatException error)
        {
            // What a stranger queued: it would end every run that takes it.
            var reason = $"what was queued cannot be read: {error.Message}";
            storage.FinishTrial(
                claimed.Id,
                new TrialEnding(TrialState.Failed, [])
                {
                    Failure = FailureKind.Exception,
                    Reason = reason,
                    OnlyIfHeldBy = WorkerIdentity.Current,
                });
            Setup.Logger.TrialFailed(claimed.Number, reason);
            return null;
        }

        if (_leases.TryAdd(trial)) return trial;
        GiveBack([trial], "the study was closed before the trial began");
        throw new ObjectDisposedException($"study '{Setup.Name}'");
    }

    /// <summary>
    /// Lets each trial of a batch be chosen for in turn, knowing what was chosen for those before it. From then on they see what had
    /// finished by now and one another's plans (<see cref="HeldTrial.View"/>).
    /// </summary>
    public void PlanBatch(IReadOnlyList<HeldTrial> batch, PatientStorage storage)
    {
        var look = storage.Try(() => History.Look(HistoryScope.Everything));
        var numbers = batch.Select(t => t.Number).ToHashSet();
        var running = look.Unfinished.Where(u => !numbers.Contains(u.Number)).ToList();
        foreach (var trial in batch)
        {
            trial.View = new BatchView(look.Moment, [.. running], numbers);
            running.Add(trial.Plan());
        }

        var view = new BatchView(look.Moment, running, numbers);
        foreach (var trial in batch) trial.View = view;
    }

    /// <summary>The trial as this object holds it, or null.</summary>
    public HeldTrial? FindHeld(long trialId) => _leases.Find(trialId);

    /// <summary>Renews the trial's lease no more; nobody may be there to take it.</summary>
    public void LetGo(HeldTrial trial) => _leases.Remove(trial);

    /// <summary>What the pruner says to a trial's latest report.</summary>
    public ReportDecision Judge(HeldTrial trial)
    {
        if (Setup.Reported is not { } objective)
        {
            return ReportDecision.Continue(
                "a study with several objectives is pruned only by the objective that StudyOptions.PruneBy names");
        }

        var kept = new Dictionary<string, string>();
        ReportDecision Think(StudyHistory history) => VerdictOf(
            new PruningContext(history, trial.Number, Setup.Objectives[objective].Direction, trial.Reports)
            {
                StudyName = Setup.Name,
                Attributes = trial.SystemAttributes,
                StoreAttribute = (key, json) => kept[key] = json,
            });
        var decision = Decide(trial.Storage, Setup.Pruner.Scope, Think, view: trial.View);
        foreach (var (key, json) in kept) trial.SetAttribute(AttributeKind.System, key, json);
        return decision with { Rule = RuleOf(decision.Rule ?? Setup.Pruner.GetType().Name) };
    }

    /// <summary>A rule's name as every database can keep it.</summary>
    private static string RuleOf(string rule)
    {
        var clean = string.Concat(rule.Select(c => char.IsControl(c) || char.IsSurrogate(c) ? '?' : c));
        return clean.Length <= StudyAttributes.LongestSeriesName ? clean : clean[..StudyAttributes.LongestSeriesName];
    }

    /// <summary>Says once that no more blobs are kept.</summary>
    public void SayBlobsAreFull()
    {
        if (Interlocked.Exchange(ref _blobsAreFull, 1) == 0) Setup.Logger.BlobsFillBudget(Setup.Name, Setup.BlobBudget);
    }

    /// <exception cref="PrunerException">The pruner threw.</exception>
    private ReportDecision VerdictOf(PruningContext context)
    {
        try
        {
            return Setup.Pruner.Decide(context);
        }
        catch (Exception error) when (Thrown.IsFault(error))
        {
            throw new PrunerException(Thrown.InWords(Setup.Pruner, error, $"at step {context.Reports[^1].Step}"), error);
        }
    }

    /// <summary>
    /// Stores how a trial ended, and returns the number of the trial that holds it: another one when the trial was taken from this worker
    /// and nobody tries it again. Null when the result is not wanted any more.
    /// </summary>
    /// <remarks>
    /// While the storage fails for the moment the trial stays held: its result is not lost to others that would take it for theirs.
    /// </remarks>
    public int? Finish(HeldTrial trial, TrialEnding ending, PatientStorage storage)
    {
        ending = Setup.Retry.Apply(ending, trial.Attempts);
        if (ending.Failure == FailureKind.OutOfMemory)
            storage.SetTrialAttribute(trial.Id, AttributeKind.System, TrialAttributes.MemoryConstraint, "1.0");
        lock (trial.Steps.Writing)
        {
            Steps.Forget(trial);
            var rest = trial.Steps.TakeLast();
            try
            {
                return Finish(trial, ending, rest, storage);
            }
            catch
            {
                trial.Steps.PutBack(rest);
                throw;
            }
        }
    }

    private int? Finish(HeldTrial trial, TrialEnding ending, StepBatch rest, PatientStorage storage)
    {
        var finished = storage.FinishTrial(trial.Id, ending with { OnlyIfHeldBy = WorkerIdentity.Current }, rest);
        _leases.Remove(trial);
        Steps.Ended(trial);
        if (finished) return trial.Number;
        if (ending.State == TrialState.Failed
            || storage.AddLateResult(trial.Id, new FrozenTrial(trial.Freeze(), ending, Setup.Time.GetUtcNow()), rest) is not { } kept)
        {
            return null;
        }

        Setup.Logger.KeptLate(trial.Number, kept.Number);
        return kept.Number;
    }

    /// <summary>Stops renewing the lease of a trial that is no longer this worker's.</summary>
    public void Release(HeldTrial trial)
    {
        _leases.Remove(trial);
        Steps.Ended(trial);
        Progress.Raise();
    }

    /// <summary>Takes no more trials, and queues those again that are held still.</summary>
    public void Close() => GiveBack(_leases.Close(), "the study was closed while the trial ran");

    /// <summary>
    /// Queues trials again that were taken here and will not end, for a grace period in all; what cannot be stored is left to the lease.
    /// </summary>
    public void GiveBack(IEnumerable<HeldTrial> trials, string why)
    {
        var since = Setup.Time.GetTimestamp();
        foreach (var trial in trials)
        {
            var left = Patience.FinishGrace - Setup.Time.GetElapsedTime(since);
            GiveBack(trial, why, new Patience(left > TimeSpan.Zero ? left : TimeSpan.Zero));
        }
    }

    private void GiveBack(HeldTrial trial, string why, Patience patience)
    {
        var ending = new TrialEnding(TrialState.Failed, []) { Failure = FailureKind.Interrupted, Reason = why };
        try
        {
            // Who waits to end it just now ends it.
            if (!trial.Steps.Writing.TryEnter(patience.Limit)) throw new StorageException("another call still waits for the storage");
            try
            {
                Steps.Ended(trial);
                With(patience).FinishTrial(
                    trial.Id,
                    Setup.Retry.Apply(ending, trial.Attempts) with { OnlyIfHeldBy = WorkerIdentity.Current },
                    trial.Steps.Take());
            }
            finally
            {
                trial.Steps.Writing.Exit();
            }
        }
        catch (Exception error) when (error is StorageException or ObjectDisposedException)
        {
            Setup.Logger.EndNotStored(trial.Number, error.Message);
        }

        _leases.Remove(trial);
    }

    /// <summary>What became of a trial that is not this worker's any more.</summary>
    public string WhyLost(int number)
    {
        try
        {
            if (Storage.FindTrial(Id, number) is not { } trial) return Exists ? "it was deleted" : "the study was deleted";
            var tried = trial.RetriedBy is { } next ? $"; trial {next} tries it again" : "";
            return $"it is {TrialWords.Of(trial.State)}{(trial.Reason is { } reason ? $": {reason}" : "")}{tried}";
        }
        catch (Exception error) when (error is StorageException or ObjectDisposedException)
        {
            return "its lease ran out, or it was ended or deleted elsewhere";
        }
    }

    /// <summary>
    /// Whether a trial was taken from its worker and nobody tries it again, so that what the worker brings is still wanted.
    /// </summary>
    public bool MayComeLate(long trialId, int number, PatientStorage storage) =>
        storage.FindTrial(Id, number) is { } lost && lost.Id == trialId && TrialRules.AddLateResult.HoldsFor(TrialFacts.Of(lost));
}
