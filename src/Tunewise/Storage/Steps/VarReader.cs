namespace Tunewise.Storage;

/// <summary>Reads what <see cref="VarWriter"/> writes.</summary>
internal ref struct VarReader(ReadOnlySpan<byte> bytes)
{
    private ReadOnlySpan<byte> _bytes = bytes;

    public readonly ReadOnlySpan<byte> Rest => _bytes;

    /// <exception cref="FormatException">There is no number.</exception>
    public long Read()
    {
        var number = 0L;
        for (var shift = 0; shift < 63; shift += 7)
        {
            var next = ReadByte();
            number |= (long)(next & 127) << shift;
            if (next < 128) return number;
        }

        throw new FormatException("there is no number of variable length");
    }

    public byte ReadByte() => ReadBytes(1)[0];

    public ReadOnlySpan<byte> ReadBytes(long count)
    {
        if (count > _bytes.Length) throw new FormatException("there are fewer bytes than they say");
        var read = _bytes[..(int)count];
        _bytes = _bytes[(int)count..];
        return read;
    }
}
