using System.Globalization;
using Tunewise.Storage;

namespace Tunewise.Relational;

/// <summary>
/// Keeps studies in a relational database, in Optuna's own schema: Optuna, its dashboard and Tunewise open, read and continue the same
/// studies, also at the same time. Any thread may use it; within a process writes follow one another, and none of them waits for what is
/// read of whole studies: that has a connection of its own.
/// </summary>
/// <remarks>Times are written in UTC, as Optuna 5 does.</remarks>
public abstract class RelationalStorage : IStudyStorage
{
    private const string Finish = "UPDATE trials SET state = @state, datetime_complete = @now WHERE ";
    private static readonly string SelectRunning = "SELECT 1 FROM trials WHERE " + TrialRuleSql.OfOne(TrialRules.Runs);
    private const string SelectNamed = "SELECT 1 FROM trial_params WHERE trial_id = @trial AND param_name = @name";
    private static readonly string SelectLost = "SELECT 1 FROM trials WHERE " + TrialRuleSql.OfOne(TrialRules.AddLateResult);
    private static readonly string SelectPaused =
        "SELECT trial_id FROM trials WHERE study_id = @study AND number = @number AND " + TrialRuleSql.Of(TrialRules.Continue);

    private static readonly string SelectClaimed = "SELECT l.trial_id FROM tunewise_leases l JOIN trials t ON t.trial_id = l.trial_id "
        + "WHERE l.claim = @claim AND " + TrialRuleSql.Of(TrialRules.Runs, "t");

    private readonly SqlDialect _dialect;
    private readonly Line _writing;
    private readonly Line _reading;
    private readonly Line _following;
    private readonly Upkeep _upkeep;
    private readonly TrialReader _reader;
    private readonly TrialWriter _writer;
    private readonly StudyRows _studies;
    private readonly StepRows _steps;
    private readonly LiveTrials _live;
    private readonly TrialFeeds _feeds = new();
    private readonly LostAnswers _answers = new();
    private readonly string _claimWaiting;
    private readonly string _insertLease;
    private readonly string _renewLease;
    private readonly string _selectLeases;
    private readonly string _holdRunning;
    private readonly string _ifRunning;
    private readonly string _ifUnfinished;

    private protected RelationalStorage(SqlDialect dialect)
    {
        _dialect = dialect;
        _writing = new Line(dialect);
        _reading = new Line(dialect);
        _following = new Line(dialect);
        _upkeep = new Upkeep(dialect, _writing, _reading);
        _writing.Open();
        _writing.Failed = _upkeep.Failed;
        _reader = _writing.Reader;
        _live = new LiveTrials(_reader);
        _writer = new TrialWriter(dialect);
        _studies = new StudyRows(dialect);
        _steps = new StepRows(dialect);
        var now = dialect.NowMilliseconds;
        var (waits, running) = (TrialRuleSql.Of(TrialRules.Claim), Encoding.Literal(TrialState.Running));
        _claimWaiting = $"UPDATE trials SET state = {running}, datetime_start = @now WHERE {waits} AND trial_id = "
            + $"(SELECT trial_id FROM trials WHERE study_id = @study AND {waits} ORDER BY number LIMIT 1{dialect.SkipLocked}) "
            + "RETURNING trial_id";
        _insertLease = "INSERT INTO tunewise_leases (trial_id, worker, expires_ms, duration_ms, claim) "
            + $"VALUES (@trial, @worker, {now} + @duration, @duration, @claim) ON CONFLICT (trial_id) DO UPDATE SET "
            + "worker = excluded.worker, expires_ms = excluded.expires_ms, duration_ms = excluded.duration_ms, claim = excluded.claim";
        _renewLease = $"UPDATE tunewise_leases SET expires_ms = {now} + @duration, duration_ms = @duration WHERE ";
        _selectLeases = $"SELECT l.trial_id, l.worker, l.expires_ms <= {now}, l.expires_ms, l.duration_ms "
            + "FROM tunewise_leases l JOIN trials t ON t.trial_id = l.trial_id "
            + $"WHERE t.study_id = @study AND {TrialRuleSql.Of(TrialRules.Runs, "t")}";
        _holdRunning = SelectRunning + dialect.HoldRow;
        _ifRunning = $"WHERE EXISTS (SELECT 1 FROM trials WHERE {TrialRuleSql.OfOne(TrialRules.Runs)}{dialect.HoldRow})";
        _ifUnfinished = $"WHERE EXISTS (SELECT 1 FROM trials WHERE {TrialRuleSql.OfOne(TrialRules.Unfinished)}{dialect.HoldRow})";
    }

