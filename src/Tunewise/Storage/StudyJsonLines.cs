using System.Globalization;
using System.Text;

namespace Tunewise.Storage;

/// <summary>
/// Whole studies as text: one JSON object per line. The first line is the study, with the numbers of its trials; then come the trials, a
/// line for every step of them with its series and the verdict on its report, a line for every blob, and a last line that says that it was all. Numbers and attributes stand as they are stored, with all their digits; NaN and infinities stand
/// bare, as Python's json module writes and reads them. What is written comes back value for value.
/// </summary>
/// <remarks>An attribute that another program stored and that is no JSON travels as a text.</remarks>
public static class StudyJsonLines
{
    /// <summary>3: what trials measured follows them.</summary>
    internal const long Version = 3;

    /// <summary>Since this version the first line has the numbers of the trials, and there is a last line.</summary>
    internal const long WholeVersion = 2;

    /// <summary>Writes a study.</summary>
    /// <param name="content">The study.</param>
    /// <param name="output">Where to; stays open.</param>
    public static void Write(StudyContent content, TextWriter output)
    {
        ArgumentNullException.ThrowIfNull(content);
        ArgumentNullException.ThrowIfNull(output);
        content = content.WithOwnNumbers();
        WriteLine(output,
        [
            ("tunewise", Version.ToString(CultureInfo.InvariantCulture)),
            ("study", AttributeJson.Write(content.Name)),
            ("directions", AttributeJson.Write(content.Directions.Select(TrialWords.Of))),
            ("trials", AttributeJson.Write(content.Trials.Count)),
            ("numbers", AttributeJson.Write(NumberRanges.Of(content.Trials.Select(t => t.Number)).Select(r => new[] { r.First, r.Last }))),
            ("user_attributes", Attributes(content.UserAttributes)),
            ("system_attributes", Attributes(content.SystemAttributes)),
        ]);
        var measured = 0;
        foreach (var trial in content.Trials) WriteTrial(output, trial);
        for (var i = 0; i < content.Trials.Count; i++)
        {
            foreach (var line in MeasuredLines.Write(content.Trials[i].Number, content.Measured?.Of(i) ?? Measurements.None))
            {
                WriteLine(output, line);
                measured++;
            }
        }

        WriteLine(output, [("end", AttributeJson.Write(content.Trials.Count)), ("measured", AttributeJson.Write(measured))]);
    }

    /// <summary>Reads a study. Whatever is missing, comes twice or breaks a rule of stored studies is an error.</summary>
    /// <param name="input">The text.</param>
    /// <exception cref="FormatException">It is not such a text, or not whole; the message names line and field.</exception>
    public static StudyContent Read(TextReader input)
    {
        ArgumentNullException.ThrowIfNull(input);
        return StudyLines.Read(input, null);
    }

    /// <summary>Reads what can be read of a study: trials that are damaged are left out.</summary>
    /// <param name="input">The text.</param>
    /// <param name="problems">What is missing and why, one line each; empty when the text is whole.</param>
    /// <exception cref="FormatException">The first line, which says what the study is, cannot be read.</exception>
    public static StudyContent ReadPartial(TextReader input, out IReadOnlyList<string> problems)
    {
        ArgumentNullException.ThrowIfNull(input);
        var found = new List<string>();
        problems = found;
        return StudyLines.Read(input, found);
    }

    private static void WriteTrial(TextWriter output, FrozenTrial trial)
    {
        var fields = new List<(string Name, string Json)>
        {
            ("number", trial.Number.ToString(CultureInfo.InvariantCulture)),
            ("state", AttributeJson.Write(trial.State)),
            ("values", AttributeJson.Write(trial.Values)),
            ("parameters", List(trial.ParameterList.Select(Parameter))),
            (
                "reports",
                List(
                    trial.Reports.Select(r => string.Create(CultureInfo.InvariantCulture, $"[{r.Step}, {AttributeJson.Write(r.Value)}]")))),
            ("user_attributes", Attributes(trial.UserAttributesJson)),
            ("system_attributes", Attributes(trial.SystemAttributesJson)),
        };
        if (trial.StartedAt is { } started) fields.Add(("started", Time(started)));
        if (trial.FinishedAt is { } finished) fields.Add(("finished", Time(finished)));
        if (trial.Failure is { } failure) fields.Add(("failure", AttributeJson.Write(failure)));
        if (trial.Reason is { } reason) fields.Add(("reason", AttributeJson.Write(reason)));
        if (trial.Detail is { } detail) fields.Add(("detail", AttributeJson.Write(detail)));
        if (trial.LastFiniteValue is { } last) fields.Add(("last_finite_value", AttributeJson.Write(last)));
        if (trial.RetriedBy is { } next) fields.Add(("retried_by", next.ToString(CultureInfo.InvariantCulture)));
        WriteLine(output, fields);
    }

    private static string Parameter(TrialParameter parameter)
    {
        // A distribution that is no JSON stands as the text that it is.
        var distribution = OneLine(DistributionJson.Write(parameter.Distribution));
        var outside = StudyRules.IsOutside(parameter) ? ", \"outside\": true" : "";
        return $"{{\"name\": {AttributeJson.Write(parameter.Name)}, \"value\": {AttributeJson.Write(parameter.External)}, \"internal\": "
            + $"{AttributeJson.Write(parameter.Value)}{outside}, \"distribution\": {distribution}}}";
    }

    private static string Time(DateTimeOffset time) => $"\"{time.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.FFFFFFF", CultureInfo.InvariantCulture)}Z\"";

    private static string List(IEnumerable<string> items) => $"[{string.Join(", ", items)}]";

    private static string Attributes(IReadOnlyDictionary<string, string> attributes)
    {
        var text = new StringBuilder("{");
        foreach (var (key, json) in attributes)
        {
            if (text.Length > 1) text.Append(", ");
            text.Append(AttributeJson.Write(key)).Append(": ").Append(OneLine(json));
        }

        return text.Append('}').ToString();
    }

    /// <summary>JSON as it is stored; a stranger's may spread over several lines, or be none.</summary>
    private static string OneLine(string json) =>
        AttributeJson.TryRead(json, out _, out _) ? json.Replace('\r', ' ').Replace('\n', ' ') : AttributeJson.Write(json);

    private static void WriteLine(TextWriter output, IEnumerable<(string Name, string Json)> fields)
    {
        output.Write('{');
        var first = true;
        foreach (var (name, json) in fields)
        {
            if (!first) output.Write(", ");
            first = false;
            output.Write($"\"{name}\": ");
            output.Write(json);
        }

        output.Write("}\n");
    }
}
