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
        var command = new Command("import", "Adds a study from a file. Trials that ran when it was exported are queued.")
        {
            file,
            shared.Storage,
            name,
            partial,
        };
        command.SetAction(arguments =>
        {
            // All is read and checked before a storage is opened.
            var content = Read(arguments.GetValue(file)!, arguments.GetValue(partial), out var problems);
            var place = StorageUrl.Add(
                arguments.GetValue(shared.Storage)!, storage => StudyTransfer.Add(storage, content, arguments.GetValue(name)));
            foreach (var problem in problems) output.WriteLine($"Left out: {problem}.");
            output.WriteLine($"Added {Text.Count(content.Trials.Count, "trial")} to {place}.");
            if (content.HasCheckpoints)
            {
                output.WriteLine(
                    "The checkpoints of the exported study do not belong to this one: "
                    + "trials that are taken up again train from the beginning.");
            }

            return 0;
        });
        return command;
    }

    private static StudyContent Read(string path, bool partial, out IReadOnlyList<string> problems)
    {
        if (Directory.Exists(path)) throw new TunewiseException($"'{path}' is a folder; name a file that 'export FILE.jsonl' wrote");
        if (!File.Exists(path)) throw new TunewiseException($"there is no file '{path}'");
        if (IsDatabase(path))
        {
            throw new TunewiseException(
                $"'{path}' is a database; 'copy --storage {Shell.Quote(path)} --study NAME --to STORAGE' takes a study out of it");
        }

        try
        {
            using var reader = new Utf8Lines(File.OpenRead(path));
            problems = [];
            return partial ? StudyJsonLines.ReadPartial(reader, out problems) : StudyJsonLines.Read(reader);
        }
        catch (FormatException error)
        {
            var (what, how) = !partial && CanBeReadInPart(path)
                ? ("is damaged, and nothing was added", " (--partial takes what can be read)")
                : ("is no study that can be read", "");
            throw new TunewiseException($"'{path}' {what}: {error.Message}{how}", error);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new TunewiseException($"'{path}' cannot be read: {error.Message}", error);
        }
    }

    private static bool IsDatabase(string path)
    {
        try
        {
            // https://www.sqlite.org/fileformat2.html#the_database_header
            Span<byte> begin = stackalloc byte[15];
            using var file = File.OpenRead(path);
            return file.CanSeek
                && file.ReadAtLeast(begin, begin.Length, throwOnEndOfStream: false) == begin.Length
                && begin.SequenceEqual("SQLite format 3"u8);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static bool CanBeReadInPart(string path)
    {
        try
        {
            using var reader = new Utf8Lines(File.OpenRead(path));
            StudyJsonLines.ReadPartial(reader, out _);
            return true;
        }
        catch (Exception error) when (error is FormatException or IOException)
        {
            return false;
        }
    }
}
