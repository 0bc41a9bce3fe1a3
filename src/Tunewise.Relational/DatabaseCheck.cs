using System.Data.Common;
using System.Globalization;
using Tunewise.Numerics;
using Tunewise.Storage;

namespace Tunewise.Relational;

/// <summary>Finds and repairs what broken programs, crashes and hands leave in a database.</summary>
internal static class DatabaseCheck
{
    /// <summary>
    /// Optuna 4's times have no zone and may be off by half a day; a worker without a sign of life for longer than this is gone.
    /// </summary>
    private static readonly TimeSpan LongAgo = TimeSpan.FromDays(1);

    public static IReadOnlyList<DatabaseProblem> Find(Session r, SqlDialect dialect)
    {
        var problems = new List<DatabaseProblem>();
        foreach (var line in dialect.CheckPages(r))
            problems.Add(new(DatabaseProblemKind.Damage, line, null));
        // What damaged pages hold is not worth a look.
        if (problems.Count > 0) return problems;
        foreach (var name in Missing(r, dialect))
            problems.Add(new(DatabaseProblemKind.MissingObject, $"'{name}' is missing", "create it"));
        problems.AddRange(Orphans(r));
        problems.AddRange(RowCheck.Find(r, dialect));
        foreach (var study in StudyRows.All(r))
        {
            if (Numbering(r, study) is { } numbering) problems.Add(numbering);
            problems.AddRange(Zombies(r, study));
        }

        return problems;
    }

    /// <summary>What is missing of the schema; where there is nothing of Tunewise's, it comes with the first run.</summary>
    private static IEnumerable<string> Missing(Session r, SqlDialect dialect)
    {
        var missing = dialect.MissingObjects(r);
        // An older database gets what it lacks when it is opened to be written.
        var isOlder = dialect.ReadsOnly && long.TryParse(
            r.Scalar(Schema.ReadVersion) as string, CultureInfo.InvariantCulture, out var version) && version < Schema.OwnVersion;
        return isOlder || dialect.OwnObjects.All(missing.Contains)
            ? missing.Where(n => !n.StartsWith(Schema.OwnPrefix, StringComparison.Ordinal))
            : missing;
    }

    public static void Repair(Session w, SqlDialect dialect, IReadOnlyList<DatabaseProblem> problems)
    {
        if (problems.Any(p => p.Kind == DatabaseProblemKind.MissingObject)) dialect.CreateMissing(w);
        foreach (var problem in problems)
        {
            foreach (var statement in problem.Statements) w.Execute(statement);
            if (problem.Kind == DatabaseProblemKind.Numbering) Renumber(w, problem);
        }

        // What was in the way of a repair comes back.
        dialect.CreateMissing(w);
    }

    private static IEnumerable<DatabaseProblem> Orphans(Session r)
    {
        const string NoStudy = "study_id IS NULL OR study_id NOT IN (SELECT study_id FROM studies)";
        if (Count(r, $"SELECT COUNT(*) FROM trials WHERE {NoStudy}") is var trials and > 0)
        {
            yield return new(
                DatabaseProblemKind.Orphan,
                $"{Words.Count(trials, "trial")} of a study that is not there",
                "delete them with all that belongs to them")
            {
                Statements =
                [
                    .. Schema.TrialTables.Select(t => $"DELETE FROM {t} WHERE trial_id IN (SELECT trial_id FROM trials WHERE {NoStudy})"),
                    $"DELETE FROM trials WHERE {NoStudy}",
                ],
            };
        }

        foreach (var (tables, parent, key) in new[]
        {
            (Schema.TrialTables, "trials", "trial_id"),
            (Schema.StudyTables, "studies", "study_id"),
        })
        {
            foreach (var table in tables)
            {
                var orphaned = $"{key} IS NULL OR {key} NOT IN (SELECT {key} FROM {parent})";
                if (Count(r, $"SELECT COUNT(*) FROM {table} WHERE {orphaned}") is var rows and > 0)
                {
                    yield return new(
                        DatabaseProblemKind.Orphan, $"{Words.Count(rows, "row")} in {table} of {parent} that are not there", "delete them")
                    {
                        Statements = [$"DELETE FROM {table} WHERE {orphaned}"],
                    };
                }
            }
        }
    }

    private static DatabaseProblem? Numbering(Session r, StudyInfo study)
    {
        var numbers = new List<int?>();
        using (var rows = r.Read("SELECT number FROM trials WHERE study_id = @study ORDER BY trial_id", ("@study", study.Id)))
        {
            while (rows.Read()) numbers.Add(NumberOf(rows, 0));
        }

        var known = numbers.OfType<int>().ToList();
        var (missing, twice) = (numbers.Count - known.Count, known.Count - known.Distinct().Count());
        var gaps = known.Count == 0 ? 0 : known.Max() + 1 - known.Distinct().Count();
        if (missing == 0 && twice == 0 && gaps == 0) return null;
        var parts = new List<string>();
        if (twice > 0) parts.Add($"{Words.Count(twice, "trial")} with the number of another one");
        if (missing > 0) parts.Add($"{Words.Count(missing, "trial")} without a number");
        if (gaps > 0) parts.Add($"{Words.Count(gaps, "number")} left out, so that Optuna will use others twice");
        return new(
            DatabaseProblemKind.Numbering,
            $"study '{study.Name}': {string.Join(", ", parts)}",
            "number the trials 0, 1, 2, ... in the order in which they were created")
        {
            Subject = study.Id,
        };
    }

