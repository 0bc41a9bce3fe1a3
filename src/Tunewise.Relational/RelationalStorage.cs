using System.Data.Common;
using System.Globalization;
using Dapper;
using Tunewise.Spaces;
using Tunewise.Storage;

namespace Tunewise.Relational;

/// <summary>
/// Keeps studies in a relational database, in Optuna's own schema: Optuna, its dashboard and Tunewise open, read and continue the same studies,
/// also at the same time. Any thread may use it; within a process writes follow one another.
/// </summary>
/// <remarks>Times are written in UTC, as Optuna 5 does.</remarks>
public abstract class RelationalStorage : IStudyStorage
{
    private readonly Lock _lock = new();
    private readonly SqlDialect _dialect;
    private readonly Session _session;
    private readonly TrialReader _reader = new();
    private readonly Dictionary<Distribution, string> _distributionTexts = [];
    private readonly Dictionary<long, LiveTrial> _live = [];
    private readonly List<WeakReference<TrialFeed>> _feeds = [];
    private readonly string _insertLease;
    private readonly string _renewLease;
    private readonly string _selectLeases;
    private readonly string _finishIfExpired;
    private bool _disposed;

    private protected RelationalStorage(SqlDialect dialect)
    {
        _dialect = dialect;
        _session = new Session(_dialect.Connect(), _dialect);
        var now = _dialect.NowMilliseconds;
        _insertLease = $"INSERT INTO tunewise_leases (trial_id, worker, expires_ms) VALUES (@trial, @worker, {now} + @duration) "
            + "ON CONFLICT (trial_id) DO UPDATE SET worker = excluded.worker, expires_ms = excluded.expires_ms";
        _renewLease = $"UPDATE tunewise_leases SET expires_ms = {now} + @duration WHERE trial_id = @trial AND worker = @worker";
        _selectLeases = "SELECT l.trial_id, l.worker, l.expires_ms <= " + now + " FROM tunewise_leases l JOIN trials t ON t.trial_id = l.trial_id "
            + "WHERE t.study_id = @study AND t.state = 'RUNNING'";
        _finishIfExpired = FinishIfHeld + $" AND EXISTS (SELECT 1 FROM tunewise_leases l WHERE l.trial_id = @trial AND l.expires_ms <= {now})";
    }

    /// <summary>Grows with every write of this storage that concerns trials which do not run here.</summary>
    internal long OwnChanges { get; private set; }

    /// <inheritdoc/>
    public string Description => _dialect.Description;

    /// <inheritdoc/>
    public StudyInfo? FindStudy(string name) => Use(s =>
        s.Scalar("SELECT study_id FROM studies WHERE study_name = @name", ("@name", name)) is { } id
            ? Info(s, Convert.ToInt64(id, CultureInfo.InvariantCulture), name)
            : null);

    /// <inheritdoc/>
    public StudyInfo OpenStudy(string name, IReadOnlyList<Direction> directions)
    {
        if (FindStudy(name) is { } known) return known;
        Use(s => s.Write(w =>
        {
            if (w.Scalar("SELECT 1 FROM studies WHERE study_name = @name", ("@name", name)) is not null) return true;
            var id = NextId(w, "studies", "study_id");
            w.Execute("INSERT INTO studies (study_id, study_name) VALUES (@study, @name)", ("@study", id), ("@name", name));
            // Optuna reads the directions in the order of the rows.
            for (var i = 0; i < directions.Count; i++)
            {
                w.Execute(
                    "INSERT INTO study_directions (direction, study_id, objective) VALUES (@direction, @study, @objective)",
                    ("@direction", Encoding.Of(directions[i])), ("@study", id), ("@objective", i));
            }

            return true;
        }));
        return FindStudy(name) ?? throw Deleted();
    }

    /// <inheritdoc/>
    public IReadOnlyList<StudyInfo> GetStudies() => Use<IReadOnlyList<StudyInfo>>(s =>
        [.. s.Connection.Query<(long Id, string Name)>("SELECT study_id, study_name FROM studies ORDER BY study_id").Select(row => Info(s, row.Id, row.Name))]);

