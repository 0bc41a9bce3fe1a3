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
    private const string Begins = "a study begins with a line {\"tunewise\": 2, \"study\": ...}";

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
        var trials = new SortedDictionary<int, FrozenTrial>();
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
                    header = ReadHeader(Fields.Of(text), problems);
                    continue;
                }

                var fields = Fields.Of(text);
                if (ended) throw new FormatException("the study ended in an earlier line");
                if (fields.Has("end"))
                {
                    fields.AllowOnly("end");
                    ended = true;
                    if (header.Numbers is not null && fields.Whole("end") != NumberRanges.Count(header.Numbers))
                        throw new FormatException("end: it is another number of trials than the first line's");
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
        };
    }

    private static Header ReadHeader(Fields fields, List<string>? problems)
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
        if (version < StudyJsonLines.Version) return new Header(study, null, IsEarly: true);
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

    private static List<(int First, int Last)> Numbers(Fields fields)
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

    private static FrozenTrial ReadTrial(Fields fields, Header header)
    {
        if (!header.IsEarly) fields.AllowOnly(TrialFields);
        var system = Attributes(fields, "system_attributes");
        var trial = new FrozenTrial
        {
            Number = fields.Number("number"),
            State = fields.Name<TrialState>("state"),
            Values = [.. fields.Items("values").Select(v => Real(v, "values"))],
            ParameterList = [.. fields.Items("parameters").Select(p => ReadParameter(p, header, system))],
            Reports = [.. fields.Items("reports").Select(ReadReport).OrderBy(r => r.Step)],
            UserAttributesJson = Attributes(fields, "user_attributes"),
            SystemAttributesJson = system,
            StartedAt = fields.Time("started"),
            FinishedAt = fields.Time("finished"),
            Failure = fields.Has("failure") ? fields.Name<FailureKind>("failure") : null,
            Reason = fields.Has("reason") ? fields.Text("reason") : null,
            Detail = fields.Has("detail") ? fields.Text("detail") : null,
            LastFiniteValue = fields.Has("last_finite_value") ? Real(fields["last_finite_value"], "last_finite_value") : null,
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
        var fields = Fields.Of(json, "parameters: ");
        var name = fields.Text("name");
        if (!header.IsEarly) fields.AllowOnly(ParameterFields);
        fields = fields.Within($"parameter '{name}', ");
        // What is no JSON stands as a text.
        var distribution = fields["distribution"];
        if (distribution.StartsWith('"')) distribution = fields.Text("distribution");
        var parameter = new TrialParameter(
            name, DistributionJson.Read(distribution), Real(fields["internal"], $"parameter '{name}', internal"));
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
        ? new TrialReport(step, Real(AttributeJson.Write(report[1]), "reports"))
        : throw new FormatException($"reports: {json} is no step with its value");

    private static double Real(string json, string field) => AttributeJson.Read(json) switch
    {
        double d => d,
        long l => l,
        System.Numerics.BigInteger b => (double)b,
        _ => throw new FormatException($"{field}: a number is expected, got {json}"),
    };

    private static Dictionary<string, string> Attributes(Fields fields, string name) => fields.Members(name);

    /// <summary>The first line.</summary>
    /// <param name="Study">The study without its trials.</param>
    /// <param name="Numbers">The numbers of all trials, ascending; null where that is not known.</param>
    /// <param name="IsEarly">Whether it is of a version that did not say.</param>
    private sealed record Header(StudyContent Study, IReadOnlyList<(int First, int Last)>? Numbers, bool IsEarly);

    /// <summary>The fields of a JSON object, with their values as they are written.</summary>
    private sealed class Fields
    {
        private readonly Dictionary<string, string> _fields;
        private readonly string _place;

        private Fields(Dictionary<string, string> fields, string place) => (_fields, _place) = (fields, place);

        public string this[string name] =>
            _fields.TryGetValue(name, out var json) ? json : throw new FormatException($"{_place}{name}: it is missing");

        public static Fields Of(string json, string place = "") =>
            new(Try(place.TrimEnd(' ', ':'), () => AttributeJson.Members(json, once: true)), place);

        public Fields Within(string place) => new(_fields, place);

        /// <summary>A name that is not known may be a known one that was damaged.</summary>
        public void AllowOnly(params IEnumerable<string> names)
        {
            if (_fields.Keys.FirstOrDefault(f => !names.Contains(f)) is { } unknown)
                throw new FormatException($"{_place}'{unknown}' is no field that is known here");
        }

        public bool Has(string name) => _fields.ContainsKey(name);

        public List<string> Items(string name) => Try(_place + name, () => AttributeJson.Items(this[name]));

        public Dictionary<string, string> Members(string name) => Try(_place + name, () => AttributeJson.Members(this[name], once: true));

        public string Text(string name) =>
            AttributeJson.Read(this[name]) as string ?? throw new FormatException($"{_place}{name}: a text is expected, got {this[name]}");

        public long Whole(string name) => AttributeJson.Read(this[name]) is long whole ? whole
            : throw new FormatException($"{_place}{name}: a whole number is expected, got {this[name]}");

        public int Number(string name) => Whole(name) is >= 0 and <= int.MaxValue and var number ? (int)number
            : throw new FormatException($"{_place}{name}: the number of a trial is expected, got {this[name]}");

        /// <summary>One of an enumeration's names, exactly.</summary>
        public T Name<T>(string name)
            where T : struct, Enum => Enum.GetNames<T>().Contains(Text(name))
            ? Enum.Parse<T>(Text(name))
            : throw new FormatException($"{_place}{name}: it must be one of {string.Join(", ", Enum.GetNames<T>())}, got {this[name]}");

        public DateTimeOffset? Time(string name) => !Has(name) ? null
            : DateTimeOffset.TryParse(
                    Text(name),
                    CultureInfo.InvariantCulture,
                    DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal,
                    out var time)
                ? time
            : throw new FormatException($"{_place}{name}: a date and time is expected, got {this[name]}");

        private static T Try<T>(string field, Func<T> read)
        {
            try
            {
                return read();
            }
            catch (FormatException error)
            {
                throw new FormatException(
                    field.Length == 0 || error.Message.StartsWith(field, StringComparison.Ordinal)
                        ? error.Message
                        : $"{field}: {error.Message}",
                    error);
            }
        }
    }
}
