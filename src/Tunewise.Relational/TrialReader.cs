using System.Data.Common;
using Tunewise.Spaces;
using Tunewise.Storage;

namespace Tunewise.Relational;

/// <summary>
/// Reads whole trials: one statement per table, one after another, in order of the trials. Of many, some at a time (<see cref="Slices"/>).
/// </summary>
internal sealed class TrialReader(SqlDialect dialect)
{
    /// <summary>The trial n may come in the place of the trial t.</summary>
    public const string Follows = "n.study_id = t.study_id AND n.number > t.number";

    private const string TrialColumns =
        "SELECT t.trial_id, t.number, t.state, t.datetime_start, t.datetime_complete, e.failure, e.reason, e.detail, "
        + "n.number, e.last_value "
        + "FROM trials t LEFT JOIN tunewise_endings e ON e.trial_id = t.trial_id LEFT JOIN tunewise_retries r ON r.trial_id = t.trial_id "
        + "LEFT JOIN trials n ON n.trial_id = r.retried_by AND " + Follows + " WHERE ";

    private static readonly Dictionary<string, string> NoAttributes = [];
    private static readonly Selection One = new("t.trial_id = @trial", "c.trial_id = @trial");

    // Few ranges and names, many rows: each text is parsed and kept once.
    private readonly Dictionary<string, Distribution> _distributions = [];
    private readonly Dictionary<string, string> _names = [];
    private readonly Selection _these = new(dialect.IsOneOf("t.trial_id"), dialect.IsOneOf("c.trial_id") + " ORDER BY c.trial_id");

    /// <summary>A study's trials in order of their ids, to be read.</summary>
    /// <param name="session">The connection.</param>
    /// <param name="studyId">The study.</param>
    /// <param name="rule">Which trials, or null for all.</param>
    public static Slices Of(Session session, long studyId, TrialRule? rule = null)
    {
        var ids = new List<long>();
        var chosen = rule is null ? "" : $" AND {TrialRuleSql.Of(rule)}";
        using (var rows = session.Read(
            $"SELECT trial_id FROM trials WHERE study_id = @study{chosen} ORDER BY trial_id", ("@study", studyId)))
        {
            while (rows.Read()) ids.Add(rows.GetInt64(0));
        }

        return new Slices(ids);
    }

    /// <summary>One trial, or null.</summary>
    public FrozenTrial? ReadOne(Session session, long trialId) => Read(session, One, ("@trial", trialId)) is [var trial] ? trial : null;

    /// <summary>The trials with these ids, in order of their ids.</summary>
    public List<FrozenTrial> ReadThese(Session session, IReadOnlyCollection<long> ids) =>
        ids.Count == 0 ? [] : Read(session, _these, ("@ids", dialect.Ids(ids)));

    /// <summary>
    /// The trials with these ids, in order of their ids: the first ones only, when they have more reports than a slice should have.
    /// </summary>
    public List<FrozenTrial> ReadSlice(Session session, IReadOnlyCollection<long> ids) =>
        Read(session, _these with { MostReports = Slices.Rows }, ("@ids", dialect.Ids(ids)));

    private List<FrozenTrial> Read(Session session, Selection selection, params ReadOnlySpan<(string Name, object? Value)> bound)
    {
        var rows = ReadRows(session, selection.Trials, bound);
        if (rows.Count == 0) return [];
        var ids = new long[rows.Count];
        for (var i = 0; i < ids.Length; i++) ids[i] = rows[i].Id;
        var count = ids.Length;
        Parts<T> Parts<TRow, T>(
            string columns,
            string table,
            Func<DbDataReader, TRow> read,
            Comparison<TRow> order,
            Converter<TRow, T> select,
            ReadOnlySpan<(string Name, object? Value)> bound,
            int most = int.MaxValue) =>
            Relational.Parts<T>.Read(
                session.Read($"SELECT {columns} FROM {table} c WHERE {selection.Children}", bound),
                ids.AsSpan(0, count),
                read,
                order,
                select,
                most);

        var reports = Parts(
            $"c.trial_id, c.step, c.intermediate_value, {dialect.TypeUnlessFinite("c.intermediate_value", "c.intermediate_value_type")}",
            "trial_intermediate_values",
            ReadReport,
            ByStep,
            row => row,
            bound,
            selection.MostReports);
        count = reports.Trials;
        var parameters = Parts(
            $"c.trial_id, c.param_name, {dialect.RealOnly("c.param_value")}, c.distribution_json, c.param_id",
            "trial_params",
            ReadParameter,
            ByOrder,
            row => row.Parameter,
            bound);
        var values = Parts(
            $"c.trial_id, c.objective, c.value, {dialect.TypeUnlessFinite("c.value", "c.value_type")}",
            "trial_values",
            ReadValue,
            ByObjective,
            row => row.Value,
            bound);
        var user = Parts("c.trial_id, c.\"key\", c.value_json", "trial_user_attributes", ReadAttribute, InAnyOrder, row => row, bound);
        var system = Parts("c.trial_id, c.\"key\", c.value_json", "trial_system_attributes", ReadAttribute, InAnyOrder, row => row, bound);
        var trials = new List<FrozenTrial>(count);
        for (var i = 0; i < count; i++)
        {
            var row = rows[i];
            trials.Add(new FrozenTrial
            {
                Id = row.Id,
                Number = row.Number,
                State = row.State,
                StartedAt = row.StartedAt,
                FinishedAt = row.FinishedAt,
                Failure = Enum.TryParse<FailureKind>(row.Failure, out var failure) ? failure : null,
                Reason = row.Reason,
                Detail = row.Detail,
                LastFiniteValue = row.LastFiniteValue,
                RetriedBy = row.RetriedBy,
                ParameterList = parameters[i],
                Values = values[i],
                Reports = reports[i],
                UserAttributesJson = Map(user.SpanOf(i)),
                SystemAttributesJson = Map(system.SpanOf(i)),
            });
        }

        return trials;
    }

