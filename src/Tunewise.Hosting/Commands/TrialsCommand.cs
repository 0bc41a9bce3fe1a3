using System.CommandLine;
using System.Globalization;
using Tunewise.Spaces;
using Tunewise.Training.Checkpoints;

namespace Tunewise.Hosting.Commands;

/// <summary>Prints all trials: as a table, as JSON, or as CSV.</summary>
internal static class TrialsCommand
{
    private static readonly string[] Formats = ["table", "json", "csv"];

    public static Command Create(SharedOptions shared, TextWriter output)
    {
        var format = new Option<string>("--format")
        {
            Description = "table, json or csv.",
            HelpName = "FORMAT",
            DefaultValueFactory = _ => Formats[0],
        };
        format.CompletionSources.Add(Formats);
        format.Validators.Add(result =>
        {
            if (result.Tokens.Count == 1 && !Formats.Contains(result.Tokens[0].Value))
                result.AddError($"there is no format '{result.Tokens[0].Value}'; choose from {string.Join(", ", Formats)}");
        });
        var command = new Command("trials", "Prints all trials.") { shared.Storage, shared.Study, format };
        command.SetAction(arguments => shared.ReadStudy(arguments, study =>
        {
            var trials = study.GetTrials();
            switch (arguments.GetValue(format))
            {
                case "json": WriteJson(output, study, trials); break;
                case "csv": StudyCsv.Write(study, output); break;
                default: WriteTable(output, study, trials); break;
            }

            return 0;
        }));
        return command;
    }

    private static List<string> ParameterNames(IReadOnlyList<FrozenTrial> trials) =>
        [.. trials.SelectMany(t => t.ParameterList).Select(p => p.Name).Distinct()];

    private static void WriteTable(TextWriter output, Study study, IReadOnlyList<FrozenTrial> trials)
    {
        var names = ParameterNames(trials);
        var rows = new List<string[]> { (string[])["trial", "state", .. Text.Names(study.Objectives), .. names, "why"] };
        foreach (var trial in trials)
        {
            rows.Add([
                trial.Number.ToString(CultureInfo.InvariantCulture),
                Text.State(trial) + (trial.State == TrialState.Complete && !trial.IsFeasible ? ", infeasible" : ""),
                .. Enumerable.Range(0, study.Objectives.Count).Select(i => i < trial.Values.Count ? Text.Number(trial.Values[i]) : ""),
                .. names.Select(n => trial.Parameters.TryGetValue(n, out var value) ? Text.Value(value) : ""),
                trial.Reason ?? ""]);
        }

        // Nothing to explain.
        if (trials.All(t => t.Reason is null)) rows = rows.ConvertAll(r => r[..^1]);
        var widths = Enumerable.Range(0, rows[0].Length).Select(i => rows.Max(r => r[i].Length)).ToArray();
        foreach (var row in rows) output.WriteLine(string.Join("  ", row.Select((cell, i) => cell.PadRight(widths[i]))).TrimEnd());
    }

    /// <summary>A list with one trial per line.</summary>
    private static void WriteJson(TextWriter output, Study study, IReadOnlyList<FrozenTrial> trials)
    {
        var objectives = Text.Names(study.Objectives, trials.Select(t => t.Values.Count).DefaultIfEmpty().Max());
        output.Write('[');
        var first = true;
        foreach (var trial in trials)
        {
            output.Write(first ? "\n  " : ",\n  ");
            first = false;
            output.Write(AttributeJson.Write(new Dictionary<string, object?>
            {
                ["number"] = trial.Number,
                ["state"] = trial.State,
                ["values"] = trial.Values.Index().ToDictionary(v => objectives[v.Index], v => Strict(v.Item)),
                ["parameters"] = Strict(trial.Parameters),
                ["reports"] = trial.Reports.Select(r => new Dictionary<string, object?> { ["step"] = r.Step, ["value"] = Strict(r.Value) }),
                ["verdicts"] = (trial.Reports.Count == 0 ? [] : study.GetVerdicts(trial.Number)).Select(v => new Dictionary<string, object?>
                {
                    ["step"] = v.Step,
                    ["rule"] = v.Decision.Rule,
                    ["prune"] = v.Decision.ShouldPrune,
                    ["value"] = Strict(v.Decision.Value),
                    ["limit"] = Strict(v.Decision.Limit),
                    ["compared"] = v.Decision.Compared,
                    ["reason"] = v.Decision.Reason,
                }),
                ["started"] = Time(trial.StartedAt),
                ["finished"] = Time(trial.FinishedAt),
                ["failure"] = trial.Failure,
                ["reason"] = trial.Reason,
                ["spared_at"] = trial.SparedAt,
                ["last_finite_value"] = Strict(trial.LastFiniteValue),
                ["retried_by"] = trial.RetriedBy,
                ["log"] = StudyCheckpoints.FindLog(study, trial),
                ["constraints"] = TrialAttributes.NamedConstraints(trial.SystemAttributesJson)
                    .ToDictionary(c => c.Name, c => Strict(c.Value)),
                ["user_attributes"] = Strict(trial.UserAttributes),
            }));
        }

        output.WriteLine(first ? "]" : "\n]");
    }

    private static string? Time(DateTimeOffset? time) => time?.UtcDateTime.ToString("O", CultureInfo.InvariantCulture);

    /// <summary>Strict JSON has no infinities and no NaN: they become text.</summary>
    private static object? Strict(object? value) => value switch
    {
        double d when !double.IsFinite(d) => d.ToString(CultureInfo.InvariantCulture),
        ForeignChoice choice => Strict(AttributeJson.Read(choice.Json)),
        IReadOnlyDictionary<string, object?> map => map.ToDictionary(p => p.Key, p => Strict(p.Value)),
        IReadOnlyList<object?> list => list.Select(Strict).ToArray(),
        _ => value,
    };
}
