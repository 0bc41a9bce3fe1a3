using System.CommandLine;

namespace Tunewise.Hosting.Commands;

/// <summary>Prints the best trial, or with several objectives the best trials.</summary>
internal static class BestCommand
{
    public static Command Create(SharedOptions shared, TextWriter output)
    {
        var command = new Command("best", "Prints the best trial and its parameters.") { shared.Storage, shared.Study };
        command.SetAction(arguments => shared.ReadStudy(arguments, study =>
        {
            var best = study.Objectives.Count == 1 ? (study.GetBestTrial() is { } one ? [one] : []) : study.GetParetoFront();
            if (best.Count == 0) throw new TunewiseException($"study '{study.Name}' has no complete trial yet; run it first");
            foreach (var trial in best) Text.WriteTrial(output, study, trial);
            return 0;
        }));
        return command;
    }
}
