using Tunewise.Training.Schedules;

namespace Tunewise.Training.Fitting;

/// <summary>How a model is trained.</summary>
public sealed record FitOptions
{
    /// <summary>How many epochs at most.</summary>
    /// <value>At least 1.</value>
    public required int Epochs { get; init; }

    /// <summary>The learning rate before the schedule's factor.</summary>
    /// <value>Above 0.</value>
    public required double LearningRate { get; init; }

    /// <summary>How the learning rate changes from epoch to epoch.</summary>
    /// <value>The default is constant.</value>
    public ILearningRateSchedule Schedule { get; init; } = new ConstantSchedule();

    /// <summary>The validation metric that is reported, that picks the best epoch and that early stopping watches.</summary>
    /// <value>The default is "accuracy".</value>
    public string Metric { get; init; } = "accuracy";

    /// <summary>Whether smaller or larger values of the metric are better.</summary>
    /// <value>The default is maximize.</value>
    public Direction Direction { get; init; } = Direction.Maximize;

    /// <summary>Stops when the metric has not improved for a while, or null for never.</summary>
    /// <value>The default is null.</value>
    public EarlyStopping? EarlyStopping { get; init; }

    /// <summary>Put the parameters of the best epoch back at the end.</summary>
    /// <value>The default is true.</value>
    public bool RestoreBest { get; init; } = true;

    internal void Validate()
    {
        var problems = new List<string>();
        if (Epochs < 1) problems.Add($"Epochs must be at least 1, got {Epochs}");
        if (!(LearningRate > 0 && double.IsFinite(LearningRate))) problems.Add($"LearningRate must be a finite number above 0, got {LearningRate}");
        if (EarlyStopping is { Patience: < 1 }) problems.Add($"EarlyStopping.Patience must be at least 1, got {EarlyStopping.Patience}");
        if (EarlyStopping is { MinDelta: < 0 }) problems.Add($"EarlyStopping.MinDelta must be at least 0, got {EarlyStopping.MinDelta}");
        if (problems.Count > 0) throw new ArgumentException(string.Join("; ", problems));
    }
}

/// <summary>Stops a training whose metric has not improved for a number of epochs.</summary>
/// <param name="Patience">How many epochs without improvement are allowed; at least 1.</param>
/// <param name="MinDelta">By how much a value must beat the best to count as an improvement; at least 0.</param>
public sealed record EarlyStopping(int Patience, double MinDelta = 0);

/// <summary>
/// Penalties on the weights that are added to the loss: L1·Σ|w| + ½·L2·Σw² (Goodfellow, Bengio and Courville, "Deep Learning", MIT Press 2016,
/// equations 7.2 and 7.18). With plain SGD the second is the same as a weight decay of L2.
/// </summary>
/// <param name="L1">The weight of Σ|w|; at least 0.</param>
/// <param name="L2">The weight of ½·Σw²; at least 0.</param>
public sealed record Regularization(double L1 = 0, double L2 = 0)
{
    /// <summary>No penalty.</summary>
    public static Regularization None { get; } = new();

    /// <summary>Whether there is any penalty.</summary>
    public bool IsNone => L1 == 0 && L2 == 0;

    /// <summary>The penalty of a group of weights.</summary>
    /// <param name="weights">The weights.</param>
    public double Penalty(ReadOnlySpan<double> weights)
    {
        var (absolute, squares) = (0.0, 0.0);
        foreach (var w in weights)
        {
            absolute += Math.Abs(w);
            squares += w * w;
        }

        return L1 * absolute + 0.5 * L2 * squares;
    }

    /// <summary>Adds the penalty's gradient, L1·sign(w) + L2·w.</summary>
    /// <param name="weights">The weights.</param>
    /// <param name="gradients">Their gradients, of the same length.</param>
    public void AddGradient(ReadOnlySpan<double> weights, Span<double> gradients)
    {
        if (IsNone) return;
        for (var i = 0; i < weights.Length; i++) gradients[i] += L1 * Math.Sign(weights[i]) + L2 * weights[i];
    }
}
