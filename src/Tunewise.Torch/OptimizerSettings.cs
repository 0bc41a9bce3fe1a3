namespace Tunewise.Torch;

/// <summary>
/// An optimizer with its options, made from suggested values; see <see cref="TorchOptimizers"/>. An option that is null or, where it is no
/// rate, 0 or false, is the optimizer's own default; one that an optimizer does not have may only be that.
/// </summary>
/// <param name="Name">One of <see cref="TorchOptimizers.Names"/>, in any case.</param>
/// <param name="LearningRate">Above 0.</param>
public sealed record OptimizerSettings(string Name, double LearningRate)
{
    /// <summary>At least 0; decoupled for AdamW, in the gradient for the others. Not for LBFGS and Rprop.</summary>
    /// <value>The default is 0.</value>
    public double WeightDecay { get; init; }

    /// <summary>
    /// Whether the weight decay is for biases and the weights of norms, too: for all that has less than two dimensions. Without, those are
    /// parameter groups of their own.
    /// </summary>
    /// <value>The default is true, as everywhere in PyTorch.</value>
    public bool DecaysBiasesAndNorms { get; init; } = true;

    /// <summary>At least 0; for SGD and RMSprop.</summary>
    /// <value>The default is 0.</value>
    public double Momentum { get; init; }

    /// <summary>How much of the gradient the momentum leaves out, from 0 to 1; for SGD.</summary>
    /// <value>The default is 0.</value>
    public double Dampening { get; init; }

    /// <summary>Whether SGD's momentum is Nesterov's; needs a momentum, and no dampening.</summary>
    /// <value>The default is false.</value>
    public bool Nesterov { get; init; }

    /// <summary>How slowly the mean of the gradients forgets, from 0 to below 1; for Adam and its kin.</summary>
    /// <value>The default is null: 0.9.</value>
    public double? Beta1 { get; init; }

    /// <summary>How slowly the mean of their squares forgets, from 0 to below 1; for Adam and its kin.</summary>
    /// <value>The default is null: 0.999.</value>
    public double? Beta2 { get; init; }

    /// <summary>What keeps denominators from 0, above 0; for Adam and its kin, RMSprop, Adagrad and Adadelta.</summary>
    /// <value>The default is null: 1e-8; 1e-6 for Adadelta, 1e-10 for Adagrad.</value>
    public double? Epsilon { get; init; }

    /// <summary>Whether the largest mean of squares so far counts (Reddi et al., ICLR 2018); for Adam and AdamW.</summary>
    /// <value>The default is false.</value>
    public bool Amsgrad { get; init; }

    /// <summary>
    /// How slowly a mean forgets, from 0 to below 1: RMSprop's of squares, Adadelta's (which calls it rho), or the power of ASGD's rate.
    /// </summary>
    /// <value>The default is null: 0.99, 0.9 and 0.75.</value>
    public double? Alpha { get; init; }

    /// <summary>Whether RMSprop's gradients are divided by their spread instead of their size.</summary>
    /// <value>The default is false.</value>
    public bool Centered { get; init; }

    /// <summary>NAdam's decay of the momentum, at least 0.</summary>
    /// <value>The default is null: 0.004.</value>
    public double? MomentumDecay { get; init; }

    /// <summary>Adagrad's decay of the rate, at least 0.</summary>
    /// <value>The default is 0.</value>
    public double RateDecay { get; init; }

    /// <summary>What Adagrad's sums of squares begin with, at least 0.</summary>
    /// <value>The default is 0.</value>
    public double InitialAccumulator { get; init; }

    /// <summary>How many corrections LBFGS remembers, at least 1.</summary>
    /// <value>The default is null: 100.</value>
    public int? HistorySize { get; init; }

    /// <summary>How many iterations a step of LBFGS has at most, at least 1.</summary>
    /// <value>The default is null: 20.</value>
    public int? MaxIterations { get; init; }

    /// <summary>What is wrong with the options for an optimizer that has some of them; empty when nothing is.</summary>
    internal IEnumerable<string> Problems(IReadOnlyCollection<string> has)
    {
        if (!(LearningRate > 0) || !double.IsFinite(LearningRate)) yield return $"LearningRate must be above 0, got {LearningRate}";
        (string Option, bool IsSet)[] set =
        [
            (nameof(WeightDecay), WeightDecay != 0), (nameof(Momentum), Momentum != 0), (nameof(Dampening), Dampening != 0),
            (nameof(Nesterov), Nesterov), (nameof(Beta1), Beta1 is not null), (nameof(Beta2), Beta2 is not null),
            (nameof(Epsilon), Epsilon is not null), (nameof(Amsgrad), Amsgrad), (nameof(Alpha), Alpha is not null),
            (nameof(Centered), Centered), (nameof(MomentumDecay), MomentumDecay is not null), (nameof(RateDecay), RateDecay != 0),
            (nameof(InitialAccumulator), InitialAccumulator != 0), (nameof(HistorySize), HistorySize is not null),
            (nameof(MaxIterations), MaxIterations is not null),
        ];
        foreach (var (option, _) in set.Where(s => s.IsSet && !has.Contains(s.Option)))
            yield return $"{Name} has no {option}; it has {(has.Count == 0 ? "no options" : string.Join(", ", has))}";
        foreach (var (option, value) in new[]
        {
            (nameof(WeightDecay), WeightDecay), (nameof(Momentum), Momentum), (nameof(MomentumDecay), MomentumDecay ?? 0),
            (nameof(RateDecay), RateDecay), (nameof(InitialAccumulator), InitialAccumulator),
        })
        {
            if (!(value >= 0) || !double.IsFinite(value)) yield return $"{option} must be at least 0, got {value}";
        }

        if (Dampening is not (>= 0 and <= 1)) yield return $"Dampening must be from 0 to 1, got {Dampening}";
        foreach (var (option, value) in new[] { (nameof(Beta1), Beta1), (nameof(Beta2), Beta2), (nameof(Alpha), Alpha) })
        {
            if (value is not (null or (>= 0 and < 1))) yield return $"{option} must be from 0 to below 1, got {value}";
        }

        if (Epsilon is { } epsilon && !(epsilon > 0 && double.IsFinite(epsilon))) yield return $"Epsilon must be above 0, got {Epsilon}";
        if (Dampening > 0 && Momentum == 0) yield return "Dampening needs a Momentum above 0";
        if (Nesterov && (Momentum <= 0 || Dampening != 0)) yield return "Nesterov needs a Momentum above 0 and no Dampening";
        if (HistorySize is < 1) yield return $"HistorySize must be at least 1, got {HistorySize}";
        if (MaxIterations is < 1) yield return $"MaxIterations must be at least 1, got {MaxIterations}";
    }
}
