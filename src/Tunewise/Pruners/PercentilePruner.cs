using Tunewise.History;
using Tunewise.Numerics;

namespace Tunewise.Pruners;

/// <summary>
/// Prunes a trial whose best report so far is worse than the given percentile of what the complete trials reported at the same step
/// (Optuna 4.9's <c>PercentilePruner</c>; Golovin et al., "Google Vizier: A Service for Black-Box Optimization", KDD 2017, section 3.2).
/// Trials that are equal to it go on. Pruned and running trials are no reference unless <see cref="CountsUnfinished"/> says so.
/// </summary>
public class PercentilePruner : IPruner
{
    /// <summary>Creates the rule.</summary>
    /// <param name="percentile">The share of trials to keep, from 0 to 100: 25 keeps the best quarter.</param>
    public PercentilePruner(double percentile) => Percentile = percentile;

    /// <summary>The share of trials to keep, from 0 to 100.</summary>
    public double Percentile { get; }

    /// <summary>Nothing is pruned before this many trials are complete.</summary>
    /// <value>At least 0. The default is 5, as in Optuna.</value>
    public int StartupTrials { get; init; } = 5;

    /// <summary>Nothing is pruned at steps below this one.</summary>
    /// <value>At least 0. The default is 0.</value>
    public int WarmupSteps { get; init; }

    /// <summary>
    /// The distance between the steps at which a trial is judged, counted from <see cref="WarmupSteps"/>; a step that is not reported is
    /// made up for at the next report.
    /// </summary>
    /// <value>At least 1. The default is 1, as in Optuna.</value>
    public int IntervalSteps { get; init; } = 1;

    /// <summary>A trial is judged only at steps that at least this many complete trials reported.</summary>
    /// <value>At least 1. The default is 1, as in Optuna.</value>
    public int MinTrials { get; init; } = 1;

    /// <summary>
    /// Compare also with what running and pruned trials reported at the same step, so that the first trials of a parallel study prune one
    /// another before any of them is complete. <see cref="StartupTrials"/> then counts all trials that reported at the step.
    /// </summary>
    /// <value>The default is false, as in Optuna.</value>
    public bool CountsUnfinished { get; init; }

    /// <inheritdoc/>
    public IEnumerable<string> Validate()
    {
        if (!(Percentile >= 0 && Percentile <= 100)) yield return $"{Name}.Percentile must be from 0 to 100, got {Words.Exact(Percentile)}";
        if (StartupTrials < 0) yield return $"{Name}.StartupTrials must be at least 0, got {StartupTrials}";
        if (WarmupSteps < 0) yield return $"{Name}.WarmupSteps must be at least 0, got {WarmupSteps}";
        if (IntervalSteps < 1) yield return $"{Name}.IntervalSteps must be at least 1, got {IntervalSteps}";
        if (MinTrials < 1) yield return $"{Name}.MinTrials must be at least 1, got {MinTrials}";
    }

    /// <inheritdoc/>
    public HistoryScope Scope => CountsUnfinished ? HistoryScope.Everything : HistoryScope.Finished;

    /// <inheritdoc/>
    public ReportDecision Decide(PruningContext context)
    {
        var step = context.Reports[^1].Step;
        if (!CountsUnfinished && TooFewComplete(context.History) is { } tooFew) return tooFew;
        if (step < WarmupSteps) return ReportDecision.Continue($"step {step} is before step {WarmupSteps}, where judging starts");
        if (!Intervals.IsFirstReport(context.Reports, WarmupSteps, IntervalSteps))
            return ReportDecision.Continue($"step {step} is not judged, only every {IntervalSteps} steps");

        var best = context.Losses.Where(l => !double.IsNaN(l)).DefaultIfEmpty(double.NaN).Min();
        if (double.IsNaN(best)) return ReportDecision.Prune($"step {step}: every report is NaN");

        ReadOnlySpan<double> others;
        if (CountsUnfinished)
        {
            others = context.History.AllReportsAt(step, context.TrialNumber);
            var needed = Math.Max(1, Math.Max(StartupTrials, MinTrials));
            if (others.Length < needed)
                return ReportDecision.Continue($"step {step}: {others.Length:trial} reported here, {needed} are needed");
        }
        else
        {
            others = context.History.CompleteReportsAt(step, out var count);
            if (count < MinTrials)
            {
                return ReportDecision.Continue(
                    $"step {step}: {count:complete trial} reported here, {MinTrials} are needed");
            }
        }

        var limit = Loss.Percentile(context.Direction, others, Percentile);
        if (double.IsNaN(limit))
            return ReportDecision.Continue($"step {step}: the reports of the others have no percentile (NaN or opposite infinities)");

        var (value, bound) = (context.LossOf(best), context.LossOf(limit));
        return new ReportDecision(best > limit, $"step {step}: {value}, {LimitName} of {others.Length:trial} {bound}")
            .With(value, bound, others.Length);
    }

    private string Name => GetType().Name;

    private string LimitName => Percentile == 50 ? "median" : $"percentile {Words.Of(Percentile)}";

    private ReportDecision? TooFewComplete(StudyHistory history)
    {
        var complete = history.CountOf(TrialState.Complete);
        if (complete > 0 && complete >= StartupTrials) return null;
        return ReportDecision.Continue($"{complete:complete trial}, judging starts at {Math.Max(1, StartupTrials)}");
    }
}
