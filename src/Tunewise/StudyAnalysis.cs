using Tunewise.Analysis;
using Tunewise.History;
using Tunewise.Numerics;

namespace Tunewise;

/// <summary>What a study has learnt, from its trials as they are now. All members may be called from any thread.</summary>
public static class StudyAnalysis
{
    /// <summary>
    /// How much each parameter matters for an objective, most important first. Failed and infinite trials are left out, and pruned
    /// ones where <see cref="ImportanceOptions.Pruned"/> says so.
    /// </summary>
    /// <param name="study">The study.</param>
    /// <param name="options">Method and objective, or null for the defaults.</param>
    /// <param name="cancellationToken">Ends the read, which of a large study takes a while.</param>
    /// <returns>One entry per parameter that any complete or pruned trial had, conditional ones included.</returns>
    /// <exception cref="ArgumentException">An option is out of range; every problem is listed.</exception>
    /// <exception cref="TunewiseException">Fewer than 3 trials are complete.</exception>
    public static IReadOnlyList<ParameterImportance> GetImportances(
        this Study study, ImportanceOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(study);
        options ??= new ImportanceOptions();
        options.Validate(study.Objectives.Count);
        return study.WithHistory(history => Importances.Of(history, options, study.Name), HistoryScope.Finished, cancellationToken);
    }

    /// <summary>The best value after each complete feasible trial, in order of the trials' numbers. For one objective.</summary>
    /// <param name="study">The study.</param>
    /// <param name="cancellationToken">Ends the read, which of a large study takes a while.</param>
    /// <returns>The trial's number and the best value up to it.</returns>
    public static IReadOnlyList<(int Number, double Best)> GetBestSoFar(
        this Study study, CancellationToken cancellationToken = default)
    {
        RequireSingle(study);
        return study.WithHistory(Results.BestSoFar, HistoryScope.Finished, cancellationToken);
    }

    /// <summary>
    /// The empirical distribution of the results: each distinct value of the complete trials, ascending, with the share
    /// of trials at or below it.
    /// </summary>
    /// <param name="study">The study.</param>
    /// <param name="objective">The objective, by its position.</param>
    /// <param name="cancellationToken">Ends the read, which of a large study takes a while.</param>
    public static IReadOnlyList<(double Value, double Share)> GetEmpiricalDistribution(
        this Study study, int objective = 0, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(study);
        ArgumentOutOfRangeException.ThrowIfNegative(objective);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(objective, study.Objectives.Count);
        return study.WithHistory(history => Results.EmpiricalDistribution(history, objective), HistoryScope.Finished, cancellationToken);
    }

    /// <summary>How many trials, reports and how much time each state has cost.</summary>
    /// <param name="study">The study.</param>
    /// <param name="cancellationToken">Ends the read, which of a large study takes a while.</param>
    public static IReadOnlyList<StateBudget> GetBudget(this Study study, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(study);
        return [.. study.GetTrials(cancellationToken: cancellationToken).GroupBy(t => t.State).OrderBy(g => g.Key).Select(g => new StateBudget(
            g.Key, g.Count(), g.Sum(t => t.Reports.Count), g.Aggregate(TimeSpan.Zero, (sum, t) => sum + (t.Duration ?? TimeSpan.Zero))))];
    }

    /// <summary>The volume that the feasible complete trials dominate, up to a reference point.</summary>
    /// <param name="study">The study.</param>
    /// <param name="reference">One value per objective, in its own direction: worse than what counts as a result.</param>
    /// <param name="cancellationToken">Ends the read, which of a large study takes a while.</param>
    public static double GetHypervolume(
        this Study study, IReadOnlyList<double> reference, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(study);
        ArgumentNullException.ThrowIfNull(reference);
        if (reference.Count != study.Objectives.Count)
            throw new ArgumentException($"the reference point needs {Words.Count(study.Objectives.Count, "value")}, got {reference.Count}");
        return study.WithHistory(history => Results.HypervolumeOf(history, reference), HistoryScope.Finished, cancellationToken);
    }

    private static void RequireSingle(Study study)
    {
        ArgumentNullException.ThrowIfNull(study);
        if (study.Objectives.Count > 1)
        {
            throw new InvalidOperationException(
                $"study '{study.Name}' has {study.Objectives.Count} objectives; call GetParetoFront() or GetHypervolume()");
        }
    }
}
