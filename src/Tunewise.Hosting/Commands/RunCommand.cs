using System.CommandLine;
using Spectre.Console;
using Tunewise.Hosting.Devices;
using Tunewise.Hosting.Processes;
using Tunewise.Hosting.Progress;
using Tunewise.Hosting.Supervision;

namespace Tunewise.Hosting.Commands;

/// <summary>Runs trials up to the total, on threads of this process or in worker processes, and says what came out.</summary>
internal sealed class RunCommand(
    StudyProgram program, RunArguments arguments, IReadOnlyList<string> args, TextWriter output, TextWriter error)
{
    public Command Create()
    {
        var command = new Command("run", "Runs trials until the study has as many as asked for (the default verb).");
        AddTo(command);
        return command;
    }

    public void AddTo(Command command)
    {
        arguments.AddTo(command);
        command.SetAction((parsed, _) => RunAsync(arguments.Read(parsed)));
    }

    private async Task<int> RunAsync(RunRequest request)
    {
        var seed = request.FindSeed();
        var context = new StudyContext(request.Arguments, seed, request.Checkpoints, takesGpu: false);
        var devices = request.Supervision.Devices is { } words ? DeviceRequest.Parse(words) : null;
        // Before the storage is opened: what the program refuses leaves no file behind.
        var objective = devices is null ? program.MakeObjective(context) : null;
        // Where a table is drawn over and over, lines must go through what draws it.
        var lines = !request.Json && IsTerminal ? new TerminalLines() : error;
        using var signals = new Signals(lines) { SecondEndsProcess = devices is null };
        using var places = devices is null
            ? null
            : await WorkerPlaces.TakeAsync(devices, request.Supervision.Slots, Owner(request), signals.Gently).ConfigureAwait(false);
        request.CheckObjectives(program);
        using var storage = StorageUrl.Open(request.Storage);
        var study = request.Open(program, storage, seed, new WarningLines(lines));
        context.Seed = study.Seed;
        var before = await AnnounceAsync(study, request, places).ConfigureAwait(false);
        var state = new ProgressState(study, request.Trials, before);
        var report = objective is not null
            ? await RunHereAsync(study, objective, state, request, signals).ConfigureAwait(false)
            : await SuperviseAsync(
                study, state, request, places!.Places, request.Seed is null ? study.Seed : null, signals).ConfigureAwait(false);
        request.Checkpoints.Sweep(study);
        var end = await SummarizeAsync(study, report, context, request, places).ConfigureAwait(false);
        if (request.Json) JsonLog.WriteEnd(output, report, end);
        else await output.WriteAsync(end).ConfigureAwait(false);
        return report.End switch
        {
            RunEnd.Cancelled => StudyHost.Interrupted,
            RunEnd.TooManyFailures => StudyHost.Failure,
            _ => 0,
        };
    }

    /// <summary>Says what is about to run; returns how many trials there were before.</summary>
    private async Task<int> AnnounceAsync(Study study, RunRequest request, WorkerPlaces? places)
    {
        var requeued = study.ReapLostTrials();
        var before = study.GetTrials().Count(t => t.State != TrialState.Waiting && t.RetriedBy is null);
        var where = places is null ? $"{ThreadsOf(request)} at a time" : $"on {string.Join(", ", places.Places.Select(p => p.Name))}";
        var what = before == 0 ? $"{Text.Count(request.Trials, "trial")}, {where}"
            : before < request.Trials ? $"going on from {before} to {Text.Count(request.Trials, "trial")}, {where}"
            : $"it has {before} of {Text.Count(request.Trials, "trial")}; nothing to do";
        var lines = new List<string>(places?.Notes ?? []);
        if (requeued > 0) lines.Add($"{Text.Count(requeued, "trial")} of an earlier run had been cut off and will be run again.");
        lines.Add($"Study '{study.Name}' in {StorageUrl.WithoutPassword(request.Storage)}: {what}.");
        if (request.Json) new JsonLog(output).Write(new RunEvent(RunEventKind.RunStarted) { Message = string.Join(' ', lines) });
        else await output.WriteAsync(string.Concat(lines.Select(l => l + Environment.NewLine))).ConfigureAwait(false);
        return before;
    }

    /// <summary>Trials on threads of this process.</summary>
    private async Task<RunReport> RunHereAsync(
        Study study, Func<Trial, CancellationToken, TrialResult> objective, ProgressState state, RunRequest request, Signals signals)
    {
        if (!request.Json && IsTerminal)
        {
            return await LiveProgress.RunAsync(state, observer => study.RunAsync(
                objective, request.ToOptions(program, ThreadsOf(request), observer), signals.Gently)).ConfigureAwait(false);
        }

        IRunLog log = request.Json ? new JsonLog(output) : new PlainLog(state, output);
        return await study.RunAsync(
            objective, request.ToOptions(program, ThreadsOf(request), new LoggingObserver(log)), signals.Gently).ConfigureAwait(false);
    }

    /// <summary>Trials in worker processes.</summary>
    private async Task<RunReport> SuperviseAsync(
        Study study, ProgressState state, RunRequest request, IReadOnlyList<WorkerPlace> places, long? drawnSeed, Signals signals)
    {
        var live = !request.Json && IsTerminal;
        var lines = live ? new LiveWorkers(state) : null;
        if (request.Supervision.KeepLogs) study.AddCheckpointFolder(request.Checkpoints.Folder);
        var supervisor = new Supervisor(new SupervisedRun
        {
            Study = study,
            Total = request.Trials,
            TimeLimit = request.TimeLimit,
            Command = program.WorkerCommand ?? ProgramCommand.Current,
            Arguments = RunArguments.ForWorker(WorkerCommand.Name, args, request.Arguments, drawnSeed),
            Places = places,
            Options = request.Supervision,
            Log = lines ?? (request.Json ? new JsonLog(output) : new PlainLog(state, output) as IRunLog),
            Logger = program.Logger ?? Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance,
            MaxConsecutiveFailures = program.MaxConsecutiveFailures,
            Logs = request.Supervision.KeepLogs ? new TrialLogs(request.Checkpoints.Folder, study.Logger.LogsNotKept) : null,
        });
        var running = supervisor.RunAsync(signals.Gently, signals.AtOnce);
        if (lines is not null) await lines.ShowAsync(supervisor, running).ConfigureAwait(false);
        return await running.ConfigureAwait(false);
    }

    private async Task<string> SummarizeAsync(Study study, RunReport report, StudyContext context, RunRequest request, WorkerPlaces? places)
    {
        var wanted = report.End != RunEnd.Cancelled && program.Summarize is not null && study.GetParetoFront().Count > 0;
        IEnumerable<string> own = [];
        if (wanted && places is null)
        {
            try
            {
                own = program.MakeSummary(context, study);
            }
            catch (TunewiseException error)
            {
                // The trials are safe whatever a summary does.
                own = [$"The program's summary failed: {error.Message}"];
            }
        }
        else if (wanted) own = await SummaryProcess.RunAsync(
            program.WorkerCommand ?? ProgramCommand.Current,
            RunArguments.ForWorker(SummarizeCommand.Name, args, request.Arguments, request.Seed is null ? context.Seed : null),
            places!.Places[0]).ConfigureAwait(false);
        return Summary.Write(study, report, request.Trials, request.ToFindAgain(program), own);
    }

    private bool IsTerminal => ReferenceEquals(output, Console.Out) && !Console.IsOutputRedirected && AnsiConsole.Profile.Capabilities.Ansi;

    private int ThreadsOf(RunRequest request) => request.Parallel ?? program.Parallelism;

    private static string Owner(RunRequest request) => $"process {Environment.ProcessId} (study '{request.Study}')";
}
