using Microsoft.Extensions.Logging;

namespace Tunewise;

/// <summary>The engine's log messages.</summary>
internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Warning, "trial {Trial}: parameter '{Name}' was suggested before with {Known}; the first value stays")]
    public static partial void SuggestedTwice(this ILogger logger, int trial, string name, object known);

    [LoggerMessage(
        2, LogLevel.Warning, "trial {Trial}: the fixed value {Value} of '{Name}' is outside {Distribution}; it is used all the same")]
    public static partial void FixedOutside(this ILogger logger, int trial, string name, object? value, object distribution);

    [LoggerMessage(3, LogLevel.Warning, "trial {Trial}: step {Step} was reported before; the first value of a step stays")]
    public static partial void ReportedTwice(this ILogger logger, int trial, long step);

    [LoggerMessage(4, LogLevel.Warning, "a lease could not be renewed and will be tried again: {Reason}")]
    public static partial void LeaseNotRenewed(this ILogger logger, string reason);

    [LoggerMessage(
        21,
        LogLevel.Warning,
        "what trial {Trial} measured could not be written and waits: {Reason}")]
    public static partial void StepsWait(this ILogger logger, int trial, string reason);

    [LoggerMessage(
        22,
        LogLevel.Warning,
        "the blobs of study '{Study}' fill their budget of {Budget} bytes (StudyOptions.BlobBudget); no more are kept")]
    public static partial void BlobsFillBudget(this ILogger logger, string study, long budget);

    [LoggerMessage(5, LogLevel.Warning, "trial {Trial} failed: {Reason}")]
    public static partial void TrialFailed(this ILogger logger, int trial, string? reason);

    [LoggerMessage(6, LogLevel.Warning, "trial {Trial} is no longer this worker's ({Why}); its result is dropped")]
    public static partial void TrialLost(this ILogger logger, int trial, string why);

    [LoggerMessage(7, LogLevel.Information, "{Trials} of workers that are gone: ended, and queued again as the policy allows")]
    public static partial void Reaped(this ILogger logger, string trials);

    [LoggerMessage(8, LogLevel.Warning, "{Reason}; trying again in {Seconds} s")]
    public static partial void StorageWaits(this ILogger logger, string reason, double seconds);

    [LoggerMessage(
        9, LogLevel.Warning, "trial {Trial} was taken for lost; it goes on here, and its result is kept if nobody else tries it")]
    public static partial void Detached(this ILogger logger, int trial);

    [LoggerMessage(10, LogLevel.Information, "trial {Trial} was taken for lost; its late result is kept as trial {Kept}")]
    public static partial void KeptLate(this ILogger logger, int trial, int kept);

    [LoggerMessage(11, LogLevel.Error, "the end of trial {Trial} could not be stored; the trial will be tried again: {Reason}")]
    public static partial void EndNotStored(this ILogger logger, int trial, string reason);

    [LoggerMessage(
        12,
        LogLevel.Warning,
        "trial {Trial}: {Part}: {Problem}; this is left out of what samplers learn from, and so is whatever else is like it (shown once)")]
    public static partial void LeftOut(this ILogger logger, int trial, string part, string problem);
}
