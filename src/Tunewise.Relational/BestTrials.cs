namespace Tunewise.Relational;

/// <summary>Finds the best trials by walking along the index of values, so that the others are not read.</summary>
internal static class BestTrials
{
    private const int FirstWindow = 8;

    /// <summary>
    /// How many values of all studies are passed over before a study's own are sorted; a walk of so many takes some two milliseconds.
    /// </summary>
    private const int Walk = 1000;

    // A subquery, not a join: without figures about the tables a planner may turn a join round and sort everything.
    private const string OfStudy = "(SELECT t.study_id FROM trials t WHERE t.trial_id = v.trial_id AND t.state = 'COMPLETE') = @study";

    /// <summary>
    /// The ids of the complete trials with the best values of one objective, the older of equals first; feasible ones before infeasible
    /// ones, and of these those first that violate least.
    /// </summary>
    public static List<long> Find(Session r, SqlDialect dialect, long studyId, int objective, Direction direction, int count)
    {
        var (feasible, infeasible) = (new List<long>(), new List<(long Id, double Violation)>());
        if (count == 0) return [];
        // Infinities have no number in their column: their type says where they belong.
        string[] types = direction == Direction.Minimize ? ["INF_NEG", "FINITE", "INF_POS"] : ["INF_POS", "FINITE", "INF_NEG"];
        foreach (var ids in types.SelectMany(type => BestFirst(r, studyId, objective, type, direction, Math.Max(FirstWindow, 2 * count))))
        {
            var violations = Violations(r, dialect, ids);
            feasible.AddRange(ids.Where(id => !violations.ContainsKey(id)));
            infeasible.AddRange(ids.Where(violations.ContainsKey).Select(id => (id, violations[id])));
            // Before the next portion is read.
            if (feasible.Count >= count) break;
        }

        return [.. feasible.Concat(infeasible.OrderBy(i => i.Violation).Select(i => i.Id)).Take(count)];
    }

    /// <summary>
    /// The ids of a study's complete trials with a type of value, best first, in growing portions that are read when they are asked for.
    /// </summary>
    private static IEnumerable<List<long>> BestFirst(Session r, long studyId, int objective, string type, Direction direction, int window)
    {
        var order = direction == Direction.Minimize ? "value, trial_id" : "value DESC, trial_id";
        var (skip, found) = (0, 0);
        // Along the values of all studies: all the way when there is but one, else as far as it is worth it.
        for (; skip < Walk || IsAlone(r); skip += window, window *= 4)
        {
            var (ids, isLast) = Window(r, studyId, objective, type, order, skip, window);
            found += ids.Count;
            if (ids.Count > 0) yield return ids;
            if (isLast) yield break;
        }

        // The rest lies behind the values of others: the study's own are sorted.
        for (; ; found += window, window *= 4)
        {
            var ids = Sorted(r, studyId, objective, type, order, found, window);
            if (ids.Count > 0) yield return ids;
            if (ids.Count < window) yield break;
        }
    }

    private static bool IsAlone(Session r) => r.Number("SELECT COUNT(*) FROM (SELECT 1 AS one FROM studies LIMIT 2) s") < 2;

    /// <summary>The study's trials among some of the values of all studies, and whether there are no more values.</summary>
    private static (List<long> Ids, bool IsLast) Window(
        Session r, long studyId, int objective, string type, string order, int skip, int take)
    {
        var (ids, read) = (new List<long>(), 0);
        using var rows = r.Read(
            $"SELECT v.trial_id, CASE WHEN {OfStudy} THEN 1 ELSE 0 END FROM trial_values v "
            + $"WHERE v.objective = @objective AND v.value_type = '{type}' "
            + $"ORDER BY {order} LIMIT @take OFFSET @skip",
            ("@study", studyId), ("@objective", objective), ("@take", take), ("@skip", skip));
        for (; rows.Read(); read++)
        {
            if (rows.GetInt64(1) != 0) ids.Add(rows.GetInt64(0));
        }

        return (ids, read < take);
    }

    private static List<long> Sorted(Session r, long studyId, int objective, string type, string order, int skip, int take)
    {
        var ids = new List<long>();
        using var rows = r.Read(
            "SELECT trial_id FROM (SELECT v.trial_id, v.value FROM trials t JOIN trial_values v ON v.trial_id = t.trial_id "
            + $"WHERE t.study_id = @study AND t.state = 'COMPLETE' AND v.objective = @objective AND v.value_type = '{type}') own "
            + $"ORDER BY {order} LIMIT @take OFFSET @skip",
            ("@objective", objective), ("@study", studyId), ("@take", take), ("@skip", skip));
        while (rows.Read()) ids.Add(rows.GetInt64(0));
        return ids;
    }

    /// <summary>Those of the trials that violate a constraint, and by how much.</summary>
    private static Dictionary<long, double> Violations(Session r, SqlDialect dialect, List<long> ids)
    {
        var attributes = new Dictionary<long, Dictionary<string, string>>();
        if (ids.Count == 0) return [];
        using var rows = r.Read(
            "SELECT trial_id, \"key\", value_json FROM trial_system_attributes "
                + $"WHERE {dialect.IsOneOf("trial_id")} AND \"key\" LIKE '{TrialAttributes.ConstraintList}%'",
            ("@ids", dialect.Ids(ids)));
        while (rows.Read())
        {
            var id = rows.GetInt64(0);
            if (!attributes.TryGetValue(id, out var map)) attributes.Add(id, map = []);
            map[rows.GetString(1)] = rows.IsDBNull(2) ? "null" : rows.GetString(2);
        }

        return attributes.Select(a => (a.Key, Violation: TrialAttributes.Violation(TrialAttributes.Constraints(a.Value))))
            .Where(a => a.Violation > 0)
            .ToDictionary(a => a.Key, a => a.Violation);
    }
}