    /// <inheritdoc/>
    public string Description => _dialect.Description;

    /// <inheritdoc/>
    public StudyInfo? FindStudy(string name) => Use(s =>
        s.Find("SELECT study_id FROM studies WHERE study_name = @name", ("@name", name)) is { } id ? StudyRows.Info(s, id, name) : null);

    /// <inheritdoc/>
    public StudyInfo OpenStudy(string name, IReadOnlyList<Direction> directions)
    {
        if (FindStudy(name) is { } known) return known;
        Use(s => s.Write(w =>
        {
            _studies.Insert(w, name, directions);
            return true;
        }));
        return FindStudy(name) ?? throw Deleted();
    }

    /// <inheritdoc/>
    public StudyInfo AddStudy(StudyContent content)
    {
        StorageRules.CheckAddable(content);
        Use(s => s.Write(w =>
        {
            _studies.InsertContent(w, _writer, _steps, content);
            return true;
        }));
        _live.WroteElsewhere();
        return FindStudy(content.Name) ?? throw Deleted();
    }

    /// <inheritdoc/>
    public (DateTimeOffset? FirstStart, DateTimeOffset? LastEnd) GetTimes(long studyId) => Read((r, _) =>
    {
        using var rows = r.Read("SELECT MIN(datetime_start), MAX(datetime_complete) FROM trials WHERE study_id = @study", ("@study", studyId));
        return rows.Read() ? (Encoding.ToTime(rows.GetValue(0)), Encoding.ToTime(rows.GetValue(1))) : (null, null);
    });

    /// <inheritdoc/>
    public StudyContent GetContent(long studyId, CancellationToken cancellationToken = default)
    {
        var (content, measured) = Read((r, reader) => (
            StudyRows.Content(r, reader, studyId, cancellationToken) ?? throw Deleted(), StepReader.HasAny(r, studyId)));
        if (!measured) return content;
        // It may be too much to be read at once; what finished trials measured does not change.
        return content with { Measured = new StoredMeasurements(this, studyId, [.. content.Trials.Select(t => t.Id)]) };
    }

    /// <inheritdoc/>
    public IReadOnlyList<StudyInfo> GetStudies() => Read((r, _) => StudyRows.All(r));

    /// <inheritdoc/>
    public void DeleteStudy(long studyId) => Use(s => s.Write(w =>
    {
        if (!_dialect.LockStudyToDelete(w, studyId)) return false;
        StudyRows.Delete(w, studyId);
        return true;
    }));

    /// <inheritdoc/>
    public Guid GetUid(long studyId) => Use(s =>
    {
        if (StudyRows.Uid(s, studyId) is { } known) return known;
        // Nothing can bear an id that nobody stored.
        if (_dialect.ReadsOnly) return Guid.NewGuid();
        s.Write(w =>
        {
            Lock(w, studyId);
            StudyRows.InsertUid(w, studyId, Guid.NewGuid());
            return true;
        });
        return StudyRows.Uid(s, studyId) ?? throw Deleted();
    });

    /// <inheritdoc/>
    public void AddCheckpointFolder(long studyId, string folder) => Use(s =>
        StudyRows.CheckpointFolders(s, studyId).Contains(folder) || s.Write(w =>
        {
            Lock(w, studyId);
            return StudyRows.InsertCheckpointFolder(w, studyId, folder);
        }));

    /// <inheritdoc/>
    public IReadOnlyList<string> GetCheckpointFolders(long studyId) => Use(s => StudyRows.CheckpointFolders(s, studyId));

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, string> GetStudyAttributes(long studyId, AttributeKind kind) =>
        Use(s => StudyRows.Attributes(s, studyId, kind) is { Count: > 0 } some ? some : NothingOf(s, studyId, new Dictionary<string, string>()));

    /// <inheritdoc/>
    public void SetStudyAttribute(long studyId, AttributeKind kind, string key, string json)
    {
        StudyRules.CheckAttribute(key, json);
        Use(s => s.Execute(
            $"INSERT INTO study_{Encoding.Prefix(kind)}_attributes (study_id, \"key\", value_json) VALUES (@study, @key, @json) "
            + "ON CONFLICT (study_id, \"key\") DO UPDATE SET value_json = excluded.value_json",
            ("@study", studyId), ("@key", key), ("@json", json)));
    }

