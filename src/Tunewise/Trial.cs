using System.Globalization;
using System.Security.Cryptography;
using Tunewise.Numerics;
using Tunewise.Pruners;
using Tunewise.Running;
using Tunewise.Samplers;
using Tunewise.Spaces;
using Tunewise.Storage;

namespace Tunewise;

/// <summary>
/// A trial that runs now: it suggests parameters and takes reports. What a call returns is in the storage already. One thread at a time
/// may use it.
/// </summary>
public sealed class Trial
{
    private readonly Study _study;
    private readonly IReadOnlyDictionary<string, object?> _fixed;
    private readonly Dictionary<string, TrialParameter> _parameters = [];
    private readonly List<TrialReport> _reports = [];
    private readonly CancellationToken _stop;
    private readonly List<TrialParameter> _known = [];
    private readonly Dictionary<string, double> _planned = [];
    private readonly Dictionary<string, string> _systemAttributes;
    private readonly Dictionary<string, string> _userAttributes;
    private IReadOnlyList<TrialParameter>? _fixedInternal;
    private readonly List<KeyValuePair<string, string>> _samplerAttributes = [];
    private volatile bool _lost;
    private volatile bool _doubtful;
    private bool _detached;
    private bool _reportedTwice;
    private readonly HashSet<string> _asked = [];

    internal Trial(Study study, FrozenTrial claimed, CancellationToken stop)
    {
        _study = study;
        _stop = stop;
        Storage = study.PatientUntil(stop);
        Id = claimed.Id;
        Number = claimed.Number;
        Attempts = TrialAttributes.AttemptsOf(claimed.SystemAttributesJson);
        _fixed = TrialAttributes.Fixed(claimed.SystemAttributesJson);
        Continues = TrialAttributes.ContinuedTrial(claimed.SystemAttributesJson);
        Origin = claimed.Origin;
        _systemAttributes = new Dictionary<string, string>(claimed.SystemAttributesJson);
        _userAttributes = new Dictionary<string, string>(claimed.UserAttributesJson);
        foreach (var parameter in claimed.ParameterList)
        {
            _parameters.Add(parameter.Name, parameter);
            _known.Add(parameter);
        }

        _reports.AddRange(claimed.Reports);
    }

    /// <summary>The trial's number within its study, counted from 0.</summary>
    public int Number { get; }

    /// <summary>The study that the trial belongs to.</summary>
    public Study Study => _study;

    /// <summary>How many earlier tries of the same parameters failed.</summary>
    public int Attempts { get; }

    /// <summary>The number of the paused trial that this one continues, or null. Its reports are this trial's too: go on after the last of them.</summary>
    public int? Continues { get; }

    /// <summary>
    /// The number of the first trial of the chain that this one carries on: trials that are tried again and paused trials that go on share it, and the
    /// checkpoint. A trial that must be tried from scratch begins a chain of its own.
    /// </summary>
    public int Origin { get; }

    /// <summary>The parameters suggested so far, as the user knows them.</summary>
    public IReadOnlyDictionary<string, object?> Parameters => _parameters.ToDictionary(p => p.Key, p => p.Value.External);

    /// <summary>The user attributes so far; a trial that tries another one again or continues it begins with that one's.</summary>
    public IReadOnlyDictionary<string, object?> UserAttributes => _userAttributes.ToDictionary(p => p.Key, p => AttributeJson.ReadOrText(p.Value));

    /// <summary>The reports so far, in order of their steps.</summary>
    public IReadOnlyList<TrialReport> Reports => _reports;

    /// <summary>The pruner's verdict on the latest report.</summary>
    public ReportDecision LastDecision { get; private set; } = ReportDecision.Continue("nothing was reported yet");

    internal long Id { get; }

    /// <summary>The storage with this trial's patience: until it is asked to stop, too.</summary>
    internal PatientStorage Storage { get; }

