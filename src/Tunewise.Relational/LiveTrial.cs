using System.Data.Common;
using Tunewise.Storage;

namespace Tunewise.Relational;

/// <summary>A trial that runs here, as this storage wrote it.</summary>
internal sealed class LiveTrial(long studyId, FrozenTrial claimed)
{
    /// <summary>Reads, for <see cref="Holds"/>, what is stored of the trial @trial, to which nobody writes once it has ended.</summary>
    public const string ReadHeld =
        "SELECT (SELECT COUNT(*) FROM trial_params WHERE trial_id = @trial), "
        + "(SELECT COUNT(*) FROM trial_intermediate_values WHERE trial_id = @trial); "
        + "SELECT 0, \"key\", value_json FROM trial_user_attributes WHERE trial_id = @trial "
        + "UNION ALL SELECT 1, \"key\", value_json FROM trial_system_attributes WHERE trial_id = @trial";

    private static readonly Dictionary<string, string> NoAttributes = [];
    private readonly Dictionary<string, string> _user = new(claimed.UserAttributesJson);
    private readonly Dictionary<string, string> _system = new(claimed.SystemAttributesJson);

    public long StudyId => studyId;

    /// <summary>Whether the database may hold something else.</summary>
    public bool IsDoubtful { get; set; }

    /// <summary>When its end was first to be stored.</summary>
    public DateTimeOffset? EndedAt { get; set; }

    public List<TrialParameter> Parameters { get; } = [.. claimed.ParameterList];

    public ReportLog Reports { get; } = new(claimed.Reports);

    public Dictionary<string, string> Attributes(AttributeKind kind) => kind == AttributeKind.User ? _user : _system;

    /// <summary>Whether the database holds what is known here.</summary>
    /// <param name="rows">The next results are those of <see cref="ReadHeld"/>.</param>
    public bool Holds(DbDataReader rows)
    {
        rows.NextResult();
        rows.Read();
        if (rows.GetInt64(0) != Parameters.Count || rows.GetInt64(1) != Reports.Count) return false;
        rows.NextResult();
        var count = 0;
        for (; rows.Read(); count++)
        {
            var known = rows.GetInt64(0) == 0 ? _user : _system;
            if (!known.TryGetValue(rows.GetString(1), out var json) || rows.IsDBNull(2) || rows.GetString(2) != json) return false;
        }

        return count == _user.Count + _system.Count;
    }

    /// <summary>Whether a trial, as it was stored a moment ago, is this one, as it is now.</summary>
    public bool IsAs(FrozenTrial stored) =>
        stored.ParameterList.SequenceEqual(Parameters)
        && stored.Reports.Count == Reports.Count
        && stored.Reports.All(r => Reports.At(r.Step) is { } value && value.Equals(r.Value))
        && AreSame(stored.UserAttributesJson, _user)
        && AreSame(stored.SystemAttributesJson, _system);

    /// <summary>The trial as it is now.</summary>
    public FrozenTrial Freeze() => new()
    {
        Id = claimed.Id,
        Number = claimed.Number,
        State = TrialState.Running,
        ParameterList = [.. Parameters],
        Reports = Reports.Shown,
        UserAttributesJson = Copy(_user),
        SystemAttributesJson = Copy(_system),
        StartedAt = claimed.StartedAt,
    };

    private static bool AreSame(IReadOnlyDictionary<string, string> a, Dictionary<string, string> b) =>
        a.Count == b.Count && b.All(known => a.TryGetValue(known.Key, out var json) && json == known.Value);

    private static Dictionary<string, string> Copy(Dictionary<string, string> attributes) =>
        attributes.Count == 0 ? NoAttributes : new(attributes);

    public FrozenTrial End(TrialEnding ending, DateTimeOffset now) => new(Freeze(), ending, now);
}
