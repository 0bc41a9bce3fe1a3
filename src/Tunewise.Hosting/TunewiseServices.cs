using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;
using Tunewise.Storage;

namespace Tunewise.Hosting;

/// <summary>Tunewise in a generic-host program: a worker service, a web application.</summary>
public static class TunewiseServices
{
    /// <summary>
    /// Adds an <see cref="IStudyStorage"/> and a <see cref="Study"/>, both opened when they are first asked for and disposed with the host,
    /// and the run of <see cref="TunewiseOptions.CreateObjective"/> or
    /// <see cref="TunewiseOptions.CreateAsyncObjective"/>, which logs its beginning and its end. Logs go to the host's logger of category "Tunewise"; where the program
    /// uses OpenTelemetry, Tunewise's traces and metrics (<see cref="Telemetry"/>) are registered with it.
    /// </summary>
    /// <remarks>
    /// When the host stops, trials stop at their next report and are queued again: the next start goes on with them. They have the host's
    /// shutdown timeout for it (<c>HostOptions.ShutdownTimeout</c>, 30 seconds unless set). An objective that neither reports nor looks at its
    /// token cannot be stopped: disposing the host waits for it. A run that fails makes the program's exit status 1.
    /// </remarks>
    /// <param name="services">The host's services.</param>
    /// <param name="configure">Sets the options, or null; configurations that were registered for <see cref="TunewiseOptions"/> hold too.</param>
    /// <returns>The services.</returns>
    /// <exception cref="InvalidOperationException">It was called already.</exception>
    public static IServiceCollection AddTunewise(this IServiceCollection services, Action<TunewiseOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        if (services.Any(s => s.ImplementationType == typeof(StudyService)))
            throw new InvalidOperationException("AddTunewise was called already; a host has one study, open others with Study.Open");
        services.AddOptions<TunewiseOptions>()
            .Configure(options => configure?.Invoke(options))
            .Validate(options => !string.IsNullOrWhiteSpace(options.Storage), "TunewiseOptions.Storage must name a database")
            .Validate(options => !string.IsNullOrWhiteSpace(options.StudyName), "TunewiseOptions.StudyName must be a name")
            .Validate(
                options => options.CreateObjective is null || options.CreateAsyncObjective is null,
                "TunewiseOptions.CreateObjective and CreateAsyncObjective are both set: the host runs one objective, set one of them")
            .Validate(
                options => !options.HasObjective || options.Run is not { TotalTrials: null, AdditionalTrials: null, TimeLimit: null },
                "TunewiseOptions.Run needs TotalTrials, AdditionalTrials or TimeLimit: a run needs an end")
            .Validate(
                options => !options.HasObjective
                    || options.Run is not ({ TotalTrials: < 1 } or { AdditionalTrials: < 1 } or { Parallelism: < 1 }),
                "TunewiseOptions.Run: TotalTrials, AdditionalTrials and Parallelism must be at least 1")
            .ValidateOnStart();
        services.TryAddSingleton<IStudyStorage>(provider => StorageUrl.Open(OptionsOf(provider).Storage));
        services.TryAddSingleton(provider =>
        {
            var options = OptionsOf(provider);
            var study = options.Study;
            return Study.Open(provider.GetRequiredService<IStudyStorage>(), options.StudyName, study with
            {
                Logger = study.Logger ?? provider.GetService<ILoggerFactory>()?.CreateLogger(Telemetry.Name),
                Time = study.Time == TimeProvider.System ? provider.GetService<TimeProvider>() ?? study.Time : study.Time,
            });
        });
        services.AddHostedService<StudyService>();
        services.ConfigureOpenTelemetryTracerProvider(traces => traces.AddSource(Telemetry.Name));
        services.ConfigureOpenTelemetryMeterProvider(metrics => metrics.AddMeter(Telemetry.Name));
        return services;
    }

    private static TunewiseOptions OptionsOf(IServiceProvider provider) => provider.GetRequiredService<IOptions<TunewiseOptions>>().Value;
}
