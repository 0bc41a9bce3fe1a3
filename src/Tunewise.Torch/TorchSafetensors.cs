using TorchSharp;
using Tunewise.Training.Tensors;

namespace Tunewise.Torch;

/// <summary>
/// Models as safetensors files, which Python reads by <c>safetensors.torch.load_file</c>: parameters and buffers by the names of the model's
/// state_dict. They are written and read piece by piece, so that a model may be larger than an array.
/// </summary>
public static class TorchSafetensors
{
    /// <summary>So many elements are moved at once.</summary>
    private const long Piece = 1 << 20;

    private static readonly (torch.ScalarType Torch, TensorType File)[] Types =
    [
        (torch.ScalarType.Bool, TensorType.Bool), (torch.ScalarType.Byte, TensorType.U8), (torch.ScalarType.Int8, TensorType.I8),
        (torch.ScalarType.Int16, TensorType.I16), (torch.ScalarType.Int32, TensorType.I32), (torch.ScalarType.Int64, TensorType.I64),
        (torch.ScalarType.Float16, TensorType.F16), (torch.ScalarType.BFloat16, TensorType.BF16),
        (torch.ScalarType.Float32, TensorType.F32), (torch.ScalarType.Float64, TensorType.F64),
    ];

    /// <summary>Writes a model's parameters and buffers, from whatever device: aside first, so that a file of this name is always whole.</summary>
    /// <param name="model">The model.</param>
    /// <param name="path">Where to; what is there is replaced.</param>
    /// <param name="metadata">Texts about it, or null for none.</param>
    /// <exception cref="NotSupportedException">A tensor is of complex numbers, which the format does not have.</exception>
    /// <exception cref="IOException">It cannot be written; what was there before stands.</exception>
    public static void Save(torch.nn.Module model, string path, IReadOnlyDictionary<string, string>? metadata = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        using var scope = torch.NewDisposeScope();
        using var noGradients = torch.no_grad();
        Safetensors.Write(
            path,
            [
                .. model.state_dict().Select(t => (
                    new TensorInfo(t.Key, TypeOf(t.Key, t.Value.dtype), t.Value.shape), (Action<Stream>)(s => Write(t.Value, s)))),
            ],
            metadata);
    }

    /// <summary>
    /// Reads a model's parameters and buffers into it, on whatever device it is; numbers of another type are converted. The file's checksum
    /// is compared, and every name and shape, before anything of the model changes.
    /// </summary>
    /// <param name="model">The model.</param>
    /// <param name="path">The file.</param>
    /// <param name="strict">Whether file and model must have the same names; otherwise those that both have are read.</param>
    /// <returns>How many tensors were read.</returns>
    /// <exception cref="InvalidDataException">It is no whole safetensors file, or not this model's: names or shapes differ. All are listed,
    /// and the model is as it was.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static int Load(torch.nn.Module model, string path, bool strict = true)
    {
        ArgumentNullException.ThrowIfNull(model);
        using var scope = torch.NewDisposeScope();
        using var noGradients = torch.no_grad();
        using var file = Safetensors.Open(path);
        var own = model.state_dict();
        var there = file.Tensors.ToDictionary(t => t.Name);
        var problems = new List<string>();
        if (strict)
        {
            problems.AddRange(own.Keys.Where(n => !there.ContainsKey(n)).Select(n => $"the file has no '{n}'"));
            problems.AddRange(there.Keys.Where(n => !own.ContainsKey(n)).Select(n => $"the model has no '{n}'"));
        }

        string[] names = [.. own.Keys.Where(there.ContainsKey)];
        foreach (var name in names)
        {
            if (!own[name].shape.SequenceEqual(there[name].Shape))
                problems.Add($"'{name}' is {Shape(there[name].Shape)} in the file and {Shape(own[name].shape)} in the model");
            else if (!Types.Any(t => t.File == there[name].Type)) problems.Add($"'{name}' is of {there[name].Type}, which torch does not have");
        }

        const int Most = 20;
        if (problems.Count > 0)
        {
            throw new InvalidDataException(
                $"'{Path.GetFileName(path)}' is not of this model: {string.Join("; ", problems.Take(Most))}"
                    + (problems.Count > Most ? $"; and {problems.Count - Most} more" : ""));
        }

        file.Verify();
        foreach (var name in names) Read(file, there[name], own[name]);
        return names.Length;
    }

    private static void Write(torch.Tensor tensor, Stream target)
    {
        using var scope = torch.NewDisposeScope();
        var flat = tensor.detach().contiguous().flatten();
        for (var at = 0L; at < flat.NumberOfElements; at += Piece)
        {
            using var inner = torch.NewDisposeScope();
            target.Write(flat.narrow(0, at, Math.Min(Piece, flat.NumberOfElements - at)).cpu().contiguous().bytes);
        }
    }

    private static void Read(SafetensorsFile file, TensorInfo info, torch.Tensor into)
    {
        using var scope = torch.NewDisposeScope();
        var type = Types.First(t => t.File == info.Type).Torch;
        // A view where it lies in one piece, as parameters do; otherwise a copy that is put back in the end.
        var isPlain = into.is_contiguous();
        var flat = isPlain ? into.detach().view(-1) : torch.empty(into.NumberOfElements, dtype: into.dtype, device: into.device);
        var at = 0L;
        file.Read(info.Name, bytes =>
        {
            using var inner = torch.NewDisposeScope();
            var count = bytes.Length / TensorInfo.SizeOf(info.Type);
            var piece = torch.empty(count, dtype: type);
            bytes.CopyTo(piece.bytes);
            flat.narrow(0, at, count).copy_(piece);
            at += count;
        });
        if (!isPlain) into.detach().copy_(flat.view(into.shape));
    }

    private static TensorType TypeOf(string name, torch.ScalarType type)
    {
        foreach (var (own, file) in Types)
        {
            if (own == type) return file;
        }

        throw new NotSupportedException($"'{name}' is of {type}, which safetensors do not have");
    }

    private static string Shape(IEnumerable<long> sizes) => $"[{string.Join(", ", sizes)}]";
}
