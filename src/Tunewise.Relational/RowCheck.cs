using System.Data.Common;
using System.Globalization;
using System.Text.Unicode;
using Tunewise.Numerics;
using Tunewise.Spaces;
using Tunewise.Storage;

namespace Tunewise.Relational;

/// <summary>
/// Looks at every row of every study for what breaks a rule of stored studies (<see cref="StudyRules"/>), or cannot even be
/// read as what it should be.
/// </summary>
internal sealed class RowCheck(Session session, SqlDialect dialect)
{
    private readonly Dictionary<(string Kind, string? Repair), (string First, int Count, List<string> Statements)> _found = [];
    private readonly Dictionary<string, Distribution> _distributions = [];

    /// <summary>What was found: of many rows with the same fault the first, and how many more there are.</summary>
    public static IReadOnlyList<DatabaseProblem> Find(Session session, SqlDialect dialect)
    {
        var check = new RowCheck(session, dialect);
        foreach (var study in StudyRows.All(session))
        {
            check.CheckStudy(study);
            check.CheckTrials(study);
            check.CheckRetries(study);
            check.CheckSteps(study);
        }

        return [.. check._found.Select(f => new DatabaseProblem(
            DatabaseProblemKind.Unreadable,
            f.Value.Count == 1 ? f.Value.First : $"{f.Value.First}, and {f.Value.Count - 1} more like it",
            f.Key.Repair)
        {
            Statements = f.Value.Statements,
        })];
    }

    private void CheckStudy(StudyInfo study)
    {
        var place = $"study '{study.Name}'";
        if (string.IsNullOrWhiteSpace(study.Name))
            Add("name", $"{place} has a blank name, which no run accepts; 'copy --as NAME' makes one with another name");
        var directions = new List<long>();
        Each(
            "SELECT CAST(direction AS VARCHAR(50)), objective FROM study_directions WHERE study_id = @study ORDER BY objective",
            study.Id,
            row =>
            {
                var text = Text(row, 0) ?? "";
                directions.Add(Whole(row, 1) ?? -1);
                if (!Encoding.IsDirection(text)) Add("direction", $"{place}: '{text}' is no direction; it is read as MINIMIZE");
            },
            _ => place);
        if (directions.Count == 0) Add("no direction", $"{place} has no direction; it is read as MINIMIZE");
        else if (!directions.SequenceEqual(Enumerable.Range(0, directions.Count).Select(i => (long)i)))
            Add("objectives", $"{place}: its objectives are numbered {string.Join(", ", directions)} instead of from 0");
        foreach (var kind in Enum.GetValues<AttributeKind>())
        {
            var (table, id) = ($"study_{Encoding.Prefix(kind)}_attributes", $"study_{Encoding.Prefix(kind)}_attribute_id");
            Each(
                $"SELECT {id}, \"key\", value_json FROM {table} WHERE study_id = @study ORDER BY {id}",
                study.Id,
                row => CheckAttribute(place, table, id, row),
                _ => place);
        }

        if (session.Scalar("SELECT uid FROM tunewise_studies WHERE study_id = @study", ("@study", study.Id)) is { } uid and not DBNull
            && !Guid.TryParse(uid as string, out _))
        {
            Add("uid", $"{place}: '{uid}' in tunewise_studies is no id", "delete it, and the study gets a new one with the next run",
                $"DELETE FROM tunewise_studies WHERE study_id = {Id(study.Id)}");
        }
    }

