using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Tunewise.Hosting;

/// <summary>Runs the objective of <see cref="TunewiseOptions"/> for as long as the host runs.</summary>
internal sealed class StudyService(
    IServiceProvider services, IOptions<TunewiseOptions> options, IHostApplicationLifetime host, ILogger<StudyService> logger) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (options.Value is not { HasObjective: true } wanted) return;
        // The other services start without waiting for a database to open or data to load.
        await Task.Yield();
        try
        {
            await RunAsync(wanted, stoppingToken).ConfigureAwait(false);
        }
        catch (Exception error) when (error is not OperationCanceledException || !stoppingToken.IsCancellationRequested)
        {
            // The host stops, and would take that for a good end.
            Environment.ExitCode = StudyHost.Failure;
            throw;
        }
    }

    private async Task RunAsync(TunewiseOptions wanted, CancellationToken stoppingToken)
    {
        var study = services.GetRequiredService<Study>();
        var report = await RunAsync(study, wanted, stoppingToken).ConfigureAwait(false);
        LogEnd(study, report, stoppingToken);
        if (report.End == RunEnd.TooManyFailures) Environment.ExitCode = StudyHost.Failure;
        if (wanted.StopsHost && !stoppingToken.IsCancellationRequested) host.StopApplication();
    }

    private Task<RunReport> RunAsync(Study study, TunewiseOptions wanted, CancellationToken stoppingToken)
    {
        if (wanted.CreateAsyncObjective is { } createAsync)
        {
            var asyncObjective = createAsync(services)
                ?? throw new InvalidOperationException("TunewiseOptions.CreateAsyncObjective returned null");
            LogStart(study, wanted.Run, stoppingToken);
            return study.RunAsync(asyncObjective, wanted.Run, stoppingToken);
        }

        var objective = wanted.CreateObjective!(services) ?? throw new InvalidOperationException("TunewiseOptions.CreateObjective returned null");
        LogStart(study, wanted.Run, stoppingToken);
        return study.RunAsync(objective, wanted.Run, stoppingToken);
    }

    private void LogStart(Study study, RunOptions run, CancellationToken stoppingToken)
    {
        if (!logger.IsEnabled(LogLevel.Information)) return;
        var there = study.CountTrials(stoppingToken).Values.Sum();
        logger.RunBegins(
            study.Name,
            study.Storage.Description,
            string.Join(", ", study.Objectives),
            run.TotalTrials is { } total ? $"it has {there} of {Text.Count(total, "trial")}" : $"it has {Text.Count(there, "trial")}");
    }

    private void LogEnd(Study study, RunReport report, CancellationToken stoppingToken)
    {
        var givenUp = report.End == RunEnd.TooManyFailures;
        if (!logger.IsEnabled(givenUp ? LogLevel.Warning : LogLevel.Information)) return;
        // Who stops the host does not wait for the database.
        var best = study.Objectives.Count > 1 || stoppingToken.IsCancellationRequested ? null : study.GetBestTrial(stoppingToken);
        var outcome = $"{report.Complete} complete, {report.Pruned} pruned, {report.Failed} failed, {report.Interrupted} interrupted"
            + (report.LastReason is { } reason ? $"; last failure: {reason}" : "")
            + (best is null ? "" : $"; best: trial {best.Number} with {Text.Number(best.Values[0])}");
        if (givenUp) logger.RunGivenUp(study.Name, outcome);
        else logger.RunEnded(study.Name, report.End, outcome);
    }
}
