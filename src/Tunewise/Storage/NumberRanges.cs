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

    /// <summary>How many numbers there are.</summary>
    public static long Count(IEnumerable<(int First, int Last)> ranges) => ranges.Sum(r => 1L + r.Last - r.First);

    public static bool Contains(IEnumerable<(int First, int Last)> ranges, int number) =>
        ranges.Any(r => number >= r.First && number <= r.Last);

    /// <summary>What is left without some of the numbers.</summary>
    /// <param name="ranges">The ranges.</param>
    /// <param name="numbers">Some of their numbers, ascending.</param>
    public static IReadOnlyList<(int First, int Last)> Without(IEnumerable<(int First, int Last)> ranges, IReadOnlyList<int> numbers)
    {
        var (left, at) = (new List<(int, int)>(), 0);
        foreach (var (first, last) in ranges)
        {
            long next = first;
            for (; at < numbers.Count && numbers[at] <= last; at++)
            {
                if (numbers[at] > next) left.Add(((int)next, numbers[at] - 1));
                next = numbers[at] + 1L;
            }

            if (next <= last) left.Add(((int)next, last));
        }

        return left;
    }

    /// <summary>Such as "3, 7 to 9".</summary>
    public static string Describe(IEnumerable<(int First, int Last)> ranges) =>
        string.Join(
            ", ",
            ranges.Select(r => r.First == r.Last
                ? r.First.ToString(CultureInfo.InvariantCulture)
                : string.Create(CultureInfo.InvariantCulture, $"{r.First} to {r.Last}")));
}
