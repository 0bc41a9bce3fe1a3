using Tunewise.Storage.Memory;

namespace Tunewise.Storage;

/// <summary>Keeps studies in memory for as long as the object lives. Any thread may use it.</summary>
public sealed class InMemoryStorage : IStudyStorage
{
    private readonly Lock _lock = new();
    private readonly TimeProvider _time;
    private readonly SortedDictionary<long, StudyEntry> _studies = [];
    private readonly Dictionary<long, TrialEntry> _trials = [];
    private long _lastStudyId;
    private long _lastTrialId;

    /// <summary>Creates an empty storage.</summary>
    /// <param name="time">The clock for leases and times; the default is the system's.</param>
    public InMemoryStorage(TimeProvider? time = null) => _time = time ?? TimeProvider.System;

    /// <inheritdoc/>
    public string Description => "memory";

    /// <inheritdoc/>
    public StudyInfo? FindStudy(string name)
    {
        lock (_lock) return _studies.Values.FirstOrDefault(s => s.Info.Name == name)?.Info;
    }

    /// <inheritdoc/>
    public StudyInfo OpenStudy(string name, IReadOnlyList<Direction> directions)
    {
        lock (_lock)
        {
            if (FindStudy(name) is { } known) return known;
            var info = new StudyInfo(++_lastStudyId, name, [.. directions]);
            _studies.Add(info.Id, new StudyEntry(info));
            return info;
        }
    }

    /// <inheritdoc/>
    public IReadOnlyList<StudyInfo> GetStudies()
    {
        lock (_lock) return [.. _studies.Values.Select(s => s.Info)];
    }

    /// <inheritdoc/>
    public void DeleteStudy(long studyId)
    {
        lock (_lock)
        {
            if (!_studies.Remove(studyId, out var study)) return;
            foreach (var trial in study.Trials) _trials.Remove(trial.Id);
        }
    }

    /// <inheritdoc/>
    public Guid GetUid(long studyId)
    {
        lock (_lock) return StudyOf(studyId).Uid;
    }

    /// <inheritdoc/>
    public void AddCheckpointFolder(long studyId, string folder)
    {
        lock (_lock) StudyOf(studyId).CheckpointFolders.Add(folder);
    }

    /// <inheritdoc/>
    public IReadOnlyList<string> GetCheckpointFolders(long studyId)
    {
        lock (_lock) return [.. StudyOf(studyId).CheckpointFolders];
    }

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, string> GetStudyAttributes(long studyId, AttributeKind kind)
    {
        lock (_lock) return new Dictionary<string, string>(StudyOf(studyId).Attributes(kind));
    }

    /// <inheritdoc/>
    public void SetStudyAttribute(long studyId, AttributeKind kind, string key, string json)
    {
        StudyRules.CheckAttribute(key, json);
        lock (_lock) StudyOf(studyId).Attributes(kind)[key] = json;
    }

    /// <inheritdoc/>
    public string AddStudyAttribute(long studyId, AttributeKind kind, string key, string json)
    {
        StudyRules.CheckAttribute(key, json);
        lock (_lock)
        {
            var attributes = StudyOf(studyId).Attributes(kind);
            return attributes.TryAdd(key, json) ? json : attributes[key];
        }
    }

    /// <inheritdoc/>
    public FrozenTrial? ClaimTrial(long studyId, ClaimRequest request)
    {
        lock (_lock)
        {
            var study = StudyOf(studyId);
            if (TrialRules.IsUsedUp(request, study.CountForBudget(request.CountedStates))) return null;
            if (study.NextToClaim is not { } trial)
            {
                if (!TrialRules.MayBegin(request)) return null;
                trial = Append(study, new FrozenTrial { State = TrialState.Running });
            }

            study.Change(trial, t =>
            {
                t.State = TrialState.Running;
                t.StartedAt = Now;
                // It may have been queued with some.
                t.Values = [];
                t.Worker = request.Worker;
                (t.LeaseExpiry, t.LeaseDuration) = (_time.GetUtcNow() + request.LeaseDuration, request.LeaseDuration);
            });
            return trial.Freeze();
        }
    }

    /// <inheritdoc/>
    public FrozenTrial AddTrial(long studyId, FrozenTrial trial, Guid? key = null)
    {
        lock (_lock)
        {
            var study = StudyOf(studyId);
            if (key is { } known && study.Keys.TryGetValue(known, out var earlier)) return earlier.Freeze();
            var entry = Append(study, trial);
            if (key is { } own) study.Keys.Add(own, entry);
            return entry.Freeze();
        }
    }

