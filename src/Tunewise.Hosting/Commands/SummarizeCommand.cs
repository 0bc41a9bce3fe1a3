using System.CommandLine;

namespace Tunewise.Hosting.Commands;

/// <summary>What <c>run --devices</c> starts at its end, because a program's summary may train: prints the summary's lines.</summary>
internal static class SummarizeCommand
{
    public const string Name = "summarize";

    public static Command Create(StudyProgram program, RunArguments arguments, TextWriter output)
    {
        var command = new Command(Name, "Prints the program's own summary of the study.");
        arguments.AddToWorker(command);
        command.SetAction(parsed =>
        {
            var request = arguments.ReadForWorker(parsed, alone: false);
            using var storage = StorageUrl.OpenExisting(request.Storage);
            var study = Study.Load(storage, request.Study);
            if (study.GetParetoFront().Count == 0) throw new TunewiseException($"study '{study.Name}' has no complete trial yet");
            var context = new StudyContext(parsed, request.Seed ?? study.Seed, request.Checkpoints, takesGpu: true);
            foreach (var line in program.MakeSummary(context, study)) output.WriteLine(line);
            return 0;
        });
        return command;
    }
}
