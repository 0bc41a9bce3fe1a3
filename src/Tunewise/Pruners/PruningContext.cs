using System.Globalization;
using Tunewise.History;

namespace Tunewise.Pruners;

/// <summary>What a pruner is told.</summary>
/// <param name="History">The study's trials as of one moment, as far as the pruner's <see cref="IPruner.Scope"/> goes.</param>
/// <param name="TrialNumber">The trial.</param>
/// <param name="Direction">Whether smaller or larger reports are better.</param>
/// <param name="Reports">The trial's reports in order of their steps; at least one.</param>
public sealed record PruningContext(StudyHistory History, int TrialNumber, Direction Direction, IReadOnlyList<TrialReport> Reports)
{
    /// <summary>The study's name.</summary>
    public string StudyName { get; init; } = "";

    /// <summary>The trial's reports as losses, smaller is better, in order of their steps; may be NaN.</summary>
    public IEnumerable<double> Losses => Reports.Select(r => LossOf(r.Value));

    /// <summary>A report as a loss, smaller is better; and a loss as a report.</summary>
    /// <param name="report">What was reported, or such a loss; may be NaN.</param>
    public double LossOf(double report) => Loss.Of(Direction, report);

    /// <summary>The trial's system attributes as JSON.</summary>
    internal IReadOnlyDictionary<string, string> Attributes { get; init; } = new Dictionary<string, string>();

    /// <summary>Stores a system attribute of the trial as JSON.</summary>
    internal Action<string, string> StoreAttribute { get; init; } = (_, _) => { };

    /// <summary>A number that this or another pruner, Optuna's included, keeps with the trial, or null.</summary>
    /// <param name="key">Its name among the trial's system attributes.</param>
    public double? GetNumber(string key) => Attributes.TryGetValue(key, out var json) ? ReadNumber(json) : null;

    /// <summary>Keeps a number with the trial, where other trials' pruners find it too.</summary>
    /// <param name="key">Its name among the trial's system attributes.</param>
    /// <param name="value">Any number.</param>
    public void SetNumber(string key, double value) => StoreAttribute(key, AttributeJson.Write(value));

    internal static double? ReadNumber(string json) =>
        double.TryParse(json, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) ? value
        : AttributeJson.ReadOrNull(json) is double d ? d
        : null;
}
