using TorchSharp;

namespace Tunewise.Torch;

/// <summary>Seeds TorchSharp.</summary>
public static class TorchSeeds
{
    /// <summary>
    /// Seeds the generators of the CPU and of every CUDA device. They belong to the whole process: trials that run at the same time in one
    /// process share them, so only trials that run one at a time, or in processes of their own, are reproducible to the bit.
    /// </summary>
    /// <param name="seed">The seed.</param>
    public static void Set(long seed)
    {
        torch.manual_seed(seed);
        if (torch.cuda.is_available()) torch.cuda.manual_seed_all(seed);
    }

    /// <summary>The seed of one epoch of a training, far from those of its other epochs and of trainings with other seeds.</summary>
    internal static long OfEpoch(long seed, int epoch) =>
        unchecked((long)((((ulong)seed * 0x9E3779B97F4A7C15) ^ ((ulong)(epoch + 1) * 0xD1B54A32D192ED03)) >> 1));
}
