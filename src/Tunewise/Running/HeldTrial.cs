using Tunewise.History;
using Tunewise.Pruners;
using Tunewise.Spaces;
using Tunewise.Storage;

namespace Tunewise.Running;

/// <summary>
/// A trial that this worker runs: what it was given, what it has reported, and its hold on the lease. One thread at a time may use it.
/// </summary>
internal sealed class HeldTrial
{
    private readonly StudyEngine _engine;
    private readonly Suggester _suggester;
    private readonly List<TrialReport> _reports;
    private readonly CancellationToken _stop;
    private readonly IRunWatcher? _watcher;
    private readonly Dictionary<string, string> _systemAttributes;
    private readonly Dictionary<string, string> _userAttributes;
    private bool _reportedTwice;

    /// <exception cref="FormatException">What the trial was queued with cannot be read, or it has a parameter twice.</exception>
    public HeldTrial(StudyEngine engine, FrozenTrial claimed, CancellationToken stop, IRunWatcher? watcher = null)
    {
        (_engine, _stop, _watcher) = (engine, stop, watcher);
        Storage = engine.PatientUntil(stop);
        (Id, Number, Origin) = (claimed.Id, claimed.Number, claimed.Origin);
        Attempts = TrialAttributes.AttemptsOf(claimed.SystemAttributesJson);
        Continues = TrialAttributes.ContinuedTrial(claimed.SystemAttributesJson);
        Hold = new TrialHold(engine, Id, Number, Storage);
        _systemAttributes = new Dictionary<string, string>(claimed.SystemAttributesJson);
        _userAttributes = new Dictionary<string, string>(claimed.UserAttributesJson);
        _reports = [.. claimed.Reports];
        Steps = new StepLog(TrialAttributes.PredecessorOf(claimed.SystemAttributesJson) is not null);
        _suggester = new Suggester(engine, this, TrialAttributes.Fixed(claimed.SystemAttributesJson), claimed.ParameterList);
    }

    public long Id { get; }

    public int Number { get; }

    /// <summary>How many earlier tries of the same parameters failed.</summary>
    public int Attempts { get; }

    /// <summary>The number of the paused trial that this one continues, or null.</summary>
    public int? Continues { get; }

    /// <summary>The number of the first trial of the chain that this one carries on.</summary>
    public int Origin { get; }

    /// <summary>The storage with this trial's patience: until it is asked to stop, too.</summary>
    public PatientStorage Storage { get; }

    public TrialHold Hold { get; }

    /// <summary>What it measured and was told, and was not written yet.</summary>
    public StepLog Steps { get; }

    /// <summary>What the trial sees as one of a batch; null when it is in none.</summary>
    public BatchView? View { get; set; }

    /// <summary>In the order in which they were suggested.</summary>
    public IReadOnlyList<TrialParameter> Parameters => _suggester.Known;

    /// <summary>
    /// Those of the parameters that the objective has asked for; a trial that carries another one on knows more from its start.
    /// </summary>
    public IEnumerable<TrialParameter> AskedParameters => _suggester.Asked;

    /// <summary>In order of their steps.</summary>
    public IReadOnlyList<TrialReport> Reports => _reports;

    /// <summary>The pruner's verdict on the latest report.</summary>
    public ReportDecision LastDecision { get; private set; } = ReportDecision.Continue("nothing was reported yet");

    /// <summary>As JSON.</summary>
    public IReadOnlyDictionary<string, string> SystemAttributes => _systemAttributes;

    /// <summary>As JSON.</summary>
    public IReadOnlyDictionary<string, string> UserAttributes => _userAttributes;

    /// <summary>The distribution that is known under a name, or null.</summary>
    public Distribution? FindDistribution(string name) => _engine.History.FindDistribution(name);

    /// <summary>A parameter of the trial: as it was suggested before, or chosen now and stored.</summary>
    /// <exception cref="ArgumentException">The study knows the name as another kind of parameter.</exception>
    /// <exception cref="TrialLostException">The trial is no longer this worker's.</exception>
    public TrialParameter Suggest(string name, Distribution distribution)
    {
        Hold.Check();
        distribution = _engine.History.Same(name, distribution);
        if (_suggester.Find(name, distribution) is { } known)
        {
            // Of a suggestion that was stored only in part, and is asked for again.
            StoreNotes();
            return known;
        }

        var parameter = _suggester.Choose(name, distribution, out var inTurn) is { } choice
            ? Store(choice.Parameter)
            : ChooseInTurn(name, inTurn!);
        _suggester.Add(parameter);
        StoreNotes();
        _engine.Progress.Raise();
        return parameter;
    }

    private TrialParameter Store(TrialParameter parameter)
    {
        Hold.Write(() => Storage.SetParameter(Id, parameter));
        return parameter;
    }

