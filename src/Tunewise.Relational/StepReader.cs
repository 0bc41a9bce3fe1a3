using Tunewise.Storage;

namespace Tunewise.Relational;

/// <summary>Reads what trials measured.</summary>
internal static class StepReader
{
    /// <summary>Of a study that has at least this share of all trials, the whole table is read in the order in which it lies.</summary>
    private const int MostOfAll = 4;

    /// <summary>Who has taken an id for a report and not yet begun to write it is not seen among those under way: some ids are looked at again.</summary>
    private const long LateReports = 100;

    /// <summary>What is a step: SQLite keeps anything in the column, and anything else is larger than every number.</summary>
    private const string HasStep = "s.step BETWEEN 0 AND 9223372036854775807";

    public static void AddNames(Session s, long studyId, NameTable names)
    {
        using var rows = s.Read("SELECT kind, number, name FROM tunewise_names WHERE study_id = @study", ("@study", studyId));
        while (rows.Read()) names.Add((NameKind)rows.GetInt32(0), rows.GetInt32(1), rows.GetString(2));
    }

    public static NameTable Names(Session r, long studyId)
    {
        var names = new NameTable();
        AddNames(r, studyId, names);
        return names;
    }

    /// <summary>Whether any trial of a study measured or was told anything.</summary>
    public static bool HasAny(Session r, long studyId) => r.Scalar(
        "SELECT 1 FROM tunewise_names WHERE study_id = @study UNION ALL SELECT 1 FROM tunewise_blob_contents WHERE study_id = @study LIMIT 1",
        ("@study", studyId)) is not null;

    public static bool HasReports(Session r, long studyId) => r.Scalar(
        "SELECT 1 FROM trials t JOIN trial_intermediate_values v ON v.trial_id = t.trial_id WHERE t.study_id = @study LIMIT 1",
        ("@study", studyId)) is not null;

    /// <exception cref="StorageException">The study was deleted.</exception>
    public static void CheckExists(Session r, long studyId)
    {
        if (r.Scalar("SELECT 1 FROM studies WHERE study_id = @study", ("@study", studyId)) is null) throw StorageRules.Deleted();
    }

    public static List<StepRecord> Of(Session r, NameTable names, long trialId)
    {
        var steps = new List<StepRecord>();
        using var rows = r.Read(
            "SELECT step, series, verdict FROM tunewise_steps WHERE trial_id = @trial ORDER BY step", ("@trial", trialId));
        while (rows.Read())
        {
            // What is no step belongs to none; the check tells of it.
            if (!IsStep(rows.GetValue(0))) continue;
            var step = names.Unpack(rows.GetInt64(0), rows.GetValue(1) as byte[], rows.GetValue(2) as byte[]);
            if (!step.IsNothing) steps.Add(step);
        }

        return steps;
    }

    public static SeriesColumns Column(
        Session r, SqlDialect dialect, long studyId, string name, CancellationToken cancellationToken)
    {
        var columns = new ColumnBuilder();
        if (Names(r, studyId).Find(NameKind.Series, name) is not { } number) return columns.Build(name);
        var numbers = Numbers(r, studyId);
        var all = r.Number("SELECT COUNT(*) FROM trials") <= (long)MostOfAll * numbers.Count;
        var (last, lastTrial) = (-1L, default(int?));
        void Add(long id, long step, ReadOnlySpan<byte> series)
        {
            // Rows of one trial mostly follow one another.
            if (id != last)
            {
                cancellationToken.ThrowIfCancellationRequested();
                (last, lastTrial) = (id, numbers.TryGetValue(id, out var known) ? known : null);
            }

            if (lastTrial is { } trial && StepPacking.Find(series, number) is { } value) columns.Add(trial, step, value);
        }

        if (all) dialect.ForEachStep(r, $"SELECT trial_id, step, series FROM tunewise_steps s WHERE series IS NOT NULL AND {HasStep}", Add);
        else
        {
            dialect.ForEachStep(
                r,
                "SELECT s.trial_id, s.step, s.series FROM trials t JOIN tunewise_steps s ON s.trial_id = t.trial_id "
                    + $"WHERE t.study_id = @study AND s.series IS NOT NULL AND {HasStep}",
                Add,
                ("@study", studyId));
        }

        return columns.Build(name);
    }

