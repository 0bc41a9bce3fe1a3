using System.Globalization;

namespace Tunewise.Storage;

/// <summary>Numbers of trials as ranges without gaps.</summary>
internal static class NumberRanges
{
    /// <summary>The ranges, ascending; both ends are included.</summary>
    public static IReadOnlyList<(int First, int Last)> Of(IEnumerable<int> numbers)
    {
        var ranges = new List<(int First, int Last)>();
        foreach (var number in numbers.Distinct().Order())
        {
            if (ranges.Count > 0 && ranges[^1].Last == number - 1) ranges[^1] = (ranges[^1].First, number);
            else ranges.Add((number, number));
        }

        return ranges;
    }

    /// <summary>Such as "3, 7 to 9".</summary>
    public static string Describe(IEnumerable<int> numbers) =>
        string.Join(", ", Of(numbers).Select(r => r.First == r.Last ? r.First.ToString(CultureInfo.InvariantCulture) : string.Create(CultureInfo.InvariantCulture, $"{r.First} to {r.Last}")));
}
