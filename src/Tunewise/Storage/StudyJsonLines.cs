using System.Globalization;
using System.Text;

namespace Tunewise.Storage;

/// <summary>
/// Whole studies as text: one JSON object per line, the study first, then its trials in order of their numbers. Numbers keep all their digits; NaN and
/// infinities stand bare, as Python's json module writes and reads them. What is written comes back value for value.
/// </summary>
public static class StudyJsonLines
{
    private const long Version = 1;

    /// <summary>Writes a study.</summary>
    /// <param name="content">The study.</param>
    /// <param name="output">Where to; stays open.</param>
    /// <exception cref="StorageException">An attribute is not JSON.</exception>
    public static void Write(StudyContent content, TextWriter output)
    {
        ArgumentNullException.ThrowIfNull(content);
        ArgumentNullException.ThrowIfNull(output);
        WriteLine(output,
        [
            ("tunewise", Version.ToString(CultureInfo.InvariantCulture)),
            ("study", AttributeJson.Write(content.Name)),
            ("directions", AttributeJson.Write(content.Directions.Select(Words.Of))),
            ("user_attributes", Attributes(content.UserAttributes)),
            ("system_attributes", Attributes(content.SystemAttributes)),
        ]);
        foreach (var trial in content.Trials) WriteTrial(output, trial);
    }

    /// <summary>Reads a study.</summary>
    /// <param name="input">The text.</param>
    /// <exception cref="FormatException">It is not such a text; the message names the line.</exception>
    public static StudyContent Read(TextReader input)
    {
        ArgumentNullException.ThrowIfNull(input);
        var number = 0;
        StudyContent? study = null;
        var trials = new List<FrozenTrial>();
        while (input.ReadLine() is { } line)
        {
            number++;
            if (string.IsNullOrWhiteSpace(line)) continue;
            try
            {
                var map = AttributeJson.Read(line) as IReadOnlyDictionary<string, object?> ?? throw new FormatException("a JSON object is expected");
                if (study is null) study = ReadStudy(map);
                else trials.Add(ReadTrial(map));
            }
            catch (Exception error) when (error is FormatException or ArgumentException or KeyNotFoundException or InvalidCastException or StorageException or OverflowException)
            {
                throw new FormatException(string.Create(CultureInfo.InvariantCulture, $"line {number} cannot be read: {error.Message}"), error);
            }
        }

        return (study ?? throw new FormatException("the text is empty; a study begins with a line {\"tunewise\": 1, \"study\": ...}")) with { Trials = trials };
    }

