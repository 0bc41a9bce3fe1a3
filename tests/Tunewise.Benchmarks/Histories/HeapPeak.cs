namespace Tunewise.Benchmarks.Histories;

/// <summary>Looks at the heap every few milliseconds and keeps the most that it held, garbage included.</summary>
internal sealed class HeapPeak : IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(5);
    private readonly CancellationTokenSource _ended = new();
    private readonly Thread _thread;

    public HeapPeak()
    {
        _thread = new Thread(Look) { IsBackground = true };
        _thread.Start();
    }

    public long Bytes { get; private set; }

    public void Dispose()
    {
        _ended.Cancel();
        _thread.Join();
        _ended.Dispose();
    }

    private void Look()
    {
        do Bytes = Math.Max(Bytes, GC.GetTotalMemory(forceFullCollection: false));
        while (!_ended.Token.WaitHandle.WaitOne(Interval));
    }
}