    /// <inheritdoc/>
    public void DeleteStudy(long studyId) => Use(s => s.Write(w =>
    {
        // Ids are not used again: a reader that remembers the deleted study would take the new one for it.
        RememberId(w, "studies", "study_id");
        RememberId(w, "trials", "trial_id");
        foreach (var table in Schema.TrialTables)
            w.Execute($"DELETE FROM {table} WHERE trial_id IN (SELECT trial_id FROM trials WHERE study_id = @study)", ("@study", studyId));
        w.Execute("DELETE FROM trials WHERE study_id = @study", ("@study", studyId));
        foreach (var table in Schema.StudyTables) w.Execute($"DELETE FROM {table} WHERE study_id = @study", ("@study", studyId));
        w.Execute("DELETE FROM studies WHERE study_id = @study", ("@study", studyId));
        return true;
    }));

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, string> GetStudyAttributes(long studyId, AttributeKind kind) => Use(s =>
        s.Connection.Query<(string Key, string? Json)>($"SELECT \"key\", value_json FROM study_{Prefix(kind)}_attributes WHERE study_id = @studyId", new { studyId })
            .ToDictionary(row => row.Key, row => row.Json ?? "null"));

    /// <inheritdoc/>
    public void SetStudyAttribute(long studyId, AttributeKind kind, string key, string json) => Use(s => s.Connection.Execute(
        $"INSERT INTO study_{Prefix(kind)}_attributes (study_id, \"key\", value_json) VALUES (@studyId, @key, @json) "
        + "ON CONFLICT (study_id, \"key\") DO UPDATE SET value_json = excluded.value_json",
        new { studyId, key, json }));

    /// <inheritdoc/>
    public FrozenTrial? ClaimTrial(long studyId, ClaimRequest request)
    {
        FrozenTrial? claimed = null;
        Use(s => s.Write(w =>
        {
            if (request.TotalTrials is { } total && CountTrials(w, studyId, request.CountedStates) >= total) return false;
            claimed = ClaimWaiting(w, studyId) ?? (request.OnlyWaiting ? null : InsertRunning(w, studyId));
            if (claimed is null) return false;
            w.Execute(_insertLease, ("@trial", claimed.Id), ("@worker", request.Worker), ("@duration", (long)request.LeaseDuration.TotalMilliseconds));
            _live[claimed.Id] = new LiveTrial(studyId, claimed);
            foreach (var feed in Feeds(studyId)) feed.Claimed(claimed.Id);
            return true;
        }));
        return claimed;
    }

    /// <inheritdoc/>
    public FrozenTrial AddTrial(long studyId, FrozenTrial trial)
    {
        long id = 0;
        return Use(s =>
        {
            s.Write(w =>
            {
                id = Insert(w, studyId, trial);
                return true;
            });
            OwnChanges++;
            var stored = _reader.ReadOne(s, id) ?? throw Deleted();
            if (trial.State.IsFinished()) Publish(studyId, stored);
            return stored;
        });
    }

    /// <inheritdoc/>
    public bool SetParameter(long trialId, TrialParameter parameter) => Use(s =>
    {
        var added = s.Execute(
            "INSERT INTO trial_params (trial_id, param_name, param_value, distribution_json) SELECT @trial, @name, @value, @json "
            + "WHERE EXISTS (SELECT 1 FROM trials WHERE trial_id = @trial AND state = 'RUNNING') ON CONFLICT (trial_id, param_name) DO NOTHING",
            ("@trial", trialId), ("@name", parameter.Name), ("@value", parameter.Value), ("@json", TextOf(parameter.Distribution))) > 0;
        if (added && _live.TryGetValue(trialId, out var live)) live.Parameters.Add(parameter);
        else OwnChanges++;
        return added || StillRuns(s, trialId);
    });

