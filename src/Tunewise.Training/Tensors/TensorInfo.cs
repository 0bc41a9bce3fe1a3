namespace Tunewise.Training.Tensors;

/// <summary>A tensor without its elements.</summary>
public sealed record TensorInfo
{
    /// <summary>Creates it.</summary>
    /// <param name="name">What it is called; not "__metadata__".</param>
    /// <param name="type">What its elements are.</param>
    /// <param name="shape">Its sizes, each at least 0; empty for a single number.</param>
    /// <exception cref="ArgumentException">The name or a size cannot be, or the bytes are too many to count.</exception>
    public TensorInfo(string name, TensorType type, IReadOnlyList<long> shape)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(shape);
        SafetensorsHeader.CheckText(name);
        if (name == SafetensorsHeader.MetadataKey) throw new ArgumentException($"a tensor cannot be called '{name}'", nameof(name));
        if (!Enum.IsDefined(type)) throw new ArgumentException($"there is no type {type} of tensors", nameof(type));
        var count = 1L;
        foreach (var size in shape)
        {
            if (size < 0) throw new ArgumentException($"tensor '{name}' has a size below 0: [{string.Join(", ", shape)}]", nameof(shape));
            if (size != 0 && count > long.MaxValue / sizeof(double) / size)
                throw new ArgumentException($"tensor '{name}' is too large: [{string.Join(", ", shape)}]", nameof(shape));
            count *= size;
        }

        (Name, Type, Shape, Count) = (name, type, [.. shape], count);
    }

    /// <summary>What it is called, such as "encoder.0.weight".</summary>
    public string Name { get; }

    /// <summary>What its elements are.</summary>
    public TensorType Type { get; }

    /// <summary>Its sizes; empty for a single number.</summary>
    public IReadOnlyList<long> Shape { get; }

    /// <summary>How many elements it has.</summary>
    public long Count { get; }

    /// <summary>How many bytes its elements take.</summary>
    public long ByteCount => Count * SizeOf(Type);

    /// <summary>How many bytes an element takes.</summary>
    /// <param name="type">What it is.</param>
    public static int SizeOf(TensorType type) => type switch
    {
        TensorType.Bool or TensorType.U8 or TensorType.I8 => 1,
        TensorType.I16 or TensorType.U16 or TensorType.F16 or TensorType.BF16 => 2,
        TensorType.I32 or TensorType.U32 or TensorType.F32 => 4,
        TensorType.I64 or TensorType.U64 or TensorType.F64 => 8,
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "there is no such type of tensors"),
    };

    /// <inheritdoc/>
    public bool Equals(TensorInfo? other) =>
        other is not null && Name == other.Name && Type == other.Type && Shape.SequenceEqual(other.Shape);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Name, Type, Count);

    /// <inheritdoc/>
    public override string ToString() => $"{Name}: {Type} [{string.Join(", ", Shape)}]";
}
