using System.Data.Common;
using Tunewise.Spaces;

namespace Tunewise.Relational;

/// <summary>Reads whole trials: one statement per table, each in order of the trials, joined while they stream.</summary>
internal sealed class TrialReader
{
    // Few ranges, many rows: each text is parsed once.
    private readonly Dictionary<string, Distribution> _distributions = [];

    private const string TrialColumns =
        "SELECT t.trial_id, t.number, t.state, t.datetime_start, t.datetime_complete, e.failure, e.reason, e.detail, n.number "
        + "FROM trials t LEFT JOIN tunewise_endings e ON e.trial_id = t.trial_id LEFT JOIN tunewise_retries r ON r.trial_id = t.trial_id "
        + "LEFT JOIN trials n ON n.trial_id = r.retried_by";

    private const string ParameterColumns = "SELECT c.trial_id, c.param_name, c.param_value, c.distribution_json, c.param_id FROM trial_params c";

    private const string ValueColumns = "SELECT c.trial_id, c.objective, c.value, c.value_type FROM trial_values c";

    private const string ReportColumns = "SELECT c.trial_id, c.step, c.intermediate_value, c.intermediate_value_type FROM trial_intermediate_values c";

    private const string UserColumns = "SELECT c.trial_id, c.\"key\", c.value_json FROM trial_user_attributes c";

    private const string SystemColumns = "SELECT c.trial_id, c.\"key\", c.value_json FROM trial_system_attributes c";

    /// <summary>All trials of a study, or those in one state, in order of their ids.</summary>
    public IEnumerable<FrozenTrial> ReadStudy(Session session, long studyId, string? state)
    {
        var where = state is null ? " WHERE t.study_id = @study ORDER BY t.trial_id" : " WHERE t.study_id = @study AND t.state = @state ORDER BY t.trial_id";
        const string Join = " JOIN trials t ON t.trial_id = c.trial_id";
        DbDataReader Open(string sql) => state is null ? session.Read(sql, ("@study", studyId)) : session.Read(sql, ("@study", studyId), ("@state", state));

        using var trials = Open(TrialColumns + where);
        using var parameters = new Cursor(Open(ParameterColumns + Join + where));
        using var values = new Cursor(Open(ValueColumns + Join + where));
        using var reports = new Cursor(Open(ReportColumns + Join + where));
        using var user = new Cursor(Open(UserColumns + Join + where));
        using var system = new Cursor(Open(SystemColumns + Join + where));
        while (trials.Read()) yield return Assemble(trials, parameters, values, reports, user, system);
    }

    /// <summary>One trial, or null.</summary>
    public FrozenTrial? ReadOne(Session session, long trialId)
    {
        const string Where = " WHERE c.trial_id = @trial";
        using var trials = session.Read(TrialColumns + " WHERE t.trial_id = @trial", ("@trial", trialId));
        if (!trials.Read()) return null;
        using var parameters = new Cursor(session.Read(ParameterColumns + Where, ("@trial", trialId)));
        using var values = new Cursor(session.Read(ValueColumns + Where, ("@trial", trialId)));
        using var reports = new Cursor(session.Read(ReportColumns + Where, ("@trial", trialId)));
        using var user = new Cursor(session.Read(UserColumns + Where, ("@trial", trialId)));
        using var system = new Cursor(session.Read(SystemColumns + Where, ("@trial", trialId)));
        return Assemble(trials, parameters, values, reports, user, system);
    }

    private FrozenTrial Assemble(DbDataReader trial, Cursor parameters, Cursor values, Cursor reports, Cursor user, Cursor system)
    {
        var id = trial.GetInt64(0);
        return new FrozenTrial
        {
            Id = id,
            Number = trial.GetInt32(1),
            State = Encoding.ToState(trial.GetString(2)),
            StartedAt = Encoding.ToTime(Text(trial, 3)),
            FinishedAt = Encoding.ToTime(Text(trial, 4)),
            Failure = Enum.TryParse<FailureKind>(Text(trial, 5), out var failure) ? failure : null,
            Reason = Text(trial, 6),
            Detail = Text(trial, 7),
            RetriedBy = trial.IsDBNull(8) ? null : trial.GetInt32(8),
            ParameterList = Parameters(parameters, id),
            Values = Values(values, id),
            Reports = Reports(reports, id),
            UserAttributesJson = Attributes(user, id),
            SystemAttributesJson = Attributes(system, id),
        };
    }

    private TrialParameter[] Parameters(Cursor rows, long trialId)
    {
        var list = new List<(long Order, TrialParameter Parameter)>();
        while (rows.MoveTo(trialId))
        {
            list.Add((rows.Reader.GetInt64(4), new TrialParameter(rows.Reader.GetString(1), Distribution(rows.Reader.GetString(3)), rows.Reader.GetDouble(2))));
            rows.Advance();
        }

        list.Sort((a, b) => a.Order.CompareTo(b.Order));
        return [.. list.Select(p => p.Parameter)];
    }

    private static double[] Values(Cursor rows, long trialId)
    {
        var list = new SortedList<int, double>();
        while (rows.MoveTo(trialId))
        {
            list[rows.Reader.GetInt32(1)] = Encoding.ToNumber(Real(rows.Reader, 2), rows.Reader.GetString(3));
            rows.Advance();
        }

        return list.Count == 0 ? [] : [.. list.Values];
    }

    private static TrialReport[] Reports(Cursor rows, long trialId)
    {
        var list = new List<TrialReport>();
        while (rows.MoveTo(trialId))
        {
            list.Add(new TrialReport(rows.Reader.GetInt64(1), Encoding.ToNumber(Real(rows.Reader, 2), rows.Reader.GetString(3))));
            rows.Advance();
        }

        list.Sort((a, b) => a.Step.CompareTo(b.Step));
        return [.. list];
    }

    private static Dictionary<string, string> Attributes(Cursor rows, long trialId)
    {
        var map = new Dictionary<string, string>();
        while (rows.MoveTo(trialId))
        {
            map[rows.Reader.GetString(1)] = Text(rows.Reader, 2) ?? "null";
            rows.Advance();
        }

        return map;
    }

    private Distribution Distribution(string json)
    {
        if (!_distributions.TryGetValue(json, out var distribution)) _distributions.Add(json, distribution = DistributionJson.Read(json));
        return distribution;
    }

    private static string? Text(DbDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetString(column);

    private static double? Real(DbDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetDouble(column);

    /// <summary>A reader over a child table, in order of the trials, that stands on the next unread row.</summary>
    private sealed class Cursor : IDisposable
    {
        private bool _any;

        public Cursor(DbDataReader reader)
        {
            Reader = reader;
            Advance();
        }

        public DbDataReader Reader { get; }

        public void Advance() => _any = Reader.Read();

        /// <summary>Whether the next row belongs to the trial; rows of trials before it are passed over.</summary>
        public bool MoveTo(long trialId)
        {
            while (_any && Reader.GetInt64(0) < trialId) Advance();
            return _any && Reader.GetInt64(0) == trialId;
        }

        public void Dispose() => Reader.Dispose();
    }
}
