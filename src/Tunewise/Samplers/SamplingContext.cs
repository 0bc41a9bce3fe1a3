using System.Collections.ObjectModel;
using Tunewise.History;
using Tunewise.Numerics;
using Tunewise.Spaces;

namespace Tunewise.Samplers;

/// <summary>What a sampler is told about the trial that it chooses for.</summary>
/// <param name="History">The study's trials as of one moment, as far as the sampler's <see cref="ISampler.Scope"/> goes.</param>
/// <param name="TrialNumber">The trial's number.</param>
/// <param name="Random">Random numbers of this trial and parameter alone.</param>
public sealed record SamplingContext(StudyHistory History, int TrialNumber, RandomSource Random)
{
    /// <summary>What a sampler would be told about the next trial, for tests (<see cref="StudyHistory.Of"/>).</summary>
    /// <param name="history">The trials so far.</param>
    /// <param name="asked">The parameter that the trial suggests.</param>
    /// <param name="seed">The study's seed.</param>
    /// <param name="known">The parameters that the trial has already, or null for none.</param>
    public static SamplingContext For(
        StudyHistory history, string asked, ulong seed = 0, IReadOnlyList<TrialParameter>? known = null)
    {
        ArgumentNullException.ThrowIfNull(history);
        var number = history.Count + (history.UnfinishedIfKnown?.Count ?? 0);
        return new SamplingContext(history, number, RandomSource.For(seed, number, asked)) { Asked = asked, Known = known ?? [], Seed = seed };
    }

    /// <summary>The parameter that the trial suggests now.</summary>
    public string Asked { get; init; } = "";

    /// <summary>The parameters that the trial has already, in order, single-valued ones included.</summary>
    public IReadOnlyList<TrialParameter> Known { get; init; } = [];

    /// <summary>
    /// The parameters that were fixed when the trial was queued, as far as the study knows their ranges; suggested or still to come.
    /// </summary>
    public IReadOnlyList<TrialParameter> Fixed { get; init; } = [];

    /// <summary>The values with which the trial was queued, as the user knows them, by parameter.</summary>
    internal IReadOnlyDictionary<string, object?> Given { get; init; } = ReadOnlyDictionary<string, object?>.Empty;

    /// <summary>The values that a decorator holds for all trials, as the user knows them, by parameter.</summary>
    internal IReadOnlyDictionary<string, object?> Held { get; init; } = ReadOnlyDictionary<string, object?>.Empty;

    /// <summary>The study's seed, for what all its trials share.</summary>
    public ulong Seed { get; init; }

    /// <summary>
    /// What samplers have kept with the trial by now, as JSON: one that is tried again or continued has it of the trial before it.
    /// </summary>
    internal IReadOnlyDictionary<string, string> Kept { get; init; } = new Dictionary<string, string>();

    /// <summary>What <see cref="SetAttribute"/> gathered, as JSON.</summary>
    internal Dictionary<string, string> Attributes { get; } = [];

    /// <summary>Says why the values are what they are; stored with the trial (<see cref="FrozenTrial.SamplerNote"/>).</summary>
    /// <param name="note">One line.</param>
    public void Explain(string note) => SetAttribute(TrialAttributes.SamplerNote, note);

    /// <summary>Keeps something with the trial, where later trials' samplers find it (<see cref="StudyHistory.AttributeOf"/>).</summary>
    /// <param name="key">Its name among the trial's system attributes.</param>
    /// <param name="value">null, bool, text, a number, or lists and string-keyed maps of these.</param>
    public void SetAttribute(string key, object? value) => Attributes[key] = StudyAttributes.Write(value);

    /// <summary>What <see cref="SetAttribute"/> kept with this trial when it suggested an earlier parameter; null when nothing.</summary>
    /// <param name="key">Its name.</param>
    public object? KeptAttribute(string key) => Kept.TryGetValue(key, out var json) ? AttributeJson.ReadOrNull(json) : null;

    /// <summary>The trial as far as it is known.</summary>
    internal TrialSoFar SoFar => new(History, TrialNumber, Known, Fixed);

    /// <summary>Whether points that were evaluated may be proposed again.</summary>
    internal bool AllowRepeats { get; init; }

    /// <summary>The value of a parameter that the trial has or was queued with, or null.</summary>
    /// <param name="name">The parameter.</param>
    public double? ValueOf(string name)
    {
        foreach (var parameter in Known)
        {
            if (parameter.Name == name) return parameter.Value;
        }

        foreach (var parameter in Fixed)
        {
            if (parameter.Name == name) return parameter.Value;
        }

        return null;
    }

    /// <summary>
    /// Whether everything that can follow from a value was evaluated already, or runs now, so that proposing it would repeat a trial.
    /// Always false where the space is continuous, where nothing is left, and where the study allows repeats.
    /// </summary>
    /// <param name="name">The parameter that is suggested next.</param>
    /// <param name="distribution">Its range.</param>
    /// <param name="value">The internal value.</param>
    /// <exception cref="InvalidOperationException">The sampler's <see cref="ISampler.Scope"/> leaves out the trials that run.</exception>
    public bool IsEvaluated(string name, Distribution distribution, double value) =>
        !AllowRepeats && !History.IsOpen && History.Explored.IsTaken(SoFar, name, distribution, value);

    /// <summary>As <see cref="IsEvaluated(string, Distribution, double)"/>, for parameters chosen together.</summary>
    /// <param name="space">The parameters.</param>
    /// <param name="values">Their internal values.</param>
    /// <exception cref="InvalidOperationException">The sampler's <see cref="ISampler.Scope"/> leaves out the trials that run.</exception>
    public bool IsEvaluated(SearchSpace space, double[] values) =>
        !AllowRepeats && !History.IsOpen && History.Explored.IsTaken(SoFar, space, values);
}
