using System.CommandLine;

namespace Tunewise.Hosting.Commands;

/// <summary>Deletes a study, after a question unless told not to ask.</summary>
internal static class DeleteCommand
{
    public static Command Create(SharedOptions shared, TextWriter output)
    {
        var yes = new Option<bool>("--yes") { Description = "Delete without asking." };
        var command = new Command("delete", "Deletes the study with all its trials.") { shared.Storage, shared.Study, yes };
        command.SetAction(arguments => shared.WithStudy(arguments, study =>
        {
            var count = study.CountTrials().Values.Sum();
            if (!arguments.GetValue(yes))
            {
                if (Console.IsInputRedirected) throw new TunewiseException($"deleting '{study.Name}' with its {Text.Count(count, "trial")} needs a yes: add --yes");
                output.Write($"Delete study '{study.Name}' with {Text.Count(count, "trial")} from {study.Storage.Description}? [y/N] ");
                if (Console.ReadLine()?.Trim().ToUpperInvariant() is not ("Y" or "YES"))
                {
                    output.WriteLine("Nothing was deleted.");
                    return StudyHost.Failure;
                }
            }

            study.Delete();
            output.WriteLine($"Deleted study '{study.Name}' with {Text.Count(count, "trial")}.");
            return 0;
        }));
        return command;
    }
}
