using System.Globalization;

namespace Tunewise.Storage;

/// <summary>The fields of a JSON object, with their values as they are written.</summary>
internal sealed class JsonFields
{
    private readonly Dictionary<string, string> _fields;
    private readonly string _place;

    private JsonFields(Dictionary<string, string> fields, string place) => (_fields, _place) = (fields, place);

    public string this[string name] =>
        _fields.TryGetValue(name, out var json) ? json : throw new FormatException($"{_place}{name}: it is missing");

    public static JsonFields Of(string json, string place = "") =>
        new(Try(place.TrimEnd(' ', ':'), () => AttributeJson.Members(json, once: true)), place);

    public JsonFields Within(string place) => new(_fields, place);

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

    /// <exception cref="FormatException">It is no number.</exception>
    public static double Real(string json, string field) => AttributeJson.Read(json) switch
    {
        double d => d,
        long l => l,
        System.Numerics.BigInteger b => (double)b,
        _ => throw new FormatException($"{field}: a number is expected, got {json}"),
    };
}
