using Tunewise.History;
using Tunewise.Spaces;

namespace Tunewise.Samplers;

/// <summary>What a sampler is told about the trial that it chooses for.</summary>
/// <param name="History">The study's finished trials.</param>
/// <param name="TrialNumber">The trial's number.</param>
/// <param name="Random">Random numbers of this trial and parameter alone.</param>
public sealed record SamplingContext(StudyHistory History, int TrialNumber, RandomSource Random)
{
    /// <summary>The parameter that the trial suggests now.</summary>
    public string Asked { get; init; } = "";

    /// <summary>The parameters that the trial has already, in order, single-valued ones included.</summary>
    public IReadOnlyList<TrialParameter> Known { get; init; } = [];

    /// <summary>The parameters that were fixed when the trial was queued, as far as the study knows their ranges; suggested or still to come.</summary>
    public IReadOnlyList<TrialParameter> Fixed { get; init; } = [];

    /// <summary>Why the values are what they are, in one line, or null; stored with the trial (<see cref="FrozenTrial.SamplerNote"/>).</summary>
    public string? Note { get; set; }

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
    /// Whether everything that can follow from a value was evaluated already, or runs now, so that proposing it would repeat a trial. Always false
    /// where the space is continuous, where nothing is left, and where the study allows repeats.
    /// </summary>
    /// <param name="name">The parameter that is suggested next.</param>
    /// <param name="distribution">Its range.</param>
    /// <param name="value">The internal value.</param>
    public bool IsEvaluated(string name, Distribution distribution, double value) => !AllowRepeats && History.Explored.IsTaken(this, name, distribution, value);

    /// <summary>As <see cref="IsEvaluated(string, Distribution, double)"/>, for parameters chosen together.</summary>
    /// <param name="space">The parameters.</param>
    /// <param name="values">Their internal values.</param>
    public bool IsEvaluated(SearchSpace space, double[] values) => !AllowRepeats && History.Explored.IsTaken(this, space, values);
}
