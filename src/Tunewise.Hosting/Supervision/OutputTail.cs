using System.Text;

namespace Tunewise.Hosting.Supervision;

/// <summary>The end of what a process writes; the rest is read and dropped, however much it is.</summary>
internal sealed class OutputTail
{
    private const int Kept = 8192;
    private readonly byte[] _ring = new byte[Kept];
    private readonly Lock _lock = new();
    private long _written;

    /// <summary>Reads until the stream ends.</summary>
    /// <param name="source">The stream.</param>
    /// <param name="marked">Takes the marks out of it and keeps the text, or null when there are none; disposed in the end.</param>
    public async Task PumpAsync(Stream source, MarkedOutput? marked = null)
    {
        using var kept = marked;
        var buffer = new byte[16384];
        try
        {
            while (await source.ReadAsync(buffer).ConfigureAwait(false) is > 0 and var count)
            {
                if (kept is null) Add(buffer.AsSpan(0, count));
                else kept.Add(buffer.AsSpan(0, count), Add);
            }
        }
        catch (Exception error) when (error is IOException or ObjectDisposedException or OperationCanceledException)
        {
            // The process is gone, or nobody wants to know any more.
        }

        kept?.End(Add);
    }

    public void Add(ReadOnlySpan<byte> bytes)
    {
        lock (_lock)
        {
            foreach (var b in bytes.Length > Kept ? bytes[^Kept..] : bytes) _ring[_written++ % Kept] = b;
        }
    }

    /// <summary>The last lines, without control characters.</summary>
    /// <param name="lines">How many at most.</param>
    public string LastLines(int lines)
    {
        byte[] bytes;
        lock (_lock)
        {
            bytes = new byte[Math.Min(_written, Kept)];
            for (var i = 0; i < bytes.Length; i++) bytes[i] = _ring[(_written - bytes.Length + i) % Kept];
        }

        var text = Encoding.UTF8.GetString(bytes);
        var kept = text.Split('\n')
            .Select(l => string.Concat(l.Where(c => !char.IsControl(c) || c == '\t')).TrimEnd())
            .Where(l => l.Length > 0)
            .TakeLast(lines);
        return string.Join('\n', kept);
    }
}
