using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Tunewise;

/// <summary>
/// The engine's traces and metrics, for OpenTelemetry and other listeners: an <see cref="ActivitySource"/> and a <see cref="Meter"/>, both
/// named <see cref="Name"/>. They cost nothing while nobody listens.
/// </summary>
public static class Telemetry
{
    /// <summary>The name of the source and of the meter.</summary>
    public const string Name = "Tunewise";

    /// <summary>
    /// The activity of one trial, from claim to end; tags: <c>tunewise.study</c>, <c>tunewise.trial</c>, <c>tunewise.state</c>,
    /// <c>tunewise.failure</c>.
    /// </summary>
    public const string TrialActivity = "tunewise.trial";

    /// <summary>Counts ended trials; tags: <c>tunewise.study</c>, <c>tunewise.state</c>, <c>tunewise.failure</c>.</summary>
    public const string TrialsCounter = "tunewise.trials";

    /// <summary>The durations of ended trials in seconds; the tags of <see cref="TrialsCounter"/>.</summary>
    public const string DurationHistogram = "tunewise.trial.duration";

    /// <summary>Counts reports; tag: <c>tunewise.study</c>.</summary>
    public const string ReportsCounter = "tunewise.reports";

    /// <summary>Counts the worker processes that a supervisor started; tags: <c>tunewise.study</c>, <c>tunewise.device</c>.</summary>
    public const string WorkersStartedCounter = "tunewise.workers.started";

    /// <summary>Counts the worker processes that ended otherwise than asked; tags: <c>tunewise.study</c>, <c>tunewise.device</c>.</summary>
    public const string WorkersFailedCounter = "tunewise.workers.failed";

    private static readonly ActivitySource Source = new(Name);
    private static readonly Meter Meter = new(Name);
    private static readonly Counter<long> Trials = Meter.CreateCounter<long>(TrialsCounter, "{trial}", "Trials that ended.");
    private static readonly Histogram<double> Durations = Meter.CreateHistogram<double>(DurationHistogram, "s", "How long trials ran.");
    private static readonly Counter<long> Reports =
        Meter.CreateCounter<long>(ReportsCounter, "{report}", "Reports of intermediate values.");

    internal static Counter<long> WorkersStarted { get; } =
        Meter.CreateCounter<long>(WorkersStartedCounter, "{process}", "Worker processes that were started.");

    internal static Counter<long> WorkersFailed { get; } =
        Meter.CreateCounter<long>(WorkersFailedCounter, "{process}", "Worker processes that ended otherwise than asked.");

    internal static TagList TagsOf(string study) => [new("tunewise.study", study)];

    internal static Activity? StartTrial(string study, int trial) => Source.StartActivity(TrialActivity)
        ?.SetTag("tunewise.study", study)
        .SetTag("tunewise.trial", trial);

    internal static void EndTrial(Activity? activity, string study, TrialEnding ending, Exception? failure, TimeSpan duration)
    {
        activity?.SetTag("tunewise.state", ending.State.ToString()).SetTag("tunewise.failure", ending.Failure?.ToString());
        if (failure is not null) activity?.AddException(failure).SetStatus(ActivityStatusCode.Error, ending.Reason);
        if (!Trials.Enabled && !Durations.Enabled) return;
        var tags = TagsOf(study);
        tags.Add("tunewise.state", ending.State.ToString());
        if (ending.Failure is { } kind) tags.Add("tunewise.failure", kind.ToString());
        Trials.Add(1, tags);
        Durations.Record(duration.TotalSeconds, tags);
    }

    internal static void CountReport(string study)
    {
        if (Reports.Enabled) Reports.Add(1, TagsOf(study));
    }
}
