using System.Globalization;
using CsvHelper;

namespace Tunewise.Hosting;

/// <summary>A study's trials as one flat table.</summary>
public static class StudyCsv
{
    /// <summary>
    /// Writes one row per trial: number, state, one column per objective, times, the last step, the reason, then a column per parameter ("params_NAME") and
    /// per user attribute ("user_NAME"; lists and maps as JSON). Numbers keep all their digits; what a trial does not have is empty.
    /// </summary>
    /// <param name="study">The study.</param>
    /// <param name="output">Where to; stays open.</param>
    public static void Write(Study study, TextWriter output)
    {
        ArgumentNullException.ThrowIfNull(study);
        var trials = study.Trials;
        List<string> parameters = [.. trials.SelectMany(t => t.ParameterList).Select(p => p.Name).Distinct()];
        List<string> attributes = [.. trials.SelectMany(t => t.UserAttributes.Keys).Distinct()];
        using var csv = CsvWriter.Create(output, CsvWriterOptions.Default, leaveOpen: true);
        Write(csv,
        [
            "number", "state", .. study.Objectives.Select(Text.Name), "started", "finished", "last_step", "reason",
            .. parameters.Select(n => "params_" + n), .. attributes.Select(n => "user_" + n),
        ]);
        foreach (var trial in trials)
        {
            Write(csv,
            [
                Exact(trial.Number),
                trial.State.ToString(),
                .. Enumerable.Range(0, study.Objectives.Count).Select(i => i < trial.Values.Count ? Exact(trial.Values[i]) : ""),
                Exact(trial.StartedAt),
                Exact(trial.FinishedAt),
                Exact(trial.LastStep),
                trial.Reason ?? "",
                .. parameters.Select(n => Exact(trial.Parameters.GetValueOrDefault(n))),
                .. attributes.Select(n => Exact(trial.UserAttributes.GetValueOrDefault(n))),
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
        null => "",
        string text => text,
        DateTime time => time.ToString("O", CultureInfo.InvariantCulture),
        System.Collections.IEnumerable structure => Storage.AttributeJson.Write(structure),
        _ => Convert.ToString(value, CultureInfo.InvariantCulture)!,
    };
}
