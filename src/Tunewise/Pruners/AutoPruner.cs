using Tunewise.History;
using Tunewise.Numerics;

namespace Tunewise.Pruners;

/// <summary>
/// The pruner of a study that names none: asynchronous successive halving (Li et al., "A System for Massively Parallel Hyperparameter
/// Tuning", MLSys 2020) that needs to be told nothing and watches itself. Its rungs lie at shares of the median complete training,
/// whatever steps count: at <see cref="FirstRung"/> of it, and at <see cref="ReductionFactor"/> times that, and so on; while no trial is
/// complete, at the third report, the twelfth, and so on. At a rung a trial goes on when it belongs to the best
/// 1/<see cref="ReductionFactor"/> of all that got as far, by the last report up to there. Steps need not be the same in all trials, nor begin at 0.
/// </summary>
/// <remarks>
/// <para>A rung is no judge, and nothing is pruned at it, while the best complete trial would not have passed it: curves cross later, or
/// there was no metric yet; nor while the best one had not begun to improve there: it was on a plateau; nor while complete trials are
/// known and none that keeps all constraints. Those that violate one are not compared with. However they stand, some of those that would
/// be pruned run to their ends (<see cref="RunToTheirEnds"/>), so that such curves are met with; but not one whose report is NaN or
/// infinitely bad where another's is not.</para>
/// <para>A decision at a rung looks at every trial; the others cost nothing. Any number of threads may use one object.</para>
/// </remarks>
public sealed class AutoPruner : IPruner
{
    /// <summary>A rung beyond this share of a training would save next to nothing.</summary>
    private const double LastRung = 0.9;

    /// <summary>Before a trial is complete, the first rung is at this report.</summary>
    /// <remarks>
    /// Of 1, 2, 3 and 5 on search-quality with four workers none is better than 3 on both families, and 5 is worse on both.
    /// </remarks>
    private const int FirstReports = 3;

    /// <summary>Who had gained less than this share of what it gained in the end had not begun to improve.</summary>
    /// <remarks>
    /// Chosen among 0, 0.005, 0.01, 0.02, 0.05 and 0.1 on search-quality, as curves are and with --shape Plateau: with less, plateaus are
    /// not seen, and with more, slow starts on TaskSet are held for plateaus.
    /// </remarks>
    private const double Begun = 0.01;

    /// <summary>While no trial is complete, the first one of so many goes on, if <see cref="RunToTheirEnds"/> is not less.</summary>
    /// <remarks>
    /// With many reports per trial and several workers the first rungs lie early and most of a budget can go before any trial is complete;
    /// 4, 8 and 10 cost up to a tenth of the regret on search-quality with four workers, the less the larger.
    /// </remarks>
    private const int SparedBefore = 10;

    /// <summary>
    /// Where the first rung lies, as a share of the median complete training; while no trial is complete, it lies at the third report.
    /// </summary>
    /// <value>Above 0 and at most 0.5. The default is 0.025.</value>
    /// <remarks>
    /// Chosen among 0.02, 0.025, 0.03 and 0.04 on search-quality; without each problem in turn the choice is the same, and the regret on
    /// that one is 0.090 on average on LCBench and 0.231 on TaskSet (400 seeds).
    /// </remarks>
    public double FirstRung { get; init; } = 0.025;

    /// <summary>One of how many goes on at a rung.</summary>
    /// <value>
    /// At least 2. The default is 4, as Li et al. have it. On search-quality 3 and 5 are better at some first rungs and worse at others,
    /// and 6 and 7 are worse.
    /// </value>
    public int ReductionFactor { get; init; } = 4;

    /// <summary>
    /// Of how many trials that would be pruned the last one runs to its end all the same: with 20, the 20th, the 60th and the 120th,
    /// counted over the latest ten times as many trials. While no trial is complete, it is the 10th at the latest.
    /// </summary>
    /// <value>
    /// At least 1. The default is 20. Chosen on search-quality: 10 is worse by a tenth; on TaskSet (400 seeds) 20, 30, 40, 60 and 1000 have
    /// a regret of 0.231, 0.227, 0.225, 0.223 and 0.212, but of curves that cross (--shape Crossing) sooner is better. One in twenty
    /// throughout costs 7 % on TaskSet.
    /// </value>
    public int RunToTheirEnds { get; init; } = 20;

    /// <inheritdoc/>
    public IEnumerable<string> Validate()
    {
        if (!(FirstRung is > 0 and <= 0.5))
            yield return $"AutoPruner.FirstRung must be above 0 and at most 0.5, got {Words.Exact(FirstRung)}";
        if (ReductionFactor < 2) yield return $"AutoPruner.ReductionFactor must be at least 2, got {ReductionFactor}";
        if (RunToTheirEnds < 1) yield return $"AutoPruner.RunToTheirEnds must be at least 1, got {RunToTheirEnds}";
    }

