using System.CommandLine;
using Tunewise.Storage;

namespace Tunewise.Hosting.Commands;

/// <summary>Adds a study that was exported as JSON lines.</summary>
internal static class ImportCommand
{
    public static Command Create(SharedOptions shared, TextWriter output)
    {
        var file = new Argument<string>("file") { Description = "A file that 'export FILE.jsonl' wrote." };
        var name = SharedOptions.NewName("--as", "The study's name; without it the one in the file.");
        var partial = new Option<bool>("--partial") { Description = "Take what can be read of a damaged file, and say what is missing." };
        var command = new Command("import", "Adds a study from a file. Trials that ran when it was exported are queued.") { file, shared.Storage, name, partial };
        command.SetAction(arguments =>
        {
            // All is read and checked before a storage is opened: what cannot be added leaves no empty database behind.
            var content = Read(arguments.GetValue(file)!, arguments.GetValue(partial), out var problems);
            using var storage = StorageUrl.OpenToAdd(arguments.GetValue(shared.Storage)!, storage => StudyTransfer.Add(storage, content, arguments.GetValue(name)));
            foreach (var problem in problems) output.WriteLine($"Left out: {problem}.");
            output.WriteLine($"Added {Text.Count(content.Trials.Count, "trial")} to {storage.Description}.");
            if (content.HasCheckpoints) output.WriteLine("The checkpoints of the exported study do not belong to this one: trials that are taken up again train from the beginning.");
            return 0;
        });
        return command;
    }

    private static StudyContent Read(string path, bool partial, out IReadOnlyList<string> problems)
    {
        if (Directory.Exists(path)) throw new TunewiseException($"'{path}' is a folder; name a file that 'export FILE.jsonl' wrote");
        if (!File.Exists(path)) throw new TunewiseException($"there is no file '{path}'");
        try
        {
            using var reader = new Utf8Lines(File.OpenRead(path));
            problems = [];
            return partial ? StudyJsonLines.ReadPartial(reader, out problems) : StudyJsonLines.Read(reader);
        }
        catch (FormatException error)
        {
            throw new TunewiseException($"'{path}' {(partial ? "cannot be read" : "is damaged, and nothing was added")}: {error.Message}{(partial ? "" : " (--partial takes what can be read)")}", error);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new TunewiseException($"'{path}' cannot be read: {error.Message}", error);
        }
    }
}
