using Tunewise.Numerics;

namespace Tunewise.Stopping;

/// <summary>Ends a run as soon as a feasible complete trial is at least as good as a target. For one objective.</summary>
/// <param name="target">The value to reach; not NaN.</param>
public sealed class TargetReached(double target) : IStopRule
{
    /// <inheritdoc/>
    public IEnumerable<string> Validate(IReadOnlyList<Objective> objectives)
    {
        if (double.IsNaN(target)) yield return "TargetReached needs a number as its target, got NaN";
        if (objectives.Count > 1) yield return $"TargetReached needs one objective, the study has {objectives.Count}";
    }

    /// <inheritdoc/>
    public string? Check(StopContext context)
    {
        var loss = Loss.Of(context.Objectives[0].Direction, target);
        foreach (var row in context.Complete)
        {
            if (context.History.LossOf(row) <= loss)
            {
                return $"trial {context.History.NumberOf(row)} reached {Words.Of(context.History.ValuesOf(row)[0])}, "
                    + $"the target is {Words.Of(target)}";
            }
        }

        return null;
    }
}
