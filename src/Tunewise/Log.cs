using Microsoft.Extensions.Logging;

namespace Tunewise;

/// <summary>The engine's log messages.</summary>
internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Warning, "trial {Trial}: parameter '{Name}' was suggested before with {Known}; the first value stays")]
    public static partial void SuggestedTwice(this ILogger logger, int trial, string name, object known);

    [LoggerMessage(2, LogLevel.Warning, "trial {Trial}: the fixed value {Value} of '{Name}' is outside {Distribution}; it is used all the same")]
    public static partial void FixedOutside(this ILogger logger, int trial, string name, object? value, object distribution);

    [LoggerMessage(3, LogLevel.Warning, "trial {Trial}: step {Step} was reported before; the first value stays")]
    public static partial void ReportedTwice(this ILogger logger, int trial, long step);

    [LoggerMessage(4, LogLevel.Warning, "a lease could not be renewed and will be tried again: {Reason}")]
    public static partial void LeaseNotRenewed(this ILogger logger, string reason);

    [LoggerMessage(5, LogLevel.Warning, "trial {Trial} failed: {Reason}")]
    public static partial void TrialFailed(this ILogger logger, int trial, string? reason);

    [LoggerMessage(6, LogLevel.Warning, "trial {Trial} was lost to another worker; its result is dropped")]
    public static partial void TrialLost(this ILogger logger, int trial);

    [LoggerMessage(7, LogLevel.Information, "{Count} trials of workers that are gone were ended and queued again as the policy allows")]
    public static partial void Reaped(this ILogger logger, int count);
}
