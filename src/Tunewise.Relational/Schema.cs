using System.Data;

namespace Tunewise.Relational;

/// <summary>
/// The tables of Optuna 4.9 and 5 (alembic head v3.2.0.a), and beside them those of Tunewise, whose names start with tunewise_. Optuna
/// tolerates additional tables, indexes and triggers.
/// </summary>
internal static class Schema
{
    /// <summary>The only value of <c>alembic_version</c> that this code reads and writes.</summary>
    public const string AlembicVersion = "v3.2.0.a";

    /// <summary>Optuna's schema number, frozen since long.</summary>
    public const int OptunaVersion = 12;

    /// <summary>The version of Optuna whose encodings are written.</summary>
    public const string LibraryVersion = "4.9.0";

    /// <summary>
    /// The version of the tunewise_ tables and triggers. Opening an older database brings it up to date in one transaction: missing tables
    /// and <see cref="AddedColumns"/> are added, triggers are made anew. 2: ids and checkpoint folders of studies, last values of trials
    /// that diverged, durations and claims of leases, keys of writes. 3: steps (series and verdicts) with their names, and blobs.
    /// </summary>
    public const int OwnVersion = 3;

    /// <summary>What the names of Tunewise's tables, indexes, triggers and functions begin with.</summary>
    public const string OwnPrefix = "tunewise_";

    /// <summary>Optuna's objects by name, in an order in which they can be created.</summary>
    public static IReadOnlyList<(string Name, string Sql)> Optuna(ColumnTypes types)
    {
        var (id, time, real) = (types.Id, types.Time, types.Real);
        string Attributes(string owner, string name) =>
            $"CREATE TABLE {name}s ({name}_id {id} NOT NULL, {owner}_id INTEGER, \"key\" VARCHAR(512), value_json TEXT, "
            + $"PRIMARY KEY ({name}_id), UNIQUE ({owner}_id, \"key\"), "
            + $"FOREIGN KEY({owner}_id) REFERENCES {(owner == "study" ? "studies" : "trials")} ({owner}_id))";
        return
        [
            .. types.Enumerations,
            ("studies", $"CREATE TABLE studies (study_id {id} NOT NULL, study_name VARCHAR(512) NOT NULL, PRIMARY KEY (study_id))"),
            ("ix_studies_study_name", "CREATE UNIQUE INDEX ix_studies_study_name ON studies (study_name)"),
            ("version_info", "CREATE TABLE version_info (version_info_id INTEGER NOT NULL, schema_version INTEGER, "
                + "library_version VARCHAR(256), PRIMARY KEY (version_info_id), CHECK (version_info_id=1))"),
            ("study_directions", $"CREATE TABLE study_directions (study_direction_id {id} NOT NULL, direction {types.Direction} NOT NULL, "
                + "study_id INTEGER NOT NULL, objective INTEGER NOT NULL, PRIMARY KEY (study_direction_id), UNIQUE (study_id, objective), "
                + "FOREIGN KEY(study_id) REFERENCES studies (study_id))"),
            ("study_user_attributes", Attributes("study", "study_user_attribute")),
            ("study_system_attributes", Attributes("study", "study_system_attribute")),
            ("trials", $"CREATE TABLE trials (trial_id {id} NOT NULL, number INTEGER, study_id INTEGER, state {types.State} NOT NULL, "
                + $"datetime_start {time}, datetime_complete {time}, PRIMARY KEY (trial_id), FOREIGN KEY(study_id) "
                + "REFERENCES studies (study_id))"),
            ("ix_trials_study_id", "CREATE INDEX ix_trials_study_id ON trials (study_id)"),
            ("trial_user_attributes", Attributes("trial", "trial_user_attribute")),
            ("trial_system_attributes", Attributes("trial", "trial_system_attribute")),
            ("trial_params", $"CREATE TABLE trial_params (param_id {id} NOT NULL, trial_id INTEGER, param_name VARCHAR(512), "
                + $"param_value {real}, distribution_json TEXT, PRIMARY KEY (param_id), UNIQUE (trial_id, param_name), "
                + "FOREIGN KEY(trial_id) REFERENCES trials (trial_id))"),
            ("trial_values", $"CREATE TABLE trial_values (trial_value_id {id} NOT NULL, trial_id INTEGER NOT NULL, "
                + $"objective INTEGER NOT NULL, value {real}, value_type {types.ValueType} NOT NULL, PRIMARY KEY (trial_value_id), "
                + "UNIQUE (trial_id, objective), FOREIGN KEY(trial_id) REFERENCES trials (trial_id))"),
            ("trial_intermediate_values", $"CREATE TABLE trial_intermediate_values (trial_intermediate_value_id {id} NOT NULL, "
                + $"trial_id INTEGER NOT NULL, step INTEGER NOT NULL, intermediate_value {real}, "
                + $"intermediate_value_type {types.IntermediateValueType} NOT NULL, PRIMARY KEY (trial_intermediate_value_id), "
                + "UNIQUE (trial_id, step), FOREIGN KEY(trial_id) REFERENCES trials (trial_id))"),
            ("trial_heartbeats", $"CREATE TABLE trial_heartbeats (trial_heartbeat_id {id} NOT NULL, trial_id INTEGER NOT NULL, "
                + $"heartbeat {time} NOT NULL, PRIMARY KEY (trial_heartbeat_id), UNIQUE (trial_id), FOREIGN KEY(trial_id) "
                + "REFERENCES trials (trial_id))"),
            ("alembic_version", "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL, CONSTRAINT alembic_version_pkc "
                + "PRIMARY KEY (version_num))"),
        ];
    }

