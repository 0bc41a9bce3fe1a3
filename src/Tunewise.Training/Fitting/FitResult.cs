using System.Globalization;

namespace Tunewise.Training.Fitting;

/// <summary>What a training gave.</summary>
/// <param name="End">Why it ended.</param>
/// <param name="History">The epochs in order.</param>
/// <param name="BestEpoch">The epoch with the best metric, from 0; the earliest among equals.</param>
/// <param name="BestMetric">Its metric.</param>
/// <param name="Elapsed">The wall time.</param>
/// <param name="SamplesPerSecond">Training samples per second of training, validation not counted.</param>
/// <param name="PeakMemoryBytes">The largest working set of the process that was seen at the end of an epoch. Trials in one
/// process share it.</param>
public sealed record FitResult(
    FitEnd End,
    IReadOnlyList<EpochRecord> History,
    int BestEpoch,
    double BestMetric,
    TimeSpan Elapsed,
    double SamplesPerSecond,
    long PeakMemoryBytes)
{
    /// <summary>The metric of the last epoch whose losses and metric were finite, or null when there was none.</summary>
    public double? LastFiniteMetric { get; init; }

    /// <summary>Which of the study's objectives the metric is, by its position.</summary>
    internal int MetricPosition { get; init; }

    /// <summary>What an objective returns: pruned, diverged, or the best metric in the place of the objective that it is.</summary>
    /// <param name="further">The values of the study's other objectives in their order, when it has several.</param>
    public TrialResult ToTrialResult(params IReadOnlyList<double> further) => End switch
    {
        FitEnd.Pruned or FitEnd.Paused => TrialResult.Pruned,
        FitEnd.Diverged => TrialResult.Diverged(HowItDiverged(History[^1]), LastFiniteMetric),
        _ => TrialResult.Complete([.. further.Take(MetricPosition), BestMetric, .. further.Skip(MetricPosition)]),
    };

    private static string HowItDiverged(EpochRecord last) => double.IsFinite(last.TrainingLoss)
        ? string.Create(CultureInfo.InvariantCulture, $"the validation loss became {last.Validation.Loss} in epoch {last.Epoch}")
        : string.Create(CultureInfo.InvariantCulture, $"the training loss became {last.TrainingLoss} in epoch {last.Epoch}");
}
