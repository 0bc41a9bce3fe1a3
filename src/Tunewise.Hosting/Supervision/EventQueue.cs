namespace Tunewise.Hosting.Supervision;

/// <summary>
/// What happened and has not been seen to yet. Any thread adds, the supervisor's takes. Waiting costs nothing: the thread pool would spin
/// for every event, which is most of what a supervisor would do.
/// </summary>
internal sealed class EventQueue
{
    private readonly Queue<SupervisorEvent> _events = new();

    public void Add(SupervisorEvent happened)
    {
        lock (_events)
        {
            _events.Enqueue(happened);
            Monitor.Pulse(_events);
        }
    }

    /// <summary>The next event, or null when nothing happened for a while.</summary>
    public SupervisorEvent? Take(TimeSpan patience)
    {
        lock (_events)
        {
            if (_events.Count == 0) Monitor.Wait(_events, patience);
            return _events.TryDequeue(out var next) ? next : null;
        }
    }
}