    /// <summary>Tunewise's tables and indexes.</summary>
    public static IReadOnlyList<(string Name, string Sql)> Own(ColumnTypes types) =>
    [
        ("tunewise_meta", "CREATE TABLE tunewise_meta (name VARCHAR(64) NOT NULL, value BIGINT NOT NULL, PRIMARY KEY (name))"),
        ("tunewise_leases", "CREATE TABLE tunewise_leases (trial_id INTEGER NOT NULL, worker TEXT NOT NULL, expires_ms BIGINT NOT NULL, "
            + "duration_ms BIGINT, claim VARCHAR(36), PRIMARY KEY (trial_id))"),
        ("tunewise_endings", "CREATE TABLE tunewise_endings (trial_id INTEGER NOT NULL, failure VARCHAR(32), reason TEXT, detail TEXT, "
            + "last_value DOUBLE PRECISION, PRIMARY KEY (trial_id))"),
        ("tunewise_retries", "CREATE TABLE tunewise_retries (trial_id INTEGER NOT NULL, study_id INTEGER NOT NULL, "
            + "retried_by INTEGER NOT NULL, PRIMARY KEY (trial_id))"),
        (
            "tunewise_numbers",
            "CREATE TABLE tunewise_numbers (study_id INTEGER NOT NULL, next_number INTEGER NOT NULL, PRIMARY KEY (study_id))"),
        ("tunewise_studies", "CREATE TABLE tunewise_studies (study_id INTEGER NOT NULL, uid VARCHAR(36) NOT NULL, PRIMARY KEY (study_id))"),
        (
            "tunewise_checkpoint_folders",
            "CREATE TABLE tunewise_checkpoint_folders (study_id INTEGER NOT NULL, folder TEXT NOT NULL, PRIMARY KEY (study_id, folder))"),
        (
            "tunewise_keys",
            "CREATE TABLE tunewise_keys (write_key VARCHAR(36) NOT NULL, trial_id INTEGER NOT NULL, PRIMARY KEY (write_key))"),
        (
            "tunewise_names",
            "CREATE TABLE tunewise_names (study_id INTEGER NOT NULL, kind INTEGER NOT NULL, number INTEGER NOT NULL, name TEXT NOT NULL, "
                + "PRIMARY KEY (study_id, kind, number), UNIQUE (study_id, kind, name))"),
        (
            "tunewise_steps",
            $"CREATE TABLE tunewise_steps (version {types.Version}, trial_id INTEGER NOT NULL, step BIGINT NOT NULL, "
                + $"series {types.Bytes}, verdict {types.Bytes})"),
        (
            "tunewise_blobs",
            "CREATE TABLE tunewise_blobs (trial_id INTEGER NOT NULL, step BIGINT NOT NULL, name VARCHAR(200) NOT NULL, "
                + "kind VARCHAR(200) NOT NULL, content_id INTEGER NOT NULL, PRIMARY KEY (trial_id, step, name))"),
        (
            "tunewise_blob_contents",
            $"CREATE TABLE tunewise_blob_contents (content_id {types.Id} NOT NULL, study_id INTEGER NOT NULL, size INTEGER NOT NULL, "
                + $"content {types.Bytes} NOT NULL, PRIMARY KEY (content_id))"),
        (
            "tunewise_blob_totals",
            "CREATE TABLE tunewise_blob_totals (study_id INTEGER NOT NULL, bytes BIGINT NOT NULL, PRIMARY KEY (study_id))"),
        ("tunewise_ix_steps", "CREATE UNIQUE INDEX tunewise_ix_steps ON tunewise_steps (trial_id, step)"),
        ("tunewise_ix_blobs_content", "CREATE INDEX tunewise_ix_blobs_content ON tunewise_blobs (content_id)"),
        ("tunewise_ix_contents_study", "CREATE INDEX tunewise_ix_contents_study ON tunewise_blob_contents (study_id)"),
        .. types.OwnIndexes,
        ("tunewise_ix_retries_study", "CREATE INDEX tunewise_ix_retries_study ON tunewise_retries (study_id)"),
        ("tunewise_ix_trials_number", "CREATE INDEX tunewise_ix_trials_number ON trials (study_id, number)"),
        ("tunewise_ix_values", "CREATE INDEX tunewise_ix_values ON trial_values (objective, value_type, value, trial_id)"),
        ("tunewise_ix_trials_state", "CREATE INDEX tunewise_ix_trials_state ON trials (study_id, state, number)"),
    ];

