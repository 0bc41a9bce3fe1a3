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
        lock (_lock) StudyOf(studyId).Attributes(kind)[key] = json;
    }

    /// <inheritdoc/>
    public FrozenTrial? ClaimTrial(long studyId, ClaimRequest request)
    {
        lock (_lock)
        {
            var study = StudyOf(studyId);
            if (request.TotalTrials is { } total && study.CountStates(request.CountedStates) >= total) return null;

            TrialEntry trial;
            if (study.Waiting.Count > 0)
            {
                trial = study.Waiting.Min!;
                study.Waiting.Remove(trial);
            }
            else if (request.OnlyWaiting)
            {
                return null;
            }
            else
            {
                trial = Append(study, new FrozenTrial { State = TrialState.Running });
            }

            study.Move(trial, TrialState.Running);
            trial.StartedAt = Now;
            // It may have been queued with some.
            trial.Values = [];
            trial.Worker = request.Worker;
            (trial.LeaseExpiry, trial.LeaseDuration) = (_time.GetUtcNow() + request.LeaseDuration, request.LeaseDuration);
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
            if (trial.State.IsFinished()) study.Seal(entry);
            return entry.Freeze();
        }
    }

    /// <inheritdoc/>
    public bool SetParameter(long trialId, TrialParameter parameter)
    {
        lock (_lock)
        {
            if (RunningTrial(trialId) is not { } trial) return false;
            if (!trial.Parameters.Exists(p => p.Name == parameter.Name)) trial.Parameters.Add(parameter);
            return true;
        }
    }

    /// <inheritdoc/>
    public bool AddReport(long trialId, TrialReport report)
    {
        lock (_lock)
        {
            if (RunningTrial(trialId) is not { } trial) return false;
            trial.Reports.TryAdd(report.Step, report.Value);
            return true;
        }
    }

    /// <inheritdoc/>
    public bool SetTrialAttribute(long trialId, AttributeKind kind, string key, string json)
    {
        lock (_lock)
        {
            if (!_trials.TryGetValue(trialId, out var trial) || trial.State.IsFinished()) return false;
            (kind == AttributeKind.User ? trial.UserAttributes : trial.SystemAttributes)[key] = json;
            return true;
        }
    }

    /// <inheritdoc/>
    public bool FinishTrial(long trialId, TrialEnding ending)
    {
        lock (_lock)
        {
            if (RunningTrial(trialId) is not { } trial) return false;
            if (ending.OnlyIfHeldBy is { } holder && trial.Worker != holder) return false;
            if (ending.OnlyIfLeaseUntil is { } until && trial.LeaseExpiry.ToUnixTimeMilliseconds() != until) return false;
            var study = _studies[trial.StudyId];
            study.Move(trial, ending.State);
            trial.Values = [.. ending.Values];
            trial.FinishedAt = Now;
            trial.Failure = ending.Failure;
            trial.Reason = ending.Reason;
            trial.Detail = ending.Detail;
            trial.LastFiniteValue = ending.LastFiniteValue;
            trial.Worker = null;
            if (ending.Retry)
            {
                trial.RetriedBy = Append(study, StorageRules.RetryOf(trial.Freeze(), ending)).Number;
                study.Retried[(int)ending.State]++;
            }

            study.Seal(trial);
            return true;
        }
    }

    /// <inheritdoc/>
    public bool ContinueTrial(long studyId, int number)
    {
        lock (_lock)
        {
            var study = StudyOf(studyId);
            if (number < 0 || number >= study.Trials.Count || study.Trials[number] is not { State: TrialState.Pruned, RetriedBy: null } paused) return false;
            paused.SupersedeBy(Append(study, StorageRules.ContinuationOf(paused.Freeze())).Number);
            study.Retried[(int)TrialState.Pruned]++;
            return true;
        }
    }

    /// <inheritdoc/>
    public IReadOnlyList<long> RenewLeases(string worker, IReadOnlyCollection<long> trialIds, TimeSpan duration)
    {
        lock (_lock)
        {
            var lost = new List<long>();
            foreach (var id in trialIds)
            {
                if (RunningTrial(id) is { } trial && trial.Worker == worker) (trial.LeaseExpiry, trial.LeaseDuration) = (_time.GetUtcNow() + duration, duration);
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
            return [.. StudyOf(studyId).Unfinished
                .Where(t => t is { State: TrialState.Running, Worker: not null })
                .Select(t => new TrialLease(t.Id, t.Worker!, t.LeaseExpiry <= _time.GetUtcNow()) { Until = t.LeaseExpiry.ToUnixTimeMilliseconds(), Duration = t.LeaseDuration })];
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
    public IReadOnlyList<FrozenTrial> GetTrials(long studyId, IReadOnlyCollection<TrialState>? states = null)
    {
        lock (_lock) return [.. StudyOf(studyId).Trials.Where(t => states is null || states.Contains(t.State)).Select(t => t.Freeze())];
    }

    /// <inheritdoc/>
    public FrozenTrial? AddLateResult(long trialId, FrozenTrial result)
    {
        lock (_lock)
        {
            if (!_trials.TryGetValue(trialId, out var lost) || lost is not { State: TrialState.Failed, Failure: FailureKind.Lost, RetriedBy: null }) return null;
            var study = _studies[lost.StudyId];
            var late = Append(study, StorageRules.LateResultOf(lost.Freeze(), result));
            lost.SupersedeBy(late.Number);
            study.Retried[(int)TrialState.Failed]++;
            study.Seal(late);
            return late.Freeze();
        }
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
            var sign = study.Info.Directions[objective] == Direction.Maximize ? -1 : 1;
            return [.. study.Trials.Where(t => t.State == TrialState.Complete).Select(t => t.Freeze()).OrderByDescending(t => t.IsFeasible).ThenBy(t => sign * t.Values[objective]).Take(count)];
        }
    }

    /// <inheritdoc/>
    public IReadOnlyDictionary<TrialState, int> CountTrials(long studyId)
    {
        lock (_lock)
        {
            var counts = StudyOf(studyId).StateCounts;
            return Enum.GetValues<TrialState>().ToDictionary(state => state, state => counts[(int)state]);
        }
    }

    /// <inheritdoc/>
    public StudyContent GetContent(long studyId)
    {
        lock (_lock)
        {
            return new StudyContent(StudyOf(studyId).Info.Name, StudyOf(studyId).Info.Directions, GetTrials(studyId))
            {
                UserAttributes = GetStudyAttributes(studyId, AttributeKind.User),
                SystemAttributes = GetStudyAttributes(studyId, AttributeKind.System),
            };
        }
    }

    /// <inheritdoc/>
    public StudyInfo AddStudy(StudyContent content)
    {
        lock (_lock)
        {
            StorageRules.CheckAddable(content);
            if (FindStudy(content.Name) is not null) throw StorageRules.Exists(content.Name);
            var info = OpenStudy(content.Name, content.Directions);
            foreach (var kind in Enum.GetValues<AttributeKind>())
            {
                foreach (var (key, json) in kind == AttributeKind.User ? content.UserAttributes : content.SystemAttributes) SetStudyAttribute(info.Id, kind, key, json);
            }

            foreach (var trial in content.Trials) AddTrial(info.Id, trial);
            var study = StudyOf(info.Id);
            for (var i = 0; i < content.Trials.Count; i++)
            {
                if (content.Trials[i].RetriedBy is not { } next) continue;
                study.Trials[i].SupersedeBy(next);
                study.Retried[(int)study.Trials[i].State]++;
            }

            return info;
        }
    }

    /// <inheritdoc/>
    public ITrialFeed OpenFeed(long studyId)
    {
        lock (_lock) return new Feed(this, StudyOf(studyId));
    }

    /// <summary>Does nothing; memory is given back with the object.</summary>
    public void Dispose()
    {
    }

    private DateTime Now => _time.GetUtcNow().UtcDateTime;

    private StudyEntry StudyOf(long id) => _studies.TryGetValue(id, out var study)
        ? study
        : throw new StorageException("the study was deleted; open it again to create a new one");

    private TrialEntry? RunningTrial(long id) =>
        _trials.TryGetValue(id, out var trial) && trial.State == TrialState.Running ? trial : null;

    private TrialEntry Append(StudyEntry study, FrozenTrial template)
    {
        var entry = new TrialEntry(++_lastTrialId, study.Trials.Count, study.Info.Id, template);
        study.Trials.Add(entry);
        study.StateCounts[(int)entry.State]++;
        if (entry.State == TrialState.Waiting) study.Waiting.Add(entry);
        if (!entry.State.IsFinished()) study.Unfinished.Add(entry);
        _trials.Add(entry.Id, entry);
        return entry;
    }

    private static readonly Dictionary<string, string> NoAttributes = [];

    private static Dictionary<string, string> Copy(Dictionary<string, string> attributes) =>
        attributes.Count == 0 ? NoAttributes : new(attributes);

    private sealed class StudyEntry(StudyInfo info)
    {
        private static readonly Comparer<TrialEntry> ByNumber = Comparer<TrialEntry>.Create((a, b) => a.Number.CompareTo(b.Number));
        private readonly Dictionary<string, string> _userAttributes = [];
        private readonly Dictionary<string, string> _systemAttributes = [];

        public StudyInfo Info { get; } = info;

        public Guid Uid { get; } = Guid.NewGuid();

        public SortedSet<string> CheckpointFolders { get; } = new(StringComparer.Ordinal);

        public List<TrialEntry> Trials { get; } = [];

        /// <summary>Trials by the keys under which they were added.</summary>
        public Dictionary<Guid, TrialEntry> Keys { get; } = [];

        /// <summary>In the order in which they finished; feeds keep a position in it.</summary>
        public List<TrialEntry> Finished { get; } = [];

        public SortedSet<TrialEntry> Waiting { get; } = new(ByNumber);

        /// <summary>Waiting and running.</summary>
        public SortedSet<TrialEntry> Unfinished { get; } = new(ByNumber);

        public int[] StateCounts { get; } = new int[5];

        /// <summary>How many trials of each state another one tried again or continued.</summary>
        public int[] Retried { get; } = new int[5];

        public Dictionary<string, string> Attributes(AttributeKind kind) => kind == AttributeKind.User ? _userAttributes : _systemAttributes;

        public int CountStates(IReadOnlyCollection<TrialState> states) =>
            states.Sum(s => StateCounts[(int)s] - Retried[(int)s]);

        public void Seal(TrialEntry trial)
        {
            Unfinished.Remove(trial);
            trial.Sealed = true;
            Finished.Add(trial);
        }

        public void Move(TrialEntry trial, TrialState state)
        {
            StateCounts[(int)trial.State]--;
            StateCounts[(int)state]++;
            trial.State = state;
        }
    }

    private sealed class TrialEntry(long id, int number, long studyId, FrozenTrial template)
    {
        private FrozenTrial? _frozen;

        public long Id { get; } = id;

        public int Number { get; } = number;

        public long StudyId { get; } = studyId;

        public TrialState State { get; set; } = template.State;

        public double[] Values { get; set; } = [.. template.Values];

        public List<TrialParameter> Parameters { get; } = [.. template.ParameterList];

        public SortedList<long, double> Reports { get; } = new(template.Reports.ToDictionary(r => r.Step, r => r.Value));

        public Dictionary<string, string> UserAttributes { get; } = new(template.UserAttributesJson);

        public Dictionary<string, string> SystemAttributes { get; } = new(template.SystemAttributesJson);

        public DateTime? StartedAt { get; set; } = template.StartedAt;

        public DateTime? FinishedAt { get; set; } = template.FinishedAt;

        public FailureKind? Failure { get; set; } = template.Failure;

        public string? Reason { get; set; } = template.Reason;

        public string? Detail { get; set; } = template.Detail;

        public double? LastFiniteValue { get; set; } = template.LastFiniteValue;

        public int? RetriedBy { get; set; }

        public string? Worker { get; set; }

        public DateTimeOffset LeaseExpiry { get; set; }

        public TimeSpan LeaseDuration { get; set; }

        /// <summary>Nothing will change any more, so one snapshot serves all readers.</summary>
        public bool Sealed { get; set; }

        public void SupersedeBy(int number)
        {
            RetriedBy = number;
            _frozen = null;
        }

        public FrozenTrial Freeze()
        {
            if (_frozen is not null) return _frozen;
            var frozen = new FrozenTrial
            {
                Id = Id,
                Number = Number,
                State = State,
                Values = Values,
                ParameterList = [.. Parameters],
                Reports = Reports.Count == 0 ? [] : [.. Reports.Select(r => new TrialReport(r.Key, r.Value))],
                UserAttributesJson = Copy(UserAttributes),
                SystemAttributesJson = Copy(SystemAttributes),
                StartedAt = StartedAt,
                FinishedAt = FinishedAt,
                Failure = Failure,
                Reason = Reason,
                Detail = Detail,
                LastFiniteValue = LastFiniteValue,
                RetriedBy = RetriedBy,
            };
            if (Sealed) _frozen = frozen;
            return frozen;
        }
    }

    private sealed class Feed(InMemoryStorage storage, StudyEntry study) : ITrialFeed
    {
        private int _position;

        public IEnumerable<FrozenTrial> ReadFinished(TimeSpan age = default)
        {
            lock (storage._lock)
            {
                if (_position == study.Finished.Count) return [];
                return HandOut([.. study.Finished.Skip(_position).Select(t => t.Freeze())]);
            }
        }

        private IEnumerable<FrozenTrial> HandOut(FrozenTrial[] batch)
        {
            foreach (var trial in batch)
            {
                yield return trial;
                _position++;
            }
        }

        public IReadOnlyList<FrozenTrial> ReadUnfinished(TimeSpan age = default)
        {
            lock (storage._lock)
                return [.. study.Unfinished.Select(t => t.Freeze())];
        }
    }
}
