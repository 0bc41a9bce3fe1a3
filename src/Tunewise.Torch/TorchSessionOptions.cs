using Tunewise.Training.Fitting;

namespace Tunewise.Torch;

/// <summary>How a <see cref="TorchSession"/> trains.</summary>
public sealed record TorchSessionOptions
{
    /// <summary>Samples per step.</summary>
    /// <value>At least 1. The default is 32.</value>
    public int BatchSize { get; init; } = 32;

    /// <summary>Decides the order of the samples in each epoch.</summary>
    public long Seed { get; init; }

    /// <summary>Penalties on all parameters, added to the loss.</summary>
    public Regularization Regularization { get; init; } = Regularization.None;
}