    public static SeriesColumns Reports(
        Session r, SqlDialect dialect, long studyId, string name, CancellationToken cancellationToken)
    {
        var columns = new ColumnBuilder();
        using var rows = r.Read(
            $"SELECT t.number, v.step, v.intermediate_value, {TypeOf(dialect)} "
                + "FROM trials t JOIN trial_intermediate_values v ON v.trial_id = t.trial_id WHERE t.study_id = @study",
            ("@study", studyId));
        while (rows.Read())
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (!rows.IsDBNull(0)) columns.Add(rows.GetInt32(0), rows.GetInt64(1), Value(rows, 2));
        }

        return columns.Build(name);
    }

    public static StepNews Since(Session r, SqlDialect dialect, long studyId, SeriesPosition since, int most)
    {
        // What is written from now on has this version or a later one; what has an earlier one, this read sees.
        var safe = r.Number(dialect.NextStepVersion);
        var (steps, seen, last, isFull) = (new List<(int, StepRecord)>(), since.SeenSteps.ToHashSet(), 0L, false);
        NameTable? names = null;
        // The plus keeps planners from beginning with all trials of the study.
        var raw = new List<(int Number, long Step, byte[]? Series, byte[]? Verdict)>();
        var limit = most + since.SeenSteps.Count;
        using (var rows = r.Read(
            "SELECT s.version, s.trial_id, s.step, t.number, s.series, s.verdict FROM tunewise_steps s "
                + $"JOIN trials t ON t.trial_id = s.trial_id WHERE s.version >= @since AND +t.study_id = @study AND {HasStep} "
                + "ORDER BY s.version, s.trial_id, s.step LIMIT @limit",
            ("@since", since.Version), ("@study", studyId), ("@limit", limit)))
        {
            var count = 0;
            for (; rows.Read(); count++)
            {
                var key = (rows.GetInt64(1), rows.GetInt64(2), Version: rows.GetInt64(0));
                last = key.Version;
                if (seen.Add(key) && !rows.IsDBNull(3))
                    raw.Add((rows.GetInt32(3), key.Item2, rows.GetValue(4) as byte[], rows.GetValue(5) as byte[]));
            }

            isFull = count == limit;
        }

        foreach (var (number, step, series, verdict) in raw)
            steps.Add((number, (names ??= Names(r, studyId)).Unpack(step, series, verdict)));
        // Whoever writes now may be seen later, with a version that is smaller than what was read; a database that comes from elsewhere may
        // have larger ones.
        var next = isFull ? Math.Min(last, safe) : Math.Max(safe, Math.Min(since.Version, safe));
        seen.RemoveWhere(k => k.Item3 < next);
        var (reports, position, isFullOfReports) = ReportsSince(r, dialect, studyId, since, most);
        if (steps.Count + reports.Count == 0) CheckExists(r, studyId);
        return new StepNews(
            steps,
            reports,
            new SeriesPosition(next, position.Report)
            {
                SeenSteps = seen,
                SeenReports = position.SeenReports,
                Unsettled = position.Unsettled,
                Behind = position.Behind,
            },
            !isFull && !isFullOfReports);
    }

    public static List<TrialBlob> Blobs(Session r, long trialId)
    {
        var blobs = new List<TrialBlob>();
        using var rows = r.Read(
            "SELECT t.number, b.step, b.name, b.kind, c.size, b.content_id FROM tunewise_blobs b "
                + "JOIN trials t ON t.trial_id = b.trial_id JOIN tunewise_blob_contents c ON c.content_id = b.content_id "
                + "WHERE b.trial_id = @trial",
            ("@trial", trialId));
        while (rows.Read())
        {
            if (!IsStep(rows.GetValue(1))) continue;
            blobs.Add(new TrialBlob(rows.GetInt32(0), rows.GetInt64(1), rows.GetString(2), rows.GetString(3), rows.GetInt32(4))
            {
                ContentId = rows.GetInt64(5),
            });
        }

        return [.. blobs.OrderBy(b => b.Step).ThenBy(b => b.Name, StringComparer.Ordinal)];
    }

    private static (List<(int Trial, TrialReport Report)> Reports, SeriesPosition Position, bool IsFull) ReportsSince(
        Session r, SqlDialect dialect, long studyId, SeriesPosition since, int most)
    {
        var (ended, begun) = UnderWay(r, dialect);
        var newest = Newest(r);
        var from = dialect.TransactionsUnderWay is null && since.Behind.Newest is { } known && !IsThere(r, known) ? since.Behind.Own : since.Report;
        var (reports, seen, last) = (new List<(int, TrialReport)>(), since.SeenReports.ToHashSet(), since.Behind.Own - 1);
        var limit = most + since.SeenReports.Count;
        var count = 0;
        using (var rows = r.Read(
            "SELECT v.trial_intermediate_value_id, t.number, v.step, v.intermediate_value, "
                + $"{TypeOf(dialect)} FROM trial_intermediate_values v "
                + "JOIN trials t ON t.trial_id = v.trial_id WHERE v.trial_intermediate_value_id >= @since AND +t.study_id = @study "
                + "ORDER BY v.trial_intermediate_value_id LIMIT @limit",
            ("@since", from), ("@study", studyId), ("@limit", limit)))
        {
            for (; rows.Read(); count++)
            {
                last = rows.GetInt64(0);
                if (seen.Add(last) && !rows.IsDBNull(1))
                    reports.Add((rows.GetInt32(1), new TrialReport(rows.GetInt64(2), Value(rows, 3))));
            }
        }

        // Behind all that others reported, too, so that nobody reads theirs again and again.
        var top = count < limit ? Math.Max(last, newest?.Report ?? 0) : last;
        var (next, unsettled) = (Math.Max(top + 1, from), default((long Report, long Transaction)));
        if (dialect.TransactionsUnderWay is not null)
        {
            // An id is taken before its row is seen. When all that was under way at some look has ended, what was read then was all.
            unsettled = since.Unsettled;
            next = since.Report;
            // Unless this look was cut short.
            if (unsettled.Transaction > 0 && ended >= unsettled.Transaction && count < limit) (next, unsettled) = (unsettled.Report, default);
            if (unsettled.Transaction == 0 && count < limit) unsettled = (Math.Max(next, top - LateReports), begun);
        }

        seen.RemoveWhere(id => id < next);
        return (
            reports,
            new SeriesPosition(0, next) { SeenReports = seen, Unsettled = unsettled, Behind = (last + 1, newest) },
            count == limit);
    }

    /// <summary>The newest report of all studies.</summary>
    private static (long Report, string Mark)? Newest(Session r)
    {
        using var rows = r.Read($"{Marks} ORDER BY v.trial_intermediate_value_id DESC LIMIT 1");
        return rows.Read() ? (rows.GetInt64(0), MarkOf(rows)) : null;
    }

    private static bool IsThere(Session r, (long Report, string Mark) report)
    {
        using var rows = r.Read($"{Marks} WHERE v.trial_intermediate_value_id = @report", ("@report", report.Report));
        return rows.Read() && MarkOf(rows) == report.Mark;
    }

    /// <summary>A report, with what tells it from another one that got its id, and its trial's: when the trial began.</summary>
    private const string Marks = "SELECT v.trial_intermediate_value_id, v.trial_id, v.step, v.intermediate_value, t.datetime_start "
        + "FROM trial_intermediate_values v LEFT JOIN trials t ON t.trial_id = v.trial_id";

    private static string MarkOf(System.Data.Common.DbDataReader row) => string.Join(
        '|', Enumerable.Range(1, 4).Select(i => Convert.ToString(row.GetValue(i), System.Globalization.CultureInfo.InvariantCulture)));

    private static (long Ended, long Begun) UnderWay(Session r, SqlDialect dialect)
    {
        if (dialect.TransactionsUnderWay is not { } sql) return default;
        using var rows = r.Read(sql);
        return rows.Read() ? (rows.GetInt64(0), rows.GetInt64(1)) : default;
    }

    private static string TypeOf(SqlDialect dialect) => dialect.TypeUnlessFinite("v.intermediate_value", "v.intermediate_value_type");

    /// <summary>A number of two columns, the value and the type of what is none.</summary>
    private static double Value(System.Data.Common.DbDataReader rows, int column) => Encoding.ToNumber(
        rows.IsDBNull(column) ? null : rows.GetDouble(column), rows.IsDBNull(column + 1) ? null : rows.GetString(column + 1));

    /// <summary>Whether a column holds a step: SQLite keeps anything in it.</summary>
    public static bool IsStep(object value) => value is >= 0L or >= 0;

    private static Dictionary<long, int> Numbers(Session r, long studyId)
    {
        var numbers = new Dictionary<long, int>();
        using var rows = r.Read(
            "SELECT trial_id, number FROM trials WHERE study_id = @study AND number IS NOT NULL", ("@study", studyId));
        while (rows.Read()) numbers.Add(rows.GetInt64(0), rows.GetInt32(1));
        return numbers;
    }
}
