using System.Diagnostics;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;
using Tunewise.Sqlite;
using Tunewise.Storage;

namespace Tunewise.Hosting.Tests;

/// <summary>A study within a generic-host program.</summary>
public sealed class TunewiseServicesTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("tunewise-tests-");

    public void Dispose() => _folder.Delete(recursive: true);

    private string Database => Path.Combine(_folder.FullName, "host.db");

    private HostApplicationBuilder Builder(Action<TunewiseOptions>? configure = null)
    {
        var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Services.AddTunewise(options =>
        {
            options.Storage = Database;
            configure?.Invoke(options);
        });
        return builder;
    }

    [Fact]
    public async Task Run_ToItsEnd_StopsTheHost()
    {
        var builder = Builder(options =>
        {
            options.StudyName = "mine";
            options.Study = new StudyOptions { Objectives = [Objective.Maximize("accuracy")] };
            options.Run = new RunOptions { TotalTrials = 5 };
            options.StopsHost = true;
            options.CreateObjective = services =>
            {
                Assert.NotNull(services.GetRequiredService<IHostEnvironment>());
                return (trial, _) => trial.Number;
            };
        });
        using (var host = builder.Build()) await host.RunAsync();
        using var storage = SqliteStorage.OpenToRead(Database);
        Assert.Equal(4, Study.Load(storage, "mine").GetBestTrial()!.Value);
    }

    [Fact]
    public async Task Run_OfAnObjectiveThatReturnsATask_LeavesTheHostRunning()
    {
        var builder = Builder(options =>
        {
            options.Run = new RunOptions { TotalTrials = 3 };
            options.CreateAsyncObjective = services => async (trial, token) =>
            {
                Assert.NotNull(services.GetRequiredService<IHostEnvironment>());
                await Task.Yield();
                return trial.Number;
            };
        });
        var lines = new List<string>();
        using var ended = new SemaphoreSlim(0);
        builder.Logging.AddProvider(new Lines(lines, line =>
        {
            if (line.Contains("ended (BudgetReached)", StringComparison.Ordinal)) ended.Release();
        }));
        using var host = builder.Build();
        await host.StartAsync();
        Assert.True(await ended.WaitAsync(TimeSpan.FromMinutes(1)));
        // The service is done, and the host is not.
        await Assert.Single(host.Services.GetServices<IHostedService>().OfType<BackgroundService>()).ExecuteTask!;
        Assert.False(host.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping.IsCancellationRequested);
        Assert.Equal(3, host.Services.GetRequiredService<Study>().CountTrials()[TrialState.Complete]);
        await host.StopAsync();
    }

    [Fact]
    public async Task Run_TooManyFailures_IsAWarning()
    {
        var before = Environment.ExitCode;
        try
        {
            var builder = Builder(options =>
            {
                options.Run = new RunOptions { TotalTrials = 9, MaxConsecutiveFailures = 2 };
                options.StopsHost = true;
                options.CreateObjective = _ => (_, _) => TrialResult.Failed("no data");
            });
            var lines = new List<string>();
            builder.Logging.AddProvider(new Lines(lines));
            using (var host = builder.Build()) await host.RunAsync();
            Assert.Contains(
                "Tunewise.Hosting.StudyService Warning: the run of study study was given up, too many trials in a row failed: "
                    + "0 complete, 0 pruned, 2 failed, 0 interrupted; last failure: no data",
                lines);
        }
        finally
        {
            Environment.ExitCode = before;
        }
    }

    [Fact]
    public async Task Stop_InTheMiddle_QueuesAgainWhatRan_AndTheNextStartGoesOn()
    {
        using var reached = new SemaphoreSlim(0);
        var waits = true;
        HostApplicationBuilder Two() => Builder(options =>
        {
            options.Run = new RunOptions { TotalTrials = 2 };
            options.StopsHost = true;
            options.CreateObjective = _ => (trial, token) =>
            {
                if (Volatile.Read(ref waits))
                {
                    reached.Release();
                    token.WaitHandle.WaitOne();
                    token.ThrowIfCancellationRequested();
                }

                return 1;
            };
        });
        using (var host = Two().Build())
        {
            await host.StartAsync();
            Assert.True(await reached.WaitAsync(TimeSpan.FromMinutes(1)));
            await host.StopAsync();
        }

        using (var storage = SqliteStorage.OpenToRead(Database))
        {
            var study = Study.Load(storage, "study");
            Assert.Equal([TrialState.Failed, TrialState.Waiting], study.GetTrials().Select(t => t.State));
            Assert.Equal(FailureKind.Interrupted, study.FindTrial(0)!.Failure);
        }

        Volatile.Write(ref waits, false);
        using (var host = Two().Build()) await host.RunAsync();
        using var after = SqliteStorage.OpenToRead(Database);
        Assert.Equal(2, Study.Load(after, "study").CountTrials()[TrialState.Complete]);
    }

    [Fact]
    public async Task WithoutAnObjective_TheStudyIsTheProgramsToUse()
    {
        var builder = Builder();
        builder.Configuration.AddInMemoryCollection([new("Tunewise:StudyName", "configured"), new("Tunewise:StopsHost", "true")]);
        builder.Services.Configure<TunewiseOptions>(builder.Configuration.GetSection("Tunewise"));
        using var host = builder.Build();
        await host.StartAsync();
        var study = host.Services.GetRequiredService<Study>();
        Assert.Equal("configured", study.Name);
        Assert.Same(study.Storage, host.Services.GetRequiredService<IStudyStorage>());
        await study.RunAsync(t => t.SuggestFloat("x", 0, 1), totalTrials: 2);
        Assert.True(host.Services.GetRequiredService<IOptions<TunewiseOptions>>().Value.StopsHost);
        await host.StopAsync();
    }

    [Fact]
    public async Task OptionsThatCannotBe_EndTheStart()
    {
        foreach (var (configure, why) in new (Action<TunewiseOptions> Configure, string Why)[]
        {
            (o => o.Storage = " ", "TunewiseOptions.Storage"),
            (o => o.StudyName = "", "TunewiseOptions.StudyName"),
            (o => o.CreateObjective = _ => (_, _) => 1, "a run needs an end"),
            (o => o.CreateAsyncObjective = _ => (_, _) => Task.FromResult<TrialResult>(1), "a run needs an end"),
            (
                o => (o.CreateObjective, o.CreateAsyncObjective, o.Run) =
                    (_ => (_, _) => 1, _ => (_, _) => Task.FromResult<TrialResult>(1), new RunOptions { TotalTrials = 1 }),
                "CreateObjective and CreateAsyncObjective are both set"),
            (o => (o.CreateObjective, o.Run) = (_ => (_, _) => 1, new RunOptions { TotalTrials = 0 }), "must be at least 1"),
        })
        {
            using var host = Builder(configure).Build();
            Assert.Contains(why, (await Assert.ThrowsAsync<OptionsValidationException>(() => host.StartAsync())).Message, StringComparison.Ordinal);
        }

        Assert.False(File.Exists(Database));
    }

    [Fact]
    public void AddTunewise_Twice_IsRefused() =>
        Assert.Throws<InvalidOperationException>(() => new ServiceCollection().AddTunewise().AddTunewise());

    /// <summary>What starts programs must learn that nothing was done.</summary>
    [Fact]
    public async Task Run_CannotBegin_TheExitStatusSaysSo()
    {
        var before = Environment.ExitCode;
        try
        {
            var builder = Builder(o =>
            {
                o.Run = new RunOptions { TotalTrials = 1 };
                o.CreateObjective = _ => throw new InvalidOperationException("no data");
            });
            using (var host = builder.Build()) await host.RunAsync();
            Assert.Equal(1, Environment.ExitCode);
        }
        finally
        {
            Environment.ExitCode = before;
        }
    }

    /// <summary>Traces, metrics and warnings reach the host's own, without a word about Tunewise there.</summary>
    [Fact]
    public async Task OpenTelemetryAndLogging_AreRegistered()
    {
        var (activities, metrics, lines) = (new List<Activity>(), new List<Metric>(), new List<string>());
        // Other tests of this process run studies meanwhile, which are seen too.
        var name = $"observed {Guid.NewGuid():N}";
        var builder = Builder(options =>
        {
            options.StudyName = name;
            options.Run = new RunOptions { TotalTrials = 3 };
            options.StopsHost = true;
            options.CreateObjective = _ => (trial, _) =>
            {
                trial.Report(0, 1);
                trial.Report(0, 2);
                return 1;
            };
        });
        builder.Logging.AddProvider(new Lines(lines));
        builder.Services.AddOpenTelemetry()
            .WithTracing(t => t.AddInMemoryExporter(activities))
            .WithMetrics(m => m.AddInMemoryExporter(metrics));
        using (var host = builder.Build())
        {
            await host.StartAsync();
            await host.WaitForShutdownAsync();
            host.Services.GetRequiredService<MeterProvider>().ForceFlush();
            host.Services.GetRequiredService<TracerProvider>().ForceFlush();
        }

        Assert.Equal(3, activities.Count(a => a.OperationName == Telemetry.TrialActivity && (string?)a.GetTagItem("tunewise.study") == name));
        Assert.Contains(metrics, m => m.Name == Telemetry.TrialsCounter);
        Assert.Contains(lines, l => l.StartsWith("Tunewise Warning", StringComparison.Ordinal));
        Assert.Contains(
            lines,
            l => l == $"Tunewise.Hosting.StudyService Information: the run of study {name} in {Database} begins: minimize; it has 0 of 3 trials");
        Assert.Contains(
            lines,
            l => l == $"Tunewise.Hosting.StudyService Information: the run of study {name} ended (BudgetReached): "
                + "3 complete, 0 pruned, 0 failed, 0 interrupted; best: trial 0 with 1");
    }

    private sealed class Lines(List<string> lines, Action<string>? heard = null) : ILoggerProvider
    {
        public ILogger CreateLogger(string categoryName) => new Logger(categoryName, lines, heard);

        public void Dispose()
        {
        }

        private sealed class Logger(string category, List<string> lines, Action<string>? heard) : ILogger
        {
            public IDisposable? BeginScope<TState>(TState state)
                where TState : notnull => null;

            public bool IsEnabled(LogLevel logLevel) => true;

            public void Log<TState>(
                LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
            {
                var line = $"{category} {logLevel}: {formatter(state, exception)}";
                lock (lines) lines.Add(line);
                heard?.Invoke(line);
            }
        }
    }
}
