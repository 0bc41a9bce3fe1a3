using Tunewise.Numerics;

namespace Tunewise.Stopping;

/// <summary>Ends a run when the best value has not improved for a number of complete or pruned trials. For one objective.</summary>
/// <param name="trials">How many trials without improvement; at least 1.</param>
public sealed class NoImprovement(int trials) : IStopRule
{
    /// <summary>How much better a value must be to count as an improvement.</summary>
    /// <value>At least 0. The default is 0.</value>
    public double MinDelta { get; init; }

    /// <inheritdoc/>
    public IEnumerable<string> Validate(IReadOnlyList<Objective> objectives)
    {
        if (trials < 1) yield return $"NoImprovement needs at least 1 trial, got {trials}";
        if (!(MinDelta >= 0)) yield return $"NoImprovement.MinDelta must be at least 0, got {Words.Exact(MinDelta)}";
        if (objectives.Count > 1) yield return $"NoImprovement needs one objective, the study has {objectives.Count}";
    }

    /// <inheritdoc/>
    public string? Check(StopContext context)
    {
        var (best, since, bestNumber) = (double.PositiveInfinity, 0, -1);
        // As they finished: a trial that began long ago may be the one that has just improved on the best.
        foreach (var row in context.History.Rows.OrderBy(context.History.FinishedAtOf))
        {
            if (context.History.StateOf(row) is not (TrialState.Complete or TrialState.Pruned)) continue;
            since++;
            if (context.History.StateOf(row) != TrialState.Complete || !context.History.IsFeasible(row)) continue;
            var loss = context.History.LossOf(row);
            if (bestNumber >= 0 && !(loss < best - MinDelta)) continue;
            (best, since, bestNumber) = (loss, 0, context.History.NumberOf(row));
        }

        return bestNumber >= 0 && since >= trials ? $"no improvement in {Words.Count(since, "trial")} since trial {bestNumber}" : null;
    }
}
