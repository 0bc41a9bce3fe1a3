using System.Diagnostics;

namespace Tunewise.Training.Fitting;

/// <summary>
/// Trains a model: epochs of training and validation, the learning rate's schedule, a report of the validation metric after each epoch (step = epoch,
/// from 0), pruning, early stopping, and the best epoch's parameters put back at the end.
/// </summary>
public static class FitLoop
{
    /// <summary>The user attributes that a training stores with its trial.</summary>
    public static class Attributes
    {
        /// <summary>How many epochs were trained.</summary>
        public const string Epochs = "epochs";

        /// <summary>How many epochs were allowed.</summary>
        public const string EpochLimit = "epoch_limit";

        /// <summary>The best epoch, from 0.</summary>
        public const string BestEpoch = "best_epoch";

        /// <summary>Why the training ended.</summary>
        public const string End = "fit_end";

        /// <summary>The wall time in seconds.</summary>
        public const string Seconds = "fit_seconds";

        /// <summary>Training samples per second of training.</summary>
        public const string SamplesPerSecond = "samples_per_second";

        /// <summary>The largest working set of the process seen, in bytes.</summary>
        public const string PeakMemory = "peak_memory_bytes";
    }

    /// <summary>Trains a model.</summary>
    /// <param name="session">The model; stays the caller's to dispose.</param>
    /// <param name="options">How to train.</param>
    /// <param name="trial">The trial to report to and to store figures with, or null to train by itself.</param>
    /// <param name="cancellationToken">Cancels between batches.</param>
    /// <exception cref="OperationCanceledException">The training was cancelled, or the run was stopped at a report.</exception>
    public static FitResult Run(ITrainingSession session, FitOptions options, Trial? trial = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(session);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        using var state = new State(session, options);
        var paused = options.CheckpointFolder is { } folder && trial?.Continues is { } number ? Checkpoint.PathOf(folder, trial.Study.Name, number) : null;
        var start = paused is null ? 0 : state.Restore(paused);
        // A continued trial has reports already; what is trained again for want of a checkpoint is not reported again.
        var reported = trial?.Reports is { Count: > 0 } reports ? reports[^1].Step : -1;
        var end = FitEnd.Completed;
        for (var epoch = start; epoch < options.Epochs && end == FitEnd.Completed; epoch++)
        {
            var record = state.RunEpoch(epoch, cancellationToken);
            var decision = epoch > reported ? trial?.Report(epoch, record.Validation[options.Metric]) ?? default : default;
            // After the last epoch there is nothing left to wait for.
            var pauses = decision.ShouldPause && epoch + 1 < options.Epochs;
            if (pauses && options.CheckpointFolder is { } target) state.Store(Checkpoint.PathOf(target, trial!.Study.Name, trial.Number), epoch);
            end = pauses ? FitEnd.Paused
                : decision is { ShouldPrune: true, ShouldPause: false } ? FitEnd.Pruned
                : !double.IsFinite(record.TrainingLoss) ? FitEnd.Diverged
                : state.LostPatience(epoch) ? FitEnd.EarlyStopped
                : FitEnd.Completed;
        }

        if (paused is not null) File.Delete(paused);
        var result = state.Finish(end);
        if (trial is not null) Store(trial, result, options);
        return result;
    }

    private static void Store(Trial trial, FitResult result, FitOptions options)
    {
        trial.SetUserAttribute(Attributes.Epochs, trial.Reports.Count > 0 ? trial.Reports.Count : result.History.Count);
        trial.SetUserAttribute(Attributes.EpochLimit, options.Epochs);
        trial.SetUserAttribute(Attributes.BestEpoch, result.BestEpoch);
        trial.SetUserAttribute(Attributes.End, result.End);
        trial.SetUserAttribute(Attributes.Seconds, result.Elapsed.TotalSeconds);
        trial.SetUserAttribute(Attributes.SamplesPerSecond, result.SamplesPerSecond);
        trial.SetUserAttribute(Attributes.PeakMemory, result.PeakMemoryBytes);
    }

    /// <summary>A training so far.</summary>
    private sealed class State(ITrainingSession session, FitOptions options) : IDisposable
    {
        private readonly long _started = Stopwatch.GetTimestamp();
        private readonly List<EpochRecord> _history = [];
        private readonly MemoryStream _best = new();
        private TimeSpan _training;
        private long _samples;
        private long _peakMemory;
        private int _bestEpoch = -1;
        private int _lastImprovement;
        private double _bestMetric = double.NaN;
        private double _patienceMetric = double.NaN;

        public EpochRecord RunEpoch(int epoch, CancellationToken cancellationToken)
        {
            var rate = options.LearningRate * options.Schedule.FactorAt(epoch);
            var started = Stopwatch.GetTimestamp();
            var loss = session.TrainEpoch(epoch, rate, cancellationToken);
            _training += Stopwatch.GetElapsedTime(started);
            _samples += loss.Samples;
            var record = new EpochRecord(epoch, rate, loss.MeanLoss, session.Validate());
            _history.Add(record);
            _peakMemory = Math.Max(_peakMemory, Environment.WorkingSet);
            Compare(epoch, record.Validation[options.Metric]);
            return record;
        }

        /// <summary>Goes on where a checkpoint ended; the epoch to train next.</summary>
        public int Restore(string path)
        {
            if (Checkpoint.Read(path) is not { } checkpoint) return 0;
            session.LoadCheckpoint(new MemoryStream(checkpoint.Session));
            (_bestEpoch, _bestMetric) = (checkpoint.BestEpoch, checkpoint.BestMetric);
            (_lastImprovement, _patienceMetric) = (checkpoint.LastImprovement, checkpoint.PatienceMetric);
            _best.SetLength(0);
            _best.Write(checkpoint.Best);
            return checkpoint.Epoch + 1;
        }

        public void Store(string path, int epoch)
        {
            using var state = new MemoryStream();
            session.SaveCheckpoint(state);
            new Checkpoint(epoch, _bestEpoch, _bestMetric, _lastImprovement, _patienceMetric, _best.ToArray(), state.ToArray()).Write(path);
        }

        public bool LostPatience(int epoch) => options.EarlyStopping is { } stop && epoch - _lastImprovement >= stop.Patience;

        public FitResult Finish(FitEnd end)
        {
            var isLast = _history.Count > 0 && _bestEpoch == _history[^1].Epoch;
            if (options.RestoreBest && _bestEpoch >= 0 && !isLast && end is not (FitEnd.Pruned or FitEnd.Paused))
            {
                _best.Position = 0;
                session.Load(_best);
            }

            return new FitResult(
                end, _history, Math.Max(_bestEpoch, 0), _bestMetric, Stopwatch.GetElapsedTime(_started), _samples / Math.Max(_training.TotalSeconds, 1e-9), _peakMemory);
        }

        public void Dispose() => _best.Dispose();

        private void Compare(int epoch, double metric)
        {
            if (Beats(metric, _bestMetric, 0))
            {
                (_bestMetric, _bestEpoch) = (metric, epoch);
                if (options.RestoreBest)
                {
                    _best.SetLength(0);
                    session.Save(_best);
                }
            }

            if (!Beats(metric, _patienceMetric, options.EarlyStopping?.MinDelta ?? 0)) return;
            (_patienceMetric, _lastImprovement) = (metric, epoch);
        }

        private bool Beats(double metric, double best, double by) => !double.IsNaN(metric)
            && (double.IsNaN(best) || (options.Direction == Direction.Maximize ? metric > best + by : metric < best - by));
    }
}
