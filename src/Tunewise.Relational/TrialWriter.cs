using Tunewise.Spaces;
using Tunewise.Storage;

namespace Tunewise.Relational;

/// <summary>Writes trials and what belongs to them, within the caller's transaction.</summary>
internal sealed class TrialWriter
{
    private readonly Dictionary<Distribution, string> _distributionTexts = [];
    private readonly string _insertRow;

    public TrialWriter(SqlDialect dialect) => _insertRow =
        "INSERT INTO trials (trial_id, number, study_id, state, datetime_start, datetime_complete) VALUES ("
        + dialect.NewId("trials", "trial_id")
        // A number that was given is never given again, also when its trial was deleted.
        + ", (SELECT COALESCE(MAX(n), 0) FROM (SELECT " + dialect.NextNumber + " AS n FROM trials WHERE study_id = @study "
            + "UNION ALL SELECT next_number AS n FROM tunewise_numbers WHERE study_id = @study) AS known)"
        + ", @study, @state, @started, @finished) RETURNING trial_id, number";

    /// <summary>Adds a trial's row with the next number; readers never see one without. Whoever calls holds the study.</summary>
    public (long Id, int Number) InsertRow(Session w, long studyId, TrialState state, DateTimeOffset? started, DateTimeOffset? finished)
    {
        using var row = w.Read(
            _insertRow,
            ("@study", studyId),
            ("@state", Encoding.Of(state)),
            ("@started", started is { } s ? Encoding.Of(s) : null),
            ("@finished", finished is { } f ? Encoding.Of(f) : null));
        row.Read();
        if (row.GetValue(1) is not (int or long))
            throw new StorageException("the trials of the study have numbers that are none; 'check --repair' numbers them anew");
        var inserted = (row.GetInt64(0), row.GetInt32(1));
        // SQLite checks that the study is there after it has given the row.
        row.Read();
        return inserted;
    }

    /// <summary>Adds a whole trial and returns its id.</summary>
    public long Insert(Session w, long studyId, FrozenTrial trial)
    {
        var (id, _) = InsertRow(w, studyId, trial.State, trial.StartedAt, trial.FinishedAt);
        foreach (var parameter in trial.ParameterList) InsertParameter(w, id, parameter);

        foreach (var report in trial.Reports)
        {
            var (value, type) = Encoding.Of(report.Value);
            w.Queue(
                "INSERT INTO trial_intermediate_values (trial_id, step, intermediate_value, intermediate_value_type) "
                    + "VALUES (@trial, @step, @value, @type)",
                ("@trial", id), ("@step", report.Step), ("@value", value), ("@type", type));
        }

        InsertValues(w, id, trial.Values);
        InsertAttributes(w, "trial", id, AttributeKind.User, trial.UserAttributesJson);
        InsertAttributes(w, "trial", id, AttributeKind.System, trial.SystemAttributesJson);
        InsertEnding(w, id, trial.Failure, trial.Reason, trial.Detail, trial.LastFiniteValue);
        return id;
    }

    public void InsertParameter(Session w, long trialId, TrialParameter parameter) => w.Queue(
        "INSERT INTO trial_params (trial_id, param_name, param_value, distribution_json) VALUES (@trial, @name, @value, @json)",
        ("@trial", trialId), ("@name", parameter.Name), ("@value", parameter.Value), ("@json", TextOf(parameter.Distribution)));

    /// <summary>Adds or replaces an attribute of a trial.</summary>
    public static void SetAttribute(Session w, long trialId, AttributeKind kind, string key, string json) => w.Queue(
        $"INSERT INTO trial_{Encoding.Prefix(kind)}_attributes (trial_id, \"key\", value_json) VALUES (@trial, @key, @json) "
            + "ON CONFLICT (trial_id, \"key\") DO UPDATE SET value_json = excluded.value_json",
        ("@trial", trialId), ("@key", key), ("@json", json));

    /// <summary>Adds the trial that comes in place of another one, which counts no more.</summary>
    public long InsertSuccessor(Session w, long studyId, long trialId, FrozenTrial successor)
    {
        var id = Insert(w, studyId, successor);
        Supersede(w, studyId, trialId, id);
        return id;
    }

    public static void Supersede(Session w, long studyId, long trialId, long successorId) => w.Queue(
        "INSERT INTO tunewise_retries (trial_id, study_id, retried_by) VALUES (@trial, @study, @successor)",
        ("@trial", trialId), ("@study", studyId), ("@successor", successorId));

    public static void InsertValues(Session w, long trialId, IReadOnlyList<double> values)
    {
        for (var i = 0; i < values.Count; i++)
        {
            var (value, type) = Encoding.Of(values[i]);
            w.Queue(
                "INSERT INTO trial_values (trial_id, objective, value, value_type) VALUES (@trial, @objective, @value, @type)",
                ("@trial", trialId), ("@objective", i), ("@value", value), ("@type", type));
        }
    }

    /// <summary>Adds attributes of a trial or a study.</summary>
    public static void InsertAttributes(
        Session w, string owner, long ownerId, AttributeKind kind, IReadOnlyDictionary<string, string> attributes)
    {
        foreach (var (key, json) in attributes)
        {
            w.Queue(
                $"INSERT INTO {owner}_{Encoding.Prefix(kind)}_attributes ({owner}_id, \"key\", value_json) VALUES (@owner, @key, @json)",
                ("@owner", ownerId), ("@key", key), ("@json", json));
        }
    }

    public static void InsertEnding(Session w, long trialId, FailureKind? failure, string? reason, string? detail, double? lastFiniteValue)
    {
        if (failure is null && reason is null && detail is null && lastFiniteValue is null) return;
        w.Queue(
            "INSERT INTO tunewise_endings (trial_id, failure, reason, detail, last_value) "
                + "VALUES (@trial, @failure, @reason, @detail, @last)",
            ("@trial", trialId), ("@failure", failure is { } kind ? Encoding.Of(kind) : null), ("@reason", Encoding.Printable(reason)),
            ("@detail", Encoding.Printable(detail)), ("@last", lastFiniteValue));
    }

    public string TextOf(Distribution distribution)
    {
        if (!_distributionTexts.TryGetValue(distribution, out var text))
            _distributionTexts.Add(distribution, text = DistributionJson.Write(distribution));
        return text;
    }
}
