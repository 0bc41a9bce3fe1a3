namespace Tunewise.Running;

/// <summary>The cancellation of one running trial: with its run, or by itself for a reason that is stored with it.</summary>
internal sealed class TrialStop(CancellationToken run) : IDisposable
{
    private readonly CancellationTokenSource _source = CancellationTokenSource.CreateLinkedTokenSource(run);
    private readonly Lock _lock = new();
    private bool _disposed;

    public CancellationToken Token => _source.Token;

    private volatile Request? _asked;

    /// <summary>Why this trial was asked to stop by itself, or null.</summary>
    public Request? Asked => _asked;

    public void Ask(FailureKind kind, string reason)
    {
        lock (_lock)
        {
            if (_disposed) return;
            _asked ??= new Request(kind, reason);
            // Not while the lock is held: what is called back may take its time.
            _ = _source.CancelAsync();
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _disposed = true;
            _source.Dispose();
        }
    }

    /// <summary>Why a trial was asked to stop.</summary>
    public sealed record Request(FailureKind Kind, string Reason);
}
