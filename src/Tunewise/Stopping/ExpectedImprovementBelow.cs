using Tunewise.Numerics;
using Tunewise.Samplers;
using Tunewise.Samplers.Gp;

namespace Tunewise.Stopping;

/// <summary>
/// Ends a run when a Gaussian process expects no point of the space to improve on the best value by more than a share of the values'
/// standard deviation (after a transform that makes their distribution as normal as possible). For one objective; conditional parameters
/// are left out. It costs about as much as one suggestion of <see cref="GpSampler"/>.
/// </summary>
/// <param name="share">The share of the standard deviation; above 0. 0.001 is careful, 0.01 is eager.</param>
public sealed class ExpectedImprovementBelow(double share) : IStopRule
{
    /// <summary>The rule is asked only when at least this many trials are complete.</summary>
    /// <value>At least 10. The default is 30.</value>
    public int MinTrials { get; init; } = 30;

    /// <summary>The rule is asked at every so many complete trials.</summary>
    /// <value>At least 1. The default is 5.</value>
    public int Every { get; init; } = 5;

    /// <inheritdoc/>
    public IEnumerable<string> Validate(IReadOnlyList<Objective> objectives)
    {
        if (!(share > 0 && double.IsFinite(share)))
            yield return $"ExpectedImprovementBelow needs a finite share above 0, got {Words.Exact(share)}";
        if (MinTrials < 10) yield return $"ExpectedImprovementBelow.MinTrials must be at least 10, got {MinTrials}";
        if (Every < 1) yield return $"ExpectedImprovementBelow.Every must be at least 1, got {Every}";
        if (objectives.Count > 1) yield return $"ExpectedImprovementBelow needs one objective, the study has {objectives.Count}";
    }

    /// <inheritdoc/>
    public string? Check(StopContext context)
    {
        var history = context.History;
        var complete = history.CountOf(TrialState.Complete);
        if (complete < MinTrials || complete % Every != 0 || history.Branches.Root.Count == 0) return null;
        var highest = new GpSampler().HighestLogImprovement(
            new SamplingContext(history, -1, RandomSource.For(1, complete, "stop")), history.Branches.Root);
        return highest is { } log && Math.Exp(log) < share
            ? $"the largest expected improvement is {Words.Of(Math.Exp(log))} of the "
                + $"values' deviation, less than {Words.Of(share)}, after {Words.Count(complete, "complete trial")}"
            : null;
    }
}
