using Microsoft.Extensions.Logging;

namespace Tunewise.Hosting;

/// <summary>
/// Prints what a run warns of that nothing else shows: trouble with the storage and with checkpoints, trials that were lost, and
/// reports that were ignored.
/// </summary>
internal sealed class WarningLines(TextWriter output) : ILogger
{
    private static readonly HashSet<string> Shown =
        ["StorageWaits", "LeaseNotRenewed", "Detached", "EndNotStored", "TrialLost", "ReportedTwice", "CheckpointTrouble", "LeftOut", "BlobsFillBudget", "StepsWait"];
    private readonly Lock _lock = new();

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

    /// <summary>Whether a warning is one of those that nothing else shows.</summary>
    public static bool Shows(EventId warning) => warning.Name is not null && Shown.Contains(warning.Name);

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (!IsEnabled(logLevel) || !Shows(eventId)) return;
        lock (_lock) output.WriteLine($"warning: {formatter(state, exception)}");
    }
}
