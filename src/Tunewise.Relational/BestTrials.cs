using Tunewise.Storage;

namespace Tunewise.Relational;

/// <summary>Finds the best trials by walking along the index of values, so that the others are not read.</summary>
internal static class BestTrials
{
    private const int FirstPage = 32;

    /// <summary>How many values of all studies are passed over before a study's own are sorted; a walk of so many takes some two milliseconds.</summary>
    private const int Walk = 1000;

    /// <summary>The ids of the complete trials with the best values of one objective, feasible ones first, the older of equals first.</summary>
    public static List<long> Find(Session r, SqlDialect dialect, long studyId, int objective, Direction direction, int count)
    {
        var (feasible, infeasible) = (new List<long>(), new List<long>());
        // Infinities have no number in their column: their type says where they belong.
        string[] types = direction == Direction.Minimize ? ["INF_NEG", "FINITE", "INF_POS"] : ["INF_POS", "FINITE", "INF_NEG"];
        foreach (var type in types)
        {
            var page = Math.Max(FirstPage, 2 * count);
            for (var skip = 0; feasible.Count < count; skip += page, page *= 4)
            {
                var ids = Page(r, studyId, objective, type, direction, skip, page);
                var violating = Violating(r, dialect, ids);
                feasible.AddRange(ids.Where(id => !violating.Contains(id)));
                if (infeasible.Count < count) infeasible.AddRange(ids.Where(violating.Contains));
                if (ids.Count < page) break;
            }
        }

        return [.. feasible.Concat(infeasible).Take(count)];
    }

    private static List<long> Page(Session r, long studyId, int objective, string type, Direction direction, int skip, int take)
    {
        var order = direction == Direction.Minimize ? "value, trial_id" : "value DESC, trial_id";
        var values = $"trial_values WHERE objective = @objective AND value_type = '{type}'";
        // A subquery, not a join: without figures about the tables a planner may turn a join round and sort everything.
        const string OfStudy = "(SELECT t.study_id FROM trials t WHERE t.trial_id = v.trial_id AND t.state = 'COMPLETE') = @study";
        if (r.Number("SELECT COUNT(*) FROM (SELECT 1 AS one FROM studies LIMIT 2) s") < 2)
        {
            return Ids(
                r,
                $"SELECT v.trial_id FROM trial_values v WHERE v.objective = @objective AND v.value_type = '{type}' AND {OfStudy} ORDER BY {order} LIMIT @take OFFSET @skip",
                studyId, objective, skip, take);
        }

        // The best values of all studies, as far as it is worth walking.
        var near = Ids(
            r,
            $"SELECT v.trial_id FROM (SELECT trial_id, value FROM {values} ORDER BY {order} LIMIT {Walk}) v "
            + $"WHERE {OfStudy} ORDER BY {order} LIMIT @take OFFSET @skip",
            studyId, objective, skip, take);
        if (near.Count == take || r.Number($"SELECT COUNT(*) FROM (SELECT 1 AS one FROM {values} LIMIT {Walk}) w", ("@objective", objective)) < Walk) return near;
        // This study's lie behind those of others: its own are sorted instead.
        return Ids(
            r,
            "SELECT trial_id FROM (SELECT v.trial_id, v.value FROM trials t JOIN trial_values v ON v.trial_id = t.trial_id "
            + $"WHERE t.study_id = @study AND t.state = 'COMPLETE' AND v.objective = @objective AND v.value_type = '{type}') own ORDER BY {order} LIMIT @take OFFSET @skip",
            studyId, objective, skip, take);
    }

    private static List<long> Ids(Session r, string sql, long studyId, int objective, int skip, int take)
    {
        var ids = new List<long>();
        using var rows = r.Read(sql, ("@objective", objective), ("@study", studyId), ("@take", take), ("@skip", skip));
        while (rows.Read()) ids.Add(rows.GetInt64(0));
        return ids;
    }

    /// <summary>Those of the trials that violate a constraint.</summary>
    private static HashSet<long> Violating(Session r, SqlDialect dialect, List<long> ids)
    {
        var attributes = new Dictionary<long, Dictionary<string, string>>();
        if (ids.Count == 0) return [];
        using var rows = r.Read(
            $"SELECT trial_id, \"key\", value_json FROM trial_system_attributes WHERE {dialect.IsOneOf("trial_id")} AND \"key\" LIKE '{TrialAttributes.ConstraintList}%'",
            ("@ids", dialect.Ids(ids)));
        while (rows.Read())
        {
            var id = rows.GetInt64(0);
            if (!attributes.TryGetValue(id, out var map)) attributes.Add(id, map = []);
            map[rows.GetString(1)] = rows.IsDBNull(2) ? "null" : rows.GetString(2);
        }

        return [.. attributes.Where(a => TrialAttributes.Constraints(a.Value).Any(c => !(c <= 0))).Select(a => a.Key)];
    }
}