    private static List<Row> ReadRows(Session session, string where, ReadOnlySpan<(string Name, object? Value)> bound)
    {
        var list = new List<Row>();
        using var rows = session.Read(TrialColumns + where + " ORDER BY t.trial_id", bound);
        while (rows.Read())
        {
            var state = Text(rows, 2) ?? "";
            // No writer shows a trial without a number; one that a broken program left has the number of none.
            list.Add(new Row(
                rows.GetInt64(0),
                Number(rows, 1) ?? -1,
                Encoding.ToState(state),
                Encoding.ToTime(rows.GetValue(3)),
                Encoding.ToTime(rows.GetValue(4)),
                Text(rows, 5),
                Text(rows, 6) ?? (Encoding.StateOf(state) is null ? $"its state '{state}' is not known here" : null),
                Text(rows, 7),
                Number(rows, 8),
                Real(rows, 9)));
        }

        return list;
    }

    private static Dictionary<string, string> Map(ReadOnlySpan<KeyValuePair<string, string>> attributes)
    {
        if (attributes.IsEmpty) return NoAttributes;
        var map = new Dictionary<string, string>(attributes.Length);
        foreach (var (key, value) in attributes) map[key] = value;
        return map;
    }

    private (long Order, TrialParameter Parameter) ReadParameter(DbDataReader row) =>
        (row.GetInt64(4), new TrialParameter(NameOf(Text(row, 1) ?? ""), DistributionOf(Text(row, 3) ?? ""), Real(row, 2) ?? double.NaN));

    private static int ByOrder((long Order, TrialParameter Parameter) a, (long Order, TrialParameter Parameter) b) =>
        a.Order.CompareTo(b.Order);

    private static (int Objective, double Value) ReadValue(DbDataReader row) =>
        (Number(row, 1) ?? 0, Encoding.ToNumber(Real(row, 2), Text(row, 3)));

    private static int ByObjective((int Objective, double Value) a, (int Objective, double Value) b) => a.Objective.CompareTo(b.Objective);

    private static TrialReport ReadReport(DbDataReader row) => new(row.GetInt64(1), Encoding.ToNumber(Real(row, 2), Text(row, 3)));

    private static int ByStep(TrialReport a, TrialReport b) => a.Step.CompareTo(b.Step);

    private static KeyValuePair<string, string> ReadAttribute(DbDataReader row) => new(Text(row, 1) ?? "", Text(row, 2) ?? "null");

    private static int InAnyOrder(KeyValuePair<string, string> a, KeyValuePair<string, string> b) => 0;

    private Distribution DistributionOf(string json)
    {
        if (!_distributions.TryGetValue(json, out var distribution))
            _distributions.Add(json, distribution = Tunewise.Storage.DistributionJson.Read(json));
        return distribution;
    }

    private string NameOf(string text)
    {
        if (!_names.TryGetValue(text, out var name)) _names.Add(name = text, text);
        return name;
    }

    private static string? Text(DbDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetString(column);

    private static int? Number(DbDataReader reader, int column) =>
        !reader.IsDBNull(column) && reader.GetInt64(column) is >= int.MinValue and <= int.MaxValue and var number ? (int)number : null;

    private static double? Real(DbDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetDouble(column);

    private readonly record struct Row(
        long Id,
        int Number,
        TrialState State,
        DateTimeOffset? StartedAt,
        DateTimeOffset? FinishedAt,
        string? Failure,
        string? Reason,
        string? Detail,
        int? RetriedBy,
        double? LastFiniteValue);

    /// <summary>Which trials, and how to find what belongs to them.</summary>
    private sealed record Selection(string Trials, string Children)
    {
        /// <summary>How many reports are enough.</summary>
        public int MostReports { get; init; } = int.MaxValue;
    }
}
