namespace Tunewise.Storage;

/// <summary>
/// The reports of a trial that runs, in order of their steps. Adding one that belongs at the end and showing all cost the same however many
/// there are; what was shown stays as it was. Whoever adds and shows holds a lock.
/// </summary>
internal sealed class ReportLog
{
    private TrialReport[] _reports;

    public ReportLog(IReadOnlyList<TrialReport> reports)
    {
        _reports = [.. reports.OrderBy(r => r.Step)];
        Count = _reports.Length;
    }

    public int Count { get; private set; }

    /// <summary>All reports as they are now.</summary>
    public IReadOnlyList<TrialReport> Shown => new ArraySegment<TrialReport>(_reports, 0, Count);

    /// <summary>Adds a report; false when there is one of this step.</summary>
    public bool TryAdd(TrialReport report)
    {
        var index = Find(report.Step);
        if (index >= 0) return false;
        index = ~index;
        // What was shown of the array ends before what is added behind it, and is left alone by what is added within.
        if (Count == _reports.Length || index < Count)
        {
            var more = new TrialReport[Math.Max(4, Count == _reports.Length ? 2 * Count : _reports.Length)];
            _reports.AsSpan(0, index).CopyTo(more);
            _reports.AsSpan(index, Count - index).CopyTo(more.AsSpan(index + 1));
            _reports = more;
        }

        _reports[index] = report;
        Count++;
        return true;
    }

    /// <summary>The value at a step, or null.</summary>
    public double? At(long step) => Find(step) is var index and >= 0 ? _reports[index].Value : null;

    private int Find(long step)
    {
        var (low, high) = (0, Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (_reports[middle].Step < step) low = middle + 1;
            else high = middle;
        }

        return low < Count && _reports[low].Step == step ? low : ~low;
    }
}
