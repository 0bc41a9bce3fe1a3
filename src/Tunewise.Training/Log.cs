using Microsoft.Extensions.Logging;

namespace Tunewise.Training;

/// <summary>The log messages of trainings.</summary>
internal static partial class Log
{
    [LoggerMessage(201, LogLevel.Warning, "trial {Trial}: {Trouble}")]
    public static partial void CheckpointTrouble(this ILogger logger, int trial, string trouble);
}
