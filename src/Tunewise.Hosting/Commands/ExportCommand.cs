using System.CommandLine;
using Tunewise.Sqlite;
using Tunewise.Storage;

namespace Tunewise.Hosting.Commands;

/// <summary>Writes a study, or the whole database, to a file.</summary>
internal static class ExportCommand
{
    public static Command Create(SharedOptions shared, TextWriter output)
    {
        var file = new Argument<string>("file")
        {
            Description = "FILE.jsonl: everything of the study. FILE.csv: one row per trial. "
                + "FILE.db: the whole SQLite database in one file, without a write-ahead log.",
        };
        var series = new Option<string?>("--series")
        {
            Description = "To FILE.csv: the series of all trials instead, one row per value (long) or per step (wide).",
            HelpName = "long|wide",
        };
        series.Validators.Add(result =>
        {
            if (result.Tokens.Count == 1 && result.Tokens[0].Value is not ("long" or "wide"))
                result.AddError($"--series is long or wide, got '{result.Tokens[0].Value}'");
        });
        var command = new Command("export", "Writes the study to a file.") { file, shared.Storage, shared.Study, series };
        command.SetAction(arguments =>
        {
            var path = arguments.GetValue(file)!;
            if (File.Exists(path)) throw new TunewiseException($"'{path}' exists already; name a new file");
            var shape = arguments.GetValue(series);
            if (shape is not null && Path.GetExtension(path) != ".csv")
                throw new UsageException("--series is for FILE.csv; FILE.jsonl and FILE.db have the series with all else");
            return Path.GetExtension(path) switch
            {
                ".csv" when shape is not null => shared.ReadStudy(arguments, study => Write(
                    path, output, writer => StudyCsv.WriteSeries(study, writer, wide: shape == "wide"), "row")),
                ".jsonl" => shared.ReadStudy(arguments, study =>
                {
                    var damaged = 0;
                    var done = Write(path, output, writer =>
                    {
                        var content = StudyTransfer.Content(study.Storage, study.Name);
                        StudyJsonLines.Write(content, writer);
                        damaged = content.Trials.Count(t => StudyRules.Broken(t, content.Directions.Count).Any());
                        return content.Trials.Count;
                    });
                    if (damaged > 0)
                    {
                        output.WriteLine(
                            $"{Text.Count(damaged, "trial")} of them {(damaged == 1 ? "holds" : "hold")} what 'import' refuses and "
                            + "'import --partial' leaves out; 'check' says what.");
                    }

                    if (study.GetCheckpointFolders() is { Count: > 0 } folders)
                        output.WriteLine($"Its checkpoints are not in the file; they stay in {string.Join(", ", folders)}.");
                    return done;
                }),
                ".csv" => shared.ReadStudy(arguments, study => Write(path, output, writer =>
                {
                    StudyCsv.Write(study, writer);
                    return study.CountTrials().Values.Sum();
                })),
                ".db" => shared.ReadStorage(arguments, storage =>
                {
                    if (storage is not SqliteStorage sqlite)
                    {
                        throw new TunewiseException(
                            "only a SQLite database can be exported as a file; copy the study to one with 'copy --to FILE.db'");
                    }

                    WriteDatabase(sqlite, path);
                    output.WriteLine($"Wrote the whole database to {path}.");
                    var folders = storage.GetStudies().SelectMany(s => storage.GetCheckpointFolders(s.Id)).Distinct().ToList();
                    if (folders.Count > 0)
                    {
                        output.WriteLine(
                            $"Its studies are the same as here and find the same checkpoints, in {string.Join(", ", folders)}; "
                            + "copy those too if the file is to go on by itself.");
                    }

                    return 0;
                }),
                _ => throw new UsageException($"'{path}': the ending says what to write; choose .jsonl, .csv or .db"),
            };
        });
        return command;
    }

    private static void WriteDatabase(SqliteStorage storage, string path)
    {
        using var aside = new UnfinishedFile(path);
        try
        {
            storage.ExportTo(aside.Path);
            aside.Finish();
        }
        catch (Exception error) when (error is StorageException or IOException or UnauthorizedAccessException)
        {
            throw new StorageException(
                error is StorageException
                    ? error.Message.Replace(aside.Path, path, StringComparison.Ordinal)
                    : $"'{path}' cannot be written ({error.Message}); name another path",
                error);
        }
    }

    /// <summary>Writes aside and renames, so that a file of this name is always whole.</summary>
    private static int Write(string path, TextWriter output, Func<TextWriter, int> write, string what = "trial")
    {
        using var aside = new UnfinishedFile(path);
        int count;
        try
        {
            using (var writer = new StreamWriter(aside.Path)) count = write(writer);
            aside.Finish();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            var said = error.Message.Replace(aside.Path, path, StringComparison.Ordinal);
            throw new TunewiseException($"'{path}' cannot be written: {said}", error);
        }

        output.WriteLine($"Wrote {Text.Count(count, what)} to {path}.");
        return 0;
    }
}
