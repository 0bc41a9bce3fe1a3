using System.Globalization;
using System.Text;
using Tunewise.Numerics;

namespace Tunewise.Storage;

/// <summary>
/// Reads what <see cref="StudyJsonLines"/> writes, and checks it by the rules of stored studies (<see cref="StudyRules"/>)
/// before anybody else sees it.
/// </summary>
internal static class StudyLines
{
    private const string Begins = "a study begins with a line {\"tunewise\": 3, \"study\": ...}";

    private static readonly string[] StudyFields =
        ["tunewise", "study", "directions", "trials", "numbers", "user_attributes", "system_attributes"];
    private static readonly string[] TrialFields =
    [
        "number", "state", "values", "parameters", "reports", "user_attributes", "system_attributes",
        "started", "finished", "failure", "reason", "detail", "last_finite_value", "retried_by",
    ];

    private static readonly string[] ParameterFields = ["name", "value", "internal", "outside", "distribution"];

    /// <summary>Reads a study.</summary>
    /// <param name="input">The text.</param>
    /// <param name="problems">Takes what is missing or damaged, trial by trial; null makes an error of the first.</param>
    /// <exception cref="FormatException">The first line cannot be read, or there is a problem and nobody to take it.</exception>
    public static StudyContent Read(TextReader input, List<string>? problems)
    {
        Header? header = null;
        var (line, ended) = (0, false);
        var (trials, measured, expected) = (new SortedDictionary<int, FrozenTrial>(), new MeasuredByNumber(), default(int?));
        void Problem(string what)
        {
            if (problems is null) throw new FormatException(what);
            problems.Add(what);
        }

        while (true)
        {
            line++;
            try
            {
                if (input.ReadLine() is not { } text) break;
                if (string.IsNullOrWhiteSpace(text)) continue;
                if (header is null)
                {
                    header = ReadHeader(JsonFields.Of(text), problems);
                    continue;
                }

                var fields = JsonFields.Of(text);
                if (ended) throw new FormatException("the study ended in an earlier line");
                if (fields.Has("end"))
                {
                    fields.AllowOnly("end", "measured");
                    ended = true;
                    expected = fields.Has("measured") ? fields.Number("measured") : 0;
                    if (header.Numbers is not null && fields.Whole("end") != NumberRanges.Count(header.Numbers))
                        throw new FormatException("end: it is another number of trials than the first line's");
                    continue;
                }

                if (fields.Has(MeasuredLines.Mark))
                {
                    MeasuredLines.Read(fields, measured);
                    continue;
                }

                var trial = ReadTrial(fields, header);
                if (!trials.TryAdd(trial.Number, trial)) throw new FormatException($"number: trial {trial.Number} comes twice");
            }
            catch (Exception error) when (error is FormatException or DecoderFallbackException)
            {
                var problem = error is FormatException
                    ? error.Message.Replace("an attribute is not JSON", "it is not JSON", StringComparison.Ordinal)
                    : "it holds bytes that are no text in UTF-8";
                var what = string.Create(CultureInfo.InvariantCulture, $"line {line}: {problem}");
                if (header is null) throw new FormatException(what, error);
                Problem(what);
            }
        }

        if (header is null) throw new FormatException($"the text is empty; {Begins}");
        if (header.IsEarly) Problem("the study was exported by an early Tunewise, whose files do not say how many trials they hold");
        else if (header.Numbers is not null && NumberRanges.Without(header.Numbers, [.. trials.Keys]) is { Count: > 0 } missing)
        {
            Problem(
                $"trials are missing: {NumberRanges.Describe(missing)} ({NumberRanges.Count(missing)} of "
                + $"{NumberRanges.Count(header.Numbers)})");
        }
        else if (!ended) Problem("the last line, which says that the study is whole, is missing");
        if (measured.Numbers.Where(n => !trials.ContainsKey(n)).Order().ToList() is { Count: > 0 } strangers)
            Problem($"there are lines of what trials measured that are missing: {NumberRanges.Describe(NumberRanges.Of(strangers))}");
        if (expected is { } lines && lines != measured.Count)
            Problem($"lines of what trials measured are missing: there are {measured.Count} of {lines}");
        var numbers = trials.Keys.ToHashSet();
        foreach (var trial in trials.Values)
        {
            if (trial.RetriedBy is { } next && (next <= trial.Number || !numbers.Contains(next)))
            {
                Problem(string.Create(
                    CultureInfo.InvariantCulture, $"trial {trial.Number}, retried_by: trial {next} is not among those that follow it"));
            }
        }

        return header.Study with
        {
            Trials = [.. trials.Values.Select(t => t.RetriedBy is { } next && (next <= t.Number || !numbers.Contains(next))
                ? new FrozenTrial(t) { RetriedBy = null }
                : t)],
            Measured = measured.Count == 0 ? null : measured.For([.. trials.Keys]),
        };
    }

