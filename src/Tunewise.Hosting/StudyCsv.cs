using System.Globalization;
using CsvHelper;

namespace Tunewise.Hosting;

/// <summary>A study's trials as one flat table.</summary>
public static class StudyCsv
{
    /// <summary>How a spreadsheet's formulas and commands begin (https://owasp.org/www-community/attacks/CSV_Injection).</summary>
    private const string FormulasBegin = "=+-@\t\r";

    /// <summary>
    /// Writes one row per trial: number, state, times, the last step, the reason, then a column per objective ("values_NAME"), per
    /// parameter ("params_NAME"), per constraint ("constraints_NAME"; at most 0 when it is kept) and per user attribute ("user_NAME"; lists
    /// and maps as JSON). Numbers keep all their digits. What a trial does not have is empty; a value that is null is "null", and a text
    /// that looks like that, or like a formula to a spreadsheet, has a ' before it.
    /// </summary>
    /// <param name="study">The study.</param>
    /// <param name="output">Where to; stays open.</param>
    public static void Write(Study study, TextWriter output)
    {
        ArgumentNullException.ThrowIfNull(study);
        var trials = study.GetTrials();
        List<string> parameters = [.. trials.SelectMany(t => t.ParameterList).Select(p => p.Name).Distinct()];
        List<string> constraints =
        [
            .. trials.SelectMany(t => TrialAttributes.NamedConstraints(t.SystemAttributesJson)).Select(c => c.Name).Distinct(),
        ];
        List<string> attributes = [.. trials.SelectMany(t => t.UserAttributes.Keys).Distinct()];
        using var csv = CsvWriter.Create(output, CsvWriterOptions.Default, leaveOpen: true);
        Write(csv,
        [
            "number", "state", "started", "finished", "last_step", "reason",
            .. Text.Names(study.Objectives).Select(n => "values_" + n),
            .. parameters.Select(n => "params_" + n),
            .. constraints.Select(n => "constraints_" + n),
            .. attributes.Select(n => "user_" + n),
        ]);
        foreach (var trial in trials)
        {
            var kept = TrialAttributes.NamedConstraints(trial.SystemAttributesJson).ToDictionary(c => c.Name, c => c.Value);
            Write(csv,
            [
                Exact(trial.Number),
                trial.State.ToString(),
                trial.StartedAt is { } started ? Exact(started) : "",
                trial.FinishedAt is { } finished ? Exact(finished) : "",
                trial.LastStep is { } step ? Exact(step) : "",
                trial.Reason is { } reason ? Exact(reason) : "",
                .. Enumerable.Range(0, study.Objectives.Count).Select(i => i < trial.Values.Count ? Exact(trial.Values[i]) : ""),
                .. parameters.Select(n => trial.Parameters.TryGetValue(n, out var value) ? Exact(value) : ""),
                .. constraints.Select(n => kept.TryGetValue(n, out var value) ? Exact(value) : ""),
                .. attributes.Select(n => trial.UserAttributes.TryGetValue(n, out var value) ? Exact(value) : ""),
            ]);
        }
    }

    private static void Write(CsvWriter csv, IEnumerable<string> fields)
    {
        foreach (var field in fields) csv.WriteField(field);
        csv.EndRecord();
    }

    private static string Exact(object? value) => value switch
    {
        null => "null",
        string text => Cell(text),
        bool flag => flag ? "true" : "false",
        DateTimeOffset time => time.UtcDateTime.ToString("O", CultureInfo.InvariantCulture),
        Spaces.ForeignChoice choice => Cell(choice.Json),
        System.Collections.IEnumerable structure => Cell(AttributeJson.Write(structure)),
        _ => Convert.ToString(value, CultureInfo.InvariantCulture)!,
    };

    private static string Cell(string text) =>
        text is "null" or "" || FormulasBegin.Contains(text[0], StringComparison.Ordinal) || text[0] == '\'' ? "'" + text : text;
}
