using System.Text;
using TorchSharp;
using TorchSharp.Modules;

namespace Tunewise.Torch;

/// <summary>Writes and reads the state of models and optimizers. The streams stay open.</summary>
public static class TorchState
{
    /// <summary>Writes a model's parameters and buffers.</summary>
    /// <param name="model">The model.</param>
    /// <param name="target">Where to.</param>
    public static void Save(torch.nn.Module model, Stream target)
    {
        ArgumentNullException.ThrowIfNull(model);
        using var scope = torch.NewDisposeScope();
        using var writer = new BinaryWriter(target, Encoding.UTF8, leaveOpen: true);
        model.save(writer);
    }

    /// <summary>Reads back what <see cref="Save(torch.nn.Module, Stream)"/> wrote, into a model of the same shape.</summary>
    /// <param name="model">The model.</param>
    /// <param name="source">Where from.</param>
    public static void Load(torch.nn.Module model, Stream source)
    {
        ArgumentNullException.ThrowIfNull(model);
        using var scope = torch.NewDisposeScope();
        using var reader = new BinaryReader(source, Encoding.UTF8, leaveOpen: true);
        model.load(reader);
    }

    /// <summary>Writes an optimizer's options and state.</summary>
    /// <param name="optimizer">The optimizer.</param>
    /// <param name="target">Where to.</param>
    public static void Save(OptimizerHelper optimizer, Stream target)
    {
        ArgumentNullException.ThrowIfNull(optimizer);
        using var scope = torch.NewDisposeScope();
        using var writer = new BinaryWriter(target, Encoding.UTF8, leaveOpen: true);
        optimizer.save_state_dict(writer);
    }

    /// <summary>
    /// Reads back what <see cref="Save(OptimizerHelper, Stream)"/> wrote, into an optimizer of the same kind over the same parameters.
    /// </summary>
    /// <param name="optimizer">The optimizer.</param>
    /// <param name="source">Where from.</param>
    public static void Load(OptimizerHelper optimizer, Stream source)
    {
        ArgumentNullException.ThrowIfNull(optimizer);
        using var reader = new BinaryReader(source, Encoding.UTF8, leaveOpen: true);
        optimizer.load_state_dict(reader);
    }
}
