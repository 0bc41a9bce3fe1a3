using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Security.Cryptography;
using Tunewise.Pruners;
using Tunewise.Running;
using Tunewise.Samplers.Random;
using Tunewise.Spaces;
using Tunewise.Storage;

namespace Tunewise;

/// <summary>
/// A trial that runs now: it suggests parameters and takes reports. What a call returns is in the storage already. One thread at a time
/// may use it.
/// </summary>
public sealed class Trial
{
    /// <summary>In bytes.</summary>
    private const int LargestBlob = 1 << 20;

    private readonly HeldTrial _held;
    private readonly HashSet<string> _seriesNames = [];

    internal Trial(Study study, HeldTrial held) => (Study, _held) = (study, held);

    /// <summary>
    /// A trial of no study, whose parameters have the values that are given here: to try or test an objective by itself. It is never
    /// pruned, and nothing is stored.
    /// </summary>
    /// <param name="parameters">The value of each parameter that the objective suggests, as the user knows it.</param>
    /// <example><code>var loss = Train(Trial.With(("learning_rate", 0.1), ("optimizer", "sgd")));</code></example>
    /// <remarks>
    /// Suggesting a parameter that is not given throws an <see cref="ArgumentException"/>; so does a value that is not among the choices.
    /// A number outside the range is used all the same.
    /// </remarks>
    public static Trial With(params IReadOnlyList<(string Name, object? Value)> parameters)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        var values = new Dictionary<string, object?>();
        foreach (var (name, value) in parameters)
        {
            if (!values.TryAdd(name ?? "", value)) throw new ArgumentException($"parameter '{name}' is given twice");
        }