    /// <inheritdoc/>
    public ReportDecision Decide(PruningContext context)
    {
        var history = context.History;
        var complete = history.Prepared(typeof(CompleteTrials), static () => new CompleteTrials());
        var step = context.Reports[^1].Step;
        if (RungAt(context.Reports, complete.Course) is not { } rung) return ReportDecision.Continue($"step {step}: trials are not compared here");
        var own = Worst(context.LossOf(context.Reports[^1].Value));
        var losses = LossesAt(context, rung);
        losses.Add(own);
        losses.Sort();
        var best = losses.Count / ReductionFactor;
        // The first ones cannot wait for others: the best so far goes on.
        var limit = losses[Math.Max(best, 1) - 1];
        // What looks alike is shown with all its digits.
        Explanation Text(double loss) => own != limit && Words.Of(own) == Words.Of(limit) ? (Explanation)$"{context.LossOf(loss):R}" : $"{context.LossOf(loss)}";
        var value = context.Reports[^1].Value;
        Explanation shown = double.IsNaN(value) ? (Explanation)$"{value}" : Text(own);
        Explanation reason = best > 0
            ? (Explanation)$"step {step}: {shown}, the best {best} of {losses.Count} have {Text(limit)} or better"
            : $"step {step}: {shown}, {losses.Count:trial} so far, the best has {Text(limit)}";
        ReportDecision Of(ReportDecision decision) => decision.With(value, losses.Count == 1 ? null : context.LossOf(limit), losses.Count - 1);
        // One that diverged where others did not will not come back, and shows nothing of how curves run.
        var diverged = double.IsPositiveInfinity(own) && !double.IsPositiveInfinity(losses[0]);
        if (own <= limit && !diverged) return Of(ReportDecision.Continue(reason));
        if (Doubt(context, complete, step, own, limit) is { } doubt) return Of(ReportDecision.Continue($"{reason}; {doubt}"));
        if (diverged) return Of(ReportDecision.Prune(reason));
        if (context.GetNumber(TrialAttributes.Spared) is not null || IsSpared(context))
        {
            context.SetNumber(TrialAttributes.Spared, step);
            return Of(ReportDecision.Continue($"{reason}; some go on however they stand, to be compared with"));
        }

        return Of(ReportDecision.Prune(reason));
    }

    /// <summary>The rung that the latest report is the first one at or after, or null.</summary>
    private Rung? RungAt(IReadOnlyList<TrialReport> reports, Course? course)
    {
        var step = reports[^1].Step;
        if (course is not { } training)
        {
            var rung = (long)FirstReports;
            while (rung < reports.Count) rung *= ReductionFactor;
            return rung == reports.Count ? new Rung(step, step) : null;
        }

        if (step >= training.Last) return null;
        var before = reports.Count > 1 ? reports[^2].Step : -1;
        for (var share = FirstRung; share < LastRung; share *= ReductionFactor)
        {
            var due = training.Start + share * (training.Last - training.Start);
            if (step >= due && before < due) return new Rung(due, step);
        }

        return null;
    }

    /// <summary>Why the step is no judge, or null.</summary>
    private static Explanation? Doubt(PruningContext context, CompleteTrials complete, long step, double own, double limit)
    {
        var history = context.History;
        if (complete.Best is not { } best)
            return complete.Course is not null && !complete.AnyIsFeasible ? Explanation.Of("no complete trial keeps all constraints") : null;
        var curve = history.CurveOf(best);
        if (LossAt(history, curve, new Rung(step, step)) is not { } there) return null;
        var number = history.NumberOf(best);
        if (there > limit || double.IsPositiveInfinity(there)) return $"trial {number}, the best complete one, had {context.LossOf(there)} here";
        var (first, last) = (history.ReportLoss(curve.Values[0]), history.ReportLoss(curve.Values[^1]));
        // A single wild value at the end would make any gain look small.
        if (curve.Steps.Length > 2) last = Math.Max(last, history.ReportLoss(curve.Values[^2]));
        // Of a first report it is not known what was before; there, a plateau shows by what hardly differs.
        var moved = curve.Steps.Length > 1 && step >= curve.Steps[1] ? first - there : own - limit;
        return moved < Begun * (first - last)
            ? (Explanation)$"trial {number}, the best complete one, had not begun to improve here, so nothing is pruned"
            : null;
    }

    /// <summary>Of how many that would be pruned the first one goes on; sooner while nobody knows how any trial ends.</summary>
    private long FirstSparedAt(StudyHistory history) =>
        history.CountOf(TrialState.Complete) == 0 ? Math.Min(SparedBefore, RunToTheirEnds) : RunToTheirEnds;

