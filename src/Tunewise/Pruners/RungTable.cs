using System.Globalization;
using Tunewise.History;

namespace Tunewise.Pruners;

/// <summary>
/// The losses with which the finished trials of a history completed the rungs of successive halving. Optuna's pruners and ours keep the
/// reports with the trials (<c>completed_rung_0</c> and so on), so that both compete in one race.
/// </summary>
internal sealed class RungTable : IPrepared
{
    private const string Prefix = "completed_rung_";

    private readonly Dictionary<int, List<Entry>> _rungs = [];
    private int _seen;

    /// <summary>The attribute of a rung.</summary>
    public static string Key(int rung) => Prefix + rung.ToString(CultureInfo.InvariantCulture);

    /// <summary>How many rungs a trial has completed.</summary>
    public static int Completed(IReadOnlyDictionary<string, string> attributes)
    {
        var rung = 0;
        while (attributes.ContainsKey(Key(rung))) rung++;
        return rung;
    }

    /// <summary>Takes in what finished.</summary>
    public void Update(StudyHistory history)
    {
        for (; _seen < history.Count; _seen++)
        {
            foreach (var (rung, value) in Values(history.AttributesOf(_seen)))
            {
                if (!_rungs.TryGetValue(rung, out var entries)) _rungs.Add(rung, entries = []);
                entries.Add(new Entry(_seen, history.NumberOf(_seen), history.ReportLoss(value)));
            }
        }
    }

    /// <summary>The largest rung that any finished trial completed, or −1.</summary>
    public int Highest => _rungs.Count == 0 ? -1 : _rungs.Keys.Max();

    /// <summary>The finished trials that completed a rung, those left out that another one continues.</summary>
    public IEnumerable<Entry> Finished(StudyHistory history, int rung) =>
        (_rungs.GetValueOrDefault(rung) ?? []).Where(e => !history.IsSuperseded(e.Row));

    /// <summary>The losses with which all trials but one completed a rung, running ones included.</summary>
    /// <param name="history">The study.</param>
    /// <param name="rung">The rung.</param>
    /// <param name="except">The number of the trial to leave out.</param>
    /// <param name="belongs">Whether a trial takes part in this race.</param>
    public List<double> Competing(StudyHistory history, int rung, int except, Func<int, bool> belongs)
    {
        var losses = Finished(history, rung).Where(e => e.Number != except && belongs(e.Number)).Select(e => e.Loss).ToList();
        foreach (var trial in history.Unfinished)
        {
            if (trial.Number == except || !belongs(trial.Number)) continue;
            if (trial.SystemAttributesJson.TryGetValue(Key(rung), out var json) && PruningContext.ReadNumber(json) is { } value)
                losses.Add(history.ReportLoss(value));
        }

        return losses;
    }

    private static IEnumerable<(int Rung, double Value)> Values(IReadOnlyDictionary<string, string> attributes)
    {
        if (attributes.Count == 0) yield break;
        for (var rung = 0; attributes.TryGetValue(Key(rung), out var json); rung++)
        {
            if (PruningContext.ReadNumber(json) is { } value) yield return (rung, value);
        }
    }

    /// <summary>A finished trial at a rung.</summary>
    public readonly record struct Entry(int Row, int Number, double Loss);
}