    /// <summary>A trial's number, or null when what is there is none.</summary>
    private static int? NumberOf(DbDataReader rows, int column) => rows.GetValue(column) switch
    {
        int number => number,
        >= 0L and <= int.MaxValue and var number => (int)(long)number,
        _ => null,
    };

    private static void Renumber(Session w, DatabaseProblem problem)
    {
        var trials = new List<(long Id, int? Number)>();
        using (var rows = w.Read(
            "SELECT trial_id, number FROM trials WHERE study_id = @study ORDER BY trial_id", ("@study", problem.Subject)))
        {
            while (rows.Read()) trials.Add((rows.GetInt64(0), NumberOf(rows, 1)));
        }

        var numbers = new Dictionary<int, int>();
        for (var i = 0; i < trials.Count; i++)
        {
            if (trials[i].Number is { } old) numbers.TryAdd(old, i);
            if (trials[i].Number != i)
                w.Execute("UPDATE trials SET number = @number WHERE trial_id = @trial", ("@number", i), ("@trial", trials[i].Id));
        }

        w.Execute("DELETE FROM tunewise_numbers WHERE study_id = @study", ("@study", problem.Subject));
        // What points to a trial by its number goes on pointing to it.
        foreach (var key in TrialAttributes.Numbers)
        {
            var attributes = new List<(long Id, string Json)>();
            using (var rows = w.Read(
                "SELECT a.trial_system_attribute_id, a.value_json FROM trial_system_attributes a JOIN trials t ON t.trial_id = a.trial_id "
                    + "WHERE t.study_id = @study AND a.\"key\" = @key",
                ("@study", problem.Subject), ("@key", key)))
            {
                while (rows.Read()) attributes.Add((rows.GetInt64(0), rows.IsDBNull(1) ? "null" : rows.GetString(1)));
            }

            foreach (var (id, json) in attributes)
            {
                var renumbered = TrialAttributes.Renumbered(new Dictionary<string, string> { [key] = json }, numbers)
                    .GetValueOrDefault(key);
                if (renumbered is null) w.Execute("DELETE FROM trial_system_attributes WHERE trial_system_attribute_id = @id", ("@id", id));
                else if (renumbered != json)
                {
                    w.Execute(
                        "UPDATE trial_system_attributes SET value_json = @json WHERE trial_system_attribute_id = @id",
                        ("@json", renumbered),
                        ("@id", id));
                }
            }
        }
    }

    private static IEnumerable<DatabaseProblem> Zombies(Session r, StudyInfo study)
    {
        var before = DateTimeOffset.UtcNow - LongAgo;
        var zombies = new List<(long Id, int Number, DateTimeOffset? Seen)>();
        using (var rows = r.Read(
            "SELECT t.trial_id, t.number, t.datetime_start, h.heartbeat FROM trials t "
            + "LEFT JOIN trial_heartbeats h ON h.trial_id = t.trial_id "
            + $"WHERE t.study_id = @study AND {TrialRuleSql.Of(TrialRules.Runs, "t")} "
            + "AND NOT EXISTS (SELECT 1 FROM tunewise_leases l WHERE l.trial_id = t.trial_id) ORDER BY t.trial_id",
            ("@study", study.Id)))
        {
            while (rows.Read())
            {
                var seen = Encoding.ToTime(rows.GetValue(3)) ?? Encoding.ToTime(rows.GetValue(2));
                if (seen is null || seen < before) zombies.Add((rows.GetInt64(0), NumberOf(rows, 1) ?? -1, seen));
            }
        }

        foreach (var (id, number, seen) in zombies)
        {
            var since = seen is { } time ? $"no sign of life since {Encoding.Of(time)}" : "no sign of life at all";
            var (trial, failed) = (id.ToString(CultureInfo.InvariantCulture), Encoding.Literal(TrialState.Failed));
            yield return new(
                DatabaseProblemKind.Zombie,
                $"study '{study.Name}': trial {number} is said to run, with {since} and no worker that holds it",
                "fail it")
            {
                Statements =
                [
                    $"UPDATE trials SET state = {failed}, datetime_complete = '{Encoding.Of(DateTimeOffset.UtcNow)}' "
                        + $"WHERE trial_id = {trial} AND {TrialRuleSql.Of(TrialRules.Runs)}",
                    "INSERT INTO tunewise_endings (trial_id, failure, reason) "
                        + $"VALUES ({trial}, '{Encoding.Of(FailureKind.Lost)}', 'no worker held it; ended by a repair') "
                        + "ON CONFLICT (trial_id) DO NOTHING",
                ],
            };
        }
    }

    private static int Count(Session r, string sql) => (int)r.Number(sql);
}
