using System.CommandLine;
using Tunewise.Storage;

namespace Tunewise.Hosting.Commands;

/// <summary>Adds a study that was exported as JSON lines.</summary>
internal static class ImportCommand
{
    public static Command Create(SharedOptions shared, TextWriter output)
    {
        var file = new Argument<string>("file") { Description = "A file that 'export FILE.jsonl' wrote." };
        var name = new Option<string?>("--as") { Description = "The study's name; without it the one in the file.", HelpName = "NAME" };
        var command = new Command("import", "Adds a study from a file. Trials that ran when it was exported are queued.") { file, shared.Storage, name };
        command.SetAction(arguments =>
        {
            var path = arguments.GetValue(file)!;
            if (!File.Exists(path)) throw new TunewiseException($"there is no file '{path}'");
            using var storage = StorageUrl.Open(arguments.GetValue(shared.Storage)!);
            try
            {
                using var reader = new StreamReader(path);
                var content = StudyTransfer.Add(storage, StudyJsonLines.Read(reader), arguments.GetValue(name));
                output.WriteLine($"Added {Text.Count(content.Trials.Count, "trial")} to {storage.Description}.");
                if (content.HasCheckpoints) output.WriteLine("The checkpoints of the exported study do not belong to this one: trials that are taken up again train from the beginning.");
                return 0;
            }
            catch (FormatException error)
            {
                throw new TunewiseException($"'{path}': {error.Message}", error);
            }
        });
        return command;
    }
}