    private void CheckTrials(StudyInfo study)
    {
        var objectives = study.Directions.Count;
        var trials = new Dictionary<long, (string Place, TrialState State)>();
        Each(
            "SELECT trial_id, number, CAST(state AS VARCHAR(50)), datetime_start, datetime_complete FROM trials WHERE study_id = @study "
                + "ORDER BY trial_id",
            study.Id,
            row =>
            {
                var (id, text) = (row.GetInt64(0), Text(row, 2) ?? "");
                var place = $"study '{study.Name}', trial {Text(row, 1) ?? "without a number"}";
                trials[id] = (place, Encoding.ToState(text));
                if (Encoding.StateOf(text) is null)
                {
                    Add("state", $"{place}: its state '{text}' is not known", "fail it",
                        $"UPDATE trials SET state = 'FAIL' WHERE trial_id = {Id(id)}",
                        "INSERT INTO tunewise_endings (trial_id, reason) "
                            + $"VALUES ({Id(id)}, {Literal($"its state '{text}' was not known")}) ON CONFLICT (trial_id) DO NOTHING");
                }

                foreach (var (column, i) in new[] { ("datetime_start", 3), ("datetime_complete", 4) })
                {
                    if (row.IsDBNull(i) || Encoding.IsTime(row.GetValue(i))) continue;
                    if (Encoding.ToTime(row.GetValue(i)) is { } time)
                    {
                        Add(
                            column + " format",
                            $"{place}: {column} is '{row.GetValue(i)}', which Optuna does not read",
                            "write it as Optuna does",
                            $"UPDATE trials SET {column} = {Literal(Encoding.Of(time))} WHERE trial_id = {Id(id)}");
                    }
                    else
                    {
                        Add(
                            $"{column} {id}",
                            $"{place}: {column} is '{row.GetValue(i)}', which is no date and time",
                            "leave it empty",
                            $"UPDATE trials SET {column} = NULL WHERE trial_id = {Id(id)}");
                    }
                }
            }, row => trials[row.GetInt64(0)].Place);
        void EachOf(string columns, string table, string order, Action<DbDataReader, string, TrialState> check) => Each(
            $"SELECT t.trial_id, {columns} FROM trials t JOIN {table} c ON c.trial_id = t.trial_id WHERE t.study_id = @study "
                + $"ORDER BY t.trial_id, {order}",
            study.Id,
            row => check(row, trials[row.GetInt64(0)].Place, trials[row.GetInt64(0)].State),
            row => trials[row.GetInt64(0)].Place);

        EachOf(
            $"c.param_name, c.param_value, {dialect.RealOnly("c.param_value")}, c.distribution_json",
            "trial_params",
            "c.param_id",
            (row, place, _) =>
            {
                place += $", parameter '{Text(row, 1)}'";
                if (row.IsDBNull(1)) Add("no name", $"{place}: it has no name");
                var distribution = DistributionOf(Text(row, 4) ?? "");
                if (StudyRules.Distribution(distribution) is { } broken) Add("distribution", $"{place}: {broken}");
                else if (DistributionJson.TroubleOf(Text(row, 4) ?? "") is { } trouble) Add("kind", $"{place}: {trouble}");
                else if (Foreign(row, 2, 3) is { } foreign) Add("no number", $"{place}: {foreign}");
                else if (StudyRules.Value(distribution, Real(row, 3) ?? double.NaN) is { } wrong) Add("value", $"{place}: {wrong}");
            });
        CheckValues(objectives, trials, EachOf);
        EachOf(
            $"c.step, c.intermediate_value, {dialect.RealOnly("c.intermediate_value")}, CAST(c.intermediate_value_type AS VARCHAR(50)), "
                + "c.trial_intermediate_value_id",
            "trial_intermediate_values",
            "c.step",
            (row, place, _) =>
            {
                var (type, id) = (Text(row, 4) ?? "", Id(row.GetInt64(5)));
                place += $", report at step {Text(row, 1)}";
                if (!IsWhole(row, 1)) Add("step", $"{place}: the step is no whole number");
                if (!Encoding.IsType(type)) Add("report type", $"{place}: '{type}' is no type of a number");
                else if (type != "FINITE" && !row.IsDBNull(2))
                    Add("report and type", $"{place}: its type is {type}, and yet there is the number {Text(row, 2)}");
                else if (type == "FINITE" && Foreign(row, 2, 3) is { } foreign)
                {
                    Add(
                        $"report {id}",
                        $"{place}: {foreign}",
                        "make it NaN",
                        "UPDATE trial_intermediate_values SET intermediate_value = NULL, intermediate_value_type = 'NAN' "
                            + $"WHERE trial_intermediate_value_id = {id}");
                }
            });
        foreach (var kind in Enum.GetValues<AttributeKind>())
        {
            var (table, id) = ($"trial_{Encoding.Prefix(kind)}_attributes", $"trial_{Encoding.Prefix(kind)}_attribute_id");
            EachOf(
                $"c.\"key\", c.value_json, c.{id}",
                table,
                $"c.{id}",
                (row, place, _) => CheckAttribute(place, table, id, row, 3, 1, kind == AttributeKind.System));
        }
    }

