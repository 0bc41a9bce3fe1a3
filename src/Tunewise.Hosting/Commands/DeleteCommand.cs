using System.CommandLine;
using Tunewise.Training.Checkpoints;

namespace Tunewise.Hosting.Commands;

/// <summary>Deletes a study, after a question unless told not to ask.</summary>
internal static class DeleteCommand
{
    public static Command Create(SharedOptions shared, TextWriter output)
    {
        var yes = new Option<bool>("--yes") { Description = "Delete without asking." };
        var command = new Command("delete", "Deletes the study with all its trials and checkpoints.") { shared.Storage, shared.Study, yes };
        command.SetAction(arguments => shared.WithStudy(arguments, study =>
        {
            var counts = study.CountTrials();
            var count = counts.Values.Sum();
            if (!arguments.GetValue(yes))
            {
                if (Console.IsInputRedirected)
                    throw new TunewiseException($"deleting '{study.Name}' with its {Text.Count(count, "trial")} needs a yes: add --yes");
                output.Write($"Delete study '{study.Name}' with {Text.Count(count, "trial")} from {study.Storage.Description}? [y/N] ");
                if (Console.ReadLine()?.Trim().ToUpperInvariant() is not ("Y" or "YES"))
                {
                    output.WriteLine("Nothing was deleted.");
                    return StudyHost.Failure;
                }
            }

            var gone = StudyCheckpoints.Delete(study);
            string[] parts =
            [
                Text.Count(count, "trial"),
                .. gone.Deleted > gone.DeletedLogs ? [Text.Count(gone.Deleted - gone.DeletedLogs, "checkpoint")] : Array.Empty<string>(),
                .. gone.DeletedLogs > 0 ? [Text.Count(gone.DeletedLogs, "log")] : Array.Empty<string>(),
            ];
            output.WriteLine($"Deleted study '{study.Name}' with {string.Join(", ", parts[..^1])}{(parts.Length > 1 ? " and " : "")}{parts[^1]}.");
            if (counts[TrialState.Running] > 0)
            {
                output.WriteLine(
                    $"{Text.Count(counts[TrialState.Running], "trial")} ran in it; whoever runs them is told at the next report.");
            }

            if (gone.Kept.Count > 0)
                output.WriteLine($"{Text.Count(gone.Kept.Count, "file")} could not be deleted: {string.Join(", ", gone.Kept)}.");
            if (gone.OfOthers.Count > 0)
            {
                output.WriteLine(
                    $"{Text.Count(gone.OfOthers.Count, "file")} of another database with the same study, "
                    + $"or of this one under another address, stayed: {string.Join(", ", gone.OfOthers)}.");
            }

            if (gone.Elsewhere.Count > 0)
            {
                output.WriteLine(
                    "Checkpoints may be left on other machines: "
                    + $"files that begin with {study.Uid:N} in {string.Join(", ", gone.Elsewhere)}.");
            }

            return 0;
        }));
        return command;
    }
}
