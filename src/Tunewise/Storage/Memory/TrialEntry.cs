namespace Tunewise.Storage.Memory;

/// <summary>A trial in memory, as it is now. What a rule looks at is changed through <see cref="StudyEntry.Change"/>.</summary>
internal sealed class TrialEntry(long id, int number, long studyId, FrozenTrial template)
{
    private static readonly Dictionary<string, string> NoAttributes = [];
    private FrozenTrial? _frozen;

    public long Id { get; } = id;

    public int Number { get; } = number;

    public long StudyId { get; } = studyId;

    public TrialState State { get; set; } = template.State;

    public double[] Values { get; set; } = [.. template.Values];

    public List<TrialParameter> Parameters { get; } = [.. template.ParameterList];

    public ReportLog Reports { get; } = new(template.Reports);

    public Dictionary<string, string> UserAttributes { get; } = new(template.UserAttributesJson);

    public Dictionary<string, string> SystemAttributes { get; } = new(template.SystemAttributesJson);

    public DateTimeOffset? StartedAt { get; set; } = template.StartedAt;

    public DateTimeOffset? FinishedAt { get; set; } = template.FinishedAt;

    public FailureKind? Failure { get; set; } = template.Failure;

    public string? Reason { get; set; } = template.Reason;

    public string? Detail { get; set; } = template.Detail;

    public double? LastFiniteValue { get; set; } = template.LastFiniteValue;

    public int? RetriedBy { get; set; }

    /// <summary>Who holds the trial's lease; null when nobody does, whatever else is said of the lease.</summary>
    public string? Worker { get; set; }

    public DateTimeOffset LeaseExpiry { get; set; }

    public TimeSpan LeaseDuration { get; set; }

    /// <summary>Nothing will change any more but that another trial may come in its place, so one snapshot serves all readers.</summary>
    public bool Sealed { get; set; }

    public TrialFacts Facts => new(State, Failure, RetriedBy, Worker, Worker is null ? null : LeaseExpiry.ToUnixTimeMilliseconds());

    /// <summary>Forgets the snapshot of a trial that changed once more.</summary>
    public void Thaw() => _frozen = null;

    /// <summary>The trial as it is now.</summary>
    public FrozenTrial Freeze()
    {
        if (_frozen is not null) return _frozen;
        var frozen = new FrozenTrial
        {
            Id = Id,
            Number = Number,
            State = State,
            Values = Values,
            ParameterList = [.. Parameters],
            Reports = Reports.Shown,
            UserAttributesJson = Copy(UserAttributes),
            SystemAttributesJson = Copy(SystemAttributes),
            StartedAt = StartedAt,
            FinishedAt = FinishedAt,
            Failure = Failure,
            Reason = Reason,
            Detail = Detail,
            LastFiniteValue = LastFiniteValue,
            RetriedBy = RetriedBy,
        };
        if (Sealed) _frozen = frozen;
        return frozen;
    }

    private static Dictionary<string, string> Copy(Dictionary<string, string> attributes) =>
        attributes.Count == 0 ? NoAttributes : new(attributes);
}
