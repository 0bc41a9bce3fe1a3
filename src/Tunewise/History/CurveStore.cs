namespace Tunewise.History;

/// <summary>
/// The reports of many trials in little space: values lie one after another in large blocks, and trials that reported at
/// the same steps share these.
/// </summary>
internal sealed class CurveStore
{
    private const int BlockLength = 1 << 16;

    /// <summary>More than these few patterns would cost more to compare than they spare.</summary>
    private const int MostPatterns = 16;

    private readonly List<long[]> _patterns = [];
    private double[] _block = [];
    private int _used;

    /// <summary>Adds the reports of a trial, in order of their steps.</summary>
    public Curve Add(IReadOnlyList<TrialReport> reports)
    {
        var count = reports.Count;
        if (count == 0) return new Curve([], 0, 0, []);
        if (_block.Length - _used < count)
        {
            // The first blocks are small, for the many studies that are.
            _block = new double[Math.Max(count, Math.Min(BlockLength, Math.Max(64, 2 * _block.Length)))];
            _used = 0;
        }

        var start = _used;
        _used += count;
        for (var i = 0; i < count; i++) _block[start + i] = reports[i].Value;
        return new Curve(_block, start, count, StepsOf(reports));
    }

    private long[] StepsOf(IReadOnlyList<TrialReport> reports)
    {
        for (var p = _patterns.Count - 1; p >= 0; p--)
        {
            if (!Begins(_patterns[p], reports)) continue;
            if (_patterns[p].Length >= reports.Count) return _patterns[p];
            _patterns.RemoveAt(p);
            break;
        }

        var steps = new long[reports.Count];
        for (var i = 0; i < steps.Length; i++) steps[i] = reports[i].Step;
        if (_patterns.Count == MostPatterns) _patterns.RemoveAt(0);
        _patterns.Add(steps);
        return steps;
    }

    /// <summary>Whether one begins like the other as far as both go.</summary>
    private static bool Begins(long[] pattern, IReadOnlyList<TrialReport> reports)
    {
        var common = Math.Min(pattern.Length, reports.Count);
        for (var i = 0; i < common; i++)
        {
            if (pattern[i] != reports[i].Step) return false;
        }

        return true;
    }
}
