using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Tunewise.Storage;

/// <summary>
/// The values of a step as bytes: a version, the number of runs, each run's distance from the one before and its length (twice, plus one
/// where its values have 64 bits), as variable-length numbers; then the values, little-endian. The names of a run's values follow one
/// another.
/// </summary>
internal static class StepPacking
{
    private const byte Version = 1;

    /// <summary>No values, where there were some.</summary>
    public static byte[] Emptied { get; } = [Version, 0];

    /// <summary>Packs values in ascending order of their names, each name once.</summary>
    public static byte[] Pack(ReadOnlySpan<PackedValue> values)
    {
        var (runs, bytes) = (0, 0);
        var header = new VarWriter(stackalloc byte[256]);
        for (var (i, next) = (0, 0); i < values.Length;)
        {
            var first = values[i];
            var length = 1;
            while (i + length < values.Length
                && values[i + length].Name == first.Name + length
                && values[i + length].IsWide == first.IsWide)
            {
                length++;
            }

            header.Add(first.Name - next);
            header.Add(2L * length + (first.IsWide ? 1 : 0));
            bytes += length * (first.IsWide ? sizeof(double) : sizeof(float));
            next = first.Name + length;
            i += length;
            runs++;
        }

        var start = new VarWriter(stackalloc byte[16]);
        start.Add(runs);
        var packed = new byte[1 + start.Length + header.Length + bytes];
        packed[0] = Version;
        start.Written.CopyTo(packed.AsSpan(1));
        header.Written.CopyTo(packed.AsSpan(1 + start.Length));
        var at = packed.AsSpan(1 + start.Length + header.Length);
        foreach (var value in values)
        {
            if (value.IsWide) BinaryPrimitives.WriteDoubleLittleEndian(at, value.Value);
            else BinaryPrimitives.WriteSingleLittleEndian(at, (float)value.Value);
            at = at[(value.IsWide ? sizeof(double) : sizeof(float))..];
        }

        return packed;
    }

    /// <summary>All values, in ascending order of their names.</summary>
    /// <exception cref="FormatException">These are no packed values.</exception>
    public static List<PackedValue> Unpack(ReadOnlySpan<byte> packed)
    {
        var values = new List<PackedValue>();
        var header = Begin(packed, out var runs);
        var data = SkipRuns(header, runs);
        for (var (run, name) = (0, 0L); run < runs; run++)
        {
            name += header.Read();
            var (length, isWide) = Run(header.Read());
            if (name + length > int.MaxValue) throw Broken();
            for (var i = 0; i < length; i++)
            {
                if (data.Length < SizeOf(isWide)) throw Broken();
                values.Add(new PackedValue((int)name++, Read(data, isWide), isWide));
                data = data[SizeOf(isWide)..];
            }
        }

        return data.IsEmpty ? values : throw Broken();
    }

    /// <summary>Whether these are no values.</summary>
    public static bool IsEmpty(ReadOnlySpan<byte> packed) => packed.SequenceEqual(Emptied);

    /// <summary>One value, or null when there is none of this name.</summary>
    /// <exception cref="FormatException">These are no packed values.</exception>
    public static double? Find(ReadOnlySpan<byte> packed, int name)
    {
        var header = Begin(packed, out var runs);
        var (first, offset, found) = (0L, 0L, -1L);
        var isFoundWide = false;
        for (var run = 0; run < runs; run++)
        {
            first += header.Read();
            var (length, isWide) = Run(header.Read());
            if (name >= first && name < first + length) (found, isFoundWide) = (offset + (name - first) * SizeOf(isWide), isWide);
            first += length;
            offset += length * SizeOf(isWide);
        }

        if (header.Rest.Length != offset) throw Broken();
        return found < 0 ? null : Read(header.Rest[(int)found..], isFoundWide);
    }

    /// <summary>Stored values with others added, of which each name's last one replaces what was stored.</summary>
    public static byte[] Merge(ReadOnlySpan<byte> stored, List<PackedValue> added)
    {
        var all = stored.IsEmpty ? [] : Unpack(stored);
        all.AddRange(added);
        return Pack(Ordered(all));
    }

    /// <summary>Sorts values by their names; of several of one name the last stays.</summary>
    public static ReadOnlySpan<PackedValue> Ordered(List<PackedValue> values)
    {
        var isOrdered = true;
        for (var i = 1; i < values.Count && isOrdered; i++) isOrdered = values[i - 1].Name < values[i].Name;
        if (!isOrdered)
        {
            PackedValue[] sorted = [.. values.OrderBy(v => v.Name)];
            values.Clear();
            foreach (var value in sorted)
            {
                if (values.Count > 0 && values[^1].Name == value.Name) values[^1] = value;
                else values.Add(value);
            }
        }

        return CollectionsMarshal.AsSpan(values);
    }

    private static VarReader Begin(ReadOnlySpan<byte> packed, out int runs)
    {
        if (packed.IsEmpty || packed[0] != Version) throw Broken();
        var reader = new VarReader(packed[1..]);
        var count = reader.Read();
        if (count > packed.Length) throw Broken();
        runs = (int)count;
        return reader;
    }

    private static ReadOnlySpan<byte> SkipRuns(VarReader header, int runs)
    {
        for (var i = 0; i < 2 * runs; i++) header.Read();
        return header.Rest;
    }

    private static (long Length, bool IsWide) Run(long written) => written / 2 is > 0 and <= int.MaxValue and var length
        ? (length, written % 2 == 1)
        : throw Broken();

    private static int SizeOf(bool isWide) => isWide ? sizeof(double) : sizeof(float);

    private static double Read(ReadOnlySpan<byte> data, bool isWide) =>
        isWide ? BinaryPrimitives.ReadDoubleLittleEndian(data) : BinaryPrimitives.ReadSingleLittleEndian(data);

    private static FormatException Broken() => new("these are no values of series, or of a later version");
}
