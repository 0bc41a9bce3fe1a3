namespace Tunewise;

/// <summary>How exactly values of series are kept.</summary>
public enum SeriesPrecision
{
    /// <summary>32 bits: seven significant digits. A value that is too large or too small for them is kept with 64, and so is a whole number that they do not have.</summary>
    Bits32,

    /// <summary>64 bits: all digits.</summary>
    Bits64,
}