    /// <inheritdoc/>
    public string AddStudyAttribute(long studyId, AttributeKind kind, string key, string json)
    {
        StudyRules.CheckAttribute(key, json);
        return Use(s =>
        {
            if (StudyRows.Attributes(s, studyId, kind).TryGetValue(key, out var known)) return known;
            if (_dialect.ReadsOnly) return json;
            s.Write(w =>
            {
                Lock(w, studyId);
                StudyRows.InsertAttribute(w, studyId, kind, key, json);
                return true;
            });
            return StudyRows.Attributes(s, studyId, kind).TryGetValue(key, out var stored) ? stored : throw Deleted();
        });
    }

    /// <inheritdoc/>
    public FrozenTrial? ClaimTrial(long studyId, ClaimRequest request) => Use(s =>
    {
        if (_answers.OfClaim(s, request, () => ClaimTrial(s, studyId, request)) is not { } claimed) return null;
        _live.Begin(studyId, claimed);
        _feeds.Claimed(studyId, claimed.Id);
        return claimed;
    });

    private FrozenTrial? ClaimTrial(Session s, long studyId, ClaimRequest request)
    {
        FrozenTrial? claimed = null;
        var done = s.Write(w =>
        {
            if (_answers.MayHaveClaimed(request))
            {
                _dialect.AwaitWriters(w, "tunewise_leases");
                claimed = FindClaimed(w, request.Key);
                if (claimed is not null) return true;
            }

            // Without a total nothing needs to be counted, and workers need not take turns to start what waits.
            claimed = request.TotalTrials is null ? ClaimWaiting(w, studyId) : null;
            claimed ??= ClaimInTurn(w, studyId, request);
            if (claimed is null) return false;
            w.Queue(
                _insertLease,
                ("@trial", claimed.Id), ("@worker", request.Worker), ("@duration", (long)request.LeaseDuration.TotalMilliseconds),
                ("@claim", request.Key.ToString()));
            return true;
        });
        return done ? claimed : null;
    }

    private FrozenTrial? ClaimInTurn(Session w, long studyId, ClaimRequest request)
    {
        Lock(w, studyId);
        if (request.TotalTrials is not null)
        {
            if (TrialRules.IsUsedUp(request, TrialCounts.ForBudget(w, studyId, request.CountedStates))) return null;
            if (ClaimWaiting(w, studyId) is { } waiting) return waiting;
        }

        if (!TrialRules.MayBegin(request)) return null;
        var now = DateTimeOffset.UtcNow;
        var (id, number) = _writer.InsertRow(w, studyId, TrialState.Running, now, null);
        return new FrozenTrial { Id = id, Number = number, State = TrialState.Running, StartedAt = now };
    }

    private FrozenTrial? ClaimWaiting(Session w, long studyId)
    {
        if (w.Find(_claimWaiting, ("@study", studyId), ("@now", Encoding.Of(DateTimeOffset.UtcNow))) is not { } id) return null;
        var claimed = _reader.ReadOne(w, id);
        // Optuna lets a trial be queued with values; it gets its own when it ends.
        if (claimed?.Values.Count > 0) w.Queue("DELETE FROM trial_values WHERE trial_id = @trial", ("@trial", id));
        return claimed;
    }

    private FrozenTrial? FindClaimed(Session w, Guid claim) =>
        w.Find(SelectClaimed, ("@claim", claim.ToString())) is { } id ? _reader.ReadOne(w, id) : null;

    /// <inheritdoc/>
    public FrozenTrial AddTrial(long studyId, FrozenTrial trial, Guid? key = null)
    {
        // What was stored is not stored again because it could not be read.
        var id = Use(s =>
        {
            long id = 0;
            s.Write(w =>
            {
                // The server may still be committing an earlier try, which holds the study: so look when that is done.
                Lock(w, studyId);
                if (key is { } known && FindAdded(w, known) is { } stored)
                {
                    id = stored;
                    return false;
                }

                id = _writer.Insert(w, studyId, trial);
                if (key is { } own) AddKey(w, own, id);
                return true;
            });
            _live.WroteElsewhere();
            return id;
        });
        return ReadAdded(studyId, id);
    }

    private static long? FindAdded(Session w, Guid key) =>
        w.Find("SELECT trial_id FROM tunewise_keys WHERE write_key = @key", ("@key", key.ToString()));

