using Tunewise.Storage;

namespace Tunewise.Relational;

/// <summary>What this storage wrote of a trial that runs here.</summary>
internal sealed class LiveTrial(long studyId, FrozenTrial claimed)
{
    private readonly Dictionary<string, string> _user = new(claimed.UserAttributesJson);
    private readonly Dictionary<string, string> _system = new(claimed.SystemAttributesJson);

    public long StudyId => studyId;

    /// <summary>When its end was first to be stored.</summary>
    public DateTime? EndedAt { get; set; }

    public List<TrialParameter> Parameters { get; } = [.. claimed.ParameterList];

    public SortedList<long, double> Reports { get; } = new(claimed.Reports.ToDictionary(r => r.Step, r => r.Value));

    public Dictionary<string, string> Attributes(AttributeKind kind) => kind == AttributeKind.User ? _user : _system;

    /// <summary>The trial as it is now.</summary>
    public FrozenTrial Freeze() => new()
    {
        Id = claimed.Id,
        Number = claimed.Number,
        State = TrialState.Running,
        ParameterList = [.. Parameters],
        Reports = Reports.Count == 0 ? [] : [.. Reports.Select(r => new TrialReport(r.Key, r.Value))],
        UserAttributesJson = _user.Count == 0 ? _user : new(_user),
        SystemAttributesJson = _system.Count == 0 ? _system : new(_system),
        StartedAt = claimed.StartedAt,
    };

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
