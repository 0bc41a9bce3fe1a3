using Tunewise.Pruners;
using Tunewise.Storage;

namespace Tunewise.Running;

/// <summary>
/// What a trial measured and was told since it was last written. The trial's thread adds, any thread may write; who writes holds up who
/// ends the trial, so that nothing comes after its end.
/// </summary>
internal sealed class StepLog
{
    private readonly Lock _lock = new();
    private Dictionary<long, Pending> _pending = [];
    private long? _goesOnAt;
    private int _values;
    private bool _isSealed;

    /// <param name="carries">Whether the trial carries on what another one measured.</param>
    public StepLog(bool carries) => IsCarrying = carries;

    /// <summary>Held by whoever writes to the storage what was taken.</summary>
    public Lock Writing { get; } = new();

    /// <summary>Whether what another trial measured is still to be cut where this one goes on.</summary>
    private bool IsCarrying { get; set; }

    /// <summary>How many values wait.</summary>
    public int Count => Volatile.Read(ref _values);

    /// <summary>Adds values; false when the trial has ended, or just ends.</summary>
    public bool TryAdd(long step, ReadOnlySpan<(string Name, double Value)> values, SeriesPrecision precision)
    {
        lock (_lock)
        {
            if (_isSealed) return false;
            if (IsCarrying) (IsCarrying, _goesOnAt) = (false, step);
            var pending = Of(step);
            foreach (var (name, value) in values) pending.Values.Add(SeriesValue.Of(name, value, precision));
            _values += values.Length;
            return true;
        }
    }

    /// <summary>What another trial measured is cut here, unless it was already.</summary>
    public void GoOnAt(long step)
    {
        lock (_lock)
        {
            if (IsCarrying) (IsCarrying, _goesOnAt) = (false, step);
        }
    }

    public void Add(long step, ReportDecision verdict)
    {
        lock (_lock)
        {
            Of(step).Verdict = verdict;
            _values++;
        }
    }

    /// <summary>Takes what waits, to be written.</summary>
    public StepBatch Take()
    {
        lock (_lock)
        {
            if (_pending.Count == 0 && _goesOnAt is null) return StepBatch.Nothing;
            var batch = new StepBatch([.. _pending.Select(p => new StepRecord(p.Key, p.Value.Values, p.Value.Verdict))])
            {
                GoesOnAt = _goesOnAt,
            };
            (_pending, _goesOnAt, _values) = ([], null, 0);
            return batch;
        }
    }

    /// <summary>Takes what waits, to be written with the trial's end: nothing is added from now on.</summary>
    public StepBatch TakeLast()
    {
        lock (_lock)
        {
            _isSealed = true;
            return Take();
        }
    }

    /// <summary>Nothing is added from now on.</summary>
    public void Seal()
    {
        lock (_lock) _isSealed = true;
    }

    /// <summary>Puts back what could not be written, and goes on taking what is added; what came since stays behind it.</summary>
    public void PutBack(StepBatch batch)
    {
        lock (_lock)
        {
            _isSealed = false;
            _goesOnAt = batch.GoesOnAt ?? _goesOnAt;
            foreach (var step in batch.Steps)
            {
                var pending = Of(step.Step);
                pending.Values.InsertRange(0, step.Values);
                pending.Verdict ??= step.Verdict;
                _values += step.Values.Count + (step.Verdict is null ? 0 : 1);
            }
        }
    }

    private Pending Of(long step)
    {
        if (!_pending.TryGetValue(step, out var pending)) _pending.Add(step, pending = new Pending());
        return pending;
    }

    private sealed class Pending
    {
        public List<SeriesValue> Values { get; } = [];

        public ReportDecision? Verdict { get; set; }
    }
}
