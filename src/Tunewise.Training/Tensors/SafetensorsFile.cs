using System.Security.Cryptography;

namespace Tunewise.Training.Tensors;

/// <summary>An open safetensors file. One thread at a time may use it.</summary>
public sealed class SafetensorsFile : IDisposable
{
    private readonly FileStream _file;
    private readonly string _name;
    private readonly long _begin;
    private readonly Dictionary<string, (TensorInfo Tensor, long Offset)> _tensors;

    internal SafetensorsFile(FileStream file, string name)
    {
        (_file, _name) = (file, name);
        try
        {
            var header = SafetensorsHeader.Read(file);
            _begin = file.Position;
            _tensors = header.Tensors.ToDictionary(t => t.Tensor.Name);
            Tensors = [.. header.Tensors.Select(t => t.Tensor)];
            Metadata = header.Metadata;
        }
        catch (InvalidDataException error)
        {
            throw new InvalidDataException($"'{name}' is no whole safetensors file: {error.Message}", error);
        }
    }

    /// <summary>The tensors, in the header's order.</summary>
    public IReadOnlyList<TensorInfo> Tensors { get; }

    /// <summary>The texts about them.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>Reads a tensor's elements in pieces.</summary>
    /// <param name="name">The tensor.</param>
    /// <param name="take">Takes the next bytes, little-endian, which are only there during the call; each piece but the last is a multiple of 8 bytes long.</param>
    /// <exception cref="KeyNotFoundException">There is no such tensor; the message says which there are.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public void Read(string name, Action<ReadOnlySpan<byte>> take)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(take);
        var (tensor, offset) = Find(name);
        _file.Position = _begin + offset;
        ReadPieces(tensor.ByteCount, take);
    }

    /// <summary>Reads all elements of a tensor that fits into an array.</summary>
    /// <param name="name">The tensor.</param>
    /// <exception cref="KeyNotFoundException">There is no such tensor; the message says which there are.</exception>
    /// <exception cref="InvalidOperationException">It has more bytes than an array.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public byte[] Read(string name)
    {
        var (tensor, offset) = Find(name);
        if (tensor.ByteCount > Array.MaxLength)
            throw new InvalidOperationException($"tensor '{name}' has {tensor.ByteCount} bytes, more than an array; read it in pieces");
        var bytes = new byte[tensor.ByteCount];
        _file.Position = _begin + offset;
        _file.ReadExactly(bytes);
        return bytes;
    }

    /// <summary>Compares the elements with the checksum that the file carries; one that carries none is taken as it is.</summary>
    /// <exception cref="InvalidDataException">They are others.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public void Verify()
    {
        if (!Metadata.TryGetValue(Safetensors.ChecksumKey, out var expected)) return;
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        _file.Position = _begin;
        ReadPieces(_file.Length - _begin, hash.AppendData);
        if (!string.Equals(expected, Convert.ToHexStringLower(hash.GetHashAndReset()), StringComparison.OrdinalIgnoreCase))
            throw new InvalidDataException($"'{_name}' is damaged: its tensors are not those that were written");
    }

    /// <summary>Closes the file.</summary>
    public void Dispose() => _file.Dispose();

    private (TensorInfo Tensor, long Offset) Find(string name) => _tensors.TryGetValue(name, out var found)
        ? found
        : throw new KeyNotFoundException($"'{_name}' has no tensor '{name}'; it has {string.Join(", ", Tensors.Select(t => t.Name).Take(20))}");

    private void ReadPieces(long length, Action<ReadOnlySpan<byte>> take)
    {
        var buffer = new byte[(int)Math.Min(length, 1 << 20)];
        for (var left = length; left > 0;)
        {
            var piece = buffer.AsSpan(0, (int)Math.Min(left, buffer.Length));
            _file.ReadExactly(piece);
            take(piece);
            left -= piece.Length;
        }
    }
}