    private static void AddKey(Session w, Guid key, long trialId) => w.Queue(
        "INSERT INTO tunewise_keys (write_key, trial_id) VALUES (@key, @trial)", ("@key", key.ToString()), ("@trial", trialId));

    /// <inheritdoc/>
    public bool SetParameter(long trialId, TrialParameter parameter) => UseFor(trialId, s =>
    {
        var added = s.Execute(
            "INSERT INTO trial_params (trial_id, param_name, param_value, distribution_json) SELECT @trial, @name, @value, @json "
            + _ifRunning + " ON CONFLICT (trial_id, param_name) DO NOTHING",
            ("@trial", trialId), ("@name", parameter.Name), ("@value", parameter.Value),
            ("@json", _writer.TextOf(parameter.Distribution))) > 0;
        _live.Show(trialId, added, live => live.Parameters.Add(parameter));
        return added || StillRuns(s, trialId);
    });

    /// <inheritdoc/>
    TrialParameter? IStudyStorage.ChooseParameter(long studyId, long trialId, string name, Func<ParameterChoice> choose) => UseFor(trialId, s =>
    {
        TrialParameter? stored = null;
        ParameterChoice? chosen = null;
        var ended = false;
        s.Write(w =>
        {
            // The server may still be committing an earlier try, which holds the study: so look when that is done.
            Lock(w, studyId);
            chosen = null;
            ended = w.Scalar(_holdRunning, ("@trial", trialId)) is null;
            if (ended) return false;
            if (w.Scalar(SelectNamed, ("@trial", trialId), ("@name", name)) is not null)
            {
                stored = _reader.ReadOne(w, trialId)!.ParameterList.First(p => p.Name == name);
                return false;
            }

            chosen = choose();
            _writer.InsertParameter(w, trialId, chosen.Parameter);
            foreach (var (key, json) in chosen.SystemAttributes) TrialWriter.SetAttribute(w, trialId, AttributeKind.System, key, json);
            return true;
        });
        if (ended)
        {
            _live.FoundEnded(trialId);
            return null;
        }

        _live.Show(trialId, chosen is not null, live =>
        {
            live.Parameters.Add(chosen!.Parameter);
            foreach (var (key, json) in chosen.SystemAttributes) live.Attributes(AttributeKind.System)[key] = json;
        });
        return chosen?.Parameter ?? stored;
    });

    /// <inheritdoc/>
    public bool AddReport(long trialId, TrialReport report) => UseFor(trialId, s =>
    {
        var (value, type) = Encoding.Of(report.Value);
        var added = s.Execute(
            "INSERT INTO trial_intermediate_values (trial_id, step, intermediate_value, intermediate_value_type) "
            + "SELECT @trial, @step, @value, @type " + _ifRunning + " ON CONFLICT (trial_id, step) DO NOTHING",
            ("@trial", trialId), ("@step", report.Step), ("@value", value), ("@type", type)) > 0;
        _live.Show(trialId, added, live => live.Reports.TryAdd(report));
        return added || StillRuns(s, trialId);
    });

    /// <inheritdoc/>
    public bool SetTrialAttribute(long trialId, AttributeKind kind, string key, string json)
    {
        StudyRules.CheckAttribute(key, json);
        return UseFor(trialId, s =>
        {
            var set = s.Execute(
                $"INSERT INTO trial_{Encoding.Prefix(kind)}_attributes (trial_id, \"key\", value_json) SELECT @trial, @key, @json "
                + _ifUnfinished + " ON CONFLICT (trial_id, \"key\") DO UPDATE SET value_json = excluded.value_json",
                ("@trial", trialId), ("@key", key), ("@json", json)) > 0;
            _live.Show(trialId, set, live => live.Attributes(kind)[key] = json);
            return set;
        });
    }

    /// <inheritdoc/>
    public bool FinishTrial(long trialId, TrialEnding ending) => FinishTrial(trialId, ending, StepBatch.Nothing);

    /// <inheritdoc/>
    bool IStudyStorage.FinishTrial(long trialId, TrialEnding ending, StepBatch rest) => FinishTrial(trialId, ending, rest);

