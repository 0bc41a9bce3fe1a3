using static TorchSharp.torch;

namespace Tunewise.Torch;

/// <summary>
/// Dropout (Srivastava et al., JMLR 15, 2014) that draws from a generator of its own instead of the process's, so that trials that
/// run at the same time in one process do not disturb each other: with it, and with a model made by
/// <see cref="TorchModels.Create"/>, the same seed gives the same network. What stays is scaled by 1/(1 − p) in training; in
/// evaluation nothing happens. The masks are drawn on the CPU.
/// </summary>
public sealed class SeededDropout : nn.Module<Tensor, Tensor>
{
    private readonly double _probability;
    private readonly long _seed;
    private readonly Generator _generator;

    /// <summary>Creates the layer.</summary>
    /// <param name="probability">The share of activations that are dropped, from 0 to below 1.</param>
    /// <param name="seed">Decides which.</param>
    public SeededDropout(double probability, long seed)
        : base(nameof(SeededDropout))
    {
        ArgumentOutOfRangeException.ThrowIfNegative(probability);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(probability, 1);
        (_probability, _seed) = (probability, seed);
        _generator = new Generator((ulong)seed);
    }

    /// <summary>
    /// Begins the masks of an epoch, which follow from the seed and the epoch alone, so that a training can go on from a checkpoint. A
    /// <see cref="TorchSession"/> does it.
    /// </summary>
    /// <param name="epoch">The epoch, from 0.</param>
    public void BeginEpoch(int epoch) => _generator.manual_seed(TorchSeeds.OfEpoch(_seed, epoch));

    /// <inheritdoc/>
    public override Tensor forward(Tensor input)
    {
        if (!training || _probability == 0) return input.alias();
        using var scope = NewDisposeScope();
        var kept = rand(input.shape, dtype: input.dtype, generator: _generator).ge(_probability);
        return (input * kept.to(input.device) / (1 - _probability)).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing) _generator.Dispose();
        base.Dispose(disposing);
    }
}
