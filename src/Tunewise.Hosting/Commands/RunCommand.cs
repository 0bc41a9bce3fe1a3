using System.CommandLine;
using System.Runtime.InteropServices;
using Spectre.Console;
using Tunewise.Hosting.Progress;

namespace Tunewise.Hosting.Commands;

/// <summary>Runs trials up to the total and says what came out.</summary>
internal static class RunCommand
{
    public static Command Create(StudyProgram program, SharedOptions shared, TextWriter output, TextWriter error)
    {
        var command = new Command("run", "Runs trials until the study has as many as asked for (the default verb).");
        AddTo(command, program, shared, output, error);
        return command;
    }

    public static void AddTo(Command command, StudyProgram program, SharedOptions shared, TextWriter output, TextWriter error)
    {
        var trials = SharedOptions.Positive("--trials", "The total number of trials: the same command again goes on to it and no further.", program.Trials);
        var parallel = SharedOptions.Positive("--parallel", "How many trials run at the same time.", program.Parallelism);
        var seed = new Option<long?>("--seed") { Description = "The seed of all random choices.", HelpName = "N", DefaultValueFactory = _ => program.Seed };
        var batches = new Option<bool>("--batches") { Description = "Start trials together and wait for all of them: with a seed, parallel runs can be repeated to the bit." };
        foreach (var option in new Option[] { trials, shared.Storage, shared.Study, seed, parallel, batches }.Concat(program.Options)) command.Options.Add(option);
        command.SetAction(async (arguments, _) => await RunAsync(
            program,
            new Request(arguments, arguments.GetValue(shared.Storage)!, arguments.GetValue(shared.Study)!, arguments.GetValue(trials), arguments.GetValue(parallel), arguments.GetValue(seed), arguments.GetValue(batches)),
            output,
            error).ConfigureAwait(false));
    }

    private sealed record Request(ParseResult Arguments, string Storage, string Study, int Trials, int Parallel, long? Seed, bool Batches);

    private static async Task<int> RunAsync(StudyProgram program, Request request, TextWriter output, TextWriter error)
    {
        var context = new StudyContext(request.Arguments, request.Seed ?? Random.Shared.NextInt64());
        // Before the storage is opened: what the program refuses leaves no file behind.
        var objective = program.CreateObjective(context);
        using var storage = StorageUrl.Open(request.Storage);
        var study = Study.Open(storage, request.Study, new StudyOptions
        {
            Objectives = program.Objectives,
            Sampler = program.Sampler,
            Pruner = program.Pruner,
            PruneBy = program.PruneBy,
            AllowRepeats = program.AllowRepeats,
            Retry = program.Retry,
            Seed = context.Seed,
            Logger = new WarningLines(error),
        });
        var place = StorageUrl.WithoutPassword(request.Storage);
        var requeued = study.ReapLostTrials();
        if (requeued > 0) await output.WriteLineAsync($"{Text.Count(requeued, "trial")} of an earlier run had been cut off and will be run again.").ConfigureAwait(false);

        var before = study.Trials.Count(t => t.State != TrialState.Waiting && t.RetriedBy is null);
        await output.WriteLineAsync(before == 0
            ? $"Study '{study.Name}' in {place}: {Text.Count(request.Trials, "trial")}, {request.Parallel} at a time."
            : $"Study '{study.Name}' in {place}: going on from {before} to {Text.Count(request.Trials, "trial")}, {request.Parallel} at a time.").ConfigureAwait(false);

        using var cancellation = new CancellationTokenSource();
        using var signals = new Signals(cancellation, error);
        var report = await RunTrialsAsync(study, objective, program, request, before, output, cancellation.Token).ConfigureAwait(false);
        await Summary.WriteAsync(program, context, study, report, request.Trials, output).ConfigureAwait(false);
        return report.End switch
        {
            RunEnd.Cancelled => StudyHost.Interrupted,
            RunEnd.TooManyFailures => StudyHost.Failure,
            _ => 0,
        };
    }

    private static async Task<RunReport> RunTrialsAsync(
        Study study, Func<Trial, CancellationToken, TrialResult> objective, StudyProgram program, Request request, int before, TextWriter output, CancellationToken token)
    {
        var state = new ProgressState(study, request.Trials, before);
        RunOptions Options(IRunObserver observer) => new()
        {
            TotalTrials = request.Trials,
            Parallelism = request.Parallel,
            InBatches = request.Batches,
            StopRules = program.StopRules,
            ClassifyFailure = program.ClassifyFailure,
            Observer = observer,
        };

        // A terminal gets a table that is drawn over; a file or a pipe gets lines.
        if (ReferenceEquals(output, Console.Out) && !Console.IsOutputRedirected && AnsiConsole.Profile.Capabilities.Ansi)
            return await LiveProgress.RunAsync(state, observer => study.RunAsync(objective, Options(observer), token)).ConfigureAwait(false);
        return await study.RunAsync(objective, Options(new PlainProgress(state, output)), token).ConfigureAwait(false);
    }

    /// <summary>The first Ctrl-C or SIGTERM cancels, the second one ends the process.</summary>
    private sealed class Signals : IDisposable
    {
        private readonly List<PosixSignalRegistration> _registrations = [];

        public Signals(CancellationTokenSource cancellation, TextWriter error)
        {
            void Handle(PosixSignalContext signal)
            {
                // The second one is left to the system, which ends the process; the next start queues its trials again.
                if (cancellation.IsCancellationRequested) return;
                signal.Cancel = true;
                error.WriteLine("Stopping: running trials stop at their next report and are queued again. Once more ends at once.");
                cancellation.Cancel();
            }

            _registrations.Add(PosixSignalRegistration.Create(PosixSignal.SIGINT, Handle));
            _registrations.Add(PosixSignalRegistration.Create(PosixSignal.SIGTERM, Handle));
        }

        public void Dispose()
        {
            foreach (var registration in _registrations) registration.Dispose();
        }
    }
}
