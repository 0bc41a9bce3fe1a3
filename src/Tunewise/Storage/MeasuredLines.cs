using System.Globalization;
using Tunewise.Pruners;

namespace Tunewise.Storage;

/// <summary>What trials measured as JSON lines: one for each step of a trial, and one for each blob, its bytes in base64.</summary>
internal static class MeasuredLines
{
    /// <summary>The field that only these lines have.</summary>
    public const string Mark = "step";

    private static readonly string[] StepFields = ["trial", Mark, "series", "wide", "verdict"];
    private static readonly string[] BlobFields = ["trial", Mark, "blob", "kind", "base64"];
    private static readonly string[] VerdictFields =
        ["prune", "pause", "rule", "value", "limit", "compared", "words", "numbers", "text"];

    /// <summary>The lines' fields.</summary>
    public static IEnumerable<List<(string Name, string Json)>> Write(int trial, Measurements measured)
    {
        foreach (var step in measured.Steps)
        {
            List<(string, string)> fields = [.. Place(trial, step.Step)];
            if (step.Values.Count > 0)
            {
                var values = step.Values.Select(v => $"{AttributeJson.Write(v.Name)}: {Shortest(v)}");
                fields.Add(("series", $"{{{string.Join(", ", values)}}}"));
                if (step.Values.Any(v => v.IsWide)) fields.Add(("wide", AttributeJson.Write(step.Values.Where(v => v.IsWide).Select(v => v.Name))));
            }

            if (step.Verdict is { } verdict) fields.Add(("verdict", Write(verdict)));
            yield return fields;
        }

        foreach (var blob in measured.Blobs)
        {
            yield return
            [
                .. Place(trial, blob.Step),
                ("blob", AttributeJson.Write(blob.Name)),
                ("kind", AttributeJson.Write(blob.Kind)),
                ("base64", $"\"{Convert.ToBase64String(blob.Bytes)}\""),
            ];
        }
    }

    /// <exception cref="FormatException">The line is none of these; the message names the field.</exception>
    public static void Read(JsonFields fields, MeasuredByNumber measured)
    {
        var (trial, step) = (fields.Number("trial"), fields.Whole(Mark));
        if (step < 0) throw new FormatException($"{Mark}: it must be at least 0, got {step}");
        if (fields.Has("blob"))
        {
            fields.AllowOnly(BlobFields);
            measured.Add(
                trial, new BlobRecord(step, Name("blob", fields.Text("blob")), Name("kind", fields.Text("kind")), Bytes(fields)));
            return;
        }

        fields.AllowOnly(StepFields);
        var wide = fields.Has("wide") ? fields.Items("wide").Select(w => AttributeJson.Read(w) as string).ToHashSet() : [];
        var values = !fields.Has("series") ? [] : fields.Members("series")
            .Select(v => SeriesValue.Of(
                Name("series", v.Key),
                JsonFields.Real(v.Value, $"series '{v.Key}'"),
                wide.Contains(v.Key) ? SeriesPrecision.Bits64 : SeriesPrecision.Bits32))
            .ToArray();
        measured.Add(trial, new StepRecord(
            step, values, fields.Has("verdict") ? ReadVerdict(JsonFields.Of(fields["verdict"], "verdict: ")) : null));
    }

    private static IEnumerable<(string, string)> Place(int trial, long step) =>
        [("trial", trial.ToString(CultureInfo.InvariantCulture)), (Mark, step.ToString(CultureInfo.InvariantCulture))];

    private static string Write(ReportDecision verdict)
    {
        var fields = new List<string>
        {
            $"\"prune\": {AttributeJson.Write(verdict.ShouldPrune)}",
            $"\"words\": {AttributeJson.Write(verdict.Explanation.Pattern)}",
            $"\"numbers\": {AttributeJson.Write(verdict.Explanation.Numbers)}",
        };
        if (verdict.ShouldPause) fields.Add("\"pause\": true");
        if (verdict.Explanation.IsText) fields.Add("\"text\": true");
        if (verdict.Rule is { } rule) fields.Add($"\"rule\": {AttributeJson.Write(rule)}");
        if (verdict.Value is { } value) fields.Add($"\"value\": {AttributeJson.Write(value)}");
        if (verdict.Limit is { } limit) fields.Add($"\"limit\": {AttributeJson.Write(limit)}");
        if (verdict.Compared is { } compared) fields.Add($"\"compared\": {AttributeJson.Write(compared)}");
        return $"{{{string.Join(", ", fields)}}}";
    }

    private static ReportDecision ReadVerdict(JsonFields fields)
    {
        fields.AllowOnly(VerdictFields);
        return new ReportDecision(
            Flag(fields, "prune"),
            Explanation.Stored(
                fields.Text("words"), [.. fields.Items("numbers").Select(n => JsonFields.Real(n, "numbers"))], Flag(fields, "text")))
        {
            ShouldPause = Flag(fields, "pause"),
            Rule = fields.Has("rule") ? fields.Text("rule") : null,
            Value = fields.Has("value") ? JsonFields.Real(fields["value"], "value") : null,
            Limit = fields.Has("limit") ? JsonFields.Real(fields["limit"], "limit") : null,
            Compared = fields.Has("compared") ? fields.Number("compared") : null,
        };
    }

    /// <summary>As many digits as are read as the same number with as many bits.</summary>
    private static string Shortest(SeriesValue value) => !value.IsWide && float.IsFinite((float)value.Value)
        ? ((float)value.Value).ToString("R", CultureInfo.InvariantCulture)
        : AttributeJson.Write(value.Value);

    /// <summary>What trials can call a series or a blob.</summary>
    /// <exception cref="FormatException">They cannot call it so.</exception>
    private static string Name(string field, string name)
    {
        try
        {
            return StudyAttributes.CheckSeries(field, name);
        }
        catch (ArgumentException error)
        {
            throw new FormatException($"{field}: {error.Message}", error);
        }
    }

    private static bool Flag(JsonFields fields, string name) => fields.Has(name) && AttributeJson.Read(fields[name]) is true;

    private static byte[] Bytes(JsonFields fields)
    {
        try
        {
            return Convert.FromBase64String(fields.Text("base64"));
        }
        catch (FormatException error)
        {
            throw new FormatException("base64: these are no bytes in base64", error);
        }
    }
}
