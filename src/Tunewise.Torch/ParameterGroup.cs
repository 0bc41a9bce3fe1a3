using TorchSharp.Modules;

namespace Tunewise.Torch;

/// <summary>Parameters that an optimizer treats alike, and differently from others.</summary>
/// <param name="Parameters">The parameters; at least one.</param>
public sealed record ParameterGroup(IReadOnlyCollection<Parameter> Parameters)
{
    /// <summary>What the optimizer's learning rate is multiplied by; above 0.</summary>
    /// <value>The default is 1.</value>
    public double RateFactor { get; init; } = 1;

    /// <summary>The group's own weight decay, at least 0, or null for the optimizer's.</summary>
    /// <value>The default is null.</value>
    public double? WeightDecay { get; init; }
}
