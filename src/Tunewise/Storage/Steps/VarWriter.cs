namespace Tunewise.Storage;

/// <summary>Writes whole numbers of at least 0 with as few bytes as they need, seven bits in each.</summary>
internal ref struct VarWriter(Span<byte> room)
{
    private Span<byte> _room = room;

    public int Length { get; private set; }

    public readonly ReadOnlySpan<byte> Written => _room[..Length];

    public void Add(long number)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(number);
        for (; number >= 128; number >>= 7) AddByte((byte)(number | 128));
        AddByte((byte)number);
    }

    public void AddByte(byte value)
    {
        if (Length == _room.Length) Grow(1);
        _room[Length++] = value;
    }

    public void AddBytes(scoped ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > _room.Length - Length) Grow(bytes.Length);
        bytes.CopyTo(_room[Length..]);
        Length += bytes.Length;
    }

    private void Grow(int by)
    {
        var more = new byte[Math.Max(2 * _room.Length, Length + by)];
        _room.CopyTo(more);
        _room = more;
    }
}
