using Tunewise.History;
using Tunewise.Numerics;
using Tunewise.Samplers;
using Tunewise.Spaces;

namespace Tunewise.Running;

/// <summary>
/// Chooses the parameters of one trial: as it was queued with them, or as the sampler says, alone or together, and not what was tried
/// before where something is left. One thread at a time may use it.
/// </summary>
/// <param name="engine">The study.</param>
/// <param name="trial">The trial.</param>
/// <param name="wanted">Values that the trial was queued with, by name.</param>
/// <param name="known">Parameters that it has from its start.</param>
internal sealed class Suggester(
    StudyEngine engine, HeldTrial trial, IReadOnlyDictionary<string, object?> wanted, IReadOnlyList<TrialParameter> known)
{
    private readonly List<TrialParameter> _known = [.. known];
    private readonly Dictionary<string, TrialParameter> _byName = ByName(known);
    private readonly HashSet<string> _asked = [];
    private readonly Dictionary<string, double> _planned = [];
    private readonly Dictionary<string, string> _notes = [];
    private IReadOnlyList<TrialParameter>? _fixed;

    /// <summary>The trial's parameters, in order.</summary>
    public IReadOnlyList<TrialParameter> Known => _known;

    /// <summary>The system attributes that the sampler gave with what it planned, and that are not stored yet, as JSON.</summary>
    public IReadOnlyDictionary<string, string> Notes => _notes;

    /// <summary>Those that were asked for.</summary>
    public IEnumerable<TrialParameter> Asked => _known.Where(p => _asked.Contains(p.Name));

    /// <summary>A system attribute that the sampler gave the trial and that is not stored yet, as JSON, or null.</summary>
    public (string Key, string Json)? NextNote => _notes.Count == 0 ? null : (_notes.First().Key, _notes.First().Value);

    /// <summary>A system attribute is stored.</summary>
    public void NoteStored(string key) => _notes.Remove(key);

    /// <summary>A parameter that the trial has, or null.</summary>
    /// <exception cref="ArgumentException">It is of another kind than is asked for.</exception>
    public TrialParameter? Find(string name, Distribution distribution)
    {
        _asked.Add(name);
        if (!_byName.TryGetValue(name, out var parameter)) return null;
        RequireCompatible(name, distribution, parameter.Distribution);
        if (!parameter.Distribution.Equals(distribution)) engine.Setup.Logger.SuggestedTwice(trial.Number, name, parameter.Distribution);
        return parameter;
    }

    /// <summary>The trial has one more parameter.</summary>
    public void Add(TrialParameter parameter)
    {
        _known.Add(parameter);
        _byName.Add(parameter.Name, parameter);
        engine.History.Learn(parameter.Name, parameter.Distribution);
    }

    /// <summary>Chooses the internal value of a parameter that the trial does not have yet.</summary>
    /// <param name="name">The parameter.</param>
    /// <param name="distribution">Its range.</param>
    /// <exception cref="ArgumentException">The study knows the name as another kind of parameter, or it was queued with a value that it
    /// cannot have.</exception>
    public double Choose(string name, Distribution distribution)
    {
        if ((engine.History.FindDistribution(name) ?? trial.Storage.Try(() => engine.History.KnownDistribution(name))) is { } earlier)
            RequireCompatible(name, distribution, earlier);
        return wanted.TryGetValue(name, out var given) ? Fixed(name, distribution, given)
            : distribution.IsSingle ? distribution.SingleValue
            : Sample(name, distribution);
    }

    private static Dictionary<string, TrialParameter> ByName(IReadOnlyList<TrialParameter> known)
    {
        var byName = new Dictionary<string, TrialParameter>();
        foreach (var parameter in known)
        {
            if (!byName.TryAdd(parameter.Name, parameter)) throw new FormatException($"parameter '{parameter.Name}' is there twice");
        }

        return byName;
    }

    /// <summary>
    /// Chooses what the sampler wants to choose together at the start of a trial.
    /// </summary>
    /// <returns>All that is known of its parameters by then: those that it has, those that it was queued with, and those planned.</returns>
    public IReadOnlyList<TrialParameter> Plan() => Decide<IReadOnlyList<TrialParameter>>(HistoryScope.Everything, history =>
    {
        List<TrialParameter> all = [.. _known];
        void Add(IEnumerable<TrialParameter> more) => all.AddRange(more.Where(p => all.TrueForAll(a => a.Name != p.Name)));
        Add(KnownFixed(history));
        Add(Planned(history));
        return all;
    });

    private List<TrialParameter> Planned(StudyHistory history)
    {
        if (history.Branches.Root.Count == 0) return [];
        PlanJointly(history, history.Branches.Root[0].Name);
        var planned = new List<TrialParameter>();
        foreach (var (name, value) in _planned)
        {
            if (history.KnownDistribution(name) is { } distribution) planned.Add(new TrialParameter(name, distribution, value));
        }

        return planned;
    }

    private double Sample(string name, Distribution distribution)
    {
        var value = Planned(name, distribution) ?? Decide(engine.Setup.Sampler.Scope, history =>
        {
            if (!_planned.ContainsKey(name)) PlanJointly(history, name);
            var context = Context(history, name);
            var sampled = Planned(name, distribution) ?? engine.Setup.Sampler.Sample(context, name, distribution);
            Note(context);
            return sampled;
        });
        if (!distribution.Contains(value))
        {
            throw new SamplerException(
                $"{engine.Setup.Sampler.GetType().Name} chose {Words.Exact(value)} for parameter '{name}', which is not a value of "
                + $"{distribution}; a sampler returns internal values: a number from the range, or the index of a choice");
        }

        return engine.Setup.AllowRepeats || engine.History.IsOpen ? value : Untried(name, distribution, value);
    }

    /// <summary>
    /// The value, or another one when everything that follows from it was tried: by what is known now, and by what other trials of this
    /// process have chosen and not stored yet.
    /// </summary>
    private double Untried(string name, Distribution distribution, double value)
    {
        double Replace(StudyHistory history) => history.Explored.Replace(
            new TrialSoFar(history, trial.Number, _known, []),
            name,
            distribution,
            value,
            RandomSource.For(engine.Setup.Seed, trial.Number, name + "/repeat")) ?? value;

        // The trials of a batch know one another's plans, and nothing that depends on who is faster.
        if (trial.View is not null) return Decide(HistoryScope.Everything, Replace);
        return trial.Storage.Try(() => engine.Choices.Choose(trial.Number, chosen =>
        {
            var free = LiveHistory.Think(engine.History.Look(HistoryScope.Everything, trial.Number).With(chosen), Replace);
            TrialParameter[] parameters = [.. _known, new TrialParameter(name, distribution, free)];
            return (free, new FrozenTrial { Number = trial.Number, State = TrialState.Running, ParameterList = parameters });
        }));
    }

    private T Decide<T>(HistoryScope scope, Func<StudyHistory, T> think) =>
        engine.Decide(trial.Storage, scope, think, engine.Setup.Sampler.LearnsWithinGroup ? trial.Number : null, trial.View);

    private double? Planned(string name, Distribution distribution) =>
        _planned.TryGetValue(name, out var value) && distribution.Contains(value) ? value : null;

    private void PlanJointly(StudyHistory history, string name)
    {
        // A slash and what follows keep the stream apart from that of the parameter itself.
        var context = Context(history, _planned.Count == 0 ? "" : name + "/joint") with { Asked = name };
        var space = engine.Setup.Sampler.InferJointSpace(context, name);
        if (space.Count > 0 && engine.Setup.Sampler.SampleJoint(context, space) is { } values)
        {
            for (var d = 0; d < space.Count; d++) _planned.TryAdd(space[d].Name, values[d]);
        }

        Note(context);
    }

    private void Note(SamplingContext context)
    {
        foreach (var (key, json) in context.Attributes) _notes[key] = json;
    }

    private double Fixed(string name, Distribution distribution, object? given)
    {
        double value;
        try
        {
            value = distribution.ToInternal(given);
        }
        catch (ArgumentException error)
        {
            throw new ArgumentException($"parameter '{name}' was queued with a value it cannot have: {error.Message}", error);
        }

        if (!distribution.Contains(value)) engine.Setup.Logger.FixedOutside(trial.Number, name, given, distribution);
        return value;
    }

    private SamplingContext Context(StudyHistory history, string name) =>
        new(history, trial.Number, RandomSource.For(engine.Setup.Seed, trial.Number, name))
        {
            Asked = name,
            Seed = engine.Setup.Seed,
            Known = _known,
            Carried = trial.SystemAttributes,
            Fixed = _fixed ??= KnownFixed(history),
            AllowRepeats = engine.Setup.AllowRepeats,
        };

    /// <summary>The values that the trial was queued with and whose ranges the study knows, in internal form.</summary>
    private List<TrialParameter> KnownFixed(StudyHistory history)
    {
        var fixedNow = new List<TrialParameter>();
        foreach (var (name, given) in wanted)
        {
            if (history.KnownDistribution(name) is not { } distribution) continue;
            try
            {
                fixedNow.Add(new TrialParameter(name, distribution, distribution.ToInternal(given)));
            }
            catch (ArgumentException)
            {
                // The error belongs to the suggestion, where the objective can see it.
            }
        }

        return fixedNow;
    }

    private void RequireCompatible(string name, Distribution asked, Distribution earlier)
    {
        if (asked.IsCompatibleWith(earlier)) return;
        throw new ArgumentException(
            $"parameter '{name}' is {earlier} in study '{engine.Setup.Name}', the program asks for {asked}; "
            + "bounds and steps may change within a study, "
            + "kind, scale and choices may not: give the parameter or the study another name");
    }
}
