using Tunewise.Training.Checkpoints;
using Tunewise.Training.Schedules;

namespace Tunewise.Training.Fitting;

/// <summary>How a model is trained.</summary>
public sealed record FitOptions
{
    /// <summary>How many epochs at most.</summary>
    /// <value>At least 1.</value>
    public required int Epochs { get; init; }

    /// <summary>
    /// How the learning rates of the session's optimizer change from epoch to epoch: each parameter group's own rate is multiplied
    /// by the schedule's factor. The schedule is asked once per epoch, and an epoch is one of its steps.
    /// </summary>
    /// <value>The default is constant.</value>
    public Schedule Schedule { get; init; } = Schedule.Constant();

    /// <summary>
    /// The validation metric that is reported, that picks the best epoch and that early stopping watches: "loss", or one
    /// that the session computes.
    /// </summary>
    /// <value>The default is "accuracy".</value>
    public string Metric { get; init; } = "accuracy";

    /// <summary>
    /// Whether smaller or larger values of the metric are better. Null means what the trial's study says of the objective that reports
    /// belong to, and without a trial what the metric is known for ("loss" is minimized; "accuracy", "precision", "recall" and "f1" are
    /// maximized). What contradicts the study is an error before the first epoch.
    /// </summary>
    /// <value>The default is null.</value>
    public Direction? Direction { get; init; }

    /// <summary>Stops when the metric has not improved for a while, or null for never.</summary>
    /// <value>The default is null.</value>
    public EarlyStopping? EarlyStopping { get; init; }

    /// <summary>Put the parameters of the best epoch back at the end.</summary>
    /// <value>The default is true.</value>
    public bool RestoreBest { get; init; } = true;

    /// <summary>
    /// Where checkpoints are kept, or null for none. A trial that is tried again after its worker was lost, and one that continues
    /// a paused trial, go on from there: their curve is that of a training without an interruption. Without a checkpoint they
    /// train from the beginning.
    /// </summary>
    /// <value>The default is null.</value>
    public CheckpointStore? Checkpoints { get; init; }

    internal void Validate()
    {
        var problems = new List<string>();
        if (Epochs < 1) problems.Add($"Epochs must be at least 1, got {Epochs}");
        if (EarlyStopping is { Patience: < 1 }) problems.Add($"EarlyStopping.Patience must be at least 1, got {EarlyStopping.Patience}");
        if (EarlyStopping is { MinDelta: < 0 }) problems.Add($"EarlyStopping.MinDelta must be at least 0, got {EarlyStopping.MinDelta}");
        Checkpoints?.Validate();
        if (problems.Count > 0) throw new ArgumentException(string.Join("; ", problems));
    }
}