    /// <summary>Who comes in a trial's place comes after it, in the same study.</summary>
    private void CheckRetries(StudyInfo study)
    {
        using var rows = session.Read(
            "SELECT t.trial_id, t.number, r.retried_by FROM tunewise_retries r JOIN trials t ON t.trial_id = r.trial_id "
                + "WHERE t.study_id = @study AND NOT EXISTS (SELECT 1 FROM trials n WHERE n.trial_id = r.retried_by AND "
                + TrialReader.Follows + ") ORDER BY t.trial_id",
            ("@study", study.Id));
        while (rows.Read())
        {
            Add(
                "retry",
                $"study '{study.Name}', trial {Text(rows, 1) ?? "without a number"}: what is said to come in its place (trial_id "
                    + $"{Text(rows, 2)} in tunewise_retries) is no later trial of the study",
                "take the trial for one that nothing replaces",
                $"DELETE FROM tunewise_retries WHERE trial_id = {Id(rows.GetInt64(0))}");
        }
    }

    /// <summary>What trials measured must be what was packed, and have names; blobs must have bytes.</summary>
    private void CheckSteps(StudyInfo study)
    {
        var names = StepReader.Names(session, study.Id);
        using (var rows = session.Read(
            "SELECT t.number, s.trial_id, s.step, s.series, s.verdict, s.version FROM trials t JOIN tunewise_steps s ON s.trial_id = t.trial_id "
                + "WHERE t.study_id = @study",
            ("@study", study.Id)))
        {
            while (rows.Read())
            {
                var step = rows.GetInt64(2);
                try
                {
                    if (!StepReader.IsStep(rows.GetValue(2))) throw new FormatException($"'{Text(rows, 2)}' is no step");
                    if (rows.GetValue(3) is not (byte[] or DBNull) || rows.GetValue(4) is not (byte[] or DBNull))
                        throw new FormatException("these are no bytes");
                    _ = names.Unpack(step, rows.GetValue(3) as byte[], rows.GetValue(4) as byte[]);
                }
                catch (FormatException error)
                {
                    Add(
                        "step of series",
                        $"study '{study.Name}', trial {Text(rows, 0)}, step {Id(step)} of its series: {error.Message}",
                        "delete the step, with all its series",
                        $"DELETE FROM tunewise_steps WHERE version = {Id(rows.GetInt64(5))} AND trial_id = {Id(rows.GetInt64(1))}"
                            + (StepReader.IsStep(rows.GetValue(2)) ? $" AND step = {Id(step)}" : ""));
                }
            }
        }

        const string NoContent = "NOT EXISTS (SELECT 1 FROM tunewise_blob_contents c WHERE c.content_id = tunewise_blobs.content_id)";
        const string OfStudy = "trial_id IN (SELECT trial_id FROM trials WHERE study_id = @study)";
        if (session.Number($"SELECT COUNT(*) FROM tunewise_blobs WHERE {NoContent} AND {OfStudy}", ("@study", study.Id)) is var lost and > 0)
        {
            Add(
                $"blobs {study.Id}",
                $"study '{study.Name}': {Words.Count((int)lost, "blob")} without bytes",
                "delete them",
                $"DELETE FROM tunewise_blobs WHERE {NoContent} AND {OfStudy.Replace("@study", Id(study.Id), StringComparison.Ordinal)}");
        }

        const string Sum = "(SELECT COALESCE(SUM(size), 0) FROM tunewise_blob_contents WHERE study_id = @study)";
        string[] recount =
        [
            $"INSERT INTO tunewise_blob_totals (study_id, bytes) VALUES ({Id(study.Id)}, 0) ON CONFLICT (study_id) DO NOTHING",
            $"UPDATE tunewise_blob_totals SET bytes = {Sum.Replace("@study", Id(study.Id), StringComparison.Ordinal)} WHERE study_id = {Id(study.Id)}",
        ];
        using (var rows = session.Read(
            "SELECT content_id, size, content FROM tunewise_blob_contents WHERE study_id = @study", ("@study", study.Id)))
        {
            while (rows.Read())
            {
                var (id, content) = (rows.GetInt64(0), rows.GetValue(2) as byte[]);
                if (content is not null && Whole(rows, 1) == content.Length) continue;
                // Only SQLite keeps a text there.
                var bytes = content is null ? "CAST(content AS BLOB)" : "content";
                Add(
                    "blob's bytes",
                    $"study '{study.Name}': a blob has {(content is null ? "a text" : $"{content.Length} bytes")} in the place of "
                        + $"{Text(rows, 1) ?? "no number of"} bytes (content_id {Id(id)} in tunewise_blob_contents)",
                    "take it as it is",
                    $"UPDATE tunewise_blob_contents SET content = {bytes}, size = LENGTH({bytes}) WHERE content_id = {Id(id)}",
                    recount[0],
                    recount[1]);
            }
        }

        if (session.Scalar(
            $"SELECT 1 FROM studies WHERE study_id = @study AND {Sum} <> "
                + "(SELECT COALESCE(MAX(bytes), 0) FROM tunewise_blob_totals WHERE study_id = @study)",
            ("@study", study.Id)) is not null)
        {
            Add(
                "blobs' total",
                $"study '{study.Name}': its blobs have another number of bytes than tunewise_blob_totals says",
                "count them again",
                recount);
        }
    }

