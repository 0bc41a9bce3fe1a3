namespace Digits.Managed;

/// <summary>Makes an optimizer for a number of parameters.</summary>
internal static class ManagedOptimizers
{
    public static IOptimizer Create(DigitsSpace space, int parameters) => space.Optimizer switch
    {
        OptimizerKind.SGD => new Sgd(parameters, space.Momentum, space.WeightDecay),
        OptimizerKind.Adam => new Adam(parameters, space.WeightDecay, decoupled: false),
        OptimizerKind.AdamW => new Adam(parameters, space.WeightDecay, decoupled: true),
        OptimizerKind.RMSprop => new RmsProp(parameters, space.WeightDecay),
        _ => throw new ArgumentException(
            $"there is no optimizer '{space.Optimizer}'; choose from {string.Join(", ", Enum.GetNames<OptimizerKind>())}"),
    };
}
