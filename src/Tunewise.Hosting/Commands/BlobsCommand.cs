using System.CommandLine;
using System.Globalization;

namespace Tunewise.Hosting.Commands;

/// <summary>Lists the blobs that trials keep, and writes them to files.</summary>
internal static class BlobsCommand
{
    private static readonly Dictionary<string, string> Endings = new(StringComparer.OrdinalIgnoreCase)
    {
        ["image/png"] = ".png",
        ["image/jpeg"] = ".jpg",
        ["image/svg+xml"] = ".svg",
        ["application/json"] = ".json",
        ["text/plain"] = ".txt",
        ["text/csv"] = ".csv",
        ["text/html"] = ".html",
    };

    public static Command Create(SharedOptions shared, TextWriter output)
    {
        var number = new Argument<int?>("trial") { Description = "The trial's number; all trials without it.", DefaultValueFactory = _ => null };
        var folder = new Option<string?>("--to") { Description = "Write them to files in this folder.", HelpName = "FOLDER" };
        var command = new Command("blobs", "Lists what trials keep beside their series: histograms, pictures.")
        {
            number, shared.Storage, shared.Study, folder,
        };
        command.SetAction(arguments => shared.WithStudy(arguments, study =>
        {
            IReadOnlyList<int> numbers = arguments.GetValue(number) is { } one ? [one] : [.. study.GetTrials().Select(t => t.Number)];
            var blobs = numbers.SelectMany(n => study.GetBlobs(n)).ToList();
            var to = arguments.GetValue(folder);
            // Names that differ only in what no file's name has get a number.
            var taken = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
            foreach (var blob in blobs)
            {
                output.WriteLine(
                    string.Create(CultureInfo.InvariantCulture, $"trial {blob.Trial}, step {blob.Step}: {blob.Name}, {blob.Kind}, {blob.Size} bytes"));
                if (to is not null) Write(study, blob, to, taken);
            }

            if (blobs.Count == 0) output.WriteLine("There are no blobs.");
            else if (to is not null) output.WriteLine($"Wrote {Text.Count(blobs.Count, "file")} to {Path.GetFullPath(to)}.");
            return 0;
        }));
        return command;
    }

    private static void Write(Study study, TrialBlob blob, string folder, HashSet<string> taken)
    {
        var name = string.Concat(blob.Name.Select(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.' or '_' ? c : '_'));
        var (file, ending) = ($"trial-{Text.Value((long)blob.Trial)}-step-{Text.Value(blob.Step)}-{name}", Endings.GetValueOrDefault(blob.Kind, ".bin"));
        var unique = file;
        for (var i = 2; !taken.Add(unique + ending); i++) unique = string.Create(CultureInfo.InvariantCulture, $"{file}-{i}");
        var path = Path.Combine(folder, unique + ending);
        var bytes = study.ReadBlob(blob) ?? throw new TunewiseException($"blob '{blob.Name}' of trial {blob.Trial} is gone");
        Directory.CreateDirectory(folder);
        try
        {
            using var target = new FileStream(path, FileMode.CreateNew, FileAccess.Write);
            target.Write(bytes);
        }
        catch (IOException) when (File.Exists(path))
        {
            throw new TunewiseException($"'{path}' is there already; give a folder that is empty");
        }
    }
}
