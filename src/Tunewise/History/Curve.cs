using System.Collections;

namespace Tunewise.History;

/// <summary>The reports of one trial in order of their steps: a stretch of a <see cref="CurveStore"/>. Immutable.</summary>
internal readonly struct Curve : IReadOnlyList<TrialReport>
{
    private readonly double[] _values;
    private readonly long[] _steps;
    private readonly int _start;

    public Curve(double[] values, int start, int count, long[] steps) => (_values, _start, Count, _steps) = (values, start, count, steps);

    public int Count { get; }

    public TrialReport this[int index] => new(Steps[index], Values[index]);

    public ReadOnlySpan<double> Values => _values.AsSpan(_start, Count);

    /// <summary>Ascending.</summary>
    public ReadOnlySpan<long> Steps => _steps.AsSpan(0, Count);

    public TrialReport? Last => Count == 0 ? null : this[Count - 1];

    /// <summary>What was reported at exactly this step, or null.</summary>
    public double? At(long step)
    {
        var steps = Steps;
        // Nearly always every step is reported.
        var guess = Count == 0 ? 0 : step - steps[0];
        if (guess >= 0 && guess < Count && steps[(int)guess] == step) return Values[(int)guess];
        var index = steps.BinarySearch(step);
        return index >= 0 ? Values[index] : null;
    }

    public IEnumerator<TrialReport> GetEnumerator()
    {
        for (var i = 0; i < Count; i++) yield return this[i];
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
