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
        if (options.Value is not { CreateObjective: { } create } wanted) return;
        // The other services start without waiting for a database to open or data to load.
        await Task.Yield();
        try
        {
            await RunAsync(create, wanted, stoppingToken).ConfigureAwait(false);
        }
        catch (Exception error) when (error is not OperationCanceledException || !stoppingToken.IsCancellationRequested)
        {
            // The host stops, and would take that for a good end.
            Environment.ExitCode = StudyHost.Failure;
            throw;
        }
    }

    private async Task RunAsync(
        Func<IServiceProvider, Func<Trial, CancellationToken, TrialResult>> create, TunewiseOptions wanted, CancellationToken stoppingToken)
    {
        var study = services.GetRequiredService<Study>();
        var objective = create(services) ?? throw new InvalidOperationException("TunewiseOptions.CreateObjective returned null");
        var report = await study.RunAsync(objective, wanted.Run, stoppingToken).ConfigureAwait(false);
        logger.RunEnded(study.Name, report.End, report.Complete, report.Pruned, report.Failed);
        if (report.End == RunEnd.TooManyFailures) Environment.ExitCode = StudyHost.Failure;
        if (wanted.StopsHost && !stoppingToken.IsCancellationRequested) host.StopApplication();
    }
}
