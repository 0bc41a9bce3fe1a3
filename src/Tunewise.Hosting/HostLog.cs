using Microsoft.Extensions.Logging;

namespace Tunewise.Hosting;

/// <summary>The supervisor's log messages.</summary>
internal static partial class HostLog
{
    [LoggerMessage(101, LogLevel.Information, "{Device}: worker {Process} was started")]
    public static partial void WorkerStarted(this ILogger logger, string device, int process);

    [LoggerMessage(102, LogLevel.Information, "{Device}: worker {Process} left: {Reason}")]
    public static partial void WorkerLeft(this ILogger logger, string device, int process, string reason);

    [LoggerMessage(103, LogLevel.Warning, "{Device}: worker {Process} failed: {Reason}")]
    public static partial void WorkerFailed(this ILogger logger, string device, int process, string reason);

    [LoggerMessage(104, LogLevel.Error, "{Device}: given up: {Reason}")]
    public static partial void WorkerGivenUp(this ILogger logger, string device, string reason);

    [LoggerMessage(105, LogLevel.Warning, "{Device}: trial {Trial} is stopped: {Reason}")]
    public static partial void TrialStopped(this ILogger logger, string device, int trial, string reason);

    [LoggerMessage(106, LogLevel.Warning, "{Device}: {Warning}")]
    public static partial void WorkerWarns(this ILogger logger, string device, string warning);

    [LoggerMessage(107, LogLevel.Warning, "{Why}")]
    public static partial void LogsNotKept(this ILogger logger, string why);

    [LoggerMessage(111, LogLevel.Information, "the run of study {Study} in {Storage} begins: {Objectives}; {Trials}")]
    public static partial void RunBegins(this ILogger logger, string study, string storage, string objectives, string trials);

    [LoggerMessage(110, LogLevel.Information, "the run of study {Study} ended ({End}): {Outcome}")]
    public static partial void RunEnded(this ILogger logger, string study, RunEnd end, string outcome);

    [LoggerMessage(112, LogLevel.Warning, "the run of study {Study} was given up, too many trials in a row failed: {Outcome}")]
    public static partial void RunGivenUp(this ILogger logger, string study, string outcome);

    [LoggerMessage(108, LogLevel.Error, "the program could not {What}")]
    public static partial void ProgramFailed(this ILogger logger, Exception error, string what);

    [LoggerMessage(109, LogLevel.Error, "the program ended with an error that nothing expected")]
    public static partial void ProgramEnded(this ILogger logger, Exception error);

    [LoggerMessage(107, LogLevel.Warning, "nvidia-smi gives no answer: {Reason}")]
    public static partial void GpusUnknown(this ILogger logger, string reason);
}
