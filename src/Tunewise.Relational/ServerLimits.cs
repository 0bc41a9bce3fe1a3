using System.Globalization;
using Tunewise.Storage;

namespace Tunewise.Relational;

/// <summary>
/// What columns of a server's database do not hold, and SQLite's do: Optuna's schema says how long names and how large steps may be.
/// </summary>
internal static class ServerLimits
{
    public const int LongestName = StudyAttributes.LongestName;

    /// <summary>Checks a whole study before any of it is written.</summary>
    /// <exception cref="StorageException">Something of it cannot be kept; the message names the trial and what it is.</exception>
    public static void Check(StudyContent content)
    {
        var place = $"study '{content.Name}'";
        Check(place, "its name", content.Name);
        foreach (var key in content.UserAttributes.Keys.Concat(content.SystemAttributes.Keys)) Check(place, "an attribute's name", key);
        foreach (var trial in content.Trials)
        {
            place = string.Create(CultureInfo.InvariantCulture, $"trial {trial.Number} of study '{content.Name}'");
            foreach (var parameter in trial.ParameterList) Check(place, "a parameter's name", parameter.Name);
            foreach (var key in trial.UserAttributesJson.Keys.Concat(trial.SystemAttributesJson.Keys))
                Check(place, "an attribute's name", key);
            if (trial.Reports.FirstOrDefault(r => r.Step is < int.MinValue or > int.MaxValue) is { Step: not 0 } report)
            {
                throw new StorageException(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{place}, report at step {report.Step}: the database keeps steps up to {int.MaxValue}, as Optuna's schema says"));
            }
        }
    }

    private static void Check(string place, string what, string name)
    {
        if (name.Length > LongestName)
        {
            throw new StorageException(
                $"{place}: {what} has {name.Length} characters, and the database keeps {LongestName}, "
                + $"as Optuna's schema says: '{name[..40]}...'");
        }

        if (name.Contains('\0', StringComparison.Ordinal))
        {
            throw new StorageException(
                $"{place}: {what} holds the character of code 0, which the database does not keep: '{name.Replace('\0', '\uFFFD')}'");
        }
    }
}
