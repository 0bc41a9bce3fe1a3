using Tunewise.Analysis;
using Tunewise.History;
using Tunewise.Numerics;

namespace Tunewise.Pruners;

/// <summary>
/// Extrapolates a trial's learning curve to its last step and prunes the trial when it is unlikely to become the best (after Domhan,
/// Springenberg and Hutter, "Speeding Up Automatic Hyperparameter Optimization of Deep Neural Networks by Extrapolation of Learning
/// Curves", IJCAI 2015). A family of saturating curves, c + a·t^−α and c + a·e^−βt, is fitted by least squares; their predictions are
/// averaged by how well they explain the reports. Time counts in reports, whatever their steps are, and later reports weigh more: the last
/// quarter as much as all before, so that a curve which has turned is judged by where it is going. What complete trials still gained after
/// the same step bounds what the curves may promise.
/// </summary>
public sealed class LearningCurvePruner : IPruner
{
    private static readonly double[] Powers = [0.25, 0.5, 1, 1.5, 2, 3];
    private static readonly double[] Rates = [0.02, 0.05, 0.1, 0.2, 0.4, 0.8];

    /// <summary>A trial is pruned when the probability of becoming the best is below this.</summary>
    /// <value>Above 0 and below 1. The default is 0.05.</value>
    public double Threshold { get; init; } = 0.05;

    /// <summary>The step of the last report of a trial that is not stopped, or null for that of the longest complete trial.</summary>
    /// <value>At least 1, or null. The default is null.</value>
    public int? LastStep { get; init; }

    /// <summary>Nothing is pruned before this many trials are complete.</summary>
    /// <value>At least 1. The default is 5.</value>
    public int StartupTrials { get; init; } = 5;

    /// <summary>Nothing is pruned before a trial has this many reports.</summary>
    /// <value>At least 3. The default is 4.</value>
    public int MinReports { get; init; } = 4;

    /// <inheritdoc/>
    public IEnumerable<string> Validate()
    {
        if (!(Threshold is > 0 and < 1))
            yield return $"LearningCurvePruner.Threshold must be above 0 and below 1, got {Words.Exact(Threshold)}";
        if (LastStep < 1) yield return $"LearningCurvePruner.LastStep must be at least 1, got {LastStep}";
        if (StartupTrials < 1) yield return $"LearningCurvePruner.StartupTrials must be at least 1, got {StartupTrials}";
        if (MinReports < 3) yield return $"LearningCurvePruner.MinReports must be at least 3, got {MinReports}";
    }

    /// <inheritdoc/>
    public HistoryScope Scope => HistoryScope.Finished;

    /// <inheritdoc/>
    public ReportDecision Decide(PruningContext context)
    {
        var history = context.History;
        var complete = history.CountOf(TrialState.Complete);
        if (complete < StartupTrials)
            return ReportDecision.Continue($"{complete:complete trial}, judging starts at {StartupTrials}");
        if (ParetoFront.BestRow(history, history.ReportedObjective) is not { } bestRow)
            return ReportDecision.Continue("no trial is complete yet");
        var last = LastStep ?? Results.LongestComplete(history);
        var step = context.Reports[^1].Step;
        if (last is null || step >= last) return ReportDecision.Continue($"step {step} is the last one");
        var curve = context.Reports.Where(r => double.IsFinite(r.Value)).ToArray();
        if (curve.Length < MinReports)
            return ReportDecision.Continue($"{curve.Length:finite report}, judging starts at {MinReports}");

        // The value to beat: the best one's last report, as a metric of another objective may be what is reported.
        var target = context.LossOf(history.LastReportOf(bestRow)?.Value ?? history.ValuesOf(bestRow)[history.ReportedObjective]);
        if (!double.IsFinite(target)) return ReportDecision.Continue("the best trial has no finite value to compare with");
        var (mean, deviation) = Extrapolate(
            [.. curve.Select(r => (double)r.Step)], [.. curve.Select(r => context.LossOf(r.Value))], last.Value);
        var now = curve.Min(r => context.LossOf(r.Value));
        // No curve promises more than half again what any complete trial gained from here.
        var gain = LargestGain(history, step);
        if (gain is { } most && mean < now - 1.5 * most) mean = now - 1.5 * most;
        var probability = Normal.Cdf((target - mean) / deviation);
        var (value, expected, limit) = (context.LossOf(now), context.LossOf(mean), context.LossOf(target));
        return new ReportDecision(
            probability < Threshold,
            $"step {step}: {value}, expected {expected} ± {deviation} at step {last.Value}, the best has {limit}: a chance of {100 * probability} %")
            .With(expected, limit, complete);
    }

