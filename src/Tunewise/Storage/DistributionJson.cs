using System.Numerics;
using Tunewise.Spaces;

namespace Tunewise.Storage;

/// <summary>Distributions as Optuna stores them; the five kinds that Optuna has dropped and its short form are read as well.</summary>
internal static class DistributionJson
{
    private static readonly HashSet<string> Known =
    [
        "FloatDistribution", "float", "IntDistribution", "int", "CategoricalDistribution",
        "categorical", "UniformDistribution", "LogUniformDistribution",
        "DiscreteUniformDistribution", "IntUniformDistribution", "IntLogUniformDistribution",
    ];

    public static string Write(Distribution distribution) => distribution switch
    {
        FloatDistribution f => Pair("FloatDistribution", new() { ["step"] = f.Step, ["low"] = f.Low, ["high"] = f.High, ["log"] = f.Log }),
        IntDistribution i => Pair("IntDistribution", new() { ["log"] = i.Log, ["step"] = i.Step, ["low"] = i.Low, ["high"] = i.High }),
        CategoricalDistribution c => Pair("CategoricalDistribution", new() { ["choices"] = c.Choices }),
        ForeignDistribution f => f.Json,
        _ => throw new ArgumentOutOfRangeException(nameof(distribution), distribution, "an unknown kind of distribution"),
    };

    /// <summary>
    /// Reads a distribution; what is none that is known here is kept as it is, and <see cref="ForeignDistribution.Reason"/> says why.
    /// </summary>
    public static Distribution Read(string json)
    {
        var (isWhole, isKnown) = (false, false);
        try
        {
            var map = AttributeJson.Members(json);
            var (kind, a) = map.TryGetValue("name", out var name)
                    ? (AttributeJson.Read(name) as string, AttributeJson.Members(map["attributes"]))
                : (map.TryGetValue("type", out var type) ? AttributeJson.Read(type) as string : null, map);
            isWhole = kind is "IntDistribution" or "int" or "IntUniformDistribution" or "IntLogUniformDistribution";
            isKnown = kind is not null && (!Known.Contains(kind) || (isWhole && IsWide(a)));
            return kind switch
            {
                "FloatDistribution" or "float" =>
                    new FloatDistribution(Real(a, "low"), Real(a, "high"), Flag(a, "log"), Optional(a, "step")),
                "IntDistribution" or "int" => new IntDistribution(Whole(a, "low"), Whole(a, "high"), Flag(a, "log"), Whole(a, "step", 1)),
                "CategoricalDistribution" or "categorical" =>
                    new CategoricalDistribution(AttributeJson.Items(a["choices"]).Select(ChoiceOf)),
                "UniformDistribution" => new FloatDistribution(Real(a, "low"), Real(a, "high")),
                "LogUniformDistribution" => new FloatDistribution(Real(a, "low"), Real(a, "high"), log: true),
                "DiscreteUniformDistribution" => new FloatDistribution(Real(a, "low"), Real(a, "high"), step: Real(a, "q")),
                "IntUniformDistribution" => new IntDistribution(Whole(a, "low"), Whole(a, "high"), step: Whole(a, "step", 1)),
                "IntLogUniformDistribution" => new IntDistribution(Whole(a, "low"), Whole(a, "high"), log: true),
                _ => throw new FormatException(kind is null ? "it does not say its kind" : $"there is no distribution '{kind}'"),
            };
        }
        catch (KeyNotFoundException)
        {
            return new ForeignDistribution(json, "a part of it is missing", isWhole, isKnown);
        }
        catch (Exception error) when (error is FormatException or ArgumentException)
        {
            return new ForeignDistribution(json, error.Message, isWhole, isKnown);
        }
    }

    /// <summary>Whether bounds are whole numbers, and beyond those that a double holds.</summary>
    private static bool IsWide(Dictionary<string, string> a) =>
        AttributeJson.Read(a["low"]) is long or BigInteger
        && AttributeJson.Read(a["high"]) is long or BigInteger
        && (Math.Abs(Real(a, "low")) > IntDistribution.MaxMagnitude || Math.Abs(Real(a, "high")) > IntDistribution.MaxMagnitude);

    /// <summary>Why Optuna does not read a distribution that is read here, or null.</summary>
    public static string? TroubleOf(string json)
    {
        try
        {
            var map = AttributeJson.Members(json);
            if (!map.TryGetValue("name", out var name)) return null;
            var kind = AttributeJson.Read(name) as string ?? "";
            if (!Known.Contains(kind)) return $"only a program that knows the distribution '{kind}' can read the study";
            var attributes = AttributeJson.Members(map["attributes"]);
            string[] known = kind switch
            {
                "CategoricalDistribution" => ["choices"],
                "FloatDistribution" or "IntDistribution" => ["low", "high", "log", "step"],
                "DiscreteUniformDistribution" => ["low", "high", "q"],
                "IntUniformDistribution" or "IntLogUniformDistribution" => ["low", "high", "step"],
                _ => ["low", "high"],
            };
            if (attributes.Keys.FirstOrDefault(k => !known.Contains(k)) is { } unknown)
                return $"a distribution with '{unknown}', which Optuna does not know: {json}";
            if (kind == "IntLogUniformDistribution" && attributes.TryGetValue("step", out var one) && AttributeJson.Read(one) is not 1L)
                return $"a distribution with a step on a logarithmic scale: {json}";
            return kind == "IntDistribution" && attributes.TryGetValue("step", out var step) && AttributeJson.Read(step) is null
                ? $"a distribution of whole numbers whose step is null: {json}"
                : null;
        }
        catch (Exception error) when (error is FormatException or KeyNotFoundException)
        {
            return null;
        }
    }

    private static object? ChoiceOf(string json) => AttributeJson.Read(json) switch
    {
        object?[] or IReadOnlyDictionary<string, object?> => new ForeignChoice(json),
        var value => value,
    };

    private static string Pair(string name, Dictionary<string, object?> attributes) =>
        AttributeJson.Write(new Dictionary<string, object?> { ["name"] = name, ["attributes"] = attributes });

    private static double Real(Dictionary<string, string> a, string key) =>
        Optional(a, key) ?? throw new FormatException($"'{key}' is missing");

    private static long Whole(Dictionary<string, string> a, string key, long? standard = null) =>
        (a.TryGetValue(key, out var json) ? AttributeJson.Read(json) : null) switch
        {
            long l => l,
            // Old files have whole numbers with a point.
            double d when Math.Floor(d) == d && Math.Abs(d) <= IntDistribution.MaxMagnitude => (long)d,
            null when standard is { } value => value,
            null => throw new FormatException($"'{key}' is missing"),
            BigInteger => throw new FormatException($"'{key}' is beyond 2^53"),
            _ => throw new FormatException($"'{key}' is not a whole number"),
        };

    private static bool Flag(Dictionary<string, string> a, string key) =>
        (a.TryGetValue(key, out var json) ? AttributeJson.Read(json) : false) switch
        {
            bool flag => flag,
            null => false,
            _ => throw new FormatException($"'{key}' is neither true nor false"),
        };

    private static double? Optional(Dictionary<string, string> a, string key) =>
        (a.TryGetValue(key, out var json) ? AttributeJson.Read(json) : null) switch
        {
            double d => d,
            long l => l,
            BigInteger b => (double)b,
            null => null,
            _ => throw new FormatException($"'{key}' is not a number"),
        };
}