    /// <summary>Suggests a real number.</summary>
    /// <param name="name">The parameter; the same name gives the same value again.</param>
    /// <param name="low">The lower end, included.</param>
    /// <param name="high">The upper end, included; with a step it is lowered to the last grid point.</param>
    /// <param name="log">Search on a logarithmic scale; needs <paramref name="low"/> &gt; 0 and no step.</param>
    /// <param name="step">The distance of the grid points, or null for a continuous range.</param>
    /// <exception cref="ArgumentException">The range is no range, or the study knows the name as another kind of parameter. The message names the parameter.</exception>
    /// <exception cref="TrialLostException">The trial is no longer this worker's.</exception>
    public double SuggestFloat(string name, double low, double high, bool log = false, double? step = null) =>
        Suggest(name, () => new FloatDistribution(low, high, log, step)).Value;

    /// <summary>Suggests a whole number.</summary>
    /// <param name="name">The parameter; the same name gives the same value again.</param>
    /// <param name="low">The lower end, included.</param>
    /// <param name="high">The upper end, included; it is lowered to the last grid point.</param>
    /// <param name="log">Search on a logarithmic scale; needs <paramref name="low"/> ≥ 1 and step 1.</param>
    /// <param name="step">The distance of the grid points, at least 1.</param>
    /// <exception cref="ArgumentException">The range is no range, or the study knows the name as another kind of parameter. The message names the parameter.</exception>
    /// <exception cref="TrialLostException">The trial is no longer this worker's.</exception>
    public int SuggestInt(string name, int low, int high, bool log = false, int step = 1) =>
        checked((int)SuggestLong(name, low, high, log, step));

    /// <summary>Suggests a whole number from a range that an int cannot hold; as <see cref="SuggestInt"/>, with bounds up to ±2^53.</summary>
    /// <param name="name">The parameter.</param>
    /// <param name="low">The lower end, included.</param>
    /// <param name="high">The upper end, included.</param>
    /// <param name="log">Search on a logarithmic scale.</param>
    /// <param name="step">The distance of the grid points.</param>
    public long SuggestLong(string name, long low, long high, bool log = false, long step = 1) =>
        (long)Suggest(name, () => new IntDistribution(low, high, log, step)).Value;

    /// <summary>Suggests one of the choices.</summary>
    /// <typeparam name="T">string, bool, a number type, an enum (kept by name), or object for a mix with null.</typeparam>
    /// <param name="name">The parameter; the same name gives the same value again.</param>
    /// <param name="choices">At least one, the same in every trial of the study.</param>
    /// <exception cref="ArgumentException">There is no choice, or the study knows other choices under this name.</exception>
    /// <exception cref="TrialLostException">The trial is no longer this worker's.</exception>
    public T SuggestCategorical<T>(string name, params IReadOnlyList<T> choices)
    {
        var parameter = Suggest(name, () => new CategoricalDistribution(choices.Cast<object?>()));
        // The very object the user passed, when there is one: 1 stays an int and an enum an enum.
        var index = (int)parameter.Value;
        return index < choices.Count ? choices[index] : ParameterConversion.To<T>(name, parameter.External);
    }

    /// <summary>Suggests one of an enum's values; they are stored by name.</summary>
    /// <typeparam name="TEnum">The enum.</typeparam>
    /// <param name="name">The parameter.</param>
    public TEnum SuggestEnum<TEnum>(string name)
        where TEnum : struct, Enum => SuggestCategorical(name, Enum.GetValues<TEnum>());

    /// <summary>Suggests true or false.</summary>
    /// <param name="name">The parameter.</param>
    public bool SuggestBool(string name) => SuggestCategorical(name, false, true);

    /// <summary>Suggests all parameters of a typed record: one whose constructor's parameters carry range attributes such as <see cref="Spaces.FloatRangeAttribute"/>.</summary>
    /// <typeparam name="T">A record whose constructor's parameters carry range attributes.</typeparam>
    public T Suggest<T>()
        where T : class => ParameterRecord<T>.Build((name, distribution) => distribution switch
    {
        FloatDistribution f => SuggestFloat(name, f.Low, f.High, f.Log, f.Step),
        IntDistribution i => SuggestLong(name, i.Low, i.High, i.Log, i.Step),
        CategoricalDistribution c => SuggestCategorical(name, c.Choices),
        _ => throw new InvalidOperationException($"{distribution} cannot be suggested"),
    });

