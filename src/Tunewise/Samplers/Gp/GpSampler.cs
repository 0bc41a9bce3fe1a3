using MathNet.Numerics.Statistics;
using Tunewise.Analysis;
using Tunewise.History;
using Tunewise.Samplers.Random;
using Tunewise.Spaces;

namespace Tunewise.Samplers.Gp;

/// <summary>
/// Bayesian optimisation: a Gaussian process models the objective, and the point with the largest expected improvement (by its logarithm,
/// times the probability that every constraint is kept) is proposed. For few trials that take long; its own cost grows with the cube of the
/// number of trials and is about a fiftieth of a second at a hundred. Serves every kind of parameter; a conditional branch has a process of
/// its own. With several objectives every trial follows a random weighting of them (Knowles, "ParEGO", IEEE Transactions on Evolutionary
/// Computation 10, 2006). Trials that run now are believed to give what the process predicts. A pruned trial counts by its last report as
/// one of the worse half, and in objectives that are not reported as the middle of that half; one that diverged is worse than any other. A
/// trial that failed by violating a constraint, as by running out of memory, teaches where that constraint holds, and one that threw where
/// trials fail. What was tried is not proposed once more to the digit, unless the study allows repeats.
/// </summary>
public sealed class GpSampler : ISampler
{
    /// <summary>The first this many complete or pruned trials are sampled at random, also in each conditional branch.</summary>
    /// <value>At least 2. The default is 10.</value>
    public int StartupTrials { get; init; } = 10;

    /// <summary>The objective gives the same value for the same parameters, so that no noise needs to be fitted.</summary>
    /// <value>The default is false.</value>
    public bool Deterministic { get; init; }

    /// <summary>Of more trials than this only the best third and otherwise the latest are modelled.</summary>
    /// <value>At least 10. The default is 300.</value>
    public int MaxTrials { get; init; } = 300;

    /// <inheritdoc/>
    public IEnumerable<string> Validate(IReadOnlyList<Objective> objectives)
    {
        if (StartupTrials < 2) yield return $"GpSampler.StartupTrials must be at least 2, got {StartupTrials}";
        if (MaxTrials < 10) yield return $"GpSampler.MaxTrials must be at least 10, got {MaxTrials}";
    }

    /// <inheritdoc/>
    public SearchSpace InferJointSpace(SamplingContext context, string name)
    {
        var history = context.History;
        if (history.CountOf(TrialState.Complete) + history.CountOf(TrialState.Pruned) < StartupTrials) return SearchSpace.Empty;
        return new SearchSpace(history.Branches.BranchOf(name).Where(d => context.ValueOf(d.Name) is null));
    }

    /// <inheritdoc/>
    public double[]? SampleJoint(SamplingContext context, SearchSpace space)
    {
        var branch = context.History.Branches.BranchOf(context.Asked);
        if (Prepare(context, branch) is not { } search) return null;
        var values = search.Run();
        return [.. space.Select(d => values[branch.IndexOf(d.Name)])];
    }

    /// <summary>
    /// The logarithm of the largest expected improvement over a space, or null when too few trials are known, or none that is feasible.
    /// </summary>
    internal double? HighestLogImprovement(SamplingContext context, SearchSpace space)
    {
        if (Prepare(context with { AllowRepeats = true }, space) is not { } search) return null;
        search.Run();
        return search.HighestImprovement;
    }

    private AcquisitionSearch? Prepare(SamplingContext context, SearchSpace branch)
    {
        var cube = new UnitCube(branch);
        var history = context.History;
        var known = Known(history, cube);
        if (known.Count < StartupTrials || !known.Exists(k => history.StateOf(k.Row) == TrialState.Complete)) return null;
        List<int> rows = [.. known.Select(k => k.Row)];
        var objective = new Observations(rows, [.. known.Select(k => k.Point)]);
        var acquisition = Acquisition.Create(
            context, cube, objective, Losses(context, rows), Constrained(history, cube, objective), Deterministic);
        var given = branch.Select((d, i) => context.ValueOf(d.Name) is { } v && d.Distribution.Contains(v) ? cube.ToUnit(i, v) : double.NaN)
            .ToArray();
        return new AcquisitionSearch(context, cube, acquisition, given, Tried(context, cube));
    }

    /// <summary>
    /// The points of all that was tried or runs, whatever it came to. Where other parameters may follow, points are tried more than once.
    /// </summary>
    private static List<double[]> Tried(SamplingContext context, UnitCube cube)
    {
        var history = context.History;
        if (context.AllowRepeats || cube.Count < history.Branches.Everything.Count) return [];
        return
        [
            .. cube.PointsOf(history, history.Rows.Where(r => history.EndOf(r) != PathEnd.Untried)).Select(p => p.Point).OfType<double[]>(),
            .. history.OthersThatRun(context.TrialNumber).Select(t => cube.PointOf(t.ParameterList)).OfType<double[]>(),
        ];
    }