    /// <inheritdoc/>
    public bool AddReport(long trialId, TrialReport report) => Use(s =>
    {
        var (value, type) = Encoding.Of(report.Value);
        var added = s.Execute(
            "INSERT INTO trial_intermediate_values (trial_id, step, intermediate_value, intermediate_value_type) SELECT @trial, @step, @value, @type "
            + "WHERE EXISTS (SELECT 1 FROM trials WHERE trial_id = @trial AND state = 'RUNNING') ON CONFLICT (trial_id, step) DO NOTHING",
            ("@trial", trialId), ("@step", report.Step), ("@value", value), ("@type", type)) > 0;
        if (added && _live.TryGetValue(trialId, out var live)) live.Reports.Add(report.Step, report.Value);
        else OwnChanges++;
        return added || StillRuns(s, trialId);
    });

    /// <inheritdoc/>
    public bool SetTrialAttribute(long trialId, AttributeKind kind, string key, string json) => Use(s =>
    {
        var set = s.Execute(
            $"INSERT INTO trial_{Prefix(kind)}_attributes (trial_id, \"key\", value_json) SELECT @trial, @key, @json "
            + "WHERE EXISTS (SELECT 1 FROM trials WHERE trial_id = @trial AND state IN ('RUNNING', 'WAITING')) "
            + "ON CONFLICT (trial_id, \"key\") DO UPDATE SET value_json = excluded.value_json",
            ("@trial", trialId), ("@key", key), ("@json", json)) > 0;
        if (set && _live.TryGetValue(trialId, out var live)) live.Attributes(kind)[key] = json;
        else OwnChanges++;
        return set;
    });

    /// <inheritdoc/>
    public bool FinishTrial(long trialId, TrialEnding ending) => Use(s =>
    {
        var now = DateTime.UtcNow;
        var done = s.Write(w =>
        {
            if (!End(w, trialId, ending, now)) return false;
            InsertValues(w, trialId, ending.Values);
            w.Execute("DELETE FROM tunewise_leases WHERE trial_id = @trial", ("@trial", trialId));
            InsertEnding(w, trialId, ending.Failure, ending.Reason, ending.Detail);
            if (ending.Retry) InsertRetry(w, trialId, ending);
            return true;
        });
        if (ending.Retry || !_live.ContainsKey(trialId)) OwnChanges++;
        // A trial that this storage ran is known here already; of others the feeds learn by reading.
        if (_live.Remove(trialId, out var live) && done) Publish(live.StudyId, live.End(ending, now));
        else if (done) Publish(s.Number("SELECT study_id FROM trials WHERE trial_id = @trial", ("@trial", trialId)), _reader.ReadOne(s, trialId)!);
        return done;
    });

    /// <inheritdoc/>
    public bool ContinueTrial(long studyId, int number) => Use(s => s.Write(w =>
    {
        var id = w.Scalar(
            "SELECT t.trial_id FROM trials t WHERE t.study_id = @study AND t.number = @number AND t.state = 'PRUNED' "
            + "AND NOT EXISTS (SELECT 1 FROM tunewise_retries r WHERE r.trial_id = t.trial_id)",
            ("@study", studyId), ("@number", number));
        if (id is null) return false;
        var paused = Convert.ToInt64(id, CultureInfo.InvariantCulture);
        OwnChanges++;
        InsertSuccessor(w, studyId, paused, InMemoryStorage.ContinuationOf(_reader.ReadOne(w, paused)!));
        return true;
    }));

    /// <inheritdoc/>
    public IReadOnlyList<long> RenewLeases(string worker, IReadOnlyCollection<long> trialIds, TimeSpan duration)
    {
        var lost = new List<long>();
        Use(s => s.Write(w =>
        {
            lost.AddRange(trialIds.Where(id =>
                w.Execute(_renewLease, ("@trial", id), ("@worker", worker), ("@duration", (long)duration.TotalMilliseconds)) == 0));
            return true;
        }));
        return lost;
    }

