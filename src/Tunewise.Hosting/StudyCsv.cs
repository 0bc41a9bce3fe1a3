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

    /// <summary>
    /// Writes the series of all trials, reports included: one row per value (number, step, name, value), or one row per step with a column
    /// for each series, which is called "series_" and its name where that is "number" or "step" or begins so. Values have as many digits as they are kept with; NaN and infinities stand as they are.
    /// </summary>
    /// <param name="study">The study.</param>
    /// <param name="output">Where to; stays open.</param>
    /// <param name="wide">One row per step.</param>
    /// <returns>How many rows there are.</returns>
    public static int WriteSeries(Study study, TextWriter output, bool wide = false)
    {
        ArgumentNullException.ThrowIfNull(study);
        var (trials, rows) = (study.GetTrials(), 0);
        var reported = study.ReportName;
        List<string> names = [.. study.GetSeriesNames()];
        var places = names.Index().ToDictionary(n => n.Item, n => n.Index);
        using var csv = CsvWriter.Create(output, CsvWriterOptions.Default, leaveOpen: true);
        Write(csv, wide ? ["number", "step", .. names.Select(Column)] : ["number", "step", "name", "value"]);
        foreach (var trial in trials)
        {
            // One trial at a time: all of them may be too much for the memory.
            var points = trial.Reports.Select(r => (Name: reported, r.Step, Text: r.Value.ToString("R", CultureInfo.InvariantCulture)))
                .Concat(study.Storage.GetSteps(trial.Id).SelectMany(s => s.Values.Select(v => (v.Name, s.Step, Text: Short(v)))))
                .Where(p => places.ContainsKey(p.Name))
                .DistinctBy(p => (p.Name, p.Step))
                .ToList();
            if (!wide)
            {
                foreach (var (name, step, text) in points.OrderBy(p => places[p.Name]).ThenBy(p => p.Step))
                {
                    Write(csv, [Exact(trial.Number), Exact(step), Cell(name), text]);
                    rows++;
                }

                continue;
            }

            foreach (var at in points.GroupBy(p => p.Step).OrderBy(g => g.Key))
            {
                var values = at.ToDictionary(p => p.Name, p => p.Text);
                Write(
                    csv,
                    [Exact(trial.Number), Exact(at.Key), .. names.Select(n => values.TryGetValue(n, out var value) ? value : "")]);
                rows++;
            }
        }

        return rows;
    }

    private static string Column(string series) => series is "number" or "step" || series.StartsWith("series_", StringComparison.Ordinal)
        ? "series_" + series
        : Cell(series);

    /// <summary>The shortest text that is read as the same number with as many bits.</summary>
    private static string Short(Storage.SeriesValue value) => value.IsWide
        ? value.Value.ToString("R", CultureInfo.InvariantCulture)
        : ((float)value.Value).ToString("R", CultureInfo.InvariantCulture);

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
