namespace Tunewise;

/// <summary>Names of study attributes and the rule for keys.</summary>
internal static class StudyAttributes
{
    /// <summary>The objectives' names, as Optuna stores them.</summary>
    public const string MetricNames = "study:metric_names";

    /// <summary>The length of the key columns of the schema.</summary>
    private const int MaxKeyLength = 512;

    public static string CheckKey(string key)
    {
        ArgumentException.ThrowIfNullOrEmpty(key);
        return key.Length <= MaxKeyLength ? key : throw new ArgumentException($"an attribute's name may have {MaxKeyLength} characters, got {key.Length}");
    }
}