    /// <inheritdoc/>
    public bool SetParameter(long trialId, TrialParameter parameter)
    {
        lock (_lock)
        {
            if (Find(trialId, TrialRules.Runs) is not { } trial) return false;
            if (!trial.Parameters.Exists(p => p.Name == parameter.Name)) trial.Parameters.Add(parameter);
            return true;
        }
    }

    /// <inheritdoc/>
    TrialParameter? IStudyStorage.ChooseParameter(long studyId, long trialId, string name, Func<ParameterChoice> choose)
    {
        lock (_lock)
        {
            if (Find(trialId, TrialRules.Runs) is not { } trial) return null;
            if (trial.Parameters.FindIndex(p => p.Name == name) is >= 0 and var index) return trial.Parameters[index];
            var (parameter, attributes) = choose();
            trial.Parameters.Add(parameter);
            foreach (var (key, json) in attributes) trial.SystemAttributes[key] = json;
            return parameter;
        }
    }

    /// <inheritdoc/>
    public bool AddReport(long trialId, TrialReport report)
    {
        lock (_lock)
        {
            if (Find(trialId, TrialRules.Runs) is not { } trial) return false;
            if (trial.Reports.TryAdd(report)) _studies[trial.StudyId].Steps.Reported(trial, report);
            return true;
        }
    }

    /// <inheritdoc/>
    public bool SetTrialAttribute(long trialId, AttributeKind kind, string key, string json)
    {
        StudyRules.CheckAttribute(key, json);
        lock (_lock)
        {
            if (Find(trialId, TrialRules.Unfinished) is not { } trial) return false;
            (kind == AttributeKind.User ? trial.UserAttributes : trial.SystemAttributes)[key] = json;
            return true;
        }
    }

    /// <inheritdoc/>
    public bool FinishTrial(long trialId, TrialEnding ending) => FinishTrial(trialId, ending, StepBatch.Nothing);

    /// <inheritdoc/>
    bool IStudyStorage.FinishTrial(long trialId, TrialEnding ending, StepBatch rest) => FinishTrial(trialId, ending, rest);

    private bool FinishTrial(long trialId, TrialEnding ending, StepBatch rest)
    {
        lock (_lock)
        {
            if (Find(trialId, TrialRules.Finish(ending)) is not { } trial) return false;
            var study = _studies[trial.StudyId];
            study.Steps.Add(trial, rest);
            study.Change(trial, t =>
            {
                t.State = ending.State;
                t.Values = [.. ending.Values];
                t.FinishedAt = Now;
                t.Failure = ending.Failure;
                t.Reason = ending.Reason;
                t.Detail = ending.Detail;
                t.LastFiniteValue = ending.LastFiniteValue;
                t.Worker = null;
            });
            if (!ending.Retry) return true;
            var retry = AppendSuccessor(study, trial, StorageRules.RetryOf(trial.Freeze(), ending));
            if (!ending.FromScratch) study.Steps.Carry(trial, retry, withVerdicts: false);
            return true;
        }
    }

    /// <inheritdoc/>
    public bool ContinueTrial(long studyId, int number)
    {
        lock (_lock)
        {
            var study = StudyOf(studyId);
            if (number < 0 || number >= study.Trials.Count) return false;
            var paused = study.Trials[number];
            if (!TrialRules.Continue.HoldsFor(paused.Facts)) return false;
            study.Steps.Carry(
                paused, AppendSuccessor(study, paused, StorageRules.ContinuationOf(paused.Freeze())), withVerdicts: true);
            return true;
        }
    }

    /// <inheritdoc/>
    public IReadOnlyList<long> RenewLeases(string worker, IReadOnlyCollection<long> trialIds, TimeSpan duration)
    {
        lock (_lock)
        {
            var (rule, lost) = (TrialRules.Renew(worker), new List<long>());
            foreach (var id in trialIds)
            {
                if (Find(id, rule) is { } trial) (trial.LeaseExpiry, trial.LeaseDuration) = (_time.GetUtcNow() + duration, duration);
                else lost.Add(id);
            }

            return lost;
        }
    }

    /// <inheritdoc/>
    public IReadOnlyList<TrialLease> GetLeases(long studyId)
    {
        lock (_lock)
        {
            return [.. StudyOf(studyId).Unfinished.Where(t => TrialRules.Runs.HoldsFor(t.Facts) && t.Worker is not null).Select(LeaseOf)];
        }
    }

    /// <inheritdoc/>
    public FrozenTrial? FindTrial(long studyId, int number)
    {
        lock (_lock)
        {
            var trials = StudyOf(studyId).Trials;
            return number >= 0 && number < trials.Count ? trials[number].Freeze() : null;
        }
    }

