using System.Globalization;
using Tunewise.Storage;

namespace Tunewise.Relational;

/// <summary>A trial that runs here, as this storage wrote it.</summary>
internal sealed class LiveTrial(long studyId, FrozenTrial claimed)
{
    private static readonly Dictionary<string, string> NoAttributes = [];
    private readonly Dictionary<string, string> _user = new(claimed.UserAttributesJson);
    private readonly Dictionary<string, string> _system = new(claimed.SystemAttributesJson);

    public long StudyId => studyId;

    /// <summary>Whether the database may hold something else.</summary>
    public bool IsDoubtful { get; set; }

    /// <summary>When its end was first to be stored.</summary>
    public DateTime? EndedAt { get; set; }

    public List<TrialParameter> Parameters { get; } = [.. claimed.ParameterList];

    public SortedList<long, double> Reports { get; } = new(claimed.Reports.ToDictionary(r => r.Step, r => r.Value));

    public Dictionary<string, string> Attributes(AttributeKind kind) => kind == AttributeKind.User ? _user : _system;

    /// <summary>How much belongs to it, as the database counts it.</summary>
    public string Holds => string.Create(CultureInfo.InvariantCulture, $"{Parameters.Count} {Reports.Count} {_user.Count} {Length(_user)} {_system.Count} {Length(_system)}");

    /// <summary>The trial as it is now.</summary>
    public FrozenTrial Freeze() => new()
    {
        Id = claimed.Id,
        Number = claimed.Number,
        State = TrialState.Running,
        ParameterList = [.. Parameters],
        Reports = Reports.Count == 0 ? [] : [.. Reports.Select(r => new TrialReport(r.Key, r.Value))],
        UserAttributesJson = Copy(_user),
        SystemAttributesJson = Copy(_system),
        StartedAt = claimed.StartedAt,
    };

    // Databases count characters; .NET has two for those beyond the first plane.
    private static int Length(Dictionary<string, string> attributes) => attributes.Values.Sum(json => json.Length - json.Count(char.IsLowSurrogate));

    private static Dictionary<string, string> Copy(Dictionary<string, string> attributes) => attributes.Count == 0 ? NoAttributes : new(attributes);

    public FrozenTrial End(TrialEnding ending, DateTime now) => new()
    {
        Id = claimed.Id,
        Number = claimed.Number,
        State = ending.State,
        Values = ending.Values,
        ParameterList = Parameters,
        Reports = Reports.Count == 0 ? [] : [.. Reports.Select(r => new TrialReport(r.Key, r.Value))],
        UserAttributesJson = _user,
        SystemAttributesJson = _system,
        StartedAt = claimed.StartedAt,
        FinishedAt = now,
        Failure = ending.Failure,
        Reason = ending.Reason,
        Detail = ending.Detail,
        LastFiniteValue = ending.LastFiniteValue,
    };
}
