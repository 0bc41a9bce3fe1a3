using MathNet.Numerics.Statistics;
using Tunewise.History;
using Tunewise.Numerics;
using Tunewise.Spaces;

namespace Tunewise.Analysis;

/// <summary>How much each parameter of a history matters.</summary>
internal static class Importances
{
    /// <exception cref="TunewiseException">Fewer than 3 trials are complete.</exception>
    public static IReadOnlyList<ParameterImportance> Of(StudyHistory history, ImportanceOptions options, string study)
    {
        var complete = history.CompleteRows.Where(r => double.IsFinite(history.ValuesOf(r)[options.Objective])).ToArray();
        if (complete.Length < 3)
        {
            throw new TunewiseException(
                $"study '{study}' has {Words.Count(complete.Length, "complete trial")} with a finite value; importances need at least 3");
        }

        var losses = complete.Select(r => history.LossOf(r, options.Objective)).ToArray();
        var rows = complete;
        if (options.Pruned && options.Objective == history.ReportedObjective)
        {
            // Whoever pruned a trial held it for one of the worse half; its last report says where in it, however early it was.
            var (middle, worst) = (losses.Median(), losses.Max());
            var pruned = history.Rows
                .Where(r => history.StateOf(r) == TrialState.Pruned && history.LastReportOf(r) is { } last && !double.IsNaN(last.Value))
                .ToArray();
            losses =
            [
                .. losses,
                .. pruned.Select(r => Math.Clamp(history.ReportLoss(history.LastReportOf(r)!.Value.Value), middle, worst)),
            ];
            rows = [.. complete, .. pruned];
        }

        var space = new SearchSpace(history.Branches.Everything.Where(d => history.Parameter(d.Name) is not null));
        var columns = space.Select(d => ValuesOf(history.Parameter(d.Name)!, d.Distribution, rows)).ToArray();
        var counts = columns.Select(c => c.Count(v => !double.IsNaN(v))).ToArray();
        var raw = options.Method == ImportanceMethod.Fanova
            ? new Fanova(space, columns, losses).Importances(options.Trees, options.Seed)
            : [.. space.Select((d, i) =>
            {
                // A conditional parameter is judged among the trials that had it, and counts as often as it was there.
                var present = Enumerable.Range(0, rows.Length).Where(r => !double.IsNaN(columns[i][r])).ToArray();
                var divergence = PedAnova.Divergence(
                    d.Distribution,
                    [.. present.Select(r => columns[i][r])],
                    [.. present.Select(r => losses[r])],
                    options.TargetQuantile,
                    options.RegionQuantile);
                return divergence * present.Length / rows.Length;
            })];
        var total = raw.Sum();
        return [.. space.Select((d, i) => new ParameterImportance(d.Name, total > 0 ? raw[i] / total : 0, counts[i]))
            .OrderByDescending(p => p.Importance).ThenBy(p => p.Name, StringComparer.Ordinal)];
    }

    /// <summary>The values of a parameter; NaN for rows that lack it or lie outside.</summary>
    private static double[] ValuesOf(ParameterColumn column, Distribution distribution, int[] rows) =>
        [.. rows.Select(r => column.ValueIn(r, distribution))];
}
