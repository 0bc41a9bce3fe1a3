namespace Tunewise.Testing;

/// <summary>A clock that a test moves; timers fire while it moves.</summary>
public sealed class ManualTime : TimeProvider
{
    private readonly List<ManualTimer> _timers = [];
    private DateTimeOffset _now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private TimeSpan _apart;

    /// <summary>Whether waits (timers that fire once) are over at once, with the clock moved by as much.</summary>
    public bool WaitsTakeNoTime { get; init; }

    /// <summary>Called when the clock was moved, before timers fire.</summary>
    public Action? Moved { get; set; }

    /// <summary>How many timers run.</summary>
    public int Timers => _timers.Count;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow() => _now + _apart;

    public override long GetTimestamp() => _now.Ticks;

    public void Advance(TimeSpan time)
    {
        _now += time;
        Moved?.Invoke();
        foreach (var timer in _timers.ToArray()) timer.FireIfDue(_now);
    }

    /// <summary>
    /// Moves what people call the time, forwards or backwards, and nothing else: the clock was set, or the machine slept, during which the
    /// monotonic clock stands still and no timer fires.
    /// </summary>
    public void Set(TimeSpan by)
    {
        _apart += by;
        Moved?.Invoke();
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new ManualTimer(this, callback, state, _now + dueTime, period);
        if (WaitsTakeNoTime && period == Timeout.InfiniteTimeSpan)
        {
            _now += dueTime;
            ThreadPool.QueueUserWorkItem(_ => callback(state));
        }
        else _timers.Add(timer);
        return timer;
    }

    private sealed class ManualTimer(ManualTime owner, TimerCallback callback, object? state, DateTimeOffset due, TimeSpan period) : ITimer
    {
        private DateTimeOffset _due = due;

        public void FireIfDue(DateTimeOffset now)
        {
            while (_due <= now && owner._timers.Contains(this))
            {
                _due = period == Timeout.InfiniteTimeSpan ? DateTimeOffset.MaxValue : _due + period;
                callback(state);
            }
        }

        public bool Change(TimeSpan dueTime, TimeSpan newPeriod) => throw new NotSupportedException();

        public void Dispose() => owner._timers.Remove(this);

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
