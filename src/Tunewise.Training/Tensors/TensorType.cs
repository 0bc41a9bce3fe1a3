namespace Tunewise.Training.Tensors;

/// <summary>What the elements of a tensor are, by the names that safetensors has for them.</summary>
public enum TensorType
{
    /// <summary>Truth values, one byte each.</summary>
    Bool,

    /// <summary>Whole numbers of 8 bits without a sign.</summary>
    U8,

    /// <summary>Whole numbers of 8 bits.</summary>
    I8,

    /// <summary>Whole numbers of 16 bits.</summary>
    I16,

    /// <summary>Whole numbers of 16 bits without a sign.</summary>
    U16,

    /// <summary>Half precision: 5 bits of exponent.</summary>
    F16,

    /// <summary>bfloat16: 8 bits of exponent.</summary>
    BF16,

    /// <summary>Whole numbers of 32 bits.</summary>
    I32,

    /// <summary>Whole numbers of 32 bits without a sign.</summary>
    U32,

    /// <summary>Single precision.</summary>
    F32,

    /// <summary>Whole numbers of 64 bits.</summary>
    I64,

    /// <summary>Whole numbers of 64 bits without a sign.</summary>
    U64,

    /// <summary>Double precision.</summary>
    F64,
}