    private bool FinishTrial(long trialId, TrialEnding ending, StepBatch rest) => UseFor(trialId, s =>
    {
        // One time for all tries: a try that was stored though the connection broke on its way back is known by it.
        var mine = _live.Find(trialId);
        var owner = rest.IsEmpty ? null : mine?.StudyId ?? StudyOf(s, trialId);
        // Of a study that is gone nothing ends.
        var names = owner is { } of ? _steps.Names(s, of, rest) : null;
        var now = ending.FirstTry ?? (mine is null ? DateTimeOffset.UtcNow : mine.EndedAt ??= DateTimeOffset.UtcNow);
        var done = s.Write(w =>
        {
            var studyId = ending.Retry ? StudyOf(w, trialId) : null;
            if (studyId is { } study) Lock(w, study);
            if (!End(w, trialId, mine, ending, now)) return false;
            TrialWriter.InsertValues(w, trialId, ending.Values);
            w.Queue("DELETE FROM tunewise_leases WHERE trial_id = @trial", ("@trial", trialId));
            TrialWriter.InsertEnding(w, trialId, ending.Failure, ending.Reason, ending.Detail, ending.LastFiniteValue);
            if (names is not null) _ = _steps.Write(w, trialId, names, rest);
            if (studyId is not { } known) return true;
            var retry = _writer.InsertSuccessor(w, known, trialId, StorageRules.RetryOf(_reader.ReadOne(w, trialId)!, ending));
            if (!ending.FromScratch) StepRows.Carry(w, trialId, retry, withVerdicts: false);
            return true;
        }) || ((mine is not null || ending.FirstTry is not null) && WasEnded(s, trialId, ending.State, now));
        if (!done)
        {
            if (!StillRuns(s, trialId)) _live.WroteElsewhere();
            return false;
        }

        if (ending.Retry || mine is null) _live.WroteElsewhere();
        // A trial that this storage ran is known here already.
        if (mine is { IsDoubtful: false } && !ending.Retry) _feeds.Publish(mine.StudyId, mine.End(ending, now));
        else if (_reader.ReadOne(s, trialId) is { } stored) _feeds.Publish(mine?.StudyId ?? StudyOf(s, trialId) ?? 0, stored);
        _live.Remove(trialId);
        _steps.Forget(trialId);
        return true;
    });

    /// <summary>Ends a trial, unless that is not to be. What is known of it is in doubt when others wrote to it, too.</summary>
    private static bool End(Session w, long trialId, LiveTrial? mine, TrialEnding ending, DateTimeOffset time)
    {
        var rule = TrialRules.Finish(ending);
        using var rows = w.Read(
            Finish + TrialRuleSql.OfOne(rule) + " RETURNING trial_id" + (mine is null ? "" : "; " + LiveTrial.ReadHeld),
            [("@state", Encoding.Of(ending.State)), ("@now", Encoding.Of(time)), ("@trial", trialId), .. TrialRuleSql.Values(rule)]);
        if (!rows.Read()) return false;
        if (mine is { IsDoubtful: false }) mine.IsDoubtful = !mine.Holds(rows);
        return true;
    }

    private static bool WasEnded(Session s, long trialId, TrialState state, DateTimeOffset time) => s.Scalar(
        "SELECT 1 FROM trials WHERE trial_id = @trial AND state = @state AND datetime_complete = @now",
        ("@trial", trialId), ("@state", Encoding.Of(state)), ("@now", Encoding.Of(time))) is not null;

    /// <inheritdoc/>
    public bool ContinueTrial(long studyId, int number) => Use(s => s.Write(w =>
    {
        Lock(w, studyId);
        if (w.Find(SelectPaused, ("@study", studyId), ("@number", number)) is not { } paused) return false;
        _live.WroteElsewhere();
        var next = _writer.InsertSuccessor(w, studyId, paused, StorageRules.ContinuationOf(_reader.ReadOne(w, paused)!));
        StepRows.Carry(w, paused, next, withVerdicts: true);
        return true;
    }));

    /// <inheritdoc/>
    public FrozenTrial? AddLateResult(long trialId, FrozenTrial result) => AddLateResult(trialId, result, StepBatch.Nothing);

    /// <inheritdoc/>
    FrozenTrial? IStudyStorage.AddLateResult(long trialId, FrozenTrial result, StepBatch rest) => AddLateResult(trialId, result, rest);

    private FrozenTrial? AddLateResult(long trialId, FrozenTrial result, StepBatch rest) => _answers.OfLateResult(
        trialId, () => Use(s => AddLateResult(s, trialId, result, rest)) is var (study, id) ? ReadAdded(study, id) : null);