    /// <summary>Mean and standard deviation of the loss at a later step.</summary>
    internal static (double Mean, double Deviation) Extrapolate(double[] steps, double[] losses, double last)
    {
        var shapes = new List<Func<double, double>>();
        foreach (var power in Powers) shapes.Add(t => Math.Pow(t + 1, -power));
        foreach (var rate in Rates) shapes.Add(t => Math.Exp(-rate * t));
        var n = losses.Length;
        var spread = Math.Max(losses.Max() - losses.Min(), 1e-12);
        // An epoch, a thousand iterations or a minute: what is between two reports is the unit of time.
        var unit = n > 1 ? (steps[^1] - steps[0]) / (n - 1) : 1;
        // Steps so large that they are the same number.
        if (!(unit > 0)) unit = 1;
        double Time(double step) => (step - steps[0]) / unit;
        var weights = new double[n];
        for (var i = 0; i < n; i++) weights[i] = Math.Pow(2, -4.0 * (n - 1 - i) / n);
        var weight = weights.Sum();
        // As many equal ones would have the same variance of their mean.
        var count = weight * weight / weights.Sum(w => w * w);
        var fits = new List<(double Prediction, double Variance, double Score)>();
        foreach (var shape in shapes)
        {
            var x = steps.Select(t => shape(Time(t))).ToArray();
            var (meanX, meanY) = (0.0, 0.0);
            for (var i = 0; i < n; i++)
            {
                meanX += weights[i] / weight * x[i];
                meanY += weights[i] / weight * losses[i];
            }

            var (sxx, sxy) = (0.0, 0.0);
            for (var i = 0; i < n; i++)
            {
                sxx += weights[i] * (x[i] - meanX) * (x[i] - meanX);
                sxy += weights[i] * (x[i] - meanX) * (losses[i] - meanY);
            }

            if (!(sxx > 1e-15)) continue;
            // Learning curves fall; one that rises is taken as flat.
            var slope = Math.Max(sxy / sxx, 0);
            var residual = 0.0;
            for (var i = 0; i < n; i++)
            {
                var error = losses[i] - meanY - slope * (x[i] - meanX);
                residual += weights[i] * error * error;
            }

            // Mean square of the residuals, with two degrees of freedom less.
            var variance = Math.Max(residual / weight * count / Math.Max(count - 2, 1), 1e-4 * spread * spread);
            var at = shape(Time(last)) - meanX;
            // The variance of a regression's prediction at a new point.
            fits.Add((
                meanY + slope * at, variance * (1 + 1 / count + at * at / (sxx / weight * count)), -0.5 * count * Math.Log(variance)));
        }

        // No shape tells the reports apart: what comes is what was.
        if (fits.Count == 0) return (losses[^1], spread);
        var highest = fits.Max(f => f.Score);
        var shares = fits.Select(f => Math.Exp(f.Score - highest)).ToArray();
        var total = shares.Sum();
        var mean = fits.Zip(shares).Sum(p => p.Second * p.First.Prediction) / total;
        var second =
            fits.Zip(shares).Sum(p => p.Second * (p.First.Variance + (p.First.Prediction - mean) * (p.First.Prediction - mean))) / total;
        return (mean, Math.Sqrt(Math.Max(second, 1e-18)));
    }

    /// <summary>By how much complete trials improved after a step at most; null when none reported at it.</summary>
    private static double? LargestGain(StudyHistory history, long step)
    {
        double? most = null;
        foreach (var row in history.Rows)
        {
            if (history.StateOf(row) != TrialState.Complete) continue;
            var (before, after) = (double.PositiveInfinity, double.PositiveInfinity);
            var curve = history.CurveOf(row);
            for (var i = 0; i < curve.Count; i++)
            {
                var loss = history.ReportLoss(curve.Values[i]);
                if (double.IsNaN(loss)) continue;
                if (curve.Steps[i] <= step) before = Math.Min(before, loss);
                after = Math.Min(after, loss);
            }

            if (!double.IsFinite(before) || !double.IsFinite(after)) continue;
            most = Math.Max(most ?? 0, before - after);
        }

        return most;
    }
}