    /// <summary>Columns of Tunewise's that tables of earlier versions lack.</summary>
    public static IReadOnlyList<(string Table, string Column, string Type)> AddedColumns { get; } =
    [
        ("tunewise_endings", "last_value", "DOUBLE PRECISION"),
        ("tunewise_leases", "duration_ms", "BIGINT"),
        ("tunewise_leases", "claim", "VARCHAR(36)"),
    ];

    /// <summary>The columns of each table, from rows of both names.</summary>
    public static Dictionary<string, HashSet<string>> ColumnsOf(IDataReader rows)
    {
        var columns = new Dictionary<string, HashSet<string>>();
        using (rows)
        {
            while (rows.Read())
            {
                var table = rows.GetString(0);
                if (!columns.TryGetValue(table, out var own)) columns.Add(table, own = []);
                own.Add(rows.GetString(1));
            }
        }

        return columns;
    }

    /// <summary>
    /// Statements that make up, for one connection, for what a database lacks of Tunewise's tables and of their
    /// columns, without writing to it.
    /// </summary>
    /// <param name="types">The database's names for types.</param>
    /// <param name="columns">The columns of each table that there is.</param>
    /// <param name="schema">What names the database's own tables beside the temporary ones.</param>
    public static IEnumerable<string> Substitutes(
        ColumnTypes types, IReadOnlyDictionary<string, HashSet<string>> columns, string schema)
    {
        const string Create = "CREATE TABLE";
        foreach (var (name, sql) in Own(types))
        {
            if (sql.StartsWith(Create, StringComparison.Ordinal) && !columns.ContainsKey(name))
                yield return string.Concat("CREATE TEMP TABLE", sql.AsSpan(Create.Length));
        }

        foreach (var lacking in AddedColumns.Where(c => columns.TryGetValue(c.Table, out var known) && !known.Contains(c.Column))
            .GroupBy(c => c.Table))
        {
            var added = string.Join(", ", lacking.Select(c => $"CAST(NULL AS {c.Type}) AS {c.Column}"));
            yield return $"CREATE TEMP VIEW {lacking.Key} AS SELECT *, {added} FROM {schema}.{lacking.Key}";
        }
    }