        return With(values);
    }

    /// <summary>The same with values by name, such as those of a study's best trial (<see cref="FrozenTrial.Parameters"/>).</summary>
    /// <param name="values">The value of each parameter that the objective suggests, as the user knows it.</param>
    public static Trial With(IReadOnlyDictionary<string, object?> values)
    {
        ArgumentNullException.ThrowIfNull(values);
        foreach (var name in values.Keys) StudyAttributes.CheckParameter(name);
        var study = Study.InMemory(new StudyOptions
        {
            Sampler = new RandomSampler(),
            Pruner = new NoPruner(),
            IsMakeshift = true,
            LeaseDuration = TimeSpan.FromDays(1),
        });
        study.Enqueue(values);
        var trial = study.Ask();
        // Nobody else knows of it, and nothing of it is to be kept until the process ends.
        study.Engine.LetGo(trial.Held);
        return trial;
    }

    /// <summary>The trial's number within its study, counted from 0.</summary>
    public int Number => _held.Number;

    /// <summary>The study that the trial belongs to; of a trial of none, one in memory that nobody else knows.</summary>
    public Study Study { get; }

    /// <summary>Whether the trial is a study's: false for one of <see cref="With(IReadOnlyDictionary{string, object?})"/>.</summary>
    public bool IsOfAStudy => !Study.Engine.Setup.IsMakeshift;

    /// <summary>How many earlier tries of the same parameters failed.</summary>
    public int Attempts => _held.Attempts;

    /// <summary>
    /// The number of the paused trial that this one continues, or null. Its reports are this trial's too: go on after the last of them.
    /// </summary>
    public int? Continues => _held.Continues;

    /// <summary>
    /// The number of the first trial of the chain that this one carries on: trials that are tried again and paused trials that go on share
    /// it, and the checkpoint. A trial that must be tried from scratch begins a chain of its own.
    /// </summary>
    public int Origin => _held.Origin;

    /// <summary>The parameters suggested so far, as the user knows them.</summary>
    public IReadOnlyDictionary<string, object?> Parameters => _held.Parameters.ToDictionary(p => p.Name, p => p.External);

    /// <summary>A parameter that was suggested, as <typeparamref name="T"/>.</summary>
    /// <typeparam name="T">A number type, bool, string or an enum (matched by name).</typeparam>
    /// <param name="name">The parameter.</param>
    /// <exception cref="KeyNotFoundException">It was not suggested yet.</exception>
    /// <exception cref="InvalidCastException">The value is not a <typeparamref name="T"/>.</exception>
    public T Get<T>(string name) => Parameters.TryGetValue(name, out var value)
        ? ParameterConversion.To<T>(name, value)
        : throw new KeyNotFoundException($"trial {Number} has no parameter '{name}' yet");

    /// <summary>The user attributes so far; a trial that tries another one again or continues it begins with that one's.</summary>
    public IReadOnlyDictionary<string, object?> UserAttributes =>
        _held.UserAttributes.ToDictionary(p => p.Key, p => AttributeJson.ReadOrText(p.Value));

    /// <summary>The reports so far, in order of their steps.</summary>
    public IReadOnlyList<TrialReport> Reports => _held.Reports;

    /// <summary>The pruner's verdict on the latest report.</summary>
    public ReportDecision LastDecision => _held.LastDecision;

    /// <summary>Suggests a real number.</summary>
    /// <param name="name">The parameter; the same name gives the same value again, whatever the range.</param>
    /// <param name="low">The lower end, included.</param>
    /// <param name="high">The upper end, included; with a step it is lowered to the last grid point.</param>
    /// <param name="log">Search on a logarithmic scale; needs <paramref name="low"/> &gt; 0 and no step.</param>
    /// <param name="step">The distance of the grid points, or null for a continuous range.</param>
    /// <exception cref="ArgumentException">The range is no range, or the study knows the name as another kind of parameter. The message
    /// names the parameter.</exception>
    /// <exception cref="TrialLostException">The trial is no longer this worker's.</exception>
    public double SuggestFloat(string name, double low, double high, bool log = false, double? step = null) =>
        Suggest(name, () => new FloatDistribution(low, high, log, step)).Value;

    /// <summary>Suggests a whole number.</summary>
    /// <param name="name">The parameter; the same name gives the same value again, whatever the range.</param>
    /// <param name="low">The lower end, included.</param>
    /// <param name="high">The upper end, included; it is lowered to the last grid point.</param>
    /// <param name="log">Search on a logarithmic scale; needs <paramref name="low"/> ≥ 1 and step 1.</param>
    /// <param name="step">The distance of the grid points, at least 1.</param>
    /// <exception cref="ArgumentException">The range is no range, or the study knows the name as another kind of parameter. The message
    /// names the parameter.</exception>
    /// <exception cref="TrialLostException">The trial is no longer this worker's.</exception>
    public int SuggestInt(string name, int low, int high, bool log = false, int step = 1) =>
        checked((int)SuggestLong(name, low, high, log, step));

    /// <summary>
    /// Suggests a whole number from a range that an int cannot hold; as <see cref="SuggestInt"/>, with bounds up to ±2^53.
    /// </summary>
    /// <param name="name">The parameter; the same name gives the same value again, whatever the range.</param>
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
        if (choices is null) throw new ArgumentException($"parameter '{name}': there are no choices, but null");
        // There may be thousands of choices: those of the trial before need not be made anew.
        var parameter = Suggest(
            name,
            () => _held.FindDistribution(name) is CategoricalDistribution known && known.AreChoices(choices)
                ? known
                : new CategoricalDistribution(choices.Cast<object?>()));
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

    /// <summary>
    /// Suggests all parameters of a typed record: one whose constructor's parameters carry range attributes such as
    /// <see cref="Spaces.FloatRangeAttribute"/>.
    /// </summary>
    /// <typeparam name="T">A record whose constructor's parameters carry range attributes.</typeparam>
    public T Suggest<[DynamicallyAccessedMembers(ParameterRecord.Members)] T>()
        where T : class => ParameterRecord<T>.Build((name, distribution) => distribution switch
    {
        FloatDistribution f => SuggestFloat(name, f.Low, f.High, f.Log, f.Step),
        IntDistribution i => SuggestLong(name, i.Low, i.High, i.Log, i.Step),
        CategoricalDistribution c => SuggestCategorical(name, c.Choices),
        _ => throw new InvalidOperationException($"{distribution} cannot be suggested"),
    });

    /// <summary>
    /// Stores an intermediate value and asks the pruner. The first report of a step stays; later ones are ignored,
    /// with one warning per trial.
    /// </summary>
    /// <param name="step">At least 0; usually the epoch.</param>
    /// <param name="value">Any number, ±infinity and NaN included.</param>
    /// <returns>Whether the trial should stop now, and why.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The step is negative.</exception>
    /// <exception cref="OperationCanceledException">The run is being stopped: the report is stored, and the trial will be
    /// queued again.</exception>
    /// <exception cref="TrialLostException">The trial is no longer this worker's.</exception>
    public ReportDecision Report(long step, double value)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(step);
        return _held.Report(step, value);
    }

    /// <summary>
    /// Logs values of series at a step, such as losses, metrics and rates; kept with 32 bits each. Steps may come in any order and more than
    /// once: a value of the same name and step takes the place of the one before. Written a tenth of a second later, and before the trial
    /// ends here; a process that is killed, or whose trial another process ends, loses no more than that. A trial that carries another one on has its values up to the step that it logs first.
    /// </summary>
    /// <param name="step">At least 0; usually the epoch or the number of batches.</param>
    /// <param name="values">Names such as "train/loss", of at most 200 characters, with any numbers, ±infinity and NaN included.</param>
    /// <exception cref="ArgumentException">A name is blank or too long, or is what the study's reports are called.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The step is negative.</exception>
    /// <exception cref="OperationCanceledException">The run is being stopped: the values are kept, and the trial will be queued
    /// again.</exception>
    /// <exception cref="TrialLostException">The trial is no longer this worker's, or has ended.</exception>
    /// <example><code>trial.Log(epoch, ("train/loss", 0.41), ("val/f1", 0.83));</code></example>
    public void Log(long step, params ReadOnlySpan<(string Name, double Value)> values) => Log(step, SeriesPrecision.Bits32, values);

    /// <summary>The same, and says how exactly the values are kept.</summary>
    /// <param name="step">At least 0.</param>
    /// <param name="precision">With 32 or 64 bits.</param>
    /// <param name="values">Names and numbers.</param>
    /// <exception cref="ArgumentException">A name is blank or too long, or is what the study's reports are called.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The step is negative, or there is no such precision.</exception>
    /// <exception cref="OperationCanceledException">The run is being stopped: the values are kept, and the trial will be queued
    /// again.</exception>
    /// <exception cref="TrialLostException">The trial is no longer this worker's, or has ended.</exception>
    public void Log(long step, SeriesPrecision precision, params ReadOnlySpan<(string Name, double Value)> values)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(step);
        if (!Enum.IsDefined(precision)) throw new ArgumentOutOfRangeException(nameof(precision), precision, "there is no such precision");
        foreach (var (name, _) in values)
        {
            if (!_seriesNames.Contains(name)) CheckSeries(name);
        }

        _held.Log(step, values, precision);
    }

    /// <summary>
    /// Keeps bytes at a step: a histogram, a picture, samples. One of the same name and step takes the place of the one before. What is
    /// returned is in the storage already.
    /// </summary>
    /// <param name="step">At least 0.</param>
    /// <param name="name">What it is called, at most 200 characters.</param>
    /// <param name="kind">What it is, at most 200 characters, such as a media type ("image/png").</param>
    /// <param name="bytes">At most 1 MiB.</param>
    /// <returns>False when the study's blobs fill <see cref="StudyOptions.BlobBudget"/>, or the trial was taken from this worker: then it is
    /// not kept.</returns>
    /// <exception cref="ArgumentException">A name is blank or too long, or there are too many bytes.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The step is negative.</exception>
    /// <exception cref="TrialLostException">The trial is no longer this worker's.</exception>
    public bool LogBlob(long step, string name, string kind, ReadOnlySpan<byte> bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(step);
        StudyAttributes.CheckSeries("a blob", name);
        StudyAttributes.CheckSeries("a blob's kind", kind);
        if (bytes.Length > LargestBlob)
            throw new ArgumentException($"blob '{name}' has {bytes.Length} bytes, and at most {LargestBlob} are kept; make it smaller, or keep a file");
        return _held.LogBlob(new BlobRecord(step, name, kind, bytes.ToArray()));
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
        _held.SetAttribute(AttributeKind.User, StudyAttributes.CheckKey(key), StudyAttributes.Write(value));
    }

    /// <summary>
    /// Stores how far the trial is from keeping a constraint. Samplers avoid regions that violate constraints, and the best trial is a
    /// feasible one where there is any. A constraint that a trial does not mention is kept.
    /// </summary>
    /// <param name="name">The constraint, such as "latency".</param>
    /// <param name="value">At most 0 when the constraint is kept, above 0 by how much it is violated; may be infinite.</param>
    /// <exception cref="ArgumentException">The value is NaN.</exception>
    /// <exception cref="TrialLostException">The trial is no longer this worker's.</exception>
    public void SetConstraint(string name, double value)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        if (double.IsNaN(value))
        {
            throw new ArgumentException(
                $"constraint '{name}' of trial {Number} is NaN; it must be a number: at most 0 when kept, above 0 when violated");
        }

        SetSystemAttribute(StudyAttributes.CheckKey(TrialAttributes.ConstraintPrefix + name), AttributeJson.Write(value));
    }

    /// <summary>
    /// A name for the trial's checkpoint that no other trial of any study has, for programs that keep checkpoints of their own: the study's
    /// <see cref="Study.Uid"/>, the number of the trial that asked first, and some digits drawn at random. It is stored with the trial;
    /// trials that try this one again, unless from scratch, and one that continues it have the same. Letters, digits and hyphens only.
    /// </summary>
    /// <exception cref="TrialLostException">The trial is no longer this worker's.</exception>
    public string GetCheckpointName()
    {
        if (TrialAttributes.CheckpointOf(_held.SystemAttributes) is { } known
            && known.StartsWith(Study.CheckpointPrefix, StringComparison.Ordinal))
        {
            return known;
        }

        return DrawCheckpointName();
    }

    /// <summary>
    /// Gives the trial's checkpoint another name from now on, for itself and for trials that carry it on: when what lies under the known
    /// name belongs to a trial of a copied database.
    /// </summary>
    /// <exception cref="TrialLostException">The trial is no longer this worker's.</exception>
    public string DrawCheckpointName()
    {
        var name = string.Create(
            CultureInfo.InvariantCulture, $"{Study.CheckpointPrefix}{Number}-{RandomNumberGenerator.GetHexString(8, lowercase: true)}");
        SetSystemAttribute(TrialAttributes.Checkpoint, AttributeJson.Write(name));
        return name;
    }

    /// <summary>
    /// Those of the parameters that the objective has suggested itself so far, as the user knows them; a trial that carries another one on
    /// has more from its start.
    /// </summary>
    public IReadOnlyDictionary<string, object?> AskedParameters => _held.AskedParameters.ToDictionary(p => p.Name, p => p.External);

    /// <summary>The trial as the engine holds it.</summary>
    internal HeldTrial Held => _held;

    private void CheckSeries(string name)
    {
        StudyAttributes.CheckSeries("a series", name);
        if (name == Study.ReportName)
        {
            throw new ArgumentException(
                $"series '{name}' is what trial.Report stores; report it, or log it under another name, such as 'train/{name}'");
        }

        _seriesNames.Add(name);
    }

    private void SetSystemAttribute(string key, string json) => _held.SetAttribute(AttributeKind.System, key, json);

    private TrialParameter Suggest(string name, Func<Distribution> create)
    {
        StudyAttributes.CheckParameter(name);
        Distribution distribution;
        try
        {
            distribution = create();
        }
        catch (ArgumentException error)
        {
            throw new ArgumentException($"parameter '{name}': {error.Message}", error);
        }

        return _held.Suggest(name, distribution);
    }
}
