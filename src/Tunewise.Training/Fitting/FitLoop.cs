namespace Tunewise.Training.Fitting;

/// <summary>
/// Trains a model: epochs of training and validation, the learning rate's schedule, a report of the validation metric after each epoch
/// (step = epoch, from 0), pruning, early stopping, and the best epoch's parameters put back at the end.
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

        /// <summary>
        /// What was wrong with the checkpoint: it could not be written, or it was damaged, another training's or of another model, and
        /// the training began anew.
        /// </summary>
        public const string CheckpointTrouble = "checkpoint_trouble";

        /// <summary>The largest working set of the process seen, in bytes.</summary>
        public const string PeakMemory = "peak_memory_bytes";
    }

    /// <summary>Trains a model.</summary>
    /// <param name="session">The model; stays the caller's to dispose.</param>
    /// <param name="options">How to train.</param>
    /// <param name="trial">The trial to report to and to store figures with, or null to train by itself, without
    /// checkpoints, as a trial of no study (<see cref="Trial.With(IReadOnlyDictionary{string, object?})"/>) does too.</param>
    /// <param name="cancellationToken">Cancels between batches.</param>
    /// <exception cref="ArgumentException">Options are out of range; every problem is listed. Nothing was trained.</exception>
    /// <exception cref="StudyMismatchException">The session does not compute the metric, its direction contradicts the study, or the
    /// session cannot write the checkpoints that are asked for. Nothing was trained, and a run ends with this error.</exception>
    /// <exception cref="OperationCanceledException">The training was cancelled, or the run was stopped at a report.</exception>
    public static FitResult Run(
        ITrainingSession session, FitOptions options, Trial? trial = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(session);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        // Of a trial of no study nothing is stored, and nothing is known of what it optimises.
        if (trial is { IsOfAStudy: false }) options = options with { Checkpoints = null };
        var study = trial is { IsOfAStudy: true } ? trial.Study : null;
        var direction = MetricDirection.Of(options, session, study);
        if (trial is not null && options.Checkpoints is { } store)
        {
            if (session.CheckpointObstacle is { } obstacle)
                throw new StudyMismatchException($"{obstacle}; leave FitOptions.Checkpoints out to train without checkpoints");
            store.Sweep(trial.Study);
        }

        using var state = new FitState(session, options, direction, trial);
        var end = state.Resume();
        for (var epoch = state.NextEpoch; epoch < options.Epochs && end is null; epoch++)
        {
            state.RunEpoch(epoch, cancellationToken);
            end = state.ReportAndJudge();
        }

        var result = state.Finish(end ?? FitEnd.Completed) with
        {
            MetricPosition = study is null ? 0 : MetricDirection.PositionOf(options, study) ?? 0,
        };
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
}
