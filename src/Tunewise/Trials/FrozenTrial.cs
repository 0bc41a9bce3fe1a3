using System.Diagnostics.CodeAnalysis;
using Tunewise.Numerics;

namespace Tunewise;

/// <summary>
/// A trial as it is stored at one moment: parameters, reports, values, state. Immutable and safe to share between threads.
/// </summary>
public sealed class FrozenTrial
{
    private static readonly Dictionary<string, string> NoAttributes = [];

    /// <summary>A trial of which nothing is known yet.</summary>
    public FrozenTrial()
    {
    }

    /// <summary>The same trial, to be given other properties.</summary>
    internal FrozenTrial(FrozenTrial original)
    {
        (Id, Number, State) = (original.Id, original.Number, original.State);
        (Values, ParameterList, Reports) = (original.Values, original.ParameterList, original.Reports);
        (StartedAt, FinishedAt) = (original.StartedAt, original.FinishedAt);
        (Failure, Reason, Detail) = (original.Failure, original.Reason, original.Detail);
        (LastFiniteValue, RetriedBy) = (original.LastFiniteValue, original.RetriedBy);
        (UserAttributesJson, SystemAttributesJson) = (original.UserAttributesJson, original.SystemAttributesJson);
    }

    /// <summary>The trial as it ended.</summary>
    internal FrozenTrial(FrozenTrial trial, TrialEnding ending, DateTimeOffset finishedAt)
        : this(trial)
    {
        (State, Values, FinishedAt) = (ending.State, ending.Values, finishedAt);
        (Failure, Reason, Detail, LastFiniteValue) = (ending.Failure, ending.Reason, ending.Detail, ending.LastFiniteValue);
    }

