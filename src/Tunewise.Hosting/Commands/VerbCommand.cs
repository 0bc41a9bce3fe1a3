using System.CommandLine;
using System.Runtime.InteropServices;

namespace Tunewise.Hosting.Commands;

/// <summary>A verb that a package or the program itself adds.</summary>
internal static class VerbCommand
{
    /// <param name="verb">The verb.</param>
    /// <param name="program">The study program.</param>
    /// <param name="shared">The options that every verb has.</param>
    /// <param name="taken">The verbs that there are already.</param>
    /// <param name="output">Where it prints to.</param>
    /// <exception cref="ArgumentException">The verb cannot be one.</exception>
    public static Command Create(StudyVerb verb, StudyProgram program, SharedOptions shared, IEnumerable<string> taken, TextWriter output)
    {
        if (verb.Fault(taken, [shared.Storage, shared.Study]) is { } fault) throw new ArgumentException($"StudyProgram.Verbs: {fault}");
        var command = new Command(verb.Name, verb.Description) { shared.Storage, shared.Study };
        foreach (var option in verb.Options) command.Options.Add(option);
        command.SetAction(async (arguments, _) =>
        {
            using var stop = new CancellationTokenSource();
            void Stop(PosixSignalContext signal)
            {
                // The second one ends the process.
                signal.Cancel = !stop.IsCancellationRequested;
                stop.Cancel();
            }

            using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
            using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
            return await verb.RunAsync(new StudyVerbContext(program, shared, arguments, output), stop.Token).ConfigureAwait(false);
        });
        return command;
    }
}