    /// <summary>Whether too few of those that would be pruned run to their ends without this one.</summary>
    private bool IsSpared(PruningContext context)
    {
        var history = context.History;
        // Of trials that began together and do not see how the others fare, as in a batch, the first one.
        if (history.OthersThatRun(context.TrialNumber).Any(t => t.Number == context.TrialNumber - 1 && t.Reports.Count == 0)) return false;
        long spared = history.OthersThatRun(context.TrialNumber).Count(t => t.SystemAttributesJson.ContainsKey(TrialAttributes.Spared));
        var rows = history.RowsSpan;
        var (pruned, seen) = (0L, 0L);
        for (var i = rows.Length - 1; i >= 0 && seen < 10L * RunToTheirEnds; i--)
        {
            var state = history.StateOf(rows[i]);
            if (state is TrialState.Failed) continue;
            seen++;
            if (state is TrialState.Pruned) pruned++;
            else if (history.AttributesOf(rows[i]).ContainsKey(TrialAttributes.Spared)) spared++;
        }

        return FirstSparedAt(history) * (spared + 1) * (spared + 2) / 2 <= spared + pruned + 1;
    }

    /// <summary>The losses at a rung of all other trials that reached it and are not known to violate a constraint.</summary>
    private static List<double> LossesAt(PruningContext context, Rung rung)
    {
        var history = context.History;
        var losses = new List<double>();
        foreach (var row in history.RowsSpan)
        {
            if (history.StateOf(row) is TrialState.Failed || !history.IsFeasible(row)) continue;
            if (LossAt(history, history.CurveOf(row), rung) is { } loss) losses.Add(loss);
        }

        foreach (var trial in history.OthersThatRun(context.TrialNumber))
        {
            // One that began to report later has nothing to compare here.
            if (trial.Reports.Count == 0 || trial.Reports[0].Step > rung.Step || trial.Reports[^1].Step < rung.Due) continue;
            losses.Add(Worst(history.ReportLoss(trial.Reports.Last(r => r.Step <= rung.Step).Value)));
        }

        return losses;
    }

    /// <summary>The last loss, up to the step of who asks, of a curve that reached the rung; or null.</summary>
    private static double? LossAt(StudyHistory history, Curve curve, Rung rung)
    {
        if (!(curve.Last?.Step >= rung.Due)) return null;
        var index = curve.Steps.BinarySearch(rung.Step);
        if (index < 0) index = ~index - 1;
        return index < 0 ? null : Worst(history.ReportLoss(curve.Values[index]));
    }

    private static double Worst(double loss) => double.IsNaN(loss) ? double.PositiveInfinity : loss;

    /// <summary>Where trials are compared.</summary>
    /// <param name="Due">Who got as far as this step is compared with.</param>
    /// <param name="Step">The step of the trial that asks, its first one at or after that.</param>
    private readonly record struct Rung(double Due, long Step);

    /// <summary>From where to where a training runs.</summary>
    /// <param name="Start">The step at which nothing was trained: -1 where the first step is 0.</param>
    /// <param name="Last">The last step.</param>
    private readonly record struct Course(double Start, double Last);

    /// <summary>The best of the complete trials, and what a training is like.</summary>
    private sealed class CompleteTrials : IPrepared
    {
        /// <summary>Of so many the median is taken: what steps count may change in a study, and is followed after half as many.</summary>
        private const int Latest = 20;

        private readonly SortedSet<(int Number, double Start, double Last)> _latest = [];
        private int _seen;

        /// <summary>
        /// The medians of the latest ones by number, or null: a single one that is far longer says nothing of the others.
        /// </summary>
        public Course? Course { get; private set; }

        /// <summary>The row of the best one that keeps all constraints, or null.</summary>
        public int? Best { get; private set; }

        /// <summary>Whether any keeps all constraints.</summary>
        public bool AnyIsFeasible { get; private set; }

        public void Update(StudyHistory history)
        {
            var objective = history.ReportedObjective;
            var seen = _seen;
            for (; _seen < history.Count; _seen++)
            {
                if (history.StateOf(_seen) != TrialState.Complete || history.LastReportOf(_seen) is not { } last) continue;
                var (loss, number) = (history.LossOf(_seen, objective), history.NumberOf(_seen));
                var steps = history.CurveOf(_seen).Steps;
                // Steps may begin anywhere, and who counts iterations reports first when some are behind.
                _latest.Add((number, steps.Length > 1 ? Math.Max(-1, 2.0 * steps[0] - steps[1]) : -1, last.Step));
                if (_latest.Count > Latest) _latest.Remove(_latest.Min);
                if (!history.IsFeasible(_seen)) continue;
                AnyIsFeasible = true;
                // What is not a number says nothing of how curves run.
                if (!double.IsFinite(loss)) continue;
                // Of equals the oldest, whichever arrived first.
                if (Best is not { } best || loss < history.LossOf(best, objective)
                    || (loss == history.LossOf(best, objective) && number < history.NumberOf(best)))
                {
                    Best = _seen;
                }
            }

            if (_seen > seen && _latest.Count > 0) Course = new Course(Median(_latest.Select(t => t.Start)), Median(_latest.Select(t => t.Last)));
        }

        private static double Median(IEnumerable<double> values)
        {
            double[] sorted = [.. values.Order()];
            return sorted[(sorted.Length - 1) / 2];
        }
    }
}
