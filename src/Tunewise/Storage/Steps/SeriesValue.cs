namespace Tunewise.Storage;

/// <summary>A value of a series at a step.</summary>
/// <param name="Name">The series.</param>
/// <param name="Value">Any number.</param>
/// <param name="IsWide">Whether it is kept with 64 bits instead of 32.</param>
internal readonly record struct SeriesValue(string Name, double Value, bool IsWide)
{
    /// <summary>Below this in magnitude, 32 bits begin to lose digits that they have elsewhere.</summary>
    private const double SmallestNormal = 1.17549435e-38;

    /// <summary>Above this, 32 bits do not have every whole number.</summary>
    private const double LargestWhole = 1 << 24;

    /// <summary>Above this, 64 bits have whole numbers only.</summary>
    private const double LargestExact = 1L << 53;

    /// <summary>
    /// A value; one that 32 bits would make infinite, or less than they are exact for, is kept with 64, and so are whole numbers that they
    /// do not have.
    /// </summary>
    public static SeriesValue Of(string name, double value, SeriesPrecision precision) => new(
        name,
        value,
        precision == SeriesPrecision.Bits64
            || (double.IsFinite(value) && (!float.IsFinite((float)value)
                || (value != 0 && Math.Abs(value) < SmallestNormal)
                || (Math.Abs(value) > LargestWhole && Math.Abs(value) <= LargestExact && value == Math.Floor(value) && (float)value != value))));
}
