using Tunewise.History;
using Tunewise.Numerics;

namespace Tunewise.Pruners;

/// <summary>
/// Asks another pruner only when a trial has not improved for a number of reports; by itself it prunes such trials (Optuna
/// 4.9's <c>PatientPruner</c>).
/// </summary>
/// <param name="inner">The other pruner, or null.</param>
/// <param name="patience">How many reports without improvement are borne; at least 0. It counts reports, not steps.</param>
public sealed class PatientPruner(IPruner? inner, int patience) : IPruner
{
    /// <summary>How much better than before a report must be to count as an improvement.</summary>
    /// <value>At least 0. The default is 0.</value>
    public double MinDelta { get; init; }

    /// <inheritdoc/>
    public IEnumerable<string> Validate()
    {
        if (patience < 0) yield return $"PatientPruner's patience must be at least 0, got {patience}";
        if (!(MinDelta >= 0 && double.IsFinite(MinDelta)))
            yield return $"PatientPruner.MinDelta must be a finite number of at least 0, got {Words.Exact(MinDelta)}";
        foreach (var problem in inner?.Validate() ?? []) yield return problem;
    }

    /// <inheritdoc/>
    public HistoryScope Scope => inner?.Scope ?? HistoryScope.None;

    /// <inheritdoc/>
    public T? Capability<T>()
        where T : class => this as T ?? inner?.Capability<T>();

    /// <inheritdoc/>
    public ReportDecision Decide(PruningContext context)
    {
        var reports = context.Reports;
        if (reports.Count <= patience + 1)
            return ReportDecision.Continue($"{reports.Count:report}, judging starts after {patience + 1}");
        var (before, after) = (double.NaN, double.NaN);
        for (var i = 0; i < reports.Count; i++)
        {
            var loss = context.LossOf(reports[i].Value);
            if (double.IsNaN(loss)) continue;
            if (i < reports.Count - patience - 1) before = double.IsNaN(before) ? loss : Math.Min(before, loss);
            else after = double.IsNaN(after) ? loss : Math.Min(after, loss);
        }

        var (best, earlier) = (context.LossOf(after), context.LossOf(before));
        Explanation numbers = $"the best of the last {patience + 1:report} is {best}, {earlier} before";
        var (limit, compared) = (context.LossOf(before + MinDelta), reports.Count - patience - 1);
        if (!(before + MinDelta < after)) return ReportDecision.Continue(numbers).With(best, limit, compared);
        if (inner is null) return ReportDecision.Prune(numbers).With(best, limit, compared);
        var decision = inner.Decide(context);
        return decision with { Explanation = $"{numbers}; {decision.Explanation}", Rule = decision.Rule ?? inner.GetType().Name };
    }
}
