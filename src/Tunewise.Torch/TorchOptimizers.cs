using TorchSharp;
using TorchSharp.Modules;

namespace Tunewise.Torch;

/// <summary>Makes optimizers from suggested values.</summary>
public static class TorchOptimizers
{
    private static readonly Dictionary<string, Func<IEnumerable<Parameter>, Settings, OptimizerHelper>> Known =
        new(StringComparer.OrdinalIgnoreCase)
        {
            ["sgd"] = (p, s) => torch.optim.SGD(p, s.LearningRate, s.Momentum, weight_decay: s.WeightDecay),
            ["adam"] = (p, s) => torch.optim.Adam(p, s.LearningRate, weight_decay: s.WeightDecay),
            ["adamw"] = (p, s) => torch.optim.AdamW(p, s.LearningRate, weight_decay: s.WeightDecay),
            ["rmsprop"] = (p, s) => torch.optim.RMSProp(p, s.LearningRate, weight_decay: s.WeightDecay, momentum: s.Momentum),
            ["nadam"] = (p, s) => torch.optim.NAdam(p, s.LearningRate, weight_decay: s.WeightDecay),
            ["radam"] = (p, s) => torch.optim.RAdam(p, s.LearningRate, weight_decay: s.WeightDecay),
            ["adamax"] = (p, s) => torch.optim.Adamax(p, s.LearningRate, weight_decay: s.WeightDecay),
            ["adagrad"] = (p, s) => torch.optim.Adagrad(p, s.LearningRate, weight_decay: s.WeightDecay),
        };

    /// <summary>The names that <see cref="Create"/> knows, in lower case.</summary>
    public static IReadOnlyCollection<string> Names => Known.Keys;

    /// <summary>Makes an optimizer. Dispose it: its state does not belong to any dispose scope.</summary>
    /// <param name="name">One of <see cref="Names"/>, in any case.</param>
    /// <param name="parameters">What to optimise.</param>
    /// <param name="learningRate">Above 0.</param>
    /// <param name="weightDecay">At least 0; decoupled for AdamW, in the gradient for the others.</param>
    /// <param name="momentum">At least 0; for SGD and RMSprop, ignored by the others.</param>
    /// <exception cref="ArgumentException">There is no optimizer of this name; the message lists those there are.</exception>
    public static OptimizerHelper Create(
        string name, IEnumerable<Parameter> parameters, double learningRate, double weightDecay = 0, double momentum = 0) =>
        Known.TryGetValue(name, out var create)
            ? create(parameters, new Settings(learningRate, weightDecay, momentum))
            : throw new ArgumentException($"there is no optimizer '{name}'; choose from {string.Join(", ", Names)}");

    private readonly record struct Settings(double LearningRate, double WeightDecay, double Momentum);
}