    /// <inheritdoc/>
    public IReadOnlyList<FrozenTrial> GetTrials(
        long studyId, IReadOnlyCollection<TrialState>? states = null, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_lock)
        {
            return [.. StudyOf(studyId).Trials.Where(t => states is null || states.Contains(t.State)).Select(t => t.Freeze())];
        }
    }

    /// <inheritdoc/>
    public FrozenTrial? AddLateResult(long trialId, FrozenTrial result) => AddLateResult(trialId, result, StepBatch.Nothing);

    /// <inheritdoc/>
    FrozenTrial? IStudyStorage.AddLateResult(long trialId, FrozenTrial result, StepBatch rest) => AddLateResult(trialId, result, rest);

    private FrozenTrial? AddLateResult(long trialId, FrozenTrial result, StepBatch rest)
    {
        lock (_lock)
        {
            if (Find(trialId, TrialRules.AddLateResult) is not { } lost) return null;
            var study = _studies[lost.StudyId];
            var late = AppendSuccessor(study, lost, StorageRules.LateResultOf(lost.Freeze(), result));
            study.Steps.Carry(lost, late, withVerdicts: true);
            study.Steps.Add(late, rest);
            return late.Freeze();
        }
    }

    /// <inheritdoc/>
    bool IStudyStorage.AddSteps(long trialId, StepBatch batch)
    {
        lock (_lock)
        {
            if (Find(trialId, TrialRules.Runs) is not { } trial) return false;
            _studies[trial.StudyId].Steps.Add(trial, batch);
            return true;
        }
    }

    /// <inheritdoc/>
    IReadOnlyList<StepRecord> IStudyStorage.GetSteps(long trialId)
    {
        lock (_lock) return _trials.TryGetValue(trialId, out var trial) ? _studies[trial.StudyId].Steps.Of(trial) : [];
    }

    /// <inheritdoc/>
    (IReadOnlyList<string> Logged, bool HaveReports) IStudyStorage.GetSeriesNames(long studyId)
    {
        lock (_lock) return (StudyOf(studyId).Steps.SeriesNames, StudyOf(studyId).Steps.HaveReports);
    }

    /// <inheritdoc/>
    SeriesColumns IStudyStorage.GetColumns(long studyId, string name, bool isReports, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_lock)
        {
            var study = StudyOf(studyId);
            if (!isReports) return study.Steps.Column(name, study.Trials);
            var columns = new ColumnBuilder();
            foreach (var trial in study.Trials)
            {
                foreach (var (step, value) in trial.Reports.Shown) columns.Add(trial.Number, step, value);
            }

            return columns.Build(name);
        }
    }

    /// <inheritdoc/>
    StepNews IStudyStorage.ReadSteps(long studyId, SeriesPosition since, int most)
    {
        lock (_lock) return StudyOf(studyId).Steps.Since(since, most);
    }

    /// <inheritdoc/>
    BlobOutcome IStudyStorage.AddBlob(long trialId, BlobRecord blob, long budget)
    {
        lock (_lock)
        {
            return Find(trialId, TrialRules.Runs) is { } trial
                ? _studies[trial.StudyId].Steps.Add(trial, blob, budget)
                : BlobOutcome.NotRunning;
        }
    }

    /// <inheritdoc/>
    IReadOnlyList<TrialBlob> IStudyStorage.GetBlobs(long trialId)
    {
        lock (_lock) return _trials.TryGetValue(trialId, out var trial) ? _studies[trial.StudyId].Steps.BlobsOf(trial) : [];
    }

    /// <inheritdoc/>
    byte[]? IStudyStorage.ReadBlob(long studyId, long contentId)
    {
        lock (_lock) return StudyOf(studyId).Steps.ReadBlob(contentId);
    }

    /// <inheritdoc/>
    public IReadOnlyList<FrozenTrial> GetPage(long studyId, int skip, int take)
    {
        lock (_lock) return [.. StudyOf(studyId).Trials.Skip(skip).Take(take).Select(t => t.Freeze())];
    }

    /// <inheritdoc/>
    public IReadOnlyList<FrozenTrial> GetBestTrials(long studyId, int objective, int count)
    {
        lock (_lock)
        {
            var study = StudyOf(studyId);
            var direction = study.Info.Directions[objective];
            return
            [
                .. study.Trials.Where(t => t.State == TrialState.Complete).Select(t => t.Freeze())
                    .OrderBy(t => TrialAttributes.Violation(t.Constraints))
                    .ThenBy(t => Loss.Of(direction, t.Values[objective]))
                    .Take(count),
            ];
        }
    }

    /// <inheritdoc/>
    public IReadOnlyDictionary<TrialState, int> CountTrials(long studyId)
    {
        lock (_lock)
        {
            var study = StudyOf(studyId);
            return Enum.GetValues<TrialState>().ToDictionary(state => state, study.CountOf);
        }
    }

    /// <inheritdoc/>
    public (DateTimeOffset? FirstStart, DateTimeOffset? LastEnd) GetTimes(long studyId)
    {
        lock (_lock)
        {
            var trials = StudyOf(studyId).Trials;
            return (trials.Min(t => t.StartedAt), trials.Max(t => t.FinishedAt));
        }
    }

    /// <inheritdoc/>
    public StudyContent GetContent(long studyId, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_lock)
        {
            return new StudyContent(StudyOf(studyId).Info.Name, StudyOf(studyId).Info.Directions, GetTrials(studyId, cancellationToken: cancellationToken))
            {
                UserAttributes = GetStudyAttributes(studyId, AttributeKind.User),
                SystemAttributes = GetStudyAttributes(studyId, AttributeKind.System),
                Measured = new StoredMeasurements(this, studyId, [.. StudyOf(studyId).Trials.Select(t => t.Id)]),
            };
        }
    }

    /// <inheritdoc/>
    public StudyInfo AddStudy(StudyContent content)
    {
        StorageRules.CheckAddable(content);
        // Not under the lock: it may be read from a storage that is just being copied to from this one.
        Measurements[] measurements = [.. content.Trials.Select((_, i) => content.Measured?.Of(i) ?? Measurements.None)];
        lock (_lock)
        {
            if (FindStudy(content.Name) is not null) throw StorageRules.Exists(content.Name);
            var info = OpenStudy(content.Name, content.Directions);
            foreach (var kind in Enum.GetValues<AttributeKind>())
            {
                var attributes = kind == AttributeKind.User ? content.UserAttributes : content.SystemAttributes;
                foreach (var (key, json) in attributes) StudyOf(info.Id).Attributes(kind)[key] = json;
            }

            foreach (var trial in content.Trials) AddTrial(info.Id, trial);
            var (study, contents) = (StudyOf(info.Id), new Dictionary<string, long>());
            for (var i = 0; i < content.Trials.Count; i++)
            {
                var measured = measurements[i];
                study.Steps.Add(study.Trials[i], new StepBatch(measured.Steps));
                foreach (var blob in measured.Blobs) study.Steps.AddKnown(study.Trials[i], blob, contents);
            }

            for (var i = 0; i < content.Trials.Count; i++)
            {
                if (content.Trials[i].RetriedBy is { } next) study.Change(study.Trials[i], t => t.RetriedBy = next);
            }

            return info;
        }
    }

    /// <inheritdoc/>
    ITrialFeed IStudyStorage.OpenFeed(long studyId)
    {
        lock (_lock) return new MemoryFeed(_lock, StudyOf(studyId));
    }

    /// <summary>Does nothing; memory is given back with the object.</summary>
    public void Dispose()
    {
    }

    private DateTimeOffset Now => _time.GetUtcNow();

    private StudyEntry StudyOf(long id) => _studies.TryGetValue(id, out var study)
        ? study
        : throw new StorageException("the study was deleted; open it again to create a new one");

    /// <summary>The trial with this id, if a rule allows what is to be done to it.</summary>
    private TrialEntry? Find(long id, TrialRule rule) =>
        _trials.TryGetValue(id, out var trial) && rule.HoldsFor(trial.Facts) ? trial : null;

    private TrialEntry Append(StudyEntry study, FrozenTrial template)
    {
        var entry = new TrialEntry(++_lastTrialId, study.Trials.Count, study.Info.Id, template);
        study.Add(entry);
        _trials.Add(entry.Id, entry);
        foreach (var report in entry.Reports.Shown) study.Steps.Reported(entry, report);
        return entry;
    }

    /// <summary>Adds the trial that comes in place of another one, which counts no more.</summary>
    private TrialEntry AppendSuccessor(StudyEntry study, TrialEntry trial, FrozenTrial template)
    {
        var successor = Append(study, template);
        study.Change(trial, t => t.RetriedBy = successor.Number);
        return successor;
    }

    private TrialLease LeaseOf(TrialEntry trial) => new(trial.Id, trial.Worker!, trial.LeaseExpiry <= _time.GetUtcNow())
    {
        Until = trial.LeaseExpiry.ToUnixTimeMilliseconds(),
        Duration = trial.LeaseDuration,
    };
}