    private (long Study, long Id)? AddLateResult(Session s, long trialId, FrozenTrial result, StepBatch rest)
    {
        if (StudyOf(s, trialId) is not { } study) return null;
        if (_steps.Names(s, study, rest) is not { } names) return null;
        long id = 0;
        var done = s.Write(w =>
        {
            Lock(w, study);
            if (w.Find(SelectLost, ("@trial", trialId)) is null) return false;
            id = _writer.InsertSuccessor(w, study, trialId, StorageRules.LateResultOf(_reader.ReadOne(w, trialId)!, result));
            StepRows.Carry(w, trialId, id, withVerdicts: true);
            _ = _steps.Write(w, id, names, rest);
            return true;
        });
        _live.WroteElsewhere();
        if (done) return (study, id);
        return _answers.TakeLateResult(trialId) && FindLateResult(s, trialId, result) is { } known ? (study, known) : null;
    }

    /// <summary>The late result of a trial that an earlier try stored: it is known by its time.</summary>
    private static long? FindLateResult(Session s, long trialId, FrozenTrial result) => s.Find(
        "SELECT n.trial_id FROM tunewise_retries r JOIN trials n ON n.trial_id = r.retried_by "
        + "WHERE r.trial_id = @trial AND n.state = @state AND n.datetime_complete = @finished",
        ("@trial", trialId), ("@state", Encoding.Of(result.State)),
        ("@finished", result.FinishedAt is { } time ? Encoding.Of(time) : null));

    /// <inheritdoc/>
    bool IStudyStorage.AddSteps(long trialId, StepBatch batch) => Use(s =>
    {
        if ((_live.Find(trialId)?.StudyId ?? StudyOf(s, trialId)) is not { } study) return false;
        if (_steps.Names(s, study, batch) is not { } names) return false;
        try
        {
            var last = -1L;
            var added = s.Write(w =>
            {
                if (w.Scalar(_holdRunning, ("@trial", trialId)) is null) return false;
                last = _steps.Write(w, trialId, names, batch);
                return true;
            });
            if (added) _steps.Stored(trialId, last);
            else _steps.Forget(trialId);
            return added;
        }
        catch
        {
            _steps.Forget(trialId);
            throw;
        }
    });

    /// <inheritdoc/>
    IReadOnlyList<StepRecord> IStudyStorage.GetSteps(long trialId) => Read((r, _) =>
        StudyOf(r, trialId) is { } study ? StepReader.Of(r, StepReader.Names(r, study), trialId) : []);

    /// <inheritdoc/>
    (IReadOnlyList<string> Logged, bool HaveReports) IStudyStorage.GetSeriesNames(long studyId) => Read((r, _) =>
    {
        var logged = StepReader.Names(r, studyId).Of(NameKind.Series);
        var haveReports = StepReader.HasReports(r, studyId);
        if (logged.Count == 0 && !haveReports) StepReader.CheckExists(r, studyId);
        return (logged, haveReports);
    });

    /// <inheritdoc/>
    SeriesColumns IStudyStorage.GetColumns(long studyId, string name, bool isReports, CancellationToken cancellationToken) => Read(
        (r, _) =>
        {
            var column = isReports
                ? StepReader.Reports(r, _dialect, studyId, name, cancellationToken)
                : StepReader.Column(r, _dialect, studyId, name, cancellationToken);
            if (column.Count == 0) StepReader.CheckExists(r, studyId);
            return column;
        });

    /// <inheritdoc/>
    StepNews IStudyStorage.ReadSteps(long studyId, SeriesPosition since, int most) =>
        Follow((r, _) => StepReader.Since(r, _dialect, studyId, since, most));

    /// <inheritdoc/>
    BlobOutcome IStudyStorage.AddBlob(long trialId, BlobRecord blob, long budget) => Use(s =>
    {
        var outcome = BlobOutcome.NotRunning;
        s.Write(w =>
        {
            outcome = BlobOutcome.NotRunning;
            if (StudyOf(w, trialId) is not { } study || w.Scalar(_holdRunning, ("@trial", trialId)) is null) return false;
            var added = _steps.AddBlob(w, study, trialId, blob, budget);
            outcome = added ? BlobOutcome.Stored : BlobOutcome.TooMuch;
            return added;
        });
        return outcome;
    });

    /// <inheritdoc/>
    IReadOnlyList<TrialBlob> IStudyStorage.GetBlobs(long trialId) => Read((r, _) => StepReader.Blobs(r, trialId));