    /// <inheritdoc/>
    public IReadOnlyList<TrialLease> GetLeases(long studyId) => Use(s =>
    {
        var leases = new List<TrialLease>();
        using var rows = s.Read(_selectLeases, ("@study", studyId));
        while (rows.Read()) leases.Add(new TrialLease(rows.GetInt64(0), rows.GetString(1), Convert.ToBoolean(rows.GetValue(2), CultureInfo.InvariantCulture)));
        return leases;
    });

    /// <inheritdoc/>
    public FrozenTrial? FindTrial(long studyId, int number) => Use(s => s.Snapshot(r =>
        r.Scalar("SELECT trial_id FROM trials WHERE study_id = @study AND number = @number ORDER BY trial_id LIMIT 1", ("@study", studyId), ("@number", number)) is { } id
            ? _reader.ReadOne(r, Convert.ToInt64(id, CultureInfo.InvariantCulture))
            : null));

    /// <inheritdoc/>
    public IReadOnlyList<FrozenTrial> GetTrials(long studyId, IReadOnlyCollection<TrialState>? states = null)
    {
        List<FrozenTrial> trials = states is null
            ? Use(s => s.Snapshot(r => _reader.ReadStudy(r, studyId, null).ToList()))
            : Use(s => s.Snapshot(r => states.Distinct().SelectMany(state => _reader.ReadStudy(r, studyId, Encoding.Of(state))).ToList()));
        trials.Sort((a, b) => a.Number.CompareTo(b.Number));
        return trials;
    }

    /// <inheritdoc/>
    public ITrialFeed OpenFeed(long studyId) => Use(_ =>
    {
        var feed = new TrialFeed(this, _reader, _dialect, studyId);
        _feeds.Add(new WeakReference<TrialFeed>(feed));
        return feed;
    });

