using Tunewise.Storage;

namespace Tunewise.Relational;

/// <summary>
/// Counts trials along indexes. Numbers are contiguous, so that the largest tells how many there are, and the many complete ones need not
/// be visited.
/// </summary>
internal static class TrialCounts
{
    private static readonly TrialState[] States = Enum.GetValues<TrialState>();
    private static readonly TrialState[] Uncounted = [.. States.Except(ClaimRequest.DefaultCountedStates)];
    private static readonly string ButComplete = InState(States.Where(s => s != TrialState.Complete));

    private static readonly Dictionary<TrialState, string> CountCounted = States.ToDictionary(
        state => state, state => "SELECT COUNT(*) FROM trials WHERE study_id = @study AND " + TrialRuleSql.Of(TrialRules.Counts(state)));

    /// <summary>
    /// The same for all the states that count by default: what is left when the others, and the trials that another one came in place of,
    /// are taken from all. Numbers are contiguous unless a trial was deleted; then they are counted one by one.
    /// </summary>
    private static readonly string CountByDefault =
        "SELECT CASE WHEN EXISTS (SELECT 1 FROM tunewise_numbers WHERE study_id = @study) "
        + "THEN (SELECT COUNT(*) FROM trials WHERE study_id = @study) "
        + "ELSE (SELECT COALESCE(MAX(number) + 1, 0) FROM trials WHERE study_id = @study) END "
        + $"- (SELECT COUNT(*) FROM trials WHERE study_id = @study AND {InState(Uncounted)}) - ({TrialRuleSql.CountRetried})";

    /// <summary>How many trials are in each state.</summary>
    public static Dictionary<TrialState, int> ByState(Session r, long studyId)
    {
        // Where a trial was deleted, its number is remembered and missing: then every trial is visited.
        var contiguous = r.Find("SELECT 1 FROM tunewise_numbers WHERE study_id = @study", ("@study", studyId)) is null;
        var counts = States.ToDictionary(state => state, _ => 0);
        var counted = contiguous ? $" AND {ButComplete}" : "";
        using (var rows = r.Read(
            $"SELECT state, COUNT(*) FROM trials WHERE study_id = @study{counted} GROUP BY state", ("@study", studyId)))
        {
            while (rows.Read()) counts[Encoding.ToState(rows.IsDBNull(0) ? "" : rows.GetString(0))] += rows.GetInt32(1);
        }

        if (!contiguous) return counts;
        var all = (int)r.Number("SELECT MAX(number) + 1 FROM trials WHERE study_id = @study", ("@study", studyId));
        counts[TrialState.Complete] = all - counts.Values.Sum();
        return counts;
    }

    /// <summary>How many trials count for a budget of these states (<see cref="TrialRules.Counts"/>).</summary>
    public static long ForBudget(Session s, long studyId, IReadOnlyCollection<TrialState> states)
    {
        var byDefault = ClaimRequest.DefaultCountedStates.All(states.Contains) && !Uncounted.Any(states.Contains);
        return byDefault
            ? s.Number(CountByDefault, ("@study", studyId))
            : states.Sum(state => s.Number(CountCounted[state], ("@study", studyId)));
    }

    private static string InState(IEnumerable<TrialState> states) =>
        TrialRuleSql.Of(new TrialRule(new TrialCondition.InState([.. states])));
}
