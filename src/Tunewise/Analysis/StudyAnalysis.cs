using Tunewise.History;
using Tunewise.Spaces;

namespace Tunewise.Analysis;

/// <summary>What a study has learnt, from its trials as they are now. All members may be called from any thread.</summary>
public static class StudyAnalysis
{
    /// <summary>How much each parameter matters for an objective, most important first. Failed, pruned and infinite trials are left out.</summary>
    /// <param name="study">The study.</param>
    /// <param name="options">Method and objective, or null for the defaults.</param>
    /// <returns>One entry per parameter that any complete trial had, conditional ones included.</returns>
    /// <exception cref="ArgumentException">An option is out of range; every problem is listed.</exception>
    /// <exception cref="TunewiseException">Fewer than 3 trials are complete.</exception>
    public static IReadOnlyList<ParameterImportance> GetImportances(this Study study, ImportanceOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(study);
        options ??= new ImportanceOptions();
        options.Validate(study.Objectives.Count);
        return study.WithHistory(history => Importances(history, options, study.Name));
    }

    /// <summary>The best value after each complete feasible trial, in order of the trials' numbers. For one objective.</summary>
    /// <param name="study">The study.</param>
    /// <returns>The trial's number and the best value up to it.</returns>
    public static IReadOnlyList<(int Number, double Best)> GetBestSoFar(this Study study)
    {
        RequireSingle(study);
        return study.WithHistory(history =>
        {
            var (result, best) = (new List<(int, double)>(), double.NaN);
            foreach (var row in CompleteRows(history))
            {
                if (!history.IsFeasible(row)) continue;
                var value = history.ValuesOf(row)[0];
                if (double.IsNaN(best) || (history.Directions[0] == Direction.Maximize ? value > best : value < best)) best = value;
                result.Add((history.NumberOf(row), best));
            }

            return result;
        });
    }

    /// <summary>
    /// The empirical distribution of the results: each distinct value of the complete trials, ascending, with the share of trials at or below it.
    /// </summary>
    /// <param name="study">The study.</param>
    /// <param name="objective">The objective, by its position.</param>
    public static IReadOnlyList<(double Value, double Share)> GetEmpiricalDistribution(this Study study, int objective = 0)
    {
        ArgumentNullException.ThrowIfNull(study);
        ArgumentOutOfRangeException.ThrowIfNegative(objective);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(objective, study.Objectives.Count);
        return study.WithHistory(history =>
        {
            var values = CompleteRows(history).Select(r => history.ValuesOf(r)[objective]).Order().ToArray();
            return values.Select((v, i) => (Value: v, Share: (i + 1.0) / values.Length)).GroupBy(p => p.Value).Select(g => g.Last()).ToList();
        });
    }

    /// <summary>How many trials, reports and how much time each state has cost.</summary>
    /// <param name="study">The study.</param>
    public static IReadOnlyList<StateBudget> GetBudget(this Study study)
    {
        ArgumentNullException.ThrowIfNull(study);
        return [.. study.Trials.GroupBy(t => t.State).OrderBy(g => g.Key).Select(g => new StateBudget(
            g.Key, g.Count(), g.Sum(t => t.Reports.Count), g.Aggregate(TimeSpan.Zero, (sum, t) => sum + (t.Duration ?? TimeSpan.Zero))))];
    }

    /// <summary>The volume that the feasible complete trials dominate, up to a reference point.</summary>
    /// <param name="study">The study.</param>
    /// <param name="reference">One value per objective, in its own direction: worse than what counts as a result.</param>
    public static double GetHypervolume(this Study study, IReadOnlyList<double> reference)
    {
        ArgumentNullException.ThrowIfNull(study);
        ArgumentNullException.ThrowIfNull(reference);
        if (reference.Count != study.Objectives.Count) throw new ArgumentException($"the reference point needs {Words.Count(study.Objectives.Count, "value")}, got {reference.Count}");
        double[] Losses(IReadOnlyList<double> values) => [.. values.Select((v, m) => study.Objectives[m].Direction == Direction.Maximize ? -v : v)];
        return study.WithHistory(history => Hypervolume.Compute(
            CompleteRows(history).Where(history.IsFeasible).Select(r => Losses(history.ValuesOf(r).ToArray())), Losses(reference)));
    }

    private static List<ParameterImportance> Importances(StudyHistory history, ImportanceOptions options, string study)
    {
        var rows = CompleteRows(history).Where(r => double.IsFinite(history.ValuesOf(r)[options.Objective])).ToArray();
        if (rows.Length < 3) throw new TunewiseException($"study '{study}' has {Words.Count(rows.Length, "complete trial")} with a finite value; importances need at least 3");
        var losses = rows.Select(r => history.LossOf(r, options.Objective)).ToArray();
        var space = new SearchSpace(history.Branches.Everything.Where(d => history.Parameter(d.Name) is not null));
        var columns = space.Select(d => rows.Select(r => ValueAt(history, d, r)).ToArray()).ToArray();
        var counts = columns.Select(c => c.Count(v => !double.IsNaN(v))).ToArray();
        var raw = options.Method == ImportanceMethod.Fanova
            ? new Fanova(space, columns, losses).Importances(options.Trees, options.Seed)
            : [.. space.Select((d, i) =>
            {
                // A conditional parameter is judged among the trials that had it, and counts as often as it was there.
                var present = Enumerable.Range(0, rows.Length).Where(r => !double.IsNaN(columns[i][r])).ToArray();
                var divergence = PedAnova.Divergence(
                    d.Distribution, [.. present.Select(r => columns[i][r])], [.. present.Select(r => losses[r])], options.TargetQuantile, options.RegionQuantile);
                return divergence * present.Length / rows.Length;
            })];
        var total = raw.Sum();
        return [.. space.Select((d, i) => new ParameterImportance(d.Name, total > 0 ? raw[i] / total : 0, counts[i]))
            .OrderByDescending(p => p.Importance).ThenBy(p => p.Name, StringComparer.Ordinal)];
    }

    private static double ValueAt(StudyHistory history, SearchSpace.Dimension dimension, int row)
    {
        var values = history.Parameter(dimension.Name)!.Values;
        return row < values.Length && dimension.Distribution.Contains(values[row]) ? values[row] : double.NaN;
    }

    private static IEnumerable<int> CompleteRows(StudyHistory history) => history.Rows.Where(r => history.StateOf(r) == TrialState.Complete);

    private static void RequireSingle(Study study)
    {
        ArgumentNullException.ThrowIfNull(study);
        if (study.Objectives.Count > 1) throw new InvalidOperationException($"study '{study.Name}' has {study.Objectives.Count} objectives; read BestTrials or GetHypervolume");
    }
}
