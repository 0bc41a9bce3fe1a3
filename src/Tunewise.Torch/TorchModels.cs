using TorchSharp;

namespace Tunewise.Torch;

/// <summary>Makes models.</summary>
public static class TorchModels
{
    private static readonly Lock Making = new();

    /// <summary>Seeds the process's generators, but not while a model is being made.</summary>
    internal static void Seed(long seed)
    {
        lock (Making) TorchSeeds.Set(seed);
    }

    /// <summary>
    /// Makes a model whose first weights follow from the seed, and disposes whatever tensors are left over from making it. One model of the process is made at a
    /// time, because its generators are shared; what other trials draw in training may still fall in between.
    /// </summary>
    /// <typeparam name="T">The model's type.</typeparam>
    /// <param name="seed">The seed, set with <see cref="TorchSeeds.Set"/>.</param>
    /// <param name="create">Makes the model; its parameters survive, other tensors that it makes do not.</param>
    public static T Create<T>(long seed, Func<T> create)
        where T : torch.nn.Module
    {
        ArgumentNullException.ThrowIfNull(create);
        lock (Making)
        {
            TorchSeeds.Set(seed);
            using var scope = torch.NewDisposeScope();
            return create();
        }
    }
}