    /// <inheritdoc/>
    byte[]? IStudyStorage.ReadBlob(long studyId, long contentId) => Read((r, _) => r.Scalar(
        "SELECT content FROM tunewise_blob_contents WHERE content_id = @content AND study_id = @study",
        ("@content", contentId), ("@study", studyId)) switch
    {
        byte[] bytes => bytes,
        // SQLite keeps a text in any column.
        string text => System.Text.Encoding.UTF8.GetBytes(text),
        _ => null,
    });

    /// <inheritdoc/>
    public IReadOnlyList<long> RenewLeases(string worker, IReadOnlyCollection<long> trialIds, TimeSpan duration)
    {
        var (rule, lost) = (TrialRules.Renew(worker), new List<long>());
        var renew = _renewLease + TrialRuleSql.OfLease(rule);
        Use(s => s.Write(w =>
        {
            lost.Clear();
            // In one order for all, so that two workers never wait for each other.
            lost.AddRange(trialIds.Order().Where(id => w.Execute(
                renew, [("@trial", id), ("@duration", (long)duration.TotalMilliseconds), .. TrialRuleSql.Values(rule)]) == 0));
            return true;
        }));
        // What became of those is in the database alone.
        if (lost.Count > 0) Use(s => lost.Count(id => !StillRuns(s, id)));
        return lost;
    }

    /// <inheritdoc/>
    public IReadOnlyList<TrialLease> GetLeases(long studyId) => Use(s =>
    {
        var leases = new List<TrialLease>();
        using var rows = s.Read(_selectLeases, ("@study", studyId));
        while (rows.Read())
        {
            var expired = Convert.ToBoolean(rows.GetValue(2), CultureInfo.InvariantCulture);
            leases.Add(new TrialLease(rows.GetInt64(0), rows.GetString(1), expired)
            {
                Until = rows.GetInt64(3),
                Duration = rows.IsDBNull(4) ? null : TimeSpan.FromMilliseconds(rows.GetInt64(4)),
            });
        }

        return leases;
    });

    /// <inheritdoc/>
    public FrozenTrial? FindTrial(long studyId, int number) => Use(s => s.Snapshot(r => r.Find(
        "SELECT trial_id FROM trials WHERE study_id = @study AND number = @number ORDER BY trial_id LIMIT 1",
        ("@study", studyId), ("@number", number)) is { } id ? _reader.ReadOne(r, id) : null));

    /// <inheritdoc/>
    public IReadOnlyList<FrozenTrial> GetTrials(
        long studyId, IReadOnlyCollection<TrialState>? states = null, CancellationToken cancellationToken = default)
    {
        var rule = states is null ? null : new TrialRule(new TrialCondition.InState([.. states.Distinct().Order()]));
        // A read of all as of one moment would keep the database from clearing away what is written meanwhile.
        var trials = Read((r, _) => TrialReader.Of(r, studyId, rule))
            .Rest(ids => Read((r, reader) => reader.ReadSlice(r, ids)), cancellationToken);
        if (states is not null) trials.RemoveAll(t => !states.Contains(t.State));
        trials.Sort((a, b) => a.Number.CompareTo(b.Number));
        return trials.Count > 0 ? trials : Read((r, _) => NothingOf(r, studyId, trials));
    }

    /// <inheritdoc/>
    public IReadOnlyList<FrozenTrial> GetPage(long studyId, int skip, int take)
    {
        var trials = Read((r, reader) =>
        {
            var ids = new List<long>();
            using (var rows = r.Read(
                "SELECT trial_id FROM trials WHERE study_id = @study ORDER BY number LIMIT @take OFFSET @skip",
                ("@study", studyId), ("@take", take), ("@skip", skip)))
            {
                while (rows.Read()) ids.Add(rows.GetInt64(0));
            }

            return ids.Count > 0 ? reader.ReadThese(r, ids) : NothingOf(r, studyId, new List<FrozenTrial>());
        });
        trials.Sort((a, b) => a.Number.CompareTo(b.Number));
        return trials;
    }

    /// <inheritdoc/>
    public IReadOnlyList<FrozenTrial> GetBestTrials(long studyId, int objective, int count) => Read((r, reader) =>
    {
        var directions = StudyRows.Info(r, studyId, "").Directions;
        var ids = objective < directions.Count ? BestTrials.Find(r, _dialect, studyId, objective, directions[objective], count) : [];
        if (ids.Count == 0) return NothingOf(r, studyId, new List<FrozenTrial>());
        return reader.ReadThese(r, ids).OrderBy(t => ids.IndexOf(t.Id)).ToList();
    });

