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
    /// Makes a model whose first weights follow from the seed, and disposes whatever tensors are left over from making it. What was made
    /// here and the model holds belongs to no dispose scope afterwards: its parameters and buffers, which it disposes itself, and other
    /// tensors in the fields, lists and closures of its modules. One model of the process is made at a time, because its generators are
    /// shared; what other trials draw in training may still fall in between.
    /// </summary>
    /// <typeparam name="T">The model's type.</typeparam>
    /// <param name="seed">The seed, set with <see cref="TorchSeeds.Set"/>.</param>
    /// <param name="create">Makes the model. Tensors that it makes and the model does not hold are disposed.</param>
    public static T Create<T>(long seed, Func<T> create)
        where T : torch.nn.Module
    {
        ArgumentNullException.ThrowIfNull(create);
        lock (Making)
        {
            TorchSeeds.Set(seed);
            using var scope = torch.NewDisposeScope();
            var model = create();
            scope.Detach(HeldTensors.Of(model));
            return model;
        }
    }
}
