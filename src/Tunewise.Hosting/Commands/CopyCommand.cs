using System.CommandLine;
using Tunewise.Relational;

namespace Tunewise.Hosting.Commands;

/// <summary>Copies a study to another storage.</summary>
internal static class CopyCommand
{
    public static Command Create(SharedOptions shared, TextWriter output)
    {
        var to = new Option<string?>("--to") { Description = "The other storage; without it the same one.", HelpName = "STORAGE" }.MustBe(StorageUrl.Check);
        var name = SharedOptions.NewName("--as", "The copy's name; without it the same one.");
        var command = new Command("copy", "Copies the study to another storage. Trials that run now are queued in the copy.") { shared.Storage, shared.Study, to, name };
        command.SetAction(arguments =>
        {
            var (study, place, copy) = (arguments.GetValue(shared.Study)!, arguments.GetValue(to), arguments.GetValue(name));
            if (place is null && copy is null) throw new UsageException("a copy needs another storage (--to STORAGE) or another name (--as NAME)");
            int Copy(RelationalStorage from)
            {
                using var other = place is null ? null : StorageUrl.Open(place);
                var content = StudyTransfer.Transfer(from, study, other ?? from, copy);
                output.WriteLine($"Copied '{study}' with {Text.Count(content.Trials.Count, "trial")} to '{copy ?? study}' in {(other ?? from).Description}.");
                if (content.HasCheckpoints) output.WriteLine("Its checkpoints stay with the original: trials that the copy takes up again train from the beginning.");
                return 0;
            }

            return place is null ? shared.WithStorage(arguments, Copy) : shared.ReadStorage(arguments, Copy);
        });
        return command;
    }
}