    private static Header ReadHeader(JsonFields fields, List<string>? problems)
    {
        if (!fields.Has("tunewise")) throw new FormatException($"this is not a study that was exported by Tunewise; {Begins}");
        var version = fields.Whole("tunewise");
        if (version > StudyJsonLines.Version)
        {
            throw new FormatException(
                $"the study was exported by a newer Tunewise (version {version}, this program knows {StudyJsonLines.Version}); "
                + "upgrade this program");
        }

        var directions = fields.Items("directions").Select(d => AttributeJson.Read(d) switch
        {
            "minimize" => Direction.Minimize,
            "maximize" => Direction.Maximize,
            _ => throw new FormatException($"directions: {d} is no direction; it must be minimize or maximize"),
        }).ToList();
        if (directions.Count == 0) throw new FormatException("directions: a study has at least one objective");
        var study = new StudyContent(fields.Text("study"), directions, [])
        {
            UserAttributes = Attributes(fields, "user_attributes"),
            SystemAttributes = Attributes(fields, "system_attributes"),
        };
        if (version < StudyJsonLines.WholeVersion) return new Header(study, null, IsEarly: true);
        try
        {
            fields.AllowOnly(StudyFields);
            return new Header(study, Numbers(fields), IsEarly: false);
        }
        catch (FormatException error) when (problems is not null)
        {
            // The trials say their numbers, too.
            problems.Add($"line 1: {error.Message}");
            return new Header(study, null, IsEarly: false);
        }
    }

    private static List<(int First, int Last)> Numbers(JsonFields fields)
    {
        var ranges = new List<(int First, int Last)>();
        var count = fields.Number("trials");
        foreach (var item in fields.Items("numbers"))
        {
            if (AttributeJson.Read(item) is not object?[] { Length: 2 } range
                || range[0] is not long first
                || range[1] is not long last
                || first < 0
                || last < first
                || last > int.MaxValue)
            {
                throw new FormatException($"numbers: {item} is no range of numbers of trials");
            }

            if (ranges.Count > 0 && first <= ranges[^1].Last)
                throw new FormatException($"numbers: {item} does not follow the ranges before it");
            ranges.Add(((int)first, (int)last));
        }

        return NumberRanges.Count(ranges) == count ? ranges : throw new FormatException($"numbers: these are not {count} trials");
    }

    private static FrozenTrial ReadTrial(JsonFields fields, Header header)
    {
        if (!header.IsEarly) fields.AllowOnly(TrialFields);
        var system = Attributes(fields, "system_attributes");
        var trial = new FrozenTrial
        {
            Number = fields.Number("number"),
            State = fields.Name<TrialState>("state"),
            Values = [.. fields.Items("values").Select(v => JsonFields.Real(v, "values"))],
            ParameterList = [.. fields.Items("parameters").Select(p => ReadParameter(p, header, system))],
            Reports = [.. fields.Items("reports").Select(ReadReport).OrderBy(r => r.Step)],
            UserAttributesJson = Attributes(fields, "user_attributes"),
            SystemAttributesJson = system,
            StartedAt = fields.Time("started"),
            FinishedAt = fields.Time("finished"),
            Failure = fields.Has("failure") ? fields.Name<FailureKind>("failure") : null,
            Reason = fields.Has("reason") ? fields.Text("reason") : null,
            Detail = fields.Has("detail") ? fields.Text("detail") : null,
            LastFiniteValue = fields.Has("last_finite_value") ? JsonFields.Real(fields["last_finite_value"], "last_finite_value") : null,
            RetriedBy = fields.Has("retried_by") ? fields.Number("retried_by") : null,
        };
        foreach (var (part, problem) in StudyRules.Broken(trial, header.Study.Directions.Count))
            throw new FormatException($"{part}: {problem}");
        if (header.Numbers is not null && !NumberRanges.Contains(header.Numbers, trial.Number))
            throw new FormatException($"number: the first line knows no trial {trial.Number}");
        return trial;
    }

    private static TrialParameter ReadParameter(string json, Header header, Dictionary<string, string> system)
    {
        var fields = JsonFields.Of(json, "parameters: ");
        var name = fields.Text("name");
        if (!header.IsEarly) fields.AllowOnly(ParameterFields);
        fields = fields.Within($"parameter '{name}', ");
        // What is no JSON stands as a text.
        var distribution = fields["distribution"];
        if (distribution.StartsWith('"')) distribution = fields.Text("distribution");
        var parameter = new TrialParameter(
            name, DistributionJson.Read(distribution), JsonFields.Real(fields["internal"], $"parameter '{name}', internal"));
        if (StudyRules.IsOutside(parameter)
            && !(fields.Has("outside") && AttributeJson.Read(fields["outside"]) is true)
            && !TrialAttributes.Fixed(system).ContainsKey(name))
        {
            throw new FormatException(
                $"parameter '{name}', internal: {Words.Exact(parameter.Value)} is not within {parameter.Distribution}; "
                + "if it is meant, add \"outside\": true");
        }

        // Which of two to believe is not ours to say. Early versions wrote large whole numbers with fewer digits.
        if (!header.IsEarly && fields.Has("value") && parameter.IsUsable && AttributeJson.Write(
            AttributeJson.Read(fields["value"])) != AttributeJson.Write(AttributeJson.Read(AttributeJson.Write(parameter.External))))
        {
            throw new FormatException(
                $"parameter '{name}', value: it is {fields["value"]}, but 'internal' says {AttributeJson.Write(parameter.External)}");
        }

        return parameter;
    }

    private static TrialReport ReadReport(string json) =>
            AttributeJson.Read(json) is object?[] { Length: 2 } report && report[0] is long step
        ? new TrialReport(step, JsonFields.Real(AttributeJson.Write(report[1]), "reports"))
        : throw new FormatException($"reports: {json} is no step with its value");

    private static Dictionary<string, string> Attributes(JsonFields fields, string name) => fields.Members(name);

    /// <summary>The first line.</summary>
    /// <param name="Study">The study without its trials.</param>
    /// <param name="Numbers">The numbers of all trials, ascending; null where that is not known.</param>
    /// <param name="IsEarly">Whether it is of a version that did not say.</param>
    private sealed record Header(StudyContent Study, IReadOnlyList<(int First, int Last)>? Numbers, bool IsEarly);
}
