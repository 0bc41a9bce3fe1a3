using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Tunewise.Hosting.Commands;

/// <summary>Prints all trials: as a table, as JSON, or as CSV.</summary>
internal static class TrialsCommand
{
    private static readonly string[] Formats = ["table", "json", "csv"];
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    public static Command Create(SharedOptions shared, TextWriter output)
    {
        var format = new Option<string>("--format") { Description = "table, json or csv.", HelpName = "FORMAT", DefaultValueFactory = _ => Formats[0] };
        format.CompletionSources.Add(Formats);
        format.Validators.Add(result =>
        {
            if (result.Tokens.Count == 1 && !Formats.Contains(result.Tokens[0].Value)) result.AddError($"there is no format '{result.Tokens[0].Value}'; choose from {string.Join(", ", Formats)}");
        });
        var command = new Command("trials", "Prints all trials.") { shared.Storage, shared.Study, format };
        command.SetAction(arguments => shared.WithStudy(arguments, study =>
        {
            var trials = study.Trials;
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

    private static List<string> ParameterNames(IReadOnlyList<FrozenTrial> trials) => [.. trials.SelectMany(t => t.ParameterList).Select(p => p.Name).Distinct()];

    private static void WriteTable(TextWriter output, Study study, IReadOnlyList<FrozenTrial> trials)
    {
        var names = ParameterNames(trials);
        var rows = new List<string[]> { (string[])["trial", "state", .. study.Objectives.Select(Text.Name), .. names] };
        foreach (var trial in trials)
        {
            rows.Add([
                trial.Number.ToString(CultureInfo.InvariantCulture),
                Text.State(trial),
                .. Enumerable.Range(0, study.Objectives.Count).Select(i => i < trial.Values.Count ? Text.Number(trial.Values[i]) : ""),
                .. names.Select(n => trial.Parameters.TryGetValue(n, out var value) ? Text.Value(value) : "")]);
        }

        var widths = Enumerable.Range(0, rows[0].Length).Select(i => rows.Max(r => r[i].Length)).ToArray();
        foreach (var row in rows) output.WriteLine(string.Join("  ", row.Select((cell, i) => cell.PadRight(widths[i]))).TrimEnd());
    }

    private static void WriteJson(TextWriter output, Study study, IReadOnlyList<FrozenTrial> trials)
    {
        var array = new JsonArray();
        foreach (var trial in trials)
        {
            array.Add(new JsonObject
            {
                ["number"] = trial.Number,
                ["state"] = trial.State.ToString(),
                ["values"] = new JsonObject(trial.Values.Select((v, i) => KeyValuePair.Create(Text.Name(study.Objectives[i], i), Node(v)))),
                ["parameters"] = new JsonObject(trial.Parameters.Select(p => KeyValuePair.Create(p.Key, Node(p.Value)))),
                ["reports"] = new JsonArray([.. trial.Reports.Select(r => new JsonObject { ["step"] = r.Step, ["value"] = Node(r.Value) })]),
                ["started"] = trial.StartedAt,
                ["finished"] = trial.FinishedAt,
                ["failure"] = trial.Failure?.ToString(),
                ["reason"] = trial.Reason,
                ["last_finite_value"] = Node(trial.LastFiniteValue),
                ["retried_by"] = trial.RetriedBy,
                ["user_attributes"] = Node(trial.UserAttributes),
            });
        }

        output.WriteLine(array.ToJsonString(Indented));
    }

    /// <summary>JSON has no infinities and no NaN: they become text.</summary>
    private static JsonNode? Node(object? value) => value switch
    {
        null => null,
        double d when double.IsFinite(d) => JsonValue.Create(d),
        double d => JsonValue.Create(d.ToString(CultureInfo.InvariantCulture)),
        long l => JsonValue.Create(l),
        bool b => JsonValue.Create(b),
        string s => JsonValue.Create(s),
        IReadOnlyDictionary<string, object?> map => new JsonObject(map.Select(p => KeyValuePair.Create(p.Key, Node(p.Value)))),
        IReadOnlyList<object?> list => new JsonArray([.. list.Select(Node)]),
        _ => JsonValue.Create(value.ToString()),
    };
}