    private void CheckValues(
        int objectives,
        Dictionary<long, (string Place, TrialState State)> trials,
        Action<string, string, string, Action<DbDataReader, string, TrialState>> eachOf)
    {
        var counts = trials.Keys.ToDictionary(id => id, _ => 0);
        var (broken, nan) = (new HashSet<long>(), new HashSet<long>());
        var values = trials.Keys.ToDictionary(id => id, _ => new List<string>());
        eachOf(
            $"c.objective, c.value, {dialect.RealOnly("c.value")}, CAST(c.value_type AS VARCHAR(50)), c.trial_value_id",
            "trial_values",
            "c.objective",
            (row, place, state) =>
            {
                var (trial, type) = (row.GetInt64(0), Text(row, 4) ?? "");
                counts[trial]++;
                values[trial].Add(type == "FINITE" ? Text(row, 2) ?? "none" : type);
                // Optuna reads the values by their places.
                if (Whole(row, 1) != counts[trial] - 1 && Whole(row, 1) < objectives && broken.Add(trial))
                    Add("gap", $"{place}: a value for the objective {Text(row, 1)}, but none for one before it");
                if (!IsWhole(row, 1) || Whole(row, 1) is < 0 || Whole(row, 1) >= objectives)
                {
                    broken.Add(trial);
                    Add(
                        "objective",
                        $"{place}: a value for the objective {Text(row, 1)}, but the study has {Words.Count(objectives, "objective")}");
                }
                else if (type == "NAN")
                {
                    broken.Add(trial);
                    nan.Add(trial);
                }
                else if (!Encoding.IsType(type))
                {
                    broken.Add(trial);
                    Add("value type", $"{place}: '{type}' is no type of a number");
                }
                else if (type != "FINITE" && !row.IsDBNull(2))
                {
                    broken.Add(trial);
                    Add(
                        "value and type",
                        $"{place}, value of objective {Text(row, 1)}: its type is {type}, and yet there is the number {Text(row, 2)}");
                }
                else if (type == "FINITE" && Foreign(row, 2, 3) is { } foreign)
                {
                    broken.Add(trial);
                    Add("no finite value", $"{place}, value of objective {Text(row, 1)}: {foreign}");
                }
            });
        foreach (var id in nan)
        {
            // What Optuna and Tunewise do with a trial that ends with NaN: it fails, and has no values.
            var (place, state) = trials[id];
            var reason = $"its values were {string.Join(", ", values[id])}";
            string[] forget = [$"DELETE FROM trial_values WHERE trial_id = {Id(id)}"];
            if (state != TrialState.Complete) Add($"nan value {id}", $"{place}: {reason}", "delete them", forget);
            else Add($"nan {id}", $"{place}: a complete trial with the value NaN; {reason}", "fail it with its values for the reason",
            [
                .. forget, dialect.DropTrigger("tunewise_finish"), $"UPDATE trials SET state = 'FAIL' WHERE trial_id = {Id(id)}",
                $"INSERT INTO tunewise_endings (trial_id, failure, reason) VALUES ({Id(id)}, '{FailureKind.Diverged}', {Literal(reason)}) "
                    + "ON CONFLICT (trial_id) DO NOTHING",
            ]);
        }

        foreach (var (id, (place, state)) in trials)
        {
            if (!broken.Contains(id) && StudyRules.Values(state, new double[counts[id]], objectives) is { } problem)
                Add("values", $"{place}: {problem}");
        }
    }

