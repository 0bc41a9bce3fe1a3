using Tunewise.Storage;

namespace Tunewise.Relational;

/// <summary>Reads and writes the rows of studies, within the caller's transaction.</summary>
internal sealed class StudyRows(SqlDialect dialect)
{
    private readonly string _insert =
        $"INSERT INTO studies (study_id, study_name) VALUES ({dialect.NewId("studies", "study_id")}, @name) "
        + "ON CONFLICT (study_name) DO NOTHING RETURNING study_id";

    public static StudyInfo Info(Session s, long id, string name)
    {
        var directions = new List<Direction>();
        using var rows = s.Read("SELECT direction FROM study_directions WHERE study_id = @study ORDER BY objective", ("@study", id));
        while (rows.Read()) directions.Add(Encoding.ToDirection(rows.IsDBNull(0) ? "" : rows.GetString(0)));
        return new StudyInfo(id, name, directions.Count == 0 ? [Direction.Minimize] : directions);
    }

    /// <summary>All studies, oldest first.</summary>
    public static IReadOnlyList<StudyInfo> All(Session s)
    {
        var names = new List<(long Id, string Name)>();
        using (var rows = s.Read("SELECT study_id, study_name FROM studies ORDER BY study_id"))
        {
            while (rows.Read()) names.Add((rows.GetInt64(0), rows.IsDBNull(1) ? "" : rows.GetString(1)));
        }

        return [.. names.Select(study => Info(s, study.Id, study.Name))];
    }

    public static Dictionary<string, string> Attributes(Session s, long studyId, AttributeKind kind)
    {
        var attributes = new Dictionary<string, string>();
        using var rows = s.Read(
            $"SELECT \"key\", value_json FROM study_{Encoding.Prefix(kind)}_attributes WHERE study_id = @study", ("@study", studyId));
        while (rows.Read()) attributes[rows.IsDBNull(0) ? "" : rows.GetString(0)] = rows.IsDBNull(1) ? "null" : rows.GetString(1);
        return attributes;
    }

    /// <summary>A study's id that no other study has, or null when none was drawn yet, or what is there is none.</summary>
    public static Guid? Uid(Session s, long studyId) =>
        s.Scalar("SELECT uid FROM tunewise_studies WHERE study_id = @study", ("@study", studyId)) is string text
            && Guid.TryParse(text, out var uid)
            ? uid
            : null;

    /// <summary>Gives a study its id, unless another process was faster or the study is gone.</summary>
    public static void InsertUid(Session w, long studyId, Guid uid)
    {
        if (Uid(w, studyId) is null) w.Execute("DELETE FROM tunewise_studies WHERE study_id = @study", ("@study", studyId));
        w.Execute(
            "INSERT INTO tunewise_studies (study_id, uid) SELECT study_id, @uid FROM studies WHERE study_id = @study "
                + "ON CONFLICT (study_id) DO NOTHING",
            ("@study", studyId), ("@uid", uid.ToString()));
    }

    /// <summary>Adds an attribute, unless the study has one of this name.</summary>
    public static void InsertAttribute(Session w, long studyId, AttributeKind kind, string key, string json) => w.Execute(
        $"INSERT INTO study_{Encoding.Prefix(kind)}_attributes (study_id, \"key\", value_json) VALUES (@study, @key, @json) "
            + "ON CONFLICT (study_id, \"key\") DO NOTHING",
        ("@study", studyId), ("@key", key), ("@json", json));

    /// <summary>Remembers a folder; false when it is known already or the study is gone.</summary>
    public static bool InsertCheckpointFolder(Session w, long studyId, string folder) => w.Execute(
        "INSERT INTO tunewise_checkpoint_folders (study_id, folder) SELECT study_id, @folder FROM studies WHERE study_id = @study "
            + "ON CONFLICT (study_id, folder) DO NOTHING",
        ("@study", studyId), ("@folder", folder)) > 0;

    public static IReadOnlyList<string> CheckpointFolders(Session s, long studyId)
    {
        var folders = new List<string>();
        using var rows = s.Read("SELECT folder FROM tunewise_checkpoint_folders WHERE study_id = @study", ("@study", studyId));
        while (rows.Read()) folders.Add(rows.GetString(0));
        folders.Sort(StringComparer.Ordinal);
        return folders;
    }

    /// <summary>Everything of a study, or null when it is gone.</summary>
    public static StudyContent? Content(Session r, TrialReader reader, long studyId, CancellationToken cancellationToken)
    {
        if (r.Scalar("SELECT study_name FROM studies WHERE study_id = @study", ("@study", studyId)) is not string name) return null;
        var trials = TrialReader.Of(r, studyId).Rest(ids => reader.ReadSlice(r, ids), cancellationToken);
        trials.Sort((a, b) => a.Number.CompareTo(b.Number));
        return new StudyContent(name, Info(r, studyId, name).Directions, trials)
        {
            UserAttributes = Attributes(r, studyId, AttributeKind.User),
            SystemAttributes = Attributes(r, studyId, AttributeKind.System),
        };
    }

    /// <summary>Adds a study and returns its id, or null when there is one of this name already.</summary>
    public long? Insert(Session w, string name, IReadOnlyList<Direction> directions)
    {
        if (w.Find(_insert, ("@name", name)) is not { } id) return null;
        // Optuna reads the directions in the order of the rows.
        for (var i = 0; i < directions.Count; i++)
        {
            w.Execute(
                "INSERT INTO study_directions (direction, study_id, objective) VALUES (@direction, @study, @objective)",
                ("@direction", Encoding.Of(directions[i])), ("@study", id), ("@objective", i));
        }

        return id;
    }

    public void InsertContent(Session w, TrialWriter writer, StepRows steps, StudyContent content)
    {
        if (dialect.IsRemote) ServerLimits.Check(content);
        var study = Insert(w, content.Name, content.Directions) ?? throw StorageRules.Exists(content.Name);
        TrialWriter.InsertAttributes(w, "study", study, AttributeKind.User, content.UserAttributes);
        TrialWriter.InsertAttributes(w, "study", study, AttributeKind.System, content.SystemAttributes);
        var ids = content.Trials.Select(trial => writer.Insert(w, study, trial)).ToArray();
        for (var i = 0; i < ids.Length; i++)
        {
            if (content.Trials[i].RetriedBy is { } next) TrialWriter.Supersede(w, study, ids[i], ids[next]);
        }

        if (content.Measured is not { } measured) return;
        var (names, contents) = (new NameTable(), new Dictionary<string, long>());
        for (var i = 0; i < ids.Length; i++) steps.InsertAll(w, study, ids[i], names, contents, measured.Of(i));
        StepRows.CountBlobs(w, study);
    }

    public static void Delete(Session w, long studyId)
    {
        foreach (var table in Schema.TrialTables)
            w.Execute($"DELETE FROM {table} WHERE trial_id IN (SELECT trial_id FROM trials WHERE study_id = @study)", ("@study", studyId));
        w.Execute("DELETE FROM trials WHERE study_id = @study", ("@study", studyId));
        foreach (var table in Schema.StudyTables) w.Execute($"DELETE FROM {table} WHERE study_id = @study", ("@study", studyId));
        w.Execute("DELETE FROM studies WHERE study_id = @study", ("@study", studyId));
    }
}
