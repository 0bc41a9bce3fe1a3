using Microsoft.Extensions.Logging;

namespace Tunewise.Hosting;

/// <summary>Prints what a run warns of that nothing else shows: trouble with the storage.</summary>
internal sealed class WarningLines(TextWriter output) : ILogger
{
    private static readonly HashSet<string> Shown = ["StorageWaits", "LeaseNotRenewed", "Detached", "EndNotStored"];
    private readonly Lock _lock = new();

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (!IsEnabled(logLevel) || eventId.Name is null || !Shown.Contains(eventId.Name)) return;
        lock (_lock) output.WriteLine($"warning: {formatter(state, exception)}");
    }
}