    /// <inheritdoc/>
    public IReadOnlyDictionary<TrialState, int> CountTrials(long studyId) => Read((r, _) =>
        TrialCounts.ByState(r, studyId) is var counts && counts.Values.Any(count => count > 0) ? counts : NothingOf(r, studyId, counts));

    /// <inheritdoc/>
    ITrialFeed IStudyStorage.OpenFeed(long studyId) => Use(_ => _feeds.Add(new TrialFeed(this, _live, _reader, _dialect, studyId)));

    /// <summary>Looks for what broken programs, crashes and hands left in the database. Changes nothing.</summary>
    /// <returns>What was found, empty when all is well.</returns>
    public IReadOnlyList<DatabaseProblem> Check() => Read((r, _) => DatabaseCheck.Find(r, _dialect));

    /// <summary>Repairs what <see cref="Check"/> finds, in one transaction.</summary>
    /// <returns>What was found; <see cref="DatabaseProblem.Repair"/> says what was done about it.</returns>
    public IReadOnlyList<DatabaseProblem> Repair() => Use(s =>
    {
        IReadOnlyList<DatabaseProblem> problems = [];
        s.Write(w =>
        {
            problems = DatabaseCheck.Find(w, _dialect);
            DatabaseCheck.Repair(w, _dialect, problems);
            return true;
        });
        _live.WroteElsewhere();
        return problems;
    });

    /// <summary>Gives space that deleted studies left back to the system. Takes about as long as writing the whole database once.</summary>
    public void Compact() => ReadAlone(s =>
    {
        _dialect.Compact(s);
        return true;
    });

    /// <summary>Closes the connection. What was written stays written.</summary>
    public void Dispose()
    {
        _writing.Dispose();
        _reading.Dispose();
        _following.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>Uses the connection of writes, leases and what runs here; whoever calls this must be quick.</summary>
    internal T Use<T>(Func<Session, T> work)
    {
        var result = _writing.Use(work);
        _upkeep.Used();
        return result;
    }

    /// <summary>Reads as of one moment over the connection of readers, for as long as it takes.</summary>
    internal T Read<T>(Func<Session, TrialReader, T> work) => _reading.Use(s => s.Snapshot(r => work(r, _reading.Reader)));

    /// <summary>
    /// The same for feeds, which have a connection of their own: what trials are chosen by waits neither for who reads a whole study nor
    /// holds up who writes.
    /// </summary>
    internal T Follow<T>(Func<Session, TrialReader, T> work) => _following.Use(s => s.Snapshot(r => work(r, _following.Reader)));

    /// <summary>Uses the connection of readers for what SQLite does not do within a transaction.</summary>
    internal T ReadAlone<T>(Func<Session, T> work) => _reading.Use(work);

    private void Lock(Session w, long studyId)
    {
        if (!_dialect.LockStudy(w, studyId)) throw Deleted();
    }

    private static long? StudyOf(Session s, long trialId) =>
        s.Find("SELECT study_id FROM trials WHERE trial_id = @trial", ("@trial", trialId));

    /// <summary>Whether a trial runs; one that does not is no longer live here.</summary>
    private bool StillRuns(Session s, long trialId)
    {
        if (s.Scalar(SelectRunning, ("@trial", trialId)) is not null) return true;
        _live.FoundEnded(trialId);
        return false;
    }

    /// <summary>A use that writes to one trial: when it fails, nobody knows what of it was stored.</summary>
    private T UseFor<T>(long trialId, Func<Session, T> work) => Use(s =>
    {
        try
        {
            return work(s);
        }
        catch
        {
            _live.Doubt(trialId);
            throw;
        }
    });

    /// <summary>A trial that was just added, as stored; a finished one is given to the feeds.</summary>
    private FrozenTrial ReadAdded(long studyId, long id) => Use(s =>
    {
        var stored = _reader.ReadOne(s, id) ?? throw Deleted();
        if (stored.State.IsFinished()) _feeds.Publish(studyId, stored);
        return stored;
    });

    /// <summary>What was read of a study where nothing was found, if it is there: it may have been deleted.</summary>
    /// <exception cref="StorageException">It was.</exception>
    private static T NothingOf<T>(Session r, long studyId, T nothing) =>
        r.Scalar("SELECT 1 FROM studies WHERE study_id = @study", ("@study", studyId)) is null ? throw Deleted() : nothing;

    private static StorageException Deleted() => StorageRules.Deleted();
}
