using System.Data.Common;
using System.Diagnostics;

namespace Tunewise.Relational;

/// <summary>
/// A connection of a storage, opened when it is first needed: one caller at a time uses it, and database errors come
/// out as errors for people.
/// </summary>
internal sealed class Line(SqlDialect dialect) : IDisposable
{
    /// <summary>Longer than what is written at once takes.</summary>
    private static readonly TimeSpan AMoment = TimeSpan.FromMilliseconds(5);

    private Session? _session;
    private int _urgent;
    private int _failures;
    private StorageException? _lastFailure;
    private bool _disposed;

    /// <summary>Held by whoever uses the connection.</summary>
    public Lock Lock { get; } = new();

    /// <summary>Reads trials over this connection.</summary>
    public TrialReader Reader { get; } = new(dialect);

    /// <summary>Called when the database failed for the moment.</summary>
    public Action? Failed { get; set; }

    /// <summary>Opens the connection.</summary>
    public void Open() => Use(_ => true);

    /// <summary>Comes before those who use the connection again and again, such as for the slices of a large read.</summary>
    public T UseNext<T>(Func<Session, T> work)
    {
        Interlocked.Increment(ref _urgent);
        var waits = true;
        try
        {
            lock (Lock)
            {
                Interlocked.Decrement(ref _urgent);
                waits = false;
                return Use(work);
            }
        }
        finally
        {
            if (waits) Interlocked.Decrement(ref _urgent);
        }
    }

    /// <summary>Uses the connection if nobody else does, or only just; otherwise false.</summary>
    public bool UseIfFree(Func<Session, bool> work)
    {
        if (!Lock.TryEnter(AMoment)) return false;
        try
        {
            return Use(work);
        }
        finally
        {
            Lock.Exit();
        }
    }

    public T Use<T>(Func<Session, T> work)
    {
        // What is read within a writing transaction belongs to it; whoever began that meets the errors.
        if (Lock.IsHeldByCurrentThread && _session is { IsWriting: true } writing) return work(writing);
        var failures = Volatile.Read(ref _failures);
        Enter();
        try
        {
            // Who waited while the database did not serve need not find that out for himself, one after another, each
            // for as long as it takes.
            if (SqlDialect.CallerTriesAgain && failures != _failures && _lastFailure is { } last)
                throw new StorageException(last.Message, last) { IsTemporary = true };
            ObjectDisposedException.ThrowIf(_disposed, typeof(RelationalStorage));
            var (mayTryAgain, begun) = (true, Stopwatch.GetTimestamp());
            while (true)
            {
                try
                {
                    _session ??= new Session(dialect);
                    _session.Revive();
                    return work(_session);
                }
                catch (Exception error) when (mayTryAgain && IsOfConnection(error) && _session is { IsBroken: true, InDoubt: false })
                {
                    // The connection had broken before, or broke now with nothing committed: once more on a new one.
                    mayTryAgain = false;
                }
                catch (DbException error) when (!SqlDialect.CallerTriesAgain
                    && dialect.GaveUpWaiting(error)
                    && _session is { InDoubt: false }
                    && Stopwatch.GetElapsedTime(begun) < SqlDialect.AtMost)
                {
                    // Somebody holds a lock for long: once more.
                }
                catch (DbException error)
                {
                    throw Noted(dialect.Translate(error));
                }
                catch (StorageException error)
                {
                    throw Noted(error);
                }
                catch (InvalidOperationException error) when (_session is { IsBroken: true })
                {
                    throw Noted(new StorageException(
                        $"the connection to {dialect.Description} broke ({error.Message}); "
                            + "check that the server runs and lets this machine in",
                        error)
                    {
                        IsTemporary = true,
                    });
                }
                catch (Exception error) when (error is InvalidCastException or OverflowException or FormatException)
                {
                    throw new StorageException(
                        $"{dialect.Description} holds what no program of ours wrote and none can read ({error.Message}); "
                            + "'check' looks for it",
                        error);
                }
            }
        }
        finally
        {
            Lock.Exit();
        }
    }

    /// <summary>
    /// Waits for the connection, behind those who come next; a caller who tries again by himself not for long, so that he can be stopped.
    /// </summary>
    private void Enter()
    {
        var limit = SqlDialect.CallerTriesAgain ? SqlDialect.Shortly : Timeout.InfiniteTimeSpan;
        var mayEnter = Volatile.Read(ref _urgent) == 0
            || Lock.IsHeldByCurrentThread
            || SpinWait.SpinUntil(() => Volatile.Read(ref _urgent) == 0, limit);
        if (!mayEnter || !Lock.TryEnter(limit))
            throw new StorageException($"{dialect.Description} keeps another call of this process waiting") { IsTemporary = true };
    }

    /// <summary>
    /// Drivers refuse what comes over a connection that broke a statement before, unnoticed: while a transaction was undone, say.
    /// </summary>
    private static bool IsOfConnection(Exception error) => error is DbException or InvalidOperationException;

    private StorageException Noted(StorageException error)
    {
        if (error.IsTemporary)
        {
            _lastFailure = error;
            Interlocked.Increment(ref _failures);
            Failed?.Invoke();
        }

        return error;
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