    /// <summary>Lets a parameter be chosen and stored in one act for all workers of the study.</summary>
    private TrialParameter ChooseInTurn(string name, ChoiceInTurn choose)
    {
        ParameterChoice? choice = null;
        TrialParameter? stored = null;
        var kept = choose with { Choose = (history, planned) => choice = choose.Choose(history, planned) };
        Hold.Write(() => (stored = _engine.Choose(this, name, kept)) is not null);
        // Of a trial that was taken away nothing is stored.
        if (stored is null) choice = _engine.Decide(Storage, HistoryScope.Everything, history => choose.Choose(history, null));
        // What was stored by a try whose answer was lost is what that try chose.
        if (choice is not null)
        {
            foreach (var (key, json) in choice.SystemAttributes)
            {
                _systemAttributes[key] = json;
                _suggester.NoteStored(key);
            }
        }

        return stored ?? choice!.Parameter;
    }

    private void StoreNotes()
    {
        while (_suggester.NextNote is var (key, json))
        {
            if (!_systemAttributes.TryGetValue(key, out var before) || before != json) SetAttribute(AttributeKind.System, key, json);
            _suggester.NoteStored(key);
        }
    }

    /// <summary>
    /// Chooses what the sampler wants to choose together at the start of a trial, before the objective runs.
    /// </summary>
    /// <returns>The trial as others of its batch see it: as running, with all that is known of its parameters by now.</returns>
    public FrozenTrial Plan()
    {
        var planned = _suggester.Plan();
        var attributes = new Dictionary<string, string>(_systemAttributes);
        foreach (var (key, json) in _suggester.Notes) attributes[key] = json;
        return new FrozenTrial { Number = Number, State = TrialState.Running, ParameterList = planned, SystemAttributesJson = attributes };
    }

    /// <summary>Stores an intermediate value and asks the pruner.</summary>
    /// <exception cref="OperationCanceledException">The trial is to stop; the report is stored.</exception>
    /// <exception cref="TrialLostException">The trial is no longer this worker's.</exception>
    public ReportDecision Report(long step, double value)
    {
        Hold.Check();
        var report = new TrialReport(step, value);
        var position = _reports.FindLastIndex(r => r.Step <= step);
        if (position >= 0 && _reports[position].Step == step)
        {
            // A loop that does it once does it in every round.
            if (!_reportedTwice) _engine.Setup.Logger.ReportedTwice(Number, step);
            _reportedTwice = true;
        }
        else
        {
            Hold.Write(() => Storage.AddReport(Id, report));
            _reports.Insert(position + 1, report);
        }

        Telemetry.CountReport(_engine.Setup.Name);
        LastDecision = _engine.Judge(this);
        // Where nobody judges, there is no verdict. What is said when a report comes late is said of the latest.
        if (_engine.Setup.Reported is not null && _engine.Setup.Pruner is not NoPruner)
        {
            Steps.Add(_reports[^1].Step, LastDecision);
            _engine.Steps.Wrote(this);
        }

        _watcher?.Reported(this, report, LastDecision);
        _stop.ThrowIfCancellationRequested();
        return LastDecision;
    }

    /// <summary>Keeps values of series, which are written a moment later.</summary>
    /// <exception cref="OperationCanceledException">The trial is to stop; the values are kept.</exception>
    /// <exception cref="TrialLostException">The trial is no longer this worker's.</exception>
    public void Log(long step, ReadOnlySpan<(string Name, double Value)> values, SeriesPrecision precision)
    {
        Hold.Check();
        if (values.Length > 0)
        {
            // Nothing would be written that comes while the trial ends, or later.
            if (!Steps.TryAdd(step, values, precision)) throw Hold.Ended();
            _engine.Steps.Wrote(this);
        }

        _stop.ThrowIfCancellationRequested();
    }

    /// <summary>Keeps a blob; false when the study's budget is used up.</summary>
    /// <exception cref="TrialLostException">The trial is no longer this worker's.</exception>
    public bool LogBlob(BlobRecord blob)
    {
        Hold.Check();
        // What it carried of this step and later ones goes first, not what it keeps now.
        Steps.GoOnAt(blob.Step);
        if (Hold.State == HoldState.Held) _engine.Steps.Write(this, Storage);
        var outcome = BlobOutcome.NotRunning;
        // Of a trial that was taken away no blob is kept: what waits for its end waits in memory.
        Hold.Write(() => (outcome = Storage.AddBlob(Id, blob, _engine.Setup.BlobBudget)) != BlobOutcome.NotRunning);
        if (outcome == BlobOutcome.TooMuch) _engine.SayBlobsAreFull();
        return outcome == BlobOutcome.Stored;
    }

    /// <summary>Adds or replaces an attribute.</summary>
    /// <exception cref="TrialLostException">The trial is no longer this worker's.</exception>
    public void SetAttribute(AttributeKind kind, string key, string json)
    {
        Hold.Check();
        Hold.Write(() => Storage.SetTrialAttribute(Id, kind, key, json));
        (kind == AttributeKind.User ? _userAttributes : _systemAttributes)[key] = json;
    }

    /// <summary>The trial as this worker knows it.</summary>
    public FrozenTrial Freeze() => new()
    {
        Id = Id,
        Number = Number,
        ParameterList = [.. Parameters],
        Reports = [.. _reports],
        UserAttributesJson = new Dictionary<string, string>(_userAttributes),
        SystemAttributesJson = new Dictionary<string, string>(_systemAttributes),
    };
}
