using System.CommandLine;
using Microsoft.Extensions.Logging;
using Tunewise.Hosting.Progress;
using Tunewise.Hosting.Supervision;

namespace Tunewise.Hosting.Commands;

/// <summary>
/// One worker: takes part in a study, from any machine that reaches its database, until the study has its trials. Clusters start it as it
/// is; a supervisor on this machine starts it with a line to itself.
/// </summary>
internal sealed class WorkerCommand(StudyProgram program, RunArguments arguments, TextWriter output, TextWriter error)
{
    public const string Name = "worker";

    public Command Create()
    {
        var command = new Command(
            Name,
            "Takes part in the study from here until it has its trials, in one process: what a cluster starts on each of its machines.");
        arguments.AddToWorker(command);
        command.SetAction((parsed, _) => RunAsync(parsed));
        return command;
    }

    private async Task<int> RunAsync(ParseResult parsed)
    {
        using var signals = new Signals(error) { SecondEndsProcess = true };
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(signals.Gently);
        using var link = WorkerLink.Connect(cancel);
        try
        {
            var request = arguments.ReadForWorker(parsed, alone: link is null);
            return await (link is null
                ? RunAloneAsync(request, signals)
                : RunSupervisedAsync(request, link, cancel.Token)).ConfigureAwait(false);
        }
        catch (Exception problem) when (link is not null && problem is TunewiseException and not StorageException or ArgumentException)
        {
            link?.Send(new WorkerMessage(MessageKind.Refused) { Text = ErrorText.Of(problem), IsUsage = problem is UsageException });
            throw;
        }
    }

    private async Task<int> RunSupervisedAsync(RunRequest request, WorkerLink link, CancellationToken token)
    {
        var seed = request.FindSeed();
        var context = new StudyContext(request.Arguments, seed, request.Checkpoints, takesGpu: true);
        var objective = program.MakeObjective(context);
        using var storage = StorageUrl.Open(request.Storage);
        var study = request.Load(program, storage, seed, new LinkWarnings(link));
        context.Seed = study.Seed;
        link.StopTrial = study.StopTrial;
        link.Send(new WorkerMessage(MessageKind.Ready));
        // The supervisor watches the clock, counts failures over all workers, and stays for trials that run elsewhere.
        var options = request.ToOptions(program, 1, link) with
        {
            InBatches = false,
            TimeLimit = null,
            TrialTimeLimit = null,
            MaxConsecutiveFailures = int.MaxValue,
            Permit = link.AskPermit,
        };
        var report = await study.RunAsync(objective, options, token).ConfigureAwait(false);
        link.Send(new WorkerMessage(MessageKind.Done) { End = report.End, Text = report.StopReason });
        return 0;
    }

    private async Task<int> RunAloneAsync(RunRequest request, Signals signals)
    {
        var seed = request.FindSeed();
        var context = new StudyContext(request.Arguments, seed, request.Checkpoints, takesGpu: true);
        var objective = program.MakeObjective(context);
        using var storage = StorageUrl.Open(request.Storage);
        var study = request.Open(program, storage, seed, new WarningLines(error));
        context.Seed = study.Seed;
        var place = $"Worker on {context.Device} for study '{study.Name}' in {StorageUrl.WithoutPassword(request.Storage)}: "
            + $"up to {Text.Count(request.Trials, "trial")}.";
        var before = study.GetTrials().Count(t => t.State != TrialState.Waiting && t.RetriedBy is null);
        IRunLog log = request.Json ? new JsonLog(output) : new PlainLog(new ProgressState(study, request.Trials, before), output);
        log.Write(new RunEvent(RunEventKind.RunStarted) { Message = place });
        var report = await study.RunAsync(
            objective,
            request.ToOptions(program, request.Parallel ?? 1, new LoggingObserver(log)) with { AwaitOthers = true },
            signals.Gently).ConfigureAwait(false);
        request.Checkpoints.Sweep(study);
        log.Write(new RunEvent(RunEventKind.RunEnded) { Message = Summary.Of(report) });
        return report.End switch
        {
            RunEnd.Cancelled => StudyHost.Interrupted,
            RunEnd.TooManyFailures => StudyHost.Failure,
            _ => 0,
        };
    }

    /// <summary>Tells the supervisor what a person should read.</summary>
    private sealed class LinkWarnings(WorkerLink link) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel) && WarningLines.Shows(eventId))
                link.Send(new WorkerMessage(MessageKind.Warning) { Text = formatter(state, exception) });
        }
    }
}
