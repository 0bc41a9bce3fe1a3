using System.Data.Common;

namespace Tunewise.Relational;

/// <summary>A connection of a storage, opened when it is first needed: one caller at a time uses it, and database errors come out as errors for people.</summary>
internal sealed class Line(SqlDialect dialect) : IDisposable
{
    private Session? _session;
    private bool _disposed;

    /// <summary>Held by whoever uses the connection.</summary>
    public Lock Lock { get; } = new();

    /// <summary>Reads trials over this connection.</summary>
    public TrialReader Reader { get; } = new(dialect);

    /// <summary>Opens the connection.</summary>
    public void Open() => Use(_ => true);

    public T Use<T>(Func<Session, T> work)
    {
        lock (Lock)
        {
            ObjectDisposedException.ThrowIf(_disposed, typeof(RelationalStorage));
            for (var mayTryAgain = true; ; mayTryAgain = false)
            {
                try
                {
                    _session ??= new Session(dialect);
                    _session.Revive();
                    return work(_session);
                }
                catch (DbException) when (mayTryAgain && _session is { IsBroken: true, InDoubt: false })
                {
                    // The connection had broken before, or broke now with nothing committed: once more on a new one.
                }
                catch (DbException error)
                {
                    throw dialect.Translate(error);
                }
            }
        }
    }

    public void Dispose()
    {
        lock (Lock)
        {
            _disposed = true;
            _session?.Dispose();
            _session = null;
        }
    }
}
