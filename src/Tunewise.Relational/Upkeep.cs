using System.Data.Common;

namespace Tunewise.Relational;

/// <summary>
/// Lets the database do now and then what it needs and what no writer should wait for: in the background, over the connection of readers.
/// What fails is tried again the next time; whoever writes meets the cause.
/// </summary>
internal sealed class Upkeep(SqlDialect dialect, Line writing, Line reading)
{
    private const int MostRounds = 10;

    /// <summary>So many times the work that wants upkeep has been left only because somebody always reads.</summary>
    private const int MuchMore = 16;

    private readonly int _enough = dialect.WorkThatWantsUpkeep;
    private int _tooMuch = dialect.WorkThatWantsUpkeep * MuchMore;
    private int _seen;
    private int _next = dialect.WorkThatWantsUpkeep;
    private int _runs;

    /// <summary>This thread used the connection of writes.</summary>
    public void Used()
    {
        if (_enough == 0) return;
        // Nothing was written.
        if (dialect.TakeWork() is not (> 0 and var work)) return;
        if (work < _seen) (_seen, _next) = (0, _enough);
        // What a reader elsewhere keeps from being cleared is not tried again at each write, and ever more rarely.
        if (work >= _next) Begin(work);
    }

    /// <summary>A write failed for the moment: for want of space, maybe, that is to be had here.</summary>
    public void Failed()
    {
        if (_enough > 0) Begin(0);
    }

    private void Begin(int work)
    {
        if (Interlocked.Exchange(ref _runs, 1) == 1) return;
        (_seen, _next) = (work, work + Math.Max(_enough, work / 4));
        ThreadPool.UnsafeQueueUserWorkItem(static upkeep => upkeep.Run(), this, preferLocal: false);
    }

    private void Run()
    {
        try
        {
            SqlDialect.WaitAtMost(SqlDialect.Briefly, () => reading.UseNext(TakeIn));
            if (_seen < _tooMuch) return;
            if (dialect.IsHeldUp)
            {
                _tooMuch = _seen * 2;
                return;
            }

            // Readers take turns without a pause, so that it is never all done: everybody waits until those of now have read. One who reads
            // for very long is not waited for.
            // This process's own are let finish first: nobody here waits for them.
            _tooMuch = reading.UseNext(_ => writing.UseIfFree(dialect.KeepAll)) ? _enough * MuchMore : _seen * 2;
        }
        catch (Exception error) when (error is TunewiseException or ObjectDisposedException)
        {
        }
        finally
        {
            Volatile.Write(ref _runs, 0);
        }
    }

    /// <summary>
    /// Others write meanwhile. What is left when a round finds little is done where nobody of this process reads or writes: if somebody
    /// writes for long, the next time.
    /// </summary>
    private bool TakeIn(Session s)
    {
        for (var round = 0; round < MostRounds; round++)
        {
            if (dialect.Keep(s)) return dialect.IsHeldUp || writing.UseIfFree(dialect.Keep);
        }

        // Other processes write faster than this: they wait for the rest of it.
        return writing.UseIfFree(w =>
        {
            try
            {
                dialect.BeginWrite(w);
            }
            catch (DbException)
            {
                // One of them does not stop.
                return false;
            }

            try
            {
                return dialect.Keep(s);
            }
            finally
            {
                dialect.Rollback(w);
            }
        });
    }
}
