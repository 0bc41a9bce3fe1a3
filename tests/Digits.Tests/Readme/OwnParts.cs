using Tunewise;
using Tunewise.Pruners;
using Tunewise.Samplers;
using Tunewise.Samplers.Random;
using Tunewise.Spaces;

namespace Digits.Tests.Readme;

// <OwnParts>
internal sealed class NearTheBest : ISampler                           // using Tunewise.Samplers, .Samplers.Random, .Spaces
{
    public double Sample(SamplingContext context, string name, Distribution distribution)
    {
        var history = context.History;                                 // the trials as of one moment; losses: smaller is better
        if (distribution is not FloatDistribution range || history.Parameter(name) is not { } values)
            return new RandomSampler().Sample(context, name, distribution);
        var complete = history.Rows.Where(r => history.StateOf(r) == TrialState.Complete && range.Contains(values[r])).ToList();
        var best = complete.Count == 0 ? range.Low : values[complete.MinBy(r => history.LossOf(r))];
        return Math.Clamp(best + 0.1 * (range.High - range.Low) * (2 * context.Random.NextDouble() - 1), range.Low, range.High);
    }
}

internal sealed class NotAboveTen : IPruner                            // using Tunewise.Pruners
{
    public ReportDecision Decide(PruningContext context) => context.Reports[^1].Value > 10
        ? ReportDecision.Prune($"{context.Reports[^1].Value} is above 10")
        : ReportDecision.Continue("not above 10");
}
// </OwnParts>
