using Tunewise.Spaces;

namespace Tunewise.Storage;

/// <summary>Distributions as Optuna stores them; the five kinds that Optuna has dropped and its short form are read as well.</summary>
internal static class DistributionJson
{
    public static string Write(Distribution distribution) => distribution switch
    {
        FloatDistribution f => Pair("FloatDistribution", new() { ["step"] = f.Step, ["low"] = f.Low, ["high"] = f.High, ["log"] = f.Log }),
        IntDistribution i => Pair("IntDistribution", new() { ["log"] = i.Log, ["step"] = i.Step, ["low"] = i.Low, ["high"] = i.High }),
        CategoricalDistribution c => Pair("CategoricalDistribution", new() { ["choices"] = c.Choices }),
        _ => throw new ArgumentOutOfRangeException(nameof(distribution), distribution, "an unknown kind of distribution"),
    };

    /// <exception cref="StorageException">The text is not a distribution.</exception>
    public static Distribution Read(string json)
    {
        try
        {
            var map = Map(AttributeJson.Read(json));
            var (kind, a) = map.TryGetValue("name", out var name) ? (name as string, Map(map["attributes"])) : (map["type"] as string, map);
            return kind switch
            {
                "FloatDistribution" or "float" => new FloatDistribution(Real(a, "low"), Real(a, "high"), Flag(a, "log"), Optional(a, "step")),
                "IntDistribution" or "int" => new IntDistribution(Whole(a, "low"), Whole(a, "high"), Flag(a, "log"), (long)(Optional(a, "step") ?? 1)),
                "CategoricalDistribution" or "categorical" => new CategoricalDistribution((IReadOnlyList<object?>)a["choices"]!),
                "UniformDistribution" => new FloatDistribution(Real(a, "low"), Real(a, "high")),
                "LogUniformDistribution" => new FloatDistribution(Real(a, "low"), Real(a, "high"), log: true),
                "DiscreteUniformDistribution" => new FloatDistribution(Real(a, "low"), Real(a, "high"), step: Real(a, "q")),
                "IntUniformDistribution" => new IntDistribution(Whole(a, "low"), Whole(a, "high"), step: (long)(Optional(a, "step") ?? 1)),
                "IntLogUniformDistribution" => new IntDistribution(Whole(a, "low"), Whole(a, "high"), log: true),
                _ => throw new FormatException($"there is no distribution '{kind}'"),
            };
        }
        catch (Exception error) when (error is FormatException or ArgumentException or KeyNotFoundException or InvalidCastException or NullReferenceException)
        {
            throw new StorageException($"the database holds a distribution that cannot be read ({error.Message}): {json}", error);
        }
    }

    private static string Pair(string name, Dictionary<string, object?> attributes) =>
        AttributeJson.Write(new Dictionary<string, object?> { ["name"] = name, ["attributes"] = attributes });

    private static IReadOnlyDictionary<string, object?> Map(object? value) =>
        value as IReadOnlyDictionary<string, object?> ?? throw new FormatException("a JSON object is expected");

    private static double Real(IReadOnlyDictionary<string, object?> a, string key) => Optional(a, key) ?? throw new FormatException($"'{key}' is missing");

    private static long Whole(IReadOnlyDictionary<string, object?> a, string key) => (long)Real(a, key);

    private static bool Flag(IReadOnlyDictionary<string, object?> a, string key) => a.TryGetValue(key, out var value) && value is true;

    private static double? Optional(IReadOnlyDictionary<string, object?> a, string key) =>
        a.TryGetValue(key, out var value) ? value switch { double d => d, long l => l, null => null, _ => throw new FormatException($"'{key}' is not a number") } : null;
}
