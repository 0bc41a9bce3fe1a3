using System.Buffers;
using System.Text.Json;

namespace Tunewise.Training.Tensors;

/// <summary>The header of a safetensors file: which tensors there are, where each lies behind the header, and texts about them.</summary>
internal sealed record SafetensorsHeader(
    IReadOnlyList<(TensorInfo Tensor, long Offset)> Tensors, IReadOnlyDictionary<string, string> Metadata, long DataLength)
{
    public const string MetadataKey = "__metadata__";

    /// <summary>What readers of the format accept.</summary>
    private const long Longest = 100_000_000;

    /// <summary>Before the header comes its length, in so many bytes.</summary>
    public const int LengthBytes = 8;

    /// <exception cref="ArgumentException">The text holds half a character, so that it cannot be written.</exception>
    public static void CheckText(string text)
    {
        var utf8 = System.Text.Encoding.UTF8;
        if (utf8.GetString(utf8.GetBytes(text)) != text) throw new ArgumentException("a text of a file of tensors holds half a character");
    }

    /// <summary>Places tensors one after another: large elements first, so that each lies at a multiple of its size, and then by names.</summary>
    public static SafetensorsHeader Of(IEnumerable<TensorInfo> tensors, IReadOnlyDictionary<string, string> metadata)
    {
        var (placed, names, offset) = (new List<(TensorInfo, long)>(), new HashSet<string>(), 0L);
        foreach (var tensor in tensors.OrderByDescending(t => TensorInfo.SizeOf(t.Type)).ThenBy(t => t.Name, StringComparer.Ordinal))
        {
            if (!names.Add(tensor.Name)) throw new ArgumentException($"there are two tensors '{tensor.Name}'");
            placed.Add((tensor, offset));
            offset = checked(offset + tensor.ByteCount);
        }

        return new SafetensorsHeader(placed, metadata, offset);
    }

    /// <summary>The header with its length before it, of a multiple of eight bytes.</summary>
    public byte[] Write()
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            if (Metadata.Count > 0)
            {
                json.WriteStartObject(MetadataKey);
                foreach (var (key, text) in Metadata) json.WriteString(key, text);
                json.WriteEndObject();
            }

            foreach (var (tensor, offset) in Tensors)
            {
                json.WriteStartObject(tensor.Name);
                json.WriteString("dtype", NameOf(tensor.Type));
                json.WriteStartArray("shape");
                foreach (var size in tensor.Shape) json.WriteNumberValue(size);
                json.WriteEndArray();
                json.WriteStartArray("data_offsets");
                json.WriteNumberValue(offset);
                json.WriteNumberValue(offset + tensor.ByteCount);
                json.WriteEndArray();
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        var length = (buffer.WrittenCount + 7) / 8 * 8;
        if (length > Longest) throw new ArgumentException($"the header would have {length} bytes, and at most {Longest} are read");
        var bytes = new byte[LengthBytes + length];
        System.Buffers.Binary.BinaryPrimitives.WriteInt64LittleEndian(bytes, length);
        buffer.WrittenSpan.CopyTo(bytes.AsSpan(LengthBytes));
        bytes.AsSpan(LengthBytes + buffer.WrittenCount).Fill((byte)' ');
        return bytes;
    }

    /// <summary>Reads the header from the begin of a file; afterwards the stream stands at the first tensor.</summary>
    /// <exception cref="InvalidDataException">There is none, or it does not fit the file.</exception>
    public static SafetensorsHeader Read(Stream file)
    {
        Span<byte> start = stackalloc byte[LengthBytes];
        if (file.ReadAtLeast(start, LengthBytes, throwOnEndOfStream: false) < LengthBytes) throw Broken("it is shorter than the length of a header");
        var length = System.Buffers.Binary.BinaryPrimitives.ReadInt64LittleEndian(start);
        if (length is <= 0 or > Longest) throw Broken($"it does not begin with the length of a header, but with {length}");
        if (length > file.Length - LengthBytes) throw Broken($"its header has {length} bytes, and the file only {file.Length}");
        var bytes = new byte[length];
        file.ReadExactly(bytes);
        if (bytes[0] != (byte)'{') throw Broken("its header does not begin with a brace");
        try
        {
            using var document = JsonDocument.Parse(bytes);
            return Read(document.RootElement, file.Length - LengthBytes - length);
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException or FormatException or ArgumentException
            or KeyNotFoundException or OverflowException)
        {
            throw new InvalidDataException($"its header cannot be read: {error.Message}", error);
        }
    }

    private static SafetensorsHeader Read(JsonElement root, long dataLength)
    {
        var (tensors, metadata) = (new List<(TensorInfo Tensor, long Offset)>(), new Dictionary<string, string>());
        var names = new HashSet<string>();
        foreach (var property in root.EnumerateObject())
        {
            if (property.Name == MetadataKey)
            {
                foreach (var text in property.Value.EnumerateObject()) metadata[text.Name] = text.Value.GetString() ?? "";
                continue;
            }

            if (!names.Add(property.Name)) throw Broken($"there are two tensors '{property.Name}'");
            long[] shape = [.. property.Value.GetProperty("shape").EnumerateArray().Select(s => s.GetInt64())];
            long[] offsets = [.. property.Value.GetProperty("data_offsets").EnumerateArray().Select(s => s.GetInt64())];
            var tensor = new TensorInfo(property.Name, TypeOf(property.Value.GetProperty("dtype").GetString()), shape);
            if (offsets is not [var begin, var end] || end - begin != tensor.ByteCount)
                throw Broken($"the offsets of '{tensor.Name}' do not fit its {tensor.ByteCount} bytes");
            tensors.Add((tensor, begin));
        }

        // Without holes and overlaps, as the format demands.
        var at = 0L;
        foreach (var (tensor, offset) in tensors.OrderBy(t => t.Offset).ThenBy(t => t.Tensor.ByteCount))
        {
            if (offset != at) throw Broken($"'{tensor.Name}' begins at {offset} instead of {at}");
            at += tensor.ByteCount;
        }

        return at == dataLength
            ? new SafetensorsHeader(tensors, metadata, dataLength)
            : throw Broken($"its tensors have {at} bytes, and behind the header there are {dataLength}");
    }

    private static string NameOf(TensorType type) => type == TensorType.Bool ? "BOOL" : type.ToString();

    private static TensorType TypeOf(string? name) =>
        Enum.GetValues<TensorType>().Where(t => NameOf(t) == name).Select(t => (TensorType?)t).FirstOrDefault()
        ?? throw Broken($"'{name}' is no type of tensors that this program reads");

    private static InvalidDataException Broken(string why) => new(why);
}
