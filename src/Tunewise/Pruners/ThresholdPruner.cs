using Tunewise.History;
using Tunewise.Numerics;

namespace Tunewise.Pruners;

/// <summary>
/// Prunes a trial whose latest report is NaN or outside of limits, such as a loss that explodes (Optuna 4.9's <c>ThresholdPruner</c>).
/// </summary>
public sealed class ThresholdPruner : IPruner
{
    /// <summary>Reports below this are pruned.</summary>
    /// <value>The default is −∞: there is no lower limit.</value>
    public double Lower { get; init; } = double.NegativeInfinity;

    /// <summary>Reports above this are pruned.</summary>
    /// <value>The default is ∞: there is no upper limit.</value>
    public double Upper { get; init; } = double.PositiveInfinity;

    /// <summary>Nothing is pruned at steps below this one.</summary>
    /// <value>At least 0. The default is 0.</value>
    public int WarmupSteps { get; init; }

    /// <summary>The distance between the steps at which a trial is judged, counted from <see cref="WarmupSteps"/>.</summary>
    /// <value>At least 1. The default is 1.</value>
    public int IntervalSteps { get; init; } = 1;

    /// <inheritdoc/>
    public IEnumerable<string> Validate()
    {
        if (double.IsNaN(Lower) || double.IsNaN(Upper) || Lower > Upper)
            yield return $"ThresholdPruner.Lower must not be above Upper, got {Words.Exact(Lower)} and {Words.Exact(Upper)}";
        else if (double.IsNegativeInfinity(Lower) && double.IsPositiveInfinity(Upper))
            yield return "ThresholdPruner needs Lower or Upper: without a limit only NaN would be pruned";
        if (WarmupSteps < 0) yield return $"ThresholdPruner.WarmupSteps must be at least 0, got {WarmupSteps}";
        if (IntervalSteps < 1) yield return $"ThresholdPruner.IntervalSteps must be at least 1, got {IntervalSteps}";
    }

    /// <inheritdoc/>
    public HistoryScope Scope => HistoryScope.None;

    /// <inheritdoc/>
    public ReportDecision Decide(PruningContext context)
    {
        var (step, value) = context.Reports[^1];
        if (step < WarmupSteps) return ReportDecision.Continue($"step {step} is before step {WarmupSteps}, where judging starts");
        if (!Intervals.IsFirstReport(context.Reports, WarmupSteps, IntervalSteps))
            return ReportDecision.Continue($"step {step} is not judged, only every {IntervalSteps} steps");
        if (double.IsNaN(value)) return ReportDecision.Prune($"step {step}: the report is NaN").With(value, null);
        if (value < Lower) return ReportDecision.Prune($"step {step}: {value} is below the limit {Lower}").With(value, Lower);
        if (value > Upper) return ReportDecision.Prune($"step {step}: {value} is above the limit {Upper}").With(value, Upper);
        return ReportDecision.Continue($"step {step}: {value} is within the limits").With(value, Nearest(value));
    }

    /// <summary>The limit that is nearer.</summary>
    private double Nearest(double value) => double.IsNegativeInfinity(Lower) || Upper - value < value - Lower ? Upper : Lower;
}