    /// <summary>Closes the connection. What was written stays written.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            if (_disposed) return;
            _disposed = true;
            Closing();
            _session.Dispose();
        }

        GC.SuppressFinalize(this);
    }

    /// <summary>Called once before the connection closes.</summary>
    private protected virtual void Closing()
    {
    }

    /// <summary>Whether a trial was claimed here and has not ended. Call it within <see cref="Use{T}"/>.</summary>
    internal bool IsLive(long trialId) => _live.ContainsKey(trialId);

    /// <summary>The trials of a study that were claimed here and have not ended, in order of their numbers. Call it within <see cref="Use{T}"/>.</summary>
    internal List<FrozenTrial> LiveTrials(long studyId)
    {
        var trials = new List<FrozenTrial>();
        foreach (var live in _live.Values)
        {
            if (live.StudyId == studyId) trials.Add(live.Freeze());
        }

        trials.Sort((a, b) => a.Number.CompareTo(b.Number));
        return trials;
    }

    /// <summary>One caller at a time uses the connection; database errors come out as errors for people.</summary>
    internal T Use<T>(Func<Session, T> work)
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            try
            {
                return work(_session);
            }
            catch (DbException error)
            {
                throw _dialect.Translate(error);
            }
        }
    }

    private static StudyInfo Info(Session s, long id, string name)
    {
        var directions = new List<Direction>();
        using var rows = s.Read("SELECT direction FROM study_directions WHERE study_id = @study ORDER BY objective", ("@study", id));
        while (rows.Read()) directions.Add(Encoding.ToDirection(rows.GetString(0)));
        return new StudyInfo(id, name, directions.Count == 0 ? [Direction.Minimize] : directions);
    }

    private static long CountTrials(Session s, long studyId, IReadOnlyCollection<TrialState> states)
    {
        if (ClaimRequest.DefaultCountedStates.All(states.Contains))
        {
            // Numbers are contiguous, so that all but the waiting ones need not be counted.
            return s.Number(
                "SELECT (SELECT COALESCE(MAX(number) + 1, 0) FROM trials WHERE study_id = @study) "
                + "- (SELECT COUNT(*) FROM trials WHERE study_id = @study AND state = 'WAITING') "
                + "- (SELECT COUNT(*) FROM tunewise_retries WHERE study_id = @study)",
                ("@study", studyId));
        }

        return states.Sum(state => s.Number(
            "SELECT COUNT(*) FROM trials t WHERE t.study_id = @study AND t.state = @state "
            + "AND NOT EXISTS (SELECT 1 FROM tunewise_retries r WHERE r.trial_id = t.trial_id)",
            ("@study", studyId), ("@state", Encoding.Of(state))));
    }

    private FrozenTrial? ClaimWaiting(Session w, long studyId)
    {
        var id = w.Scalar("SELECT trial_id FROM trials WHERE study_id = @study AND state = 'WAITING' ORDER BY number LIMIT 1", ("@study", studyId));
        if (id is null) return null;
        w.Execute(
            "UPDATE trials SET state = 'RUNNING', datetime_start = @now WHERE trial_id = @trial AND state = 'WAITING'",
            ("@now", Encoding.Of(DateTime.UtcNow)), ("@trial", id));
        return _reader.ReadOne(w, Convert.ToInt64(id, CultureInfo.InvariantCulture));
    }

    private static FrozenTrial InsertRunning(Session w, long studyId)
    {
        var now = DateTime.UtcNow;
        var (id, number) = InsertRow(w, studyId, TrialState.Running, now, null);
        return new FrozenTrial { Id = id, Number = number, State = TrialState.Running, StartedAt = now };
    }

    /// <summary>Adds a trial's row with the next number; readers never see one without.</summary>
    private static (long Id, int Number) InsertRow(Session w, long studyId, TrialState state, DateTime? started, DateTime? finished)
    {
        var id = NextId(w, "trials", "trial_id");
        var number = (int)w.Number("SELECT COALESCE(MAX(number) + 1, 0) FROM trials WHERE study_id = @study", ("@study", studyId));
        w.Execute(
            "INSERT INTO trials (trial_id, number, study_id, state, datetime_start, datetime_complete) VALUES (@trial, @number, @study, @state, @started, @finished)",
            ("@trial", id), ("@number", number), ("@study", studyId), ("@state", Encoding.Of(state)),
            ("@started", started is { } s ? Encoding.Of(s) : null), ("@finished", finished is { } f ? Encoding.Of(f) : null));
        return (id, number);
    }

    private long Insert(Session w, long studyId, FrozenTrial trial)
    {
        var (id, _) = InsertRow(w, studyId, trial.State, trial.StartedAt, trial.FinishedAt);
        foreach (var (name, distribution, value) in trial.ParameterList)
        {
            w.Execute(
                "INSERT INTO trial_params (trial_id, param_name, param_value, distribution_json) VALUES (@trial, @name, @value, @json)",
                ("@trial", id), ("@name", name), ("@value", value), ("@json", TextOf(distribution)));
        }

        foreach (var report in trial.Reports)
        {
            var (value, type) = Encoding.Of(report.Value);
            w.Execute(
                "INSERT INTO trial_intermediate_values (trial_id, step, intermediate_value, intermediate_value_type) VALUES (@trial, @step, @value, @type)",
                ("@trial", id), ("@step", report.Step), ("@value", value), ("@type", type));
        }

        InsertValues(w, id, trial.Values);
        InsertAttributes(w, id, AttributeKind.User, trial.UserAttributesJson);
        InsertAttributes(w, id, AttributeKind.System, trial.SystemAttributesJson);
        InsertEnding(w, id, trial.Failure, trial.Reason, trial.Detail);
        return id;
    }

    private static void InsertValues(Session w, long trialId, IReadOnlyList<double> values)
    {
        for (var i = 0; i < values.Count; i++)
        {
            var (value, type) = Encoding.Of(values[i]);
            w.Execute(
                "INSERT INTO trial_values (trial_id, objective, value, value_type) VALUES (@trial, @objective, @value, @type)",
                ("@trial", trialId), ("@objective", i), ("@value", value), ("@type", type));
        }
    }

    private static void InsertAttributes(Session w, long trialId, AttributeKind kind, IReadOnlyDictionary<string, string> attributes)
    {
        foreach (var (key, json) in attributes)
        {
            w.Execute(
                $"INSERT INTO trial_{Prefix(kind)}_attributes (trial_id, \"key\", value_json) VALUES (@trial, @key, @json)",
                ("@trial", trialId), ("@key", key), ("@json", json));
        }
    }

    private static void InsertEnding(Session w, long trialId, FailureKind? failure, string? reason, string? detail)
    {
        if (failure is null && reason is null && detail is null) return;
        w.Execute(
            "INSERT INTO tunewise_endings (trial_id, failure, reason, detail) VALUES (@trial, @failure, @reason, @detail)",
            ("@trial", trialId), ("@failure", failure?.ToString()), ("@reason", reason), ("@detail", detail));
    }

    private void InsertRetry(Session w, long trialId, TrialEnding ending)
    {
        var studyId = w.Number("SELECT study_id FROM trials WHERE trial_id = @trial", ("@trial", trialId));
        InsertSuccessor(w, studyId, trialId, InMemoryStorage.RetryOf(_reader.ReadOne(w, trialId)!, ending));
    }

    private void InsertSuccessor(Session w, long studyId, long trialId, FrozenTrial successor) => w.Execute(
        "INSERT INTO tunewise_retries (trial_id, study_id, retried_by) VALUES (@trial, @study, @successor)",
        ("@trial", trialId), ("@study", studyId), ("@successor", Insert(w, studyId, successor)));

    private const string FinishAny = "UPDATE trials SET state = @state, datetime_complete = @now WHERE trial_id = @trial AND state = 'RUNNING'";

    private const string FinishIfHeld = FinishAny + " AND EXISTS (SELECT 1 FROM tunewise_leases l WHERE l.trial_id = @trial AND l.worker = @worker)";

    private bool End(Session w, long trialId, TrialEnding ending, DateTime time)
    {
        var (state, now) = (Encoding.Of(ending.State), Encoding.Of(time));
        var rows = ending.OnlyIfHeldBy is { } worker
            ? w.Execute(ending.OnlyIfExpired ? _finishIfExpired : FinishIfHeld, ("@state", state), ("@now", now), ("@trial", trialId), ("@worker", worker))
            : w.Execute(FinishAny, ("@state", state), ("@now", now), ("@trial", trialId));
        return rows > 0;
    }

    /// <summary>Whether a trial runs; one that does not is no longer live here.</summary>
    private bool StillRuns(Session s, long trialId)
    {
        if (s.Scalar("SELECT 1 FROM trials WHERE trial_id = @trial AND state = 'RUNNING'", ("@trial", trialId)) is not null) return true;
        _live.Remove(trialId);
        return false;
    }

    private static long NextId(Session w, string table, string column) => 1 + w.Number(
        $"SELECT MAX(v) FROM (SELECT MAX({column}) AS v FROM {table} UNION ALL SELECT value AS v FROM tunewise_meta WHERE name = @name) AS ids", ("@name", "last_" + column));

    private static void RememberId(Session w, string table, string column) => w.Execute(
        "INSERT INTO tunewise_meta (name, value) VALUES (@name, @value) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        ("@name", "last_" + column), ("@value", NextId(w, table, column) - 1));

    private string TextOf(Distribution distribution)
    {
        if (!_distributionTexts.TryGetValue(distribution, out var text)) _distributionTexts.Add(distribution, text = DistributionJson.Write(distribution));
        return text;
    }

    private static string Prefix(AttributeKind kind) => kind == AttributeKind.User ? "user" : "system";

    private static StorageException Deleted() => new("the study was deleted; open it again to create a new one");

    /// <summary>Gives a trial that ended here to the feeds of its study, so that they need not read it.</summary>
    private void Publish(long studyId, FrozenTrial trial)
    {
        foreach (var feed in Feeds(studyId)) feed.Add(trial);
    }

    private List<TrialFeed> Feeds(long studyId)
    {
        _feeds.RemoveAll(f => !f.TryGetTarget(out _));
        return [.. _feeds.Select(f => f.TryGetTarget(out var feed) ? feed : null).OfType<TrialFeed>().Where(f => f.StudyId == studyId)];
    }
}
