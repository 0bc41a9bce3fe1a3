using System.CommandLine;
using Tunewise.Relational;
using Tunewise.Storage;

namespace Tunewise.Hosting.Commands;

/// <summary>Copies a study to another storage.</summary>
internal static class CopyCommand
{
    public static Command Create(SharedOptions shared, TextWriter output)
    {
        var to = new Option<string?>("--to") { Description = "The other storage; without it the same one.", HelpName = "STORAGE" }
            .MustBe(StorageUrl.Check);
        var name = SharedOptions.NewName("--as", "The copy's name; without it the same one.");
        var partial = new Option<bool>("--partial") { Description = "Leave out trials that are damaged, and say which." };
        var command = new Command("copy", "Copies the study to another storage. Trials that run now are queued in the copy.")
        {
            shared.Storage,
            shared.Study,
            to,
            name,
        };
        command.Options.Add(partial);
        command.SetAction(arguments =>
        {
            var (study, place, copy) = (arguments.GetValue(shared.Study)!, arguments.GetValue(to), arguments.GetValue(name));
            if (place is null && copy is null)
                throw new UsageException("a copy needs another storage (--to STORAGE) or another name (--as NAME)");
            int Copy(RelationalStorage from)
            {
                // Before the other storage is opened, and maybe created.
                var content = Sound(StudyTransfer.Content(from, study), arguments.GetValue(partial), output);
                var other = from.Description;
                if (place is null) StudyTransfer.Add(from, content, copy);
                else other = StorageUrl.Add(place, storage => StudyTransfer.Add(storage, content, copy));
                output.WriteLine($"Copied '{study}' with {Text.Count(content.Trials.Count, "trial")} to '{copy ?? study}' in {other}.");
                if (content.HasCheckpoints)
                {
                    output.WriteLine(
                        "Its checkpoints stay with the original: trials that the copy takes up again train from the beginning.");
                }

                return 0;
            }

            return place is null ? shared.WithStorage(arguments, Copy) : shared.ReadStorage(arguments, Copy);
        });
        return command;
    }

    /// <summary>The study without its damaged trials, if they are to be left out.</summary>
    private static StudyContent Sound(StudyContent content, bool partial, TextWriter output)
    {
        var damaged = content.Trials.Select(t => (Trial: t, Broken: StudyRules.Broken(t, content.Directions.Count).FirstOrDefault()))
            .Where(t => t.Broken.Problem is not null)
            .ToList();
        if (damaged.Count == 0) return content;
        if (!partial)
        {
            var (trial, (part, problem)) = damaged[0];
            throw new TunewiseException(
                $"trial {trial.Number} of study '{content.Name}', {part}: {problem} (--partial leaves such trials out)");
        }

        foreach (var (trial, (part, problem)) in damaged) output.WriteLine($"Left out: trial {trial.Number}, {part}: {problem}.");
        return content with { Trials = [.. content.Trials.Except(damaged.Select(d => d.Trial))] };
    }
}