    /// <summary>
    /// Stores an intermediate value and asks the pruner. The first report of a step stays; later ones are ignored, with one warning per trial.
    /// </summary>
    /// <param name="step">At least 0; usually the epoch.</param>
    /// <param name="value">Any number, ±infinity and NaN included.</param>
    /// <returns>Whether the trial should stop now, and why.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The step is negative.</exception>
    /// <exception cref="OperationCanceledException">The run is being stopped: the report is stored, and the trial will be queued again.</exception>
    /// <exception cref="TrialLostException">The trial is no longer this worker's.</exception>
    public ReportDecision Report(long step, double value)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(step);
        ThrowIfLost();
        var report = new TrialReport(step, value);
        var position = _reports.FindLastIndex(r => r.Step <= step);
        if (position >= 0 && _reports[position].Step == step)
        {
            // A loop that does it once does it in every round.
            if (!_reportedTwice) _study.Logger.ReportedTwice(Number, step);
            _reportedTwice = true;
        }
        else
        {
            Store(() => Storage.AddReport(Id, report));
            _reports.Insert(position + 1, report);
        }

        Telemetry.CountReport(_study);
        LastDecision = _study.Judge(this, _systemAttributes);
        _study.Observe(o => o.Reported(this, report, LastDecision));
        _stop.ThrowIfCancellationRequested();
        return LastDecision;
    }

    /// <summary>Throws when the latest report's verdict was to prune, for code that is too deep to return.</summary>
    /// <exception cref="TrialPrunedException">The trial should stop.</exception>
    public void ThrowIfPruned()
    {
        if (LastDecision.ShouldPrune) throw new TrialPrunedException(LastDecision.Reason);
    }

    /// <summary>Adds or replaces a user attribute.</summary>
    /// <param name="key">Its name, at most 512 characters.</param>
    /// <param name="value">null, bool, text, a number, or lists and string-keyed maps of these.</param>
    public void SetUserAttribute(string key, object? value)
    {
        ThrowIfLost();
        var json = StudyAttributes.Write(value);
        StudyAttributes.CheckKey(key);
        Store(() => Storage.SetTrialAttribute(Id, AttributeKind.User, key, json));
        _userAttributes[key] = json;
    }

    /// <summary>
    /// Stores how far the trial is from keeping a constraint. Samplers avoid regions that violate constraints, and the best trial is a feasible one
    /// where there is any. A constraint that a trial does not mention is kept.
    /// </summary>
    /// <param name="name">The constraint, such as "latency".</param>
    /// <param name="value">At most 0 when the constraint is kept, above 0 by how much it is violated; may be infinite.</param>
    /// <exception cref="ArgumentException">The value is NaN.</exception>
    /// <exception cref="TrialLostException">The trial is no longer this worker's.</exception>
    public void SetConstraint(string name, double value)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        if (double.IsNaN(value))
            throw new ArgumentException($"constraint '{name}' of trial {Number} is NaN; it must be a number: at most 0 when kept, above 0 when violated");
        ThrowIfLost();
        SetSystemAttribute(StudyAttributes.CheckKey(TrialAttributes.ConstraintPrefix + name), AttributeJson.Write(value));
    }

    /// <summary>
    /// A name for the trial's checkpoint that no other trial of any study has, for programs that keep checkpoints of their own: the study's <see cref="Study.Uid"/>,
    /// the number of the trial that asked first, and some digits drawn at random. It is stored with the trial; trials that try this one again, unless from scratch,
    /// and one that continues it have the same. Letters, digits and hyphens only.
    /// </summary>
    /// <exception cref="TrialLostException">The trial is no longer this worker's.</exception>
    public string GetCheckpointName()
    {
        if (TrialAttributes.CheckpointOf(_systemAttributes) is { } known && known.StartsWith(_study.CheckpointPrefix, StringComparison.Ordinal)) return known;
        return DrawCheckpointName();
    }

    /// <summary>Gives the trial's checkpoint a name of its own from now on, for itself and for trials that carry it on.</summary>
    internal string DrawCheckpointName()
    {
        ThrowIfLost();
        var name = string.Create(CultureInfo.InvariantCulture, $"{_study.CheckpointPrefix}{Number}-{RandomNumberGenerator.GetHexString(8, lowercase: true)}");
        SetSystemAttribute(TrialAttributes.Checkpoint, AttributeJson.Write(name));
        return name;
    }

    /// <summary>The parameters that the objective has suggested so far; a trial that carries another one on knows more from its start.</summary>
    internal IReadOnlyDictionary<string, object?> AskedParameters => _parameters.Where(p => _asked.Contains(p.Key)).ToDictionary(p => p.Key, p => p.Value.External);

    /// <summary>How many trainings with checkpoints the objective has begun: each has a file of its own.</summary>
    internal int Fits { get; set; }

    /// <summary>The lease is gone; the next call finds out what became of the trial.</summary>
    internal void MarkLost() => _doubtful = true;

    /// <summary>The trial as this worker knows it.</summary>
    internal FrozenTrial Freeze() => new()
    {
        Id = Id,
        Number = Number,
        ParameterList = [.. _known],
        Reports = [.. _reports],
        UserAttributesJson = new Dictionary<string, string>(_userAttributes),
        SystemAttributesJson = new Dictionary<string, string>(_systemAttributes),
    };

    /// <summary>Chooses what the sampler wants to choose together at the start of a trial, before the objective runs.</summary>
    internal IReadOnlyList<TrialParameter> Plan() => _study.WithHistory(Number, Storage, history =>
    {
        history.CatchUp();
        var planned = new List<TrialParameter>();
        if (history.Intersection.Count == 0) return planned;
        PlanJointly(history, history.Intersection[0].Name);
        foreach (var (name, value) in _planned)
        {
            if (history.KnownDistribution(name) is { } distribution) planned.Add(new TrialParameter(name, distribution, value));
        }

        return planned;
    });

    private void SetSystemAttribute(string key, string json)
    {
        Store(() => Storage.SetTrialAttribute(Id, AttributeKind.System, key, json));
        _systemAttributes[key] = json;
    }

    internal void StoreSystemAttribute(string key, string json) => SetSystemAttribute(key, json);

    private TrialParameter Suggest(string name, Func<Distribution> create)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ThrowIfLost();
        Distribution distribution;
        try
        {
            distribution = create();
        }
        catch (ArgumentException error)
        {
            throw new ArgumentException($"parameter '{name}': {error.Message}", error);
        }

        _asked.Add(name);
        if (_parameters.TryGetValue(name, out var known))
        {
            RequireCompatible(name, distribution, known.Distribution);
            if (!known.Distribution.Equals(distribution)) _study.Logger.SuggestedTwice(Number, name, known.Distribution);
            return known;
        }

        var value = _study.WithHistory(Number, Storage, history =>
        {
            if (_study.KnownDistribution(name) is { } earlier) RequireCompatible(name, distribution, earlier);
            return Choose(history, name, distribution);
        });
        var parameter = new TrialParameter(name, distribution, value);
        Store(() => Storage.SetParameter(Id, parameter));
        foreach (var (key, json) in _samplerAttributes) SetSystemAttribute(key, json);
        _samplerAttributes.Clear();
        _parameters.Add(name, parameter);
        _known.Add(parameter);
        _study.LearnDistribution(name, distribution);
        return parameter;
    }

    private double Choose(History.StudyHistory history, string name, Distribution distribution)
    {
        if (_fixed.TryGetValue(name, out var wanted)) return Fixed(name, distribution, wanted);
        if (distribution.IsSingle) return distribution.SingleValue;
        if (!_planned.ContainsKey(name)) PlanJointly(history, name);
        var context = Context(history, name);
        var value = _planned.TryGetValue(name, out var joint) && distribution.Contains(joint) ? joint : _study.Sampler.Sample(context, name, distribution);
        Remember(context);
        if (context.AllowRepeats || history.Explored.IsInfinite) return value;
        history.CatchUp();
        return history.Explored.Replace(context.SoFar, name, distribution, value, RandomSource.For(_study.Seed, Number, name + "/repeat")) ?? value;
    }

    private void PlanJointly(History.StudyHistory history, string name)
    {
        // A slash and what follows keep the stream apart from that of the parameter itself.
        var context = Context(history, _planned.Count == 0 ? "" : name + "/joint") with { Asked = name };
        var space = _study.Sampler.InferJointSpace(context, name);
        if (space.Count > 0 && _study.Sampler.SampleJoint(context, space) is { } values)
        {
            for (var d = 0; d < space.Count; d++) _planned.TryAdd(space[d].Name, values[d]);
        }

        Remember(context);
    }

    private void Remember(SamplingContext context)
    {
        foreach (var attribute in context.Attributes)
        {
            if (!_systemAttributes.TryGetValue(attribute.Key, out var known) || known != attribute.Value) _samplerAttributes.Add(attribute);
        }
    }

    private double Fixed(string name, Distribution distribution, object? wanted)
    {
        double value;
        try
        {
            value = distribution.ToInternal(wanted);
        }
        catch (ArgumentException error)
        {
            throw new ArgumentException($"parameter '{name}' was queued with a value it cannot have: {error.Message}", error);
        }

        if (!distribution.Contains(value)) _study.Logger.FixedOutside(Number, name, wanted, distribution);
        return value;
    }

    private SamplingContext Context(History.StudyHistory history, string name) =>
        new(history, Number, RandomSource.For(_study.Seed, Number, name))
        {
            Asked = name,
            Seed = _study.Seed,
            Known = _known,
            Fixed = _fixedInternal ??= KnownFixed(history),
            AllowRepeats = _study.AllowRepeats,
        };

    /// <summary>The fixed values whose ranges the study knows, in internal form.</summary>
    private List<TrialParameter> KnownFixed(History.StudyHistory history)
    {
        if (_fixed.Count == 0) return [];
        history.CatchUp();
        var known = new List<TrialParameter>();
        foreach (var (name, wanted) in _fixed)
        {
            if (history.KnownDistribution(name) is not { } distribution) continue;
            try
            {
                known.Add(new TrialParameter(name, distribution, distribution.ToInternal(wanted)));
            }
            catch (ArgumentException)
            {
                // The error belongs to the suggestion, where the objective can see it.
            }
        }

        return known;
    }

    private void RequireCompatible(string name, Distribution asked, Distribution known)
    {
        if (asked.IsCompatibleWith(known)) return;
        throw new ArgumentException(
            $"parameter '{name}' is {known} in study '{_study.Name}', the program asks for {asked}; bounds and steps may change within a study, "
            + "kind, scale and choices may not: give the parameter or the study another name");
    }

    /// <summary>Writes to the storage, unless the trial was taken away: then this worker remembers what it does, for as long as nobody tries the trial again.</summary>
    private void Store(Func<bool> write)
    {
        if (_detached || !write()) Detach();
    }

    private void ThrowIfLost()
    {
        if (_lost) throw Lost();
        if (_doubtful) Detach();
    }

    private void Detach()
    {
        if (!_study.MayComeLate(this)) throw Lost();
        if (!_detached) _study.Logger.Detached(Number);
        (_detached, _doubtful) = (true, false);
    }

    private TrialLostException Lost()
    {
        _lost = true;
        return new TrialLostException($"trial {Number} of study '{_study.Name}' is no longer this worker's ({_study.WhyLost(Number)})");
    }
}
