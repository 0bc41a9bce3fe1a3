namespace Tunewise.History;

/// <summary>
/// The internal values of one parameter by row, NaN where a trial did not have it. Values are only added; see
/// <see cref="GrowingColumn{T}"/>.
/// </summary>
internal sealed class ParameterValues(int firstRow)
{
    private double[] _values = [];

    /// <summary>The first row whose trial had the parameter.</summary>
    public int FirstRow => firstRow;

    /// <summary>The value of a row.</summary>
    public double this[int row] => Volatile.Read(ref _values) is var values && row < values.Length ? values[row] : double.NaN;

    /// <summary>The values of the first rows; those beyond the end did not have the parameter.</summary>
    public ReadOnlySpan<double> First(int count) =>
        Volatile.Read(ref _values) is var values ? values.AsSpan(0, Math.Min(count, values.Length)) : [];

    public void Set(int row, double value)
    {
        if (row >= _values.Length)
        {
            var grown = new double[Math.Max(16, row + 1 + row / 2)];
            _values.CopyTo(grown, 0);
            Array.Fill(grown, double.NaN, _values.Length, grown.Length - _values.Length);
            Volatile.Write(ref _values, grown);
        }

        _values[row] = value;
    }
}
