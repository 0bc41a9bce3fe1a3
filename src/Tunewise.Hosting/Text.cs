using System.Globalization;

namespace Tunewise.Hosting;

/// <summary>How values are written for people.</summary>
internal static class Text
{
    public static string Count(int count, string singular) =>
        string.Create(CultureInfo.InvariantCulture, $"{count} {singular}{(count == 1 ? "" : "s")}");

    public static string Number(double value) => value.ToString("G5", CultureInfo.InvariantCulture);

    public static string Value(object? value) => value switch
    {
        null => "null",
        double d => Number(d),
        bool b => b ? "true" : "false",
        _ => Convert.ToString(value, CultureInfo.InvariantCulture)!,
    };

    public static string Name(Objective objective, int index) => objective.Name ?? (index == 0 ? "value" : $"value {index}");

    /// <summary>The objectives' names, of which no two are the same: another program may have given one twice.</summary>
    /// <param name="objectives">The objectives.</param>
    /// <param name="count">How many names are needed, if there are more values than objectives.</param>
    public static IReadOnlyList<string> Names(IReadOnlyList<Objective> objectives, int count = 0)
    {
        var names = new List<string>();
        for (var index = 0; index < Math.Max(count, objectives.Count); index++)
        {
            var name = index < objectives.Count
                ? Name(objectives[index], index)
                : string.Create(CultureInfo.InvariantCulture, $"objective {index}");
            var (unique, copy) = (name, 2);
            while (names.Contains(unique)) unique = string.Create(CultureInfo.InvariantCulture, $"{name} {copy++}");
            names.Add(unique);
        }

        return names;
    }

    public static string State(FrozenTrial trial) => trial.State switch
    {
        TrialState.Failed when trial is { RetriedBy: { } again, Failure: FailureKind.Interrupted } => $"stopped, again as {again}",
        TrialState.Failed when trial.RetriedBy is { } retry => $"failed, again as {retry}",
        TrialState.Pruned when trial.RetriedBy is { } next => $"paused, goes on as {next}",
        TrialState.Pruned when trial.IsPaused => "paused",
        TrialState.Complete => trial.SparedAt is null ? "complete" : "complete, spared",
        TrialState.Pruned => "pruned",
        TrialState.Failed => "failed",
        TrialState.Running => "running",
        _ => "waiting",
    };

    public static string Parameters(FrozenTrial trial) => string.Join(" ", trial.Parameters.Select(p => $"{p.Key}={Value(p.Value)}"));

    public static string Duration(TimeSpan time) =>
        time.TotalHours >= 1 ? $"{(int)time.TotalHours} h {time.Minutes} min"
        : time.TotalMinutes >= 1 ? $"{time.Minutes} min {time.Seconds} s"
        : string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:F1} s");

    public static void WriteTrial(TextWriter output, Study study, FrozenTrial trial)
    {
        var values = trial.Values.Zip(Names(study.Objectives), (v, name) => $"{name} {Number(v)}");
        output.WriteLine($"Best trial: {trial.Number}, {string.Join(", ", values)}");
        var width = trial.Parameters.Count == 0 ? 0 : trial.Parameters.Max(p => p.Key.Length);
        foreach (var (name, value) in trial.Parameters) output.WriteLine($"  {name.PadRight(width)}  {Value(value)}");
    }
}
