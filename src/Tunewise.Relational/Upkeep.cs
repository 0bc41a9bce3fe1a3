namespace Tunewise.Relational;

/// <summary>
/// Lets the database do now and then what it needs and what no writer should wait for: in the background, the bulk of it over the connection of readers. What fails is tried again
/// the next time; whoever writes meets the cause.
/// </summary>
internal sealed class Upkeep(SqlDialect dialect, Line writing, Line reading)
{
    /// <summary>A process that was killed may have left work, so the first time comes soon.</summary>
    private const int First = 16;

    private const int MostRounds = 10;

    private readonly int _every = dialect.UsesBetweenUpkeep;
    private int _left = First;
    private int _runs;

    /// <summary>The connection of writes was used.</summary>
    public void Used()
    {
        if (_every > 0 && Interlocked.Decrement(ref _left) <= 0) Begin();
    }

    /// <summary>Much was written at once.</summary>
    public void Begin()
    {
        if (_every == 0 || Interlocked.Exchange(ref _runs, 1) == 1) return;
        _left = _every;
        ThreadPool.UnsafeQueueUserWorkItem(static upkeep => upkeep.Run(), this, preferLocal: false);
    }

    private void Run()
    {
        try
        {
            reading.Use(s =>
            {
                // Others write meanwhile. What is left when a round finds little is done where nobody of this process reads or writes.
                var rounds = 0;
                while (!dialect.Keep(s) && ++rounds < MostRounds)
                {
                }

                return rounds < MostRounds && writing.Use(dialect.Keep);
            });
        }
        catch (Exception error) when (error is TunewiseException or ObjectDisposedException)
        {
        }
        finally
        {
            Volatile.Write(ref _runs, 0);
        }
    }
}