    /// <summary>
    /// A trial that ended, for <see cref="Study.AddTrials"/> and for the tests of samplers and pruners
    /// (<see cref="History.StudyHistory.Of"/>).
    /// </summary>
    /// <param name="parameters">Its parameters: <see cref="TrialParameter.Float"/>, <see cref="TrialParameter.Int"/>,
    /// <see cref="TrialParameter.Categorical{T}"/>.</param>
    /// <param name="result">Its value or values, pruned, or failed. NaN makes the trial one that diverged. A
    /// pruned trial has its last report as its value, if it is a number.</param>
    /// <param name="reports">Its intermediate values, or null.</param>
    /// <param name="userAttributes">Its user attributes, or null.</param>
    public static FrozenTrial Create(
        IReadOnlyList<TrialParameter> parameters,
        TrialResult result,
        IReadOnlyList<TrialReport>? reports = null,
        IReadOnlyDictionary<string, object?>? userAttributes = null)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        ArgumentNullException.ThrowIfNull(result);
        TrialReport[] sorted = reports is null ? [] : [.. reports.OrderBy(r => r.Step)];
        var isNaN = result.Values.Any(double.IsNaN);
        var failure = isNaN ? FailureKind.Diverged : result.Failure;
        var reason = isNaN ? "the objective returned NaN" : result.Reason;
        return new FrozenTrial
        {
            State = isNaN ? TrialState.Failed : result.State,
            Values = isNaN ? []
                : result.State == TrialState.Pruned && sorted is [.., var last] && !double.IsNaN(last.Value) ? [last.Value] : result.Values,
            ParameterList = [.. parameters],
            Reports = sorted,
            Failure = failure,
            Reason = Words.FirstLine(reason),
            Detail = reason == Words.FirstLine(reason) ? null : reason,
            LastFiniteValue = failure != FailureKind.Diverged ? null
                : result.LastFiniteValue ?? sorted.Where(r => double.IsFinite(r.Value)).Select(r => (double?)r.Value).LastOrDefault(),
            UserAttributesJson = StudyAttributes.ToJson(userAttributes),
        };
    }

    /// <summary>The storage's own key of the trial, unique over all its studies. 0 for a trial that was never stored.</summary>
    public long Id { get; init; }

    /// <summary>The trial's number within its study, counted from 0.</summary>
    public int Number { get; init; }

    /// <summary>Where the trial is in its life.</summary>
    public TrialState State { get; init; }

    /// <summary>
    /// One value per objective, possibly infinite; empty while there is none. A pruned trial of a
    /// study with one objective has its last report here, if it was a number.
    /// </summary>
    public IReadOnlyList<double> Values { get; init; } = [];

    /// <summary>The parameters in the order in which they were suggested.</summary>
    public IReadOnlyList<TrialParameter> ParameterList { get; init; } = [];

    /// <summary>The intermediate values in order of their steps.</summary>
    public IReadOnlyList<TrialReport> Reports { get; init; } = [];

    /// <summary>When a worker started the trial, or null. Optuna 4.9 writes the local time of its machine without a zone; it is given as if it were UTC.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>When the trial finished, or null. Optuna 4.9 writes the local time of its machine without a zone; it is given as if it were UTC.</summary>
    public DateTimeOffset? FinishedAt { get; init; }

    /// <summary>Why the trial failed, or null when it did not or when another program ended it.</summary>
    public FailureKind? Failure { get; init; }

    /// <summary>Why the trial was pruned or failed, in one line, or null.</summary>
    public string? Reason { get; init; }

    /// <summary>The longer story behind <see cref="Reason"/>, such as an exception with its stack trace, or null.</summary>
    public string? Detail { get; init; }

    /// <summary>The last finite value of a trial that failed as <see cref="FailureKind.Diverged"/>, or null.</summary>
    public double? LastFiniteValue { get; init; }

    /// <summary>The number of the trial that tries this one again, or null. Such a trial no longer counts for a budget.</summary>
    public int? RetriedBy { get; init; }

    internal IReadOnlyDictionary<string, string> UserAttributesJson { get; init; } = NoAttributes;

    internal IReadOnlyDictionary<string, string> SystemAttributesJson { get; init; } = NoAttributes;

    /// <summary>The value of a study with one objective, or null while there is none.</summary>
    /// <exception cref="InvalidOperationException">The trial has several values; read <see cref="Values"/>.</exception>
    public double? Value => Values.Count switch
    {
        0 => null,
        1 => Values[0],
        _ => throw new InvalidOperationException($"trial {Number} has {Values.Count} values; read Values"),
    };

    /// <summary>How long the trial ran, or null while it has not finished.</summary>
    public TimeSpan? Duration => FinishedAt - StartedAt;

    /// <summary>The largest step reported so far, or null.</summary>
    public long? LastStep => Reports.Count == 0 ? null : Reports[^1].Step;

    /// <summary>The parameters by name, as the user knows them: double, long, or a choice.</summary>
    public IReadOnlyDictionary<string, object?> Parameters =>
        field ??= ParameterList.DistinctBy(p => p.Name).ToDictionary(p => p.Name, p => p.External);

    /// <summary>
    /// The user attributes: null, bool, long (<see cref="System.Numerics.BigInteger"/> beyond it), double, string, lists and maps of these.
    /// What another program stored and is no JSON is given as the text that it is.
    /// </summary>
    public IReadOnlyDictionary<string, object?> UserAttributes =>
        field ??= UserAttributesJson.ToDictionary(pair => pair.Key, pair => AttributeJson.ReadOrText(pair.Value));

    /// <summary>The attributes that samplers, pruners and Optuna keep with a trial.</summary>
    public IReadOnlyDictionary<string, object?> SystemAttributes =>
        field ??= SystemAttributesJson.ToDictionary(pair => pair.Key, pair => AttributeJson.ReadOrText(pair.Value));

    /// <summary>The constraint values that came with the trial (feasible means all ≤ 0); empty when there are none.</summary>
    public IReadOnlyList<double> Constraints => field ??= TrialAttributes.Constraints(SystemAttributesJson);

    /// <summary>Whether no constraint is violated. A trial without constraints is feasible, as in Optuna 5.</summary>
    public bool IsFeasible => Constraints.All(c => c <= 0);

    /// <summary>Why the sampler chose the parameters as it did, in one line, or null when it left no word.</summary>
    public string? SamplerNote =>
        SystemAttributesJson.TryGetValue(TrialAttributes.SamplerNote, out var json) ? AttributeJson.ReadOrNull(json) as string : null;

    /// <summary>The number of the paused trial that this one continues, or null.</summary>
    public int? Continues => TrialAttributes.ContinuedTrial(SystemAttributesJson);

    /// <summary>
    /// The number of the first trial of the chain of retries and continuations that this one belongs to; its own when it is the first. See
    /// <see cref="Trial.Origin"/>.
    /// </summary>
    public int Origin => TrialAttributes.OriginOf(SystemAttributesJson) ?? Number;

    /// <summary>
    /// The name of the trial's checkpoint, as <see cref="Trial.GetCheckpointName"/> drew it for the trial or for one that it carries on;
    /// null when none was drawn. A study copied by another program may carry the original's names, which begin with the original's
    /// <see cref="Study.Uid"/>.
    /// </summary>
    public string? CheckpointName => TrialAttributes.CheckpointOf(SystemAttributesJson);

    /// <summary>Whether the trial was paused by a promoting pruner and no other trial continues it yet.</summary>
    public bool IsPaused => State == TrialState.Pruned && RetriedBy is null && SystemAttributesJson.ContainsKey(TrialAttributes.PausedAt);

    /// <summary>
    /// The last step at which <c>AutoPruner</c> would have pruned the trial and let it go on all the same, so that others
    /// have an end to be compared with; or null.
    /// </summary>
    public long? SparedAt => TrialAttributes.SparedAt(SystemAttributesJson);

    /// <summary>A parameter's value as <typeparamref name="T"/>.</summary>
    /// <typeparam name="T">A number type, bool, string or an enum (matched by name).</typeparam>
    /// <param name="name">The parameter.</param>
    /// <exception cref="KeyNotFoundException">The trial has no such parameter.</exception>
    /// <exception cref="InvalidCastException">The value is not a <typeparamref name="T"/>.</exception>
    public T Get<T>(string name) => Parameters.TryGetValue(name, out var value)
        ? ParameterConversion.To<T>(name, value)
        : throw new KeyNotFoundException(
            $"trial {Number} has no parameter '{name}'; "
            + $"it has {(ParameterList.Count == 0 ? "none" : string.Join(", ", ParameterList.Select(p => p.Name)))}");

    /// <summary>The parameters as a typed record, as <see cref="Trial.Suggest{T}"/> gave them.</summary>
    /// <typeparam name="T">A record whose constructor's parameters carry range attributes.</typeparam>
    /// <exception cref="KeyNotFoundException">The trial lacks a parameter that the record needs.</exception>
    /// <exception cref="InvalidCastException">A value does not fit the record's type.</exception>
    public T As<[DynamicallyAccessedMembers(ParameterRecord.Members)] T>()
        where T : class => ParameterRecord<T>.Read(this);

    /// <inheritdoc/>
    public override string ToString() =>
        $"trial {Number}: {State}{(Values.Count == 0 ? "" : " " + string.Join(", ", Values.Select(Words.Of)))}";
}
