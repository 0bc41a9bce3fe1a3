using Tunewise.History;
using Tunewise.Numerics;
using Tunewise.Samplers;
using Tunewise.Spaces;
using Tunewise.Storage;

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
    private Dictionary<string, object?>? _certain;

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

    /// <summary>
    /// Chooses a parameter that the trial does not have yet; or says how it is to be chosen in one act with being stored, where no two
    /// workers may choose the same: in a finite space, or as the sampler wants it.
    /// </summary>
    /// <param name="name">The parameter.</param>
    /// <param name="distribution">Its range.</param>
    /// <param name="inTurn">How it is to be chosen when its turn comes (<see cref="ChoiceInTurn"/>); null when it is chosen.</param>
    /// <returns>What was chosen, with what the sampler keeps with the trial; null when it is to be chosen in turn.</returns>
    /// <exception cref="ArgumentException">The study knows the name as another kind of parameter, or it was queued with a value that it
    /// cannot have.</exception>
    public ParameterChoice? Choose(string name, Distribution distribution, out ChoiceInTurn? inTurn)
    {
        if ((engine.History.FindDistribution(name) ?? trial.Storage.Try(() => engine.History.KnownDistribution(name))) is { } earlier)
            RequireCompatible(name, distribution, earlier);
        inTurn = null;
        if (wanted.TryGetValue(name, out var given)) return Chosen(name, distribution, Fixed(name, distribution, given));
        if (distribution.IsSingle) return Chosen(name, distribution, distribution.SingleValue);
        if (engine.Setup.IsMakeshift)
        {
            throw new ArgumentException(
                $"parameter '{name}' has no value in Trial.With, which has {(wanted.Count == 0 ? "none" : string.Join(", ", wanted.Keys))}");
        }

        if (trial.View is { } view)
        {
            // The trials of a batch know one another's plans, and nothing that depends on who is faster.
            var own = SampleInBatch(name, distribution);
            if (!MayBeTakenByOthers(name, distribution, own)) return Chosen(name, distribution, own);
            inTurn = InTurn(name, distribution, own, view);
            return null;
        }

        if (engine.ChoosesInTurn(name))
        {
            // What is read when its turn comes are the latest news only.
            Decide(HistoryScope.Everything, static history => history.Count);
            inTurn = InTurn(name, distribution, null, null);
            return null;
        }

        var value = Sample(name, distribution);
        if (!MayBeTakenByOthers(name, distribution, value)) return Chosen(name, distribution, value);
        inTurn = InTurn(name, distribution, value, null);
        return null;
    }

    /// <summary>
    /// Whether somebody else may try or take what follows from a value before it is stored, so that another one would be chosen.
    /// </summary>
    private bool MayBeTakenByOthers(string name, Distribution distribution, double value) =>
        engine.ChoosesInTurn(name) || (!engine.Prescribes(name) && MayBeTaken(name, distribution, value));

    private ChoiceInTurn InTurn(string name, Distribution distribution, double? sampled, BatchView? view) => new(
        history => view!.SeesAllOf(history) ? Chosen(name, distribution, sampled!.Value)
            : history.Explored.IsFull(SoFar(history, _known), name, distribution) ? null
            : ChosenInTurn(history, name, distribution, sampled),
        (history, planned) => planned is { Parameter.Value: var value }
            && !history.Explored.IsTaken(SoFar(history, _known), name, distribution, value)
            ? planned
            : ChosenInTurn(history, name, distribution, sampled));

    /// <summary>Chooses from all that is stored by then.</summary>
    private ParameterChoice ChosenInTurn(StudyHistory history, string name, Distribution distribution, double? sampled)
    {
        if (!engine.ChoosesInTurn(name))
            return Chosen(name, distribution, Untried(history, _known, name, distribution, sampled!.Value));
        // What was planned for a batch gives way to what others do meanwhile.
        _planned.Clear();
        return Chosen(name, distribution, SampleFrom(history, _known, name, distribution));
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
    /// Chooses at the start of a trial what the sampler wants to choose together and, of a finite space, what will be suggested as far as
    /// that is known, so that those who choose next choose otherwise.
    /// </summary>
    /// <returns>All that is known of its parameters by then, in the order in which they will be suggested as far as
    /// that is known.</returns>
    public IReadOnlyList<TrialParameter> Plan() => Decide<IReadOnlyList<TrialParameter>>(HistoryScope.Everything, history =>
    {
        if (history.Branches.Root.Count > 0) PlanJointly(history, _known, history.Branches.Root[0].Name);
        var planned = new List<TrialParameter>(_known);
        while (history.Explored.NextOf(SoFar(history, planned), out var name, out var distribution))
        {
            if (planned.Exists(p => p.Name == name) || (engine.Setup.AllowRepeats && !engine.ChoosesInTurn(name))) break;
            if (PlanOne(history, planned, name, distribution) is not { } value) break;
            planned.Add(new TrialParameter(name, distribution, value));
        }

        foreach (var queued in history.KnownOf(wanted))
        {
            if (!planned.Exists(p => p.Name == queued.Name)) planned.Add(queued);
        }

        foreach (var (name, value) in _planned)
        {
            if (!planned.Exists(p => p.Name == name) && history.KnownDistribution(name) is { } distribution)
                planned.Add(new TrialParameter(name, distribution, value));
        }

        return planned;
    });

    /// <summary>Plans the parameter that a trial with these will suggest next; null when the sampler cannot.</summary>
    private double? PlanOne(StudyHistory history, List<TrialParameter> before, string name, Distribution distribution)
    {
        if (history.KnownOf(wanted).FirstOrDefault(p => p.Name == name) is { Distribution: not null } given) return given.Value;
        try
        {
            var value = SampleFrom(history, before, name, distribution);
            return _planned[name] = engine.Prescribes(name) ? value : Untried(history, before, name, distribution, value);
        }
        catch (SamplerException)
        {
            // The error belongs to the suggestion, where the objective can see it.
            return null;
        }
    }

    private double Sample(string name, Distribution distribution) => Planned(name, distribution)
        ?? Decide(engine.Setup.Sampler.Scope, history => SampleFrom(history, _known, name, distribution));

    private double SampleFrom(StudyHistory history, IReadOnlyList<TrialParameter> before, string name, Distribution distribution)
    {
        if (!_planned.ContainsKey(name)) PlanJointly(history, before, name);
        if (Planned(name, distribution) is { } planned) return planned;
        var context = Context(history, before, name);
        double sampled;
        try
        {
            sampled = engine.Setup.Sampler.Sample(context, name, distribution);
        }
        catch (Exception error) when (Thrown.IsFault(error))
        {
            throw Fault(name, error);
        }

        Note(context);
        if (distribution.Contains(sampled)) return sampled;
        throw new SamplerException(
            $"{engine.Setup.Sampler.GetType().Name} chose {Words.Exact(sampled)} for parameter '{name}', which is not a value of "
            + $"{distribution}; a sampler returns internal values: a number from the range, or the index of a choice");
    }

    private double SampleInBatch(string name, Distribution distribution)
    {
        var value = Sample(name, distribution);
        return engine.Prescribes(name) || engine.Setup.AllowRepeats || engine.History.IsOpen
            ? value
            : Decide(HistoryScope.Everything, history => Untried(history, _known, name, distribution, value));
    }

    /// <summary>
    /// Whether the parameter belongs to a finite space, where somebody else may have tried or taken what follows from it.
    /// </summary>
    private bool MayBeTaken(string name, Distribution distribution, double value)
    {
        if (engine.Setup.AllowRepeats || engine.History.IsOpen || !FiniteValues.AreFew(distribution)) return false;
        foreach (var parameter in _known)
        {
            if (!FiniteValues.AreFew(parameter.Distribution)) return false;
        }

        // What has no end will not get one.
        return Decide(HistoryScope.Everything, history => !history.Explored.IsEndless(SoFar(history, _known), name, distribution, value));
    }

    /// <summary>The value, or another one when everything that follows from it was tried or is taken.</summary>
    private double Untried(
        StudyHistory history, IReadOnlyList<TrialParameter> before, string name, Distribution distribution, double value) =>
        history.Explored.Replace(
            SoFar(history, before),
            name,
            distribution,
            value,
            RandomSource.For(engine.Setup.Seed, trial.Number, name + "/repeat")) ?? value;

    /// <summary>What the trial will have whatever the sampler says.</summary>
    private Dictionary<string, object?> Certain()
    {
        var certain = engine.Held.ToDictionary();
        foreach (var (name, value) in wanted) certain[name] = value;
        return certain;
    }

    private TrialSoFar SoFar(StudyHistory history, IReadOnlyList<TrialParameter> known) =>
        new(history, trial.Number, known, history.KnownOf(_certain ??= Certain()));

    private ParameterChoice Chosen(string name, Distribution distribution, double value) =>
        new(new TrialParameter(name, distribution, value), new Dictionary<string, string>(_notes));

    private T Decide<T>(HistoryScope scope, Func<StudyHistory, T> think) =>
        engine.Decide(trial.Storage, scope, think, engine.Setup.Sampler.LearnsWithinGroup ? trial.Number : null, trial.View);

    private double? Planned(string name, Distribution distribution) =>
        _planned.TryGetValue(name, out var value) && distribution.Contains(value) ? value : null;

    private void PlanJointly(StudyHistory history, IReadOnlyList<TrialParameter> before, string name)
    {
        // A slash and what follows keep the stream apart from that of the parameter itself.
        var context = Context(history, before, _planned.Count == 0 ? "" : name + "/joint") with { Asked = name };
        try
        {
            var space = engine.Setup.Sampler.InferJointSpace(context, name);
            if (space.Count > 0 && engine.Setup.Sampler.SampleJoint(context, space) is { } values)
            {
                for (var d = 0; d < space.Count; d++) _planned.TryAdd(space[d].Name, values[d]);
            }
        }
        catch (Exception error) when (Thrown.IsFault(error))
        {
            throw Fault(name, error);
        }

        Note(context);
    }

    private SamplerException Fault(string name, Exception error) =>
        new(Thrown.InWords(engine.Setup.Sampler, error, $"for parameter '{name}'"), error);

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
            var what = engine.Setup.IsMakeshift ? "has a value in Trial.With that it cannot have" : "was queued with a value it cannot have";
            throw new ArgumentException($"parameter '{name}' {what}: {error.Message}", error);
        }

        if (!distribution.Contains(value)) engine.Setup.Logger.FixedOutside(trial.Number, name, given, distribution);
        return value;
    }

    private SamplingContext Context(StudyHistory history, IReadOnlyList<TrialParameter> before, string name) =>
        new(history, trial.Number, RandomSource.For(engine.Setup.Seed, trial.Number, name))
        {
            Asked = name,
            Seed = engine.Setup.Seed,
            Known = before,
            Given = wanted,
            Fixed = _fixed ??= history.KnownOf(wanted),
            Kept = trial.SystemAttributes,
            AllowRepeats = engine.Setup.AllowRepeats,
        };

    private void RequireCompatible(string name, Distribution asked, Distribution earlier)
    {
        if (asked.IsCompatibleWith(earlier)) return;
        var (there, here) = (earlier.ToString(), asked.ToString());
        if (there == here && earlier is CategoricalDistribution stored && asked is CategoricalDistribution wished)
            (there, here) = (stored.DescribeWithTypes(), wished.DescribeWithTypes());
        throw new ArgumentException(
            $"parameter '{name}' is {there} in study '{engine.Setup.Name}', the program asks for {here}; "
            + "bounds and steps may change within a study, "
            + "kind, scale and choices may not: give the parameter or the study another name");
    }
}
