using Microsoft.Extensions.Logging;
using Tunewise.Hosting.Devices;
using Tunewise.Hosting.Processes;
using Tunewise.Hosting.Progress;

namespace Tunewise.Hosting.Supervision;

/// <summary>What a supervisor needs for a run.</summary>
internal sealed record SupervisedRun
{
    public required Study Study { get; init; }

    /// <summary>The total number of trials.</summary>
    public required int Total { get; init; }

    /// <summary>Start no trial after this time, or null.</summary>
    public TimeSpan? TimeLimit { get; init; }

    /// <summary>How the program is started again, and with which arguments.</summary>
    public required ProgramCommand Command { get; init; }

    public required IReadOnlyList<string> Arguments { get; init; }

    public required IReadOnlyList<WorkerPlace> Places { get; init; }

    public required SupervisionOptions Options { get; init; }

    public required IRunLog Log { get; init; }

    public required ILogger Logger { get; init; }

    /// <summary>Keeps what workers print for their trials; null keeps their last words only.</summary>
    public TrialLogs? Logs { get; init; }

    /// <summary>End the run when this many trials in a row failed.</summary>
    public int MaxConsecutiveFailures { get; init; } = 10;
}
