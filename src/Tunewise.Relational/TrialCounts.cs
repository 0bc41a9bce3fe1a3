using Tunewise.Storage;

namespace Tunewise.Relational;

/// <summary>Counts trials along indexes. Numbers are contiguous, so that the largest tells how many there are, and the many complete ones need not be visited.</summary>
internal static class TrialCounts
{
    /// <summary>How many trials are in each state.</summary>
    public static Dictionary<TrialState, int> ByState(Session r, long studyId)
    {
        // Where a trial was deleted, its number is remembered and missing: then every trial is visited.
        var contiguous = r.Find("SELECT 1 FROM tunewise_numbers WHERE study_id = @study", ("@study", studyId)) is null;
        var counts = Enum.GetValues<TrialState>().ToDictionary(state => state, _ => 0);
        using (var rows = r.Read(
            $"SELECT state, COUNT(*) FROM trials WHERE study_id = @study{(contiguous ? " AND state IN ('RUNNING', 'WAITING', 'PRUNED', 'FAIL')" : "")} GROUP BY state", ("@study", studyId)))
        {
            while (rows.Read()) counts[Encoding.ToState(rows.IsDBNull(0) ? "" : rows.GetString(0))] += rows.GetInt32(1);
        }

        if (contiguous) counts[TrialState.Complete] = (int)r.Number("SELECT MAX(number) + 1 FROM trials WHERE study_id = @study", ("@study", studyId)) - counts.Values.Sum();
        return counts;
    }

    /// <summary>How many trials count for a budget: those in these states that no other one tries again.</summary>
    public static long ForBudget(Session s, long studyId, IReadOnlyCollection<TrialState> states)
    {
        if (ClaimRequest.DefaultCountedStates.All(states.Contains))
        {
            // Numbers are contiguous unless a trial was deleted; then they are counted one by one.
            return s.Number(
                "SELECT CASE WHEN EXISTS (SELECT 1 FROM tunewise_numbers WHERE study_id = @study) THEN (SELECT COUNT(*) FROM trials WHERE study_id = @study) "
                + "ELSE (SELECT COALESCE(MAX(number) + 1, 0) FROM trials WHERE study_id = @study) END "
                + "- (SELECT COUNT(*) FROM trials WHERE study_id = @study AND state = 'WAITING') "
                + "- (SELECT COUNT(*) FROM tunewise_retries WHERE study_id = @study)",
                ("@study", studyId));
        }

        return states.Sum(state => s.Number(
            "SELECT COUNT(*) FROM trials t WHERE t.study_id = @study AND t.state = @state "
            + "AND NOT EXISTS (SELECT 1 FROM tunewise_retries r WHERE r.trial_id = t.trial_id)",
            ("@study", studyId), ("@state", Encoding.Of(state))));
    }
}