    /// <summary>Tables that hold rows of trials, in an order in which they can be emptied.</summary>
    public static IReadOnlyList<string> TrialTables { get; } =
    [
        "trial_user_attributes", "trial_system_attributes", "trial_params", "trial_values", "trial_intermediate_values", "trial_heartbeats",
        "tunewise_leases", "tunewise_endings", "tunewise_retries", "tunewise_keys", "tunewise_steps", "tunewise_blobs",
    ];

    /// <summary>Tables that hold rows of studies, likewise.</summary>
    public static IReadOnlyList<string> StudyTables { get; } =
    [
        "study_directions", "study_user_attributes", "study_system_attributes", "tunewise_studies", "tunewise_checkpoint_folders",
        "tunewise_names", "tunewise_blob_contents", "tunewise_blob_totals",
    ];

    /// <summary>What is to be deleted with a trial, of whatever program, because it is large.</summary>
    public static IReadOnlyList<string> LargeTrialTables { get; } = ["tunewise_steps", "tunewise_blobs"];

    /// <summary>What is to be deleted with a study, of whatever program.</summary>
    public static IReadOnlyList<string> OwnStudyTables { get; } =
    [
        "tunewise_numbers", "tunewise_studies", "tunewise_checkpoint_folders", "tunewise_names", "tunewise_blob_contents",
        "tunewise_blob_totals",
    ];

    /// <summary>Whether an object is there, if under the name that one of Optuna's migrations has given it.</summary>
    public static bool IsKnown(string name, IReadOnlySet<string> known) =>
        known.Contains(name) || (name == "ix_trials_study_id" && known.Contains("trials_study_id_key"));

    /// <summary>Rows that a new database starts with.</summary>
    public static IReadOnlyList<string> FirstRows { get; } =
    [
        string.Create(
            System.Globalization.CultureInfo.InvariantCulture,
            $"INSERT INTO version_info (version_info_id, schema_version, library_version) VALUES (1, {OptunaVersion}, '{LibraryVersion}')"),
        $"INSERT INTO alembic_version (version_num) VALUES ('{AlembicVersion}')",
    ];

    /// <summary>Reads the version of the tunewise_ tables, where there are any.</summary>
    public const string ReadVersion = "SELECT CAST(value AS VARCHAR(20)) FROM tunewise_meta WHERE name = 'schema'";

    /// <summary>Stores the version of the tunewise_ tables.</summary>
    public static string WriteVersion { get; } =
        string.Create(
            System.Globalization.CultureInfo.InvariantCulture,
            $"INSERT INTO tunewise_meta (name, value) VALUES ('schema', {OwnVersion}) ON CONFLICT (name) DO UPDATE "
                + $"SET value = excluded.value");

    /// <summary>Checks that a database is one for studies, in the one version that this code knows.</summary>
    /// <param name="place">What the database is, for messages.</param>
    /// <param name="tables">The names of its tables.</param>
    /// <param name="read">Reads the first column of the first row of a statement as text, or null.</param>
    /// <exception cref="StorageException">It is not.</exception>
    public static void Check(string place, IReadOnlyCollection<string> tables, Func<string, string?> read)
    {
        var version = tables.Contains("alembic_version") ? read("SELECT version_num FROM alembic_version") : null;
        if (version != AlembicVersion)
        {
            throw new StorageException(
                $"{place} has the Optuna schema {version ?? "of an early version"}, this program reads {AlembicVersion}; "
                + "upgrade the database with 'optuna storage upgrade' if it is older, or this program if it is newer");
        }

        if (tables.Contains("tunewise_meta")) IsOutdated(place, read(ReadVersion));
    }

    /// <summary>Whether the tunewise_ tables are of an older version, or of none that is known.</summary>
    /// <exception cref="StorageException">They are of a newer one.</exception>
    public static bool IsOutdated(string place, string? version)
    {
        if (!long.TryParse(version, System.Globalization.CultureInfo.InvariantCulture, out var own)) return true;
        return own <= OwnVersion ? own < OwnVersion
            : throw new StorageException(
                $"{place} was written by a newer Tunewise (schema {own}, this program knows {OwnVersion}); upgrade this program");
    }
}
