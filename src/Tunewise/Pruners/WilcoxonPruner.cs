using Tunewise.Analysis;
using Tunewise.History;
using Tunewise.Numerics;

namespace Tunewise.Pruners;

/// <summary>
/// For objectives that are a mean over instances, such as folds or problem files, reported with the instance as the step: prunes a trial
/// that does worse than the best one on the instances that both have, by Wilcoxon's signed-rank test (Biometrics Bulletin 1, 1945;
/// Optuna 4.9's <c>WilcoxonPruner</c>). A trial whose mean is at least as good as the best one's goes on. Instances are best shuffled,
/// the same number for each trial.
/// </summary>
public sealed class WilcoxonPruner : IPruner
{
    /// <summary>The p-value below which a trial is pruned.</summary>
    /// <value>From 0 to 1. The default is 0.1, as in Optuna.</value>
    public double Threshold { get; init; } = 0.1;

    /// <summary>Nothing is pruned before this many common instances.</summary>
    /// <value>At least 0; two are needed in any case. The default is 2, as in Optuna.</value>
    public int StartupSteps { get; init; } = 2;

    /// <inheritdoc/>
    public IEnumerable<string> Validate()
    {
        if (!(Threshold is >= 0 and <= 1)) yield return $"WilcoxonPruner.Threshold must be from 0 to 1, got {Words.Exact(Threshold)}";
        if (StartupSteps < 0) yield return $"WilcoxonPruner.StartupSteps must be at least 0, got {StartupSteps}";
    }

    /// <inheritdoc/>
    public HistoryScope Scope => HistoryScope.Finished;

    /// <inheritdoc/>
    public ReportDecision Decide(PruningContext context)
    {
        if (!context.Reports.All(r => double.IsFinite(r.Value)))
            return ReportDecision.Continue("a report is infinite or NaN: nothing can be compared");
        if (ParetoFront.BestRow(context.History, context.History.ReportedObjective) is not { } best)
            return ReportDecision.Continue("no trial is complete yet");
        var others = context.History.ReportsOf(best);
        var number = context.History.NumberOf(best);
        if (others.Count == 0) return ReportDecision.Continue($"trial {number}, the best one, has no reports to compare with");
        if (!others.All(r => double.IsFinite(r.Value)))
            return ReportDecision.Continue($"a report of trial {number}, the best one, is infinite or NaN: nothing can be compared");

        var known = others.ToDictionary(r => r.Step, r => r.Value);
        var differences = context.Reports.Where(r => known.ContainsKey(r.Step))
            .Select(r => context.LossOf(r.Value) - context.LossOf(known[r.Step]))
            .ToArray();
        var needed = Math.Max(2, StartupSteps);
        if (differences.Length < needed)
        {
            return ReportDecision.Continue(
                $"{differences.Length:instance} in common with trial {number}, {needed} are needed");
        }

        var p = SignedRank.PValueOfGreater(differences);
        var (own, bestMean) = (context.Reports.Average(r => r.Value), others.Average(r => r.Value));
        Explanation numbers = $"p = {p} that trial {number} is no better on {differences.Length:instance}; mean {own}, its mean {bestMean}";
        var decision = !(p < Threshold) ? ReportDecision.Continue(numbers)
            : context.LossOf(own) <= context.LossOf(bestMean) ? ReportDecision.Continue($"{numbers}, so it goes on")
            : ReportDecision.Prune(numbers);
        return decision.With(own, bestMean, differences.Length);
    }
}
