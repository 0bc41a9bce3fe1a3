using System.Text.RegularExpressions;

namespace Tunewise;

/// <summary>Names of study attributes and the rules for names.</summary>
internal static partial class StudyAttributes
{
    /// <summary>The objectives' names, as Optuna stores them.</summary>
    public const string MetricNames = "study:metric_names";

    /// <summary>The position of the objective that reports are values of, where <see cref="StudyOptions.PruneBy"/> named one.</summary>
    public const string Reported = "tunewise:reported";

    /// <summary>The study's seed, a whole number. Copies carry it: they go on as the original would.</summary>
    public const string Seed = "tunewise:seed";

    /// <summary>The length of the columns for names in Optuna's schema: of studies, parameters and attributes.</summary>
    public const int LongestName = 512;

    /// <summary>
    /// Whether an attribute of Optuna's holds ids of trials, which are others in every storage: what its genetic samplers have
    /// chosen of earlier generations.
    /// </summary>
    public static bool NamesTrialIds(string key) => ParentsOrPopulation().IsMatch(key);

    [GeneratedRegex("^([A-Za-z0-9_]+Sampler:parent|nsga[23]:population):[0-9]+$")]
    private static partial Regex ParentsOrPopulation();

    /// <summary>The name of a study that is to be made.</summary>
    /// <exception cref="ArgumentException">It is none.</exception>
    public static string CheckName(string name) =>
        string.IsNullOrWhiteSpace(name) ? throw new ArgumentException("a study needs a name that is not blank")
        : name.Length > LongestName
            ? throw new ArgumentException($"a study's name may have {LongestName} characters, got {name.Length}")
        : name;

    /// <summary>The name of a study that begins here. What other programs have called theirs may be copied and read all the same.</summary>
    /// <exception cref="ArgumentException">It is none.</exception>
    public static string CheckNewName(string name) => CheckName(name).AsSpan().ContainsAny('\r', '\n')
        ? throw new ArgumentException($"a study's name must be one line, got '{name.ReplaceLineEndings(" ")}'")
        : name;

    /// <exception cref="ArgumentException">A parameter cannot have this name.</exception>
    public static string CheckParameter(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        return name.Length <= LongestName ? name
            : throw new ArgumentException($"a parameter's name may have {LongestName} characters, got {name.Length}");
    }

    /// <summary>How long the name of a series may be, of a blob and of its kind.</summary>
    public const int LongestSeriesName = 200;

    /// <summary>Whether a text holds one of the two parts of a character without the other, so that it cannot be written.</summary>
    public static bool HasHalfCharacter(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (!char.IsSurrogate(text[i])) continue;
            if (i + 1 == text.Length || !char.IsSurrogatePair(text[i], text[i + 1])) return true;
            i++;
        }

        return false;
    }

    /// <exception cref="ArgumentException">A series or a blob cannot be called so.</exception>
    public static string CheckSeries(string what, string name) => string.IsNullOrWhiteSpace(name)
        ? throw new ArgumentException($"{what} needs a name that is not blank")
        : name.Length > LongestSeriesName
            ? throw new ArgumentException($"the name of {what} may have {LongestSeriesName} characters, got {name.Length}: '{name[..40]}...'")
        : HasHalfCharacter(name)
            ? throw new ArgumentException($"the name of {what} holds half a character: {AttributeJson.Write(name)}")
        : name.Any(char.IsControl) ? throw new ArgumentException($"the name of {what} holds a control character: {AttributeJson.Write(name)}")
        : name;

    /// <summary>The JSON of a value that is to be stored.</summary>
    /// <exception cref="ArgumentException">It cannot be an attribute.</exception>
    public static string Write(object? value)
    {
        var json = AttributeJson.Write(value);
        return StudyRules.Attribute(json) is { } problem ? throw new ArgumentException($"an attribute cannot hold {problem}") : json;
    }

    /// <summary>Attributes as they are stored.</summary>
    /// <exception cref="ArgumentException">One of them cannot be an attribute.</exception>
    public static Dictionary<string, string> ToJson(IReadOnlyDictionary<string, object?>? attributes) =>
        attributes?.ToDictionary(a => CheckKey(a.Key), a => Write(a.Value)) ?? [];

    public static string CheckKey(string key)
    {
        ArgumentException.ThrowIfNullOrEmpty(key);
        return key.Length <= LongestName ? key
            : throw new ArgumentException($"an attribute's name may have {LongestName} characters, got {key.Length}");
    }
}
