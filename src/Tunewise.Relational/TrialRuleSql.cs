using System.Globalization;
using Tunewise.Storage;
using static Tunewise.Storage.TrialCondition;

namespace Tunewise.Relational;

/// <summary>
/// <see cref="TrialRules"/> in SQL: each kind of <see cref="TrialCondition"/> has its translation here, and statements quote whole rules.
/// What a caller brings travels as parameters, so that a rule always has the same text.
/// </summary>
internal static class TrialRuleSql
{
    /// <summary>How many trials of the study @study are retried: along an index, without the trials themselves.</summary>
    public const string CountRetried = "SELECT COUNT(*) FROM tunewise_retries WHERE study_id = @study";

    /// <summary>Holds in a trigger before an UPDATE of a trial's state that would run one which nobody may claim.</summary>
    public static string RunsUnclaimed { get; } = $"{Of(TrialRules.Runs, "NEW")} AND NOT ({Of(TrialRules.Claim, "OLD")})";

    /// <summary>Holds in a trigger before an UPDATE of a trial's state that would change one which has finished.</summary>
    public static string ChangesFinished { get; } = Of(TrialRules.Finished, "OLD");

    /// <summary>Holds for the trial @trial, as a condition on the table of trials, when a rule allows what is to be done to it.</summary>
    public static string OfOne(TrialRule rule) => "trial_id = @trial AND " + All(rule, "", "@trial");

    /// <summary>Holds for the rows of the table of trials that a rule allows it for.</summary>
    /// <param name="rule">The rule.</param>
    /// <param name="row">What the statement calls a row.</param>
    public static string Of(TrialRule rule, string row = "trials") => All(rule, row + ".", row + ".trial_id");

    /// <summary>Holds for the lease of the trial @trial, as a condition on the table of leases, when a rule of leases allows it.</summary>
    public static string OfLease(TrialRule rule) =>
        string.Join(" AND ", rule.Conditions.Select(c => LeaseColumn(c) ?? throw Unknown(c)).Prepend("trial_id = @trial"));

    /// <summary>The parameters that a rule's text names, apart from @trial.</summary>
    public static (string Name, object? Value)[] Values(TrialRule rule) => [.. rule.Conditions.SelectMany(ValuesOf)];

    private static string All(TrialRule rule, string columns, string id) =>
        string.Join(" AND ", rule.Conditions.Select(c => Translate(c, columns, id)));

    private static string Translate(TrialCondition condition, string columns, string id) => condition switch
    {
        InState([]) => "1 = 0",
        InState([var state]) => $"{columns}state = {Encoding.Literal(state)}",
        InState(var states) => $"{columns}state IN ({string.Join(", ", states.Select(Encoding.Literal))})",
        FailedAs(var kind) => $"EXISTS (SELECT 1 FROM tunewise_endings e WHERE e.trial_id = {id} AND e.failure = '{Encoding.Of(kind)}')",
        NotRetried => $"NOT EXISTS (SELECT 1 FROM tunewise_retries r WHERE r.trial_id = {id})",
        _ when LeaseColumn(condition) is { } column => $"EXISTS (SELECT 1 FROM tunewise_leases l WHERE l.trial_id = {id} AND l.{column})",
        _ => throw Unknown(condition),
    };

    private static string? LeaseColumn(TrialCondition condition) => condition switch
    {
        HeldBy => "worker = @worker",
        LeasedUntil => "expires_ms = @until",
        _ => null,
    };

    private static IEnumerable<(string, object?)> ValuesOf(TrialCondition condition) => condition switch
    {
        HeldBy(var worker) => [("@worker", worker)],
        LeasedUntil(var until) => [("@until", until)],
        _ => [],
    };

    private static NotSupportedException Unknown(TrialCondition condition) =>
        new(string.Create(CultureInfo.InvariantCulture, $"there is no SQL for the condition {condition}"));
}
