using System.Buffers.Binary;
using System.Globalization;

namespace Tunewise.Samplers.CmaEs;

/// <summary>
/// What a trial keeps of its draw: the generation that it was drawn for, and the point before it was rounded to the parameters' grids, in
/// coordinates of the unit cube. Stored as [space, restart, generation, point]; the point is Base64 of its doubles, low bytes first.
/// </summary>
/// <param name="Generation">The generation.</param>
/// <param name="Point">The point; null for a trial of the former format, which was the generation's name alone.</param>
internal sealed record CmaDraw(CmaGeneration Generation, double[]? Point)
{
    /// <summary>Reads the attribute of a trial; null when there is none, or none that can be understood.</summary>
    public static CmaDraw? Read(object? attribute) => attribute switch
    {
        IReadOnlyList<object?> list => ReadList(list),
        string name => ReadName(name),
        _ => null,
    };

    public object ToAttribute()
    {
        var bytes = new byte[8 * Point!.Length];
        for (var d = 0; d < Point.Length; d++) BinaryPrimitives.WriteDoubleLittleEndian(bytes.AsSpan(8 * d), Point[d]);
        return new object[]
        {
            Generation.Space.ToString("x16", CultureInfo.InvariantCulture), (long)Generation.Restart, (long)Generation.Number,
            Convert.ToBase64String(bytes),
        };
    }

    private static CmaDraw? ReadList(IReadOnlyList<object?> list) =>
        list is [string space, long restart and >= 0 and <= int.MaxValue, long number and >= 0 and <= int.MaxValue, string text]
        && ulong.TryParse(space, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var id)
        && ToPoint(text) is { } point
            ? new CmaDraw(new CmaGeneration(id, (int)restart, (int)number), point)
            : null;

    private static double[]? ToPoint(string text)
    {
        var bytes = new byte[text.Length];
        if (!Convert.TryFromBase64String(text, bytes, out var length) || length % 8 != 0) return null;
        var point = new double[length / 8];
        for (var d = 0; d < point.Length; d++) point[d] = BinaryPrimitives.ReadDoubleLittleEndian(bytes.AsSpan(8 * d));
        return Array.TrueForAll(point, double.IsFinite) ? point : null;
    }

    /// <summary>The former format: the space in words, the restart and the generation, with bars between them.</summary>
    private static CmaDraw? ReadName(string name)
    {
        var last = name.LastIndexOf('|');
        var middle = last > 0 ? name.LastIndexOf('|', last - 1) : -1;
        return middle >= 0
            && int.TryParse(name.AsSpan(middle + 1, last - middle - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var restart)
            && int.TryParse(name.AsSpan(last + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
                ? new CmaDraw(new CmaGeneration(CmaGeneration.IdOf(name[..middle]), restart, number), null)
                : null;
    }
}