    private void CheckAttribute(string place, string table, string idColumn, DbDataReader row, int id = 0, int key = 1, bool isRead = false)
    {
        var where = $"WHERE {idColumn} = {Id(row.GetInt64(id))}";
        place += $", attribute '{Text(row, key)}'";
        if (row.IsDBNull(key))
        {
            Add(
                $"no key {where}",
                $"{place} in {table}: it has no name; its value is {Text(row, key + 1) ?? "none"}",
                "delete it",
                $"DELETE FROM {table} {where}");
        }
        else if (Text(row, key + 1) is not { } json)
        {
            Add(
                "no json",
                $"{place} in {table}: it has no value",
                "make the value null, as JSON",
                $"UPDATE {table} SET value_json = 'null' {where}");
        }
        else if (!dialect.IsRemote && !IsUtf8(row, key + 1)) return;
        else if (AttributeJson.TryRead(json, out _, out _) && StudyRules.Attribute(json) is { } trouble)
            Add("python", $"{place} in {table}: {trouble}");
        else if (isRead && StudyRules.SystemAttribute(Text(row, key)!, json) is { } wrong)
            Add("system attribute", $"{place} in {table}: {wrong}");
        else if (StudyRules.Attribute(json) is { } problem)
        {
            Add(
                "json",
                $"{place} in {table}: {problem}",
                "keep it as a text",
                $"UPDATE {table} SET value_json = {Literal(AttributeJson.Write(json))} {where}");
        }
    }

    private void Add(string kind, string description, string? repair = null, params string[] statements)
    {
        // Names and texts of other programs may have several lines.
        var (first, count, all) = _found.TryGetValue((kind, repair), out var known) ? known : (description.ReplaceLineEndings(" "), 0, []);
        all.AddRange(statements);
        _found[(kind, repair)] = (first, count + 1, all);
    }

    private Distribution DistributionOf(string json)
    {
        if (!_distributions.TryGetValue(json, out var distribution)) _distributions.Add(json, distribution = DistributionJson.Read(json));
        return distribution;
    }

    private void Each(string sql, long studyId, Action<DbDataReader> check, Func<DbDataReader, string> place)
    {
        using var rows = session.Read(sql, ("@study", studyId));
        while (rows.Read())
        {
            check(rows);
            CheckTexts(rows, place(rows));
        }
    }

    /// <summary>SQLite keeps any bytes as a text. Here they are read all the same, in Python not.</summary>
    private void CheckTexts(DbDataReader row, string place)
    {
        if (dialect.IsRemote) return;
        for (var i = 0; i < row.FieldCount; i++)
        {
            if (row.GetValue(i) is string or byte[] && !IsUtf8(row, i)) Add("utf-8", $"{place}: '{row.GetString(i)}' is no text in UTF-8");
        }
    }

    private static bool IsUtf8(DbDataReader row, int column) =>
        !row.GetString(column).Contains('\uFFFD', StringComparison.Ordinal) || Utf8.IsValid(row.GetFieldValue<byte[]>(column));

    /// <summary>What is wrong with a column that should hold a number, which the second column is, if it is one.</summary>
    private static string? Foreign(DbDataReader row, int column, int number) =>
        row.IsDBNull(column)
            ? "there is no number"
            : row.IsDBNull(number) ? $"'{Convert.ToString(row.GetValue(column), CultureInfo.InvariantCulture)}' is no number" : null;

    private static bool IsWhole(DbDataReader row, int column) => row.GetValue(column) is long or int or short;

    private static long? Whole(DbDataReader row, int column) => IsWhole(row, column) ? row.GetInt64(column) : null;

    private static double? Real(DbDataReader row, int column) => row.IsDBNull(column) ? null : row.GetDouble(column);

    private static string? Text(DbDataReader row, int column) => row.GetValue(column) switch
    {
        DBNull => null,
        // SQLite keeps a text as bytes, too, if it is told to.
        byte[] => row.GetString(column),
        var value => Convert.ToString(value, CultureInfo.InvariantCulture),
    };

    private static string Id(long id) => id.ToString(CultureInfo.InvariantCulture);

    private static string Literal(string text) => $"'{Encoding.Printable(text)!.Replace("'", "''", StringComparison.Ordinal)}'";
}
