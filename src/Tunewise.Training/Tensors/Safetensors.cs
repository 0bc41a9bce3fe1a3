using System.Security.Cryptography;
using System.Text;

namespace Tunewise.Training.Tensors;

/// <summary>
/// Files of tensors in the safetensors format (huggingface.co/docs/safetensors), which Python and most programs read: a header in JSON, then
/// the elements, little-endian and row by row. They are written and read as streams, so that tensors may be larger than the memory.
/// </summary>
/// <remarks>
/// Files that are written here carry the SHA-256 of their elements among their texts, under <see cref="ChecksumKey"/>;
/// <see cref="SafetensorsFile.Verify"/> compares it. Any thread may use it.
/// </remarks>
public static class Safetensors
{
    /// <summary>The text that holds the checksum, in hexadecimal digits.</summary>
    public const string ChecksumKey = "tunewise.sha256";

    private static readonly string NoChecksum = new('0', 2 * SHA256.HashSizeInBytes);

    /// <summary>Writes a file: aside first, and then in its place, so that a file of this name is always whole.</summary>
    /// <param name="path">Where to; what is there is replaced. Its folder is made if it is not there.</param>
    /// <param name="tensors">The tensors, each with what writes its elements: as many bytes as it has, little-endian and row by row.</param>
    /// <param name="metadata">Texts about them, or null for none.</param>
    /// <exception cref="ArgumentException">Two tensors have one name, or a text is called like the checksum.</exception>
    /// <exception cref="InvalidOperationException">Of a tensor more or fewer bytes were written than it has. There is no file.</exception>
    /// <exception cref="IOException">It cannot be written. What was there before stands.</exception>
    public static void Write(
        string path,
        IReadOnlyCollection<(TensorInfo Tensor, Action<Stream> Write)> tensors,
        IReadOnlyDictionary<string, string>? metadata = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        path = Path.GetFullPath(path);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        // Several may write it at once; the last one stands.
        var aside = $"{path}.{Guid.NewGuid():N}.part";
        try
        {
            using (var file = new FileStream(aside, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, bufferSize: 1 << 16))
            {
                Write(file, tensors, metadata);
                file.Flush(flushToDisk: true);
            }

            File.Move(aside, path, overwrite: true);
        }
        catch
        {
            File.Delete(aside);
            throw;
        }
    }

    /// <summary>Writes the same to a stream.</summary>
    /// <param name="target">Where to; must be seekable, because the checksum is known in the end. Stays open.</param>
    /// <param name="tensors">The tensors, each with what writes its elements.</param>
    /// <param name="metadata">Texts about them, or null for none.</param>
    /// <exception cref="ArgumentException">Two tensors have one name, a text is called like the checksum, or the stream cannot seek.</exception>
    /// <exception cref="InvalidOperationException">Of a tensor more or fewer bytes were written than it has.</exception>
    public static void Write(
        Stream target,
        IReadOnlyCollection<(TensorInfo Tensor, Action<Stream> Write)> tensors,
        IReadOnlyDictionary<string, string>? metadata = null)
    {
        ArgumentNullException.ThrowIfNull(target);
        ArgumentNullException.ThrowIfNull(tensors);
        if (!target.CanSeek) throw new ArgumentException("safetensors are written to a stream that can seek", nameof(target));
        if (metadata?.ContainsKey(ChecksumKey) == true)
            throw new ArgumentException($"a text cannot be called '{ChecksumKey}': the checksum is", nameof(metadata));
        var texts = new Dictionary<string, string> { [ChecksumKey] = NoChecksum };
        foreach (var (key, text) in metadata ?? new Dictionary<string, string>())
        {
            SafetensorsHeader.CheckText(key);
            SafetensorsHeader.CheckText(text);
            texts.Add(key, text);
        }

        var header = SafetensorsHeader.Of(tensors.Select(t => t.Tensor), texts);
        var bytes = header.Write();
        // The checksum is the first text, and as long as what stands in its place.
        var place = bytes.AsSpan().IndexOf(Encoding.ASCII.GetBytes(NoChecksum));
        var begin = target.Position;
        target.Write(bytes);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var writers = tensors.ToDictionary(t => t.Tensor.Name, t => t.Write);
        foreach (var (tensor, _) in header.Tensors)
        {
            using var elements = new CountedStream(target, hash, tensor);
            writers[tensor.Name](elements);
            elements.CheckComplete();
        }

        var end = target.Position;
        target.Position = begin + place;
        target.Write(Encoding.ASCII.GetBytes(Convert.ToHexStringLower(hash.GetHashAndReset())));
        target.Position = end;
    }

    /// <summary>Opens a file to read it; only its header is read.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="InvalidDataException">It is no safetensors file, or not a whole one; the message says why.</exception>
    /// <exception cref="IOException">It cannot be read, or is not there.</exception>
    public static SafetensorsFile Open(string path)
    {
        var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, bufferSize: 1 << 16);
        try
        {
            return new SafetensorsFile(file, Path.GetFileName(path));
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }
}