    private static void WriteTrial(TextWriter output, FrozenTrial trial)
    {
        var fields = new List<(string Name, string Json)>
        {
            ("number", trial.Number.ToString(CultureInfo.InvariantCulture)),
            ("state", AttributeJson.Write(trial.State)),
            ("values", AttributeJson.Write(trial.Values)),
            ("parameters", List(trial.ParameterList.Select(p =>
                $"{{\"name\": {AttributeJson.Write(p.Name)}, \"value\": {AttributeJson.Write(p.External)}, \"internal\": {AttributeJson.Write(p.Value)}, \"distribution\": {DistributionJson.Write(p.Distribution)}}}"))),
            ("reports", List(trial.Reports.Select(r => string.Create(CultureInfo.InvariantCulture, $"[{r.Step}, {AttributeJson.Write(r.Value)}]")))),
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

    private static StudyContent ReadStudy(IReadOnlyDictionary<string, object?> map)
    {
        if (!map.TryGetValue("tunewise", out var version)) throw new FormatException("this is not a study that was exported by Tunewise; it begins with {\"tunewise\": 1, \"study\": ...}");
        if (version is not Version) throw new FormatException($"the study was exported by a newer Tunewise (version {version}, this program knows {Version}); upgrade this program");
        return new StudyContent((string)map["study"]!, [.. ListOf(map, "directions").Select(d => ReadDirection(d as string))], [])
        {
            UserAttributes = ReadAttributes(map, "user_attributes"),
            SystemAttributes = ReadAttributes(map, "system_attributes"),
        };
    }

    private static FrozenTrial ReadTrial(IReadOnlyDictionary<string, object?> map) => new()
    {
        Number = checked((int)(long)map["number"]!),
        State = Enum.Parse<TrialState>((string)map["state"]!),
        Values = [.. ListOf(map, "values").Select(Number)],
        ParameterList = [.. ListOf(map, "parameters").Cast<IReadOnlyDictionary<string, object?>>().Select(ReadParameter)],
        Reports = [.. ListOf(map, "reports").Cast<IReadOnlyList<object?>>().Select(r => new TrialReport((long)r[0]!, Number(r[1])))],
        UserAttributesJson = ReadAttributes(map, "user_attributes"),
        SystemAttributesJson = ReadAttributes(map, "system_attributes"),
        StartedAt = ReadTime(map, "started"),
        FinishedAt = ReadTime(map, "finished"),
        Failure = map.TryGetValue("failure", out var failure) ? Enum.Parse<FailureKind>((string)failure!) : null,
        Reason = map.GetValueOrDefault("reason") as string,
        Detail = map.GetValueOrDefault("detail") as string,
        LastFiniteValue = map.TryGetValue("last_finite_value", out var last) ? Number(last) : null,
        RetriedBy = map.TryGetValue("retried_by", out var next) ? checked((int)(long)next!) : null,
    };

    private static TrialParameter ReadParameter(IReadOnlyDictionary<string, object?> map) =>
        new((string)map["name"]!, DistributionJson.Read(AttributeJson.Write(map["distribution"])), Number(map["internal"]));

    private static Direction ReadDirection(string? text) => text switch
    {
        "minimize" => Direction.Minimize,
        "maximize" => Direction.Maximize,
        _ => throw new FormatException($"'{text}' is no direction; it must be minimize or maximize"),
    };

    private static IReadOnlyList<object?> ListOf(IReadOnlyDictionary<string, object?> map, string key) =>
        map[key] as IReadOnlyList<object?> ?? throw new FormatException($"'{key}' is not a list");

    private static double Number(object? value) => value switch
    {
        double d => d,
        long l => l,
        _ => throw new FormatException($"a number is expected, got {AttributeJson.Write(value)}"),
    };

    private static Dictionary<string, string> ReadAttributes(IReadOnlyDictionary<string, object?> map, string key) =>
        map.TryGetValue(key, out var value) && value is IReadOnlyDictionary<string, object?> attributes
            ? attributes.ToDictionary(a => a.Key, a => AttributeJson.Write(a.Value))
            : [];

    private static DateTime? ReadTime(IReadOnlyDictionary<string, object?> map, string key) => map.TryGetValue(key, out var text)
        ? DateTime.Parse((string)text!, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal)
        : null;

    private static string Time(DateTime time) => $"\"{time.ToString("yyyy-MM-ddTHH:mm:ss.FFFFFFF", CultureInfo.InvariantCulture)}Z\"";

    private static string List(IEnumerable<string> items) => $"[{string.Join(", ", items)}]";

    /// <summary>Attributes as one object. They are JSON already, but a stranger's may spread over several lines, or be none.</summary>
    private static string Attributes(IReadOnlyDictionary<string, string> attributes)
    {
        var text = new StringBuilder("{");
        foreach (var (key, json) in attributes)
        {
            if (text.Length > 1) text.Append(", ");
            text.Append(AttributeJson.Write(key)).Append(": ");
            try
            {
                text.Append(AttributeJson.Write(AttributeJson.Read(json)));
            }
            catch (FormatException error)
            {
                throw new StorageException($"the attribute '{key}' is not JSON and cannot be exported: {error.Message}", error);
            }
        }

        return text.Append('}').ToString();
    }

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
