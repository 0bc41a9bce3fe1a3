using static TorchSharp.torch;

namespace Tunewise.Torch;

/// <summary>What a <see cref="TorchSession"/> trains on.</summary>
/// <param name="Inputs">n samples, first dimension n. Not disposed by a session: trials share it.</param>
/// <param name="Labels">n classes from 0, 64-bit integers. Not disposed either.</param>
public sealed record TorchData(Tensor Inputs, Tensor Labels) : IDisposable
{
    /// <summary>How many samples there are.</summary>
    public long Count => Inputs.shape[0];

    /// <summary>Disposes both tensors.</summary>
    public void Dispose()
    {
        Inputs.Dispose();
        Labels.Dispose();
    }
}
