using System.CommandLine;
using System.Globalization;

namespace Tunewise.Hosting.Commands;

/// <summary>Prints how much each parameter matters.</summary>
internal static class ImportanceCommand
{
    public static Command Create(SharedOptions shared, TextWriter output)
    {
        var method = new Option<ImportanceMethod>("--method")
        {
            Description = "pedanova: what the best tenth has in common; fanova: what explains the variance of all.",
            HelpName = "pedanova|fanova",
        };
        var command = new Command("importance", "Prints how much each parameter matters.") { shared.Storage, shared.Study, method };
        command.SetAction(arguments => shared.ReadStudy(arguments, study =>
        {
            for (var objective = 0; objective < study.Objectives.Count; objective++)
            {
                if (study.Objectives.Count > 1) output.WriteLine(Text.Name(study.Objectives[objective], objective));
                var importances = study.GetImportances(
                    new ImportanceOptions { Method = arguments.GetValue(method), Objective = objective });
                var width = importances.Count == 0 ? 0 : importances.Max(p => p.Name.Length);
                foreach (var (name, importance, trials) in importances)
                {
                    output.WriteLine(string.Create(
                        CultureInfo.InvariantCulture,
                        $"{name.PadRight(width)}  {100 * importance,5:F1} %  {new string('█', (int)Math.Round(40 * importance))}  "
                            + $"({Text.Count(trials, "trial")})"));
                }
            }

            return 0;
        }));
        return command;
    }
}