    /// <inheritdoc/>
    public double Sample(SamplingContext context, string name, Distribution distribution) =>
        RandomSampler.Draw(context.Random, distribution);

    /// <summary>
    /// The rows that say something of the objective and have the branch, in order of their numbers, and their points; of too many the best
    /// third and the latest.
    /// </summary>
    private List<(int Row, double[] Point)> Known(StudyHistory history, UnitCube cube)
    {
        var known = new List<(int Row, double[] Point)>();
        foreach (var (row, point) in cube.PointsOf(history, history.Rows.Where(r => IsKnown(history, r))))
        {
            if (point is not null) known.Add((row, point));
        }

        if (known.Count <= MaxTrials) return known;
        var rows = known.Select(k => k.Row);
        var front = history.Directions.Count == 1 ? [] : ParetoFront.Numbers(history).ToHashSet();
        var best = history.Directions.Count == 1
            ? rows.OrderBy(r => history.ViolationOf(r)).ThenBy(r => LossOf(history, r)).Take(MaxTrials / 3)
            : rows.Where(r => front.Contains(history.NumberOf(r))).TakeLast(MaxTrials / 3);
        var kept = best.ToHashSet();
        foreach (var row in rows.Reverse())
        {
            if (kept.Count >= MaxTrials) break;
            kept.Add(row);
        }

        return [.. known.Where(k => kept.Contains(k.Row))];
    }

    /// <summary>Whether a row says something of the objective: it is complete, was pruned after a report, or diverged.</summary>
    private static bool IsKnown(StudyHistory history, int row) => history.StateOf(row) switch
    {
        TrialState.Complete => true,
        TrialState.Pruned => history.LastReportOf(row) is { } last && !double.IsNaN(last.Value),
        _ => history.IsDiverged(row),
    };

    /// <summary>
    /// A complete row's loss; a pruned one's last report, and infinity for one that diverged. Both are known to be bad, and only their
    /// order counts there (<see cref="OutcomeTransform"/>).
    /// </summary>
    private static double LossOf(StudyHistory history, int row) => history.StateOf(row) switch
    {
        TrialState.Complete => history.LossOf(row),
        TrialState.Pruned when history.LastReportOf(row) is { } last => history.ReportLoss(last.Value),
        _ => double.PositiveInfinity,
    };

    /// <summary>
    /// The rows that say something of constraints: those of the objective, those that failed by violating one, and those that threw.
    /// </summary>
    private Observations Constrained(StudyHistory history, UnitCube cube, Observations objective)
    {
        var failed = history.Rows.Where(r => history.StateOf(r) == TrialState.Failed && !history.IsDiverged(r)
                && (history.Teaches(r) || history.IsBroken(r)))
            .TakeLast(MaxTrials);
        var (rows, points) = (objective.Rows.ToList(), objective.Points.ToList());
        foreach (var (row, point) in cube.PointsOf(history, failed))
        {
            if (point is null) continue;
            rows.Add(row);
            points.Add(point);
        }

        return new Observations(rows, [.. points]);
    }

    /// <summary>One loss per row; several objectives are weighed at random: the augmented Tchebycheff function with ρ = 0.05.</summary>
    private static double[] Losses(SamplingContext context, List<int> rows)
    {
        var history = context.History;
        var count = history.Directions.Count;
        if (count == 1) return LossesIn(history, rows, 0);

        // A point of the simplex: normalised exponentials.
        var weights = Enumerable.Range(0, count).Select(_ => -Math.Log(1 - context.Random.NextDouble())).ToArray();
        var total = weights.Sum();
        var weighed = new double[count][];
        for (var m = 0; m < count; m++)
        {
            var losses = OutcomeTransform.Apply(LossesIn(history, rows, m));
            var (low, high) = (losses.Minimum(), losses.Maximum());
            weighed[m] = [.. losses.Select(l => weights[m] / total * (high > low ? (l - low) / (high - low) : 0))];
        }

        return [.. Enumerable.Range(0, rows.Count).Select(i => weighed.Max(w => w[i]) + 0.05 * weighed.Sum(w => w[i]))];
    }

    /// <summary>The rows' losses in an objective.</summary>
    private static double[] LossesIn(StudyHistory history, List<int> rows, int objective)
    {
        // Whoever pruned a trial held it for one of the worse half, of which little is known in objectives that were not reported.
        var complete = rows.Where(r => history.StateOf(r) == TrialState.Complete).Select(r => history.LossOf(r, objective)).ToArray();
        var (middle, worse) = (complete.Median(), complete.UpperQuartile());
        return [.. rows.Select(r => history.StateOf(r) switch
        {
            TrialState.Complete => history.LossOf(r, objective),
            TrialState.Pruned => objective == history.ReportedObjective ? Math.Max(LossOf(history, r), middle) : worse,
            _ => double.PositiveInfinity,
        })];
    }
}
