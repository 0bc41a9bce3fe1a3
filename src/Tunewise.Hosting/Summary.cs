using Tunewise.Training.Fitting;

namespace Tunewise.Hosting;

/// <summary>What a run prints at its end.</summary>
internal static class Summary
{
    /// <summary>The end of a run.</summary>
    /// <param name="study">The study.</param>
    /// <param name="report">How the run ended.</param>
    /// <param name="total">The total that it ran to.</param>
    /// <param name="where">The options with which other verbs find the study.</param>
    /// <param name="own">The program's own lines.</param>
    public static string Write(Study study, RunReport report, int total, string where, IEnumerable<string> own)
    {
        var text = new StringWriter();
        text.WriteLine();
        var trials = study.GetTrials();
        WriteBest(text, study);
        foreach (var line in own) text.WriteLine(line);
        WriteCounts(text, trials);
        WriteEnd(text, study, report, trials, total, where);
        return text.ToString();
    }

    /// <summary>The end of one worker's part, in a line.</summary>
    public static string Of(RunReport report) =>
        $"This worker ran {Text.Count(report.Complete + report.Pruned + report.Failed, "trial")} in {Text.Duration(report.Elapsed)}: "
        + $"{report.Complete} complete, {report.Pruned} pruned, {report.Failed} failed"
        + (report.Interrupted > 0 ? $"; {report.Interrupted} queued again." : ".");

    private static void WriteBest(TextWriter text, Study study)
    {
        if (study.Objectives.Count > 1)
        {
            WriteFront(text, study);
        }
        else if (study.GetBestTrial() is { } best)
        {
            Text.WriteTrial(text, study, best);
        }
        else
        {
            text.WriteLine("No trial is complete yet.");
        }
    }

    /// <summary>The Pareto front, one line per trial, best in the first objective first.</summary>
    private static void WriteFront(TextWriter text, Study study)
    {
        var sign = study.Objectives[0].Direction == Direction.Maximize ? -1 : 1;
        var front = study.GetParetoFront().OrderBy(t => sign * t.Values[0]).ToArray();
        if (front.Length == 0)
        {
            text.WriteLine("No trial is complete yet.");
            return;
        }

        text.WriteLine($"Pareto front: {Text.Count(front.Length, "trial")} that no other one beats in every objective.");
        string[] heads = ["trial", .. study.Objectives.Select((o, i) => Text.Name(o, i))];
        var cells = front.Select(t => new[] { Text.Value((long)t.Number) }.Concat(t.Values.Select(Text.Number)).ToArray()).ToArray();
        var widths = heads.Select((h, i) => Math.Max(h.Length, cells.Max(c => c[i].Length))).ToArray();
        string Line(IEnumerable<string> parts) => "  " + string.Join("  ", parts.Select((p, i) => p.PadLeft(widths[i])));
        text.WriteLine(Line(heads));
        for (var i = 0; i < front.Length; i++) text.WriteLine($"{Line(cells[i])}  {Text.Parameters(front[i])}");
    }

    private static void WriteCounts(TextWriter text, IReadOnlyList<FrozenTrial> trials)
    {
        int Of(TrialState state) => trials.Count(t => t.State == state && t.RetriedBy is null);
        var parts = new List<string> { $"{Of(TrialState.Complete)} complete", $"{Of(TrialState.Pruned)} pruned" };
        var diverged = trials.Count(t => t is { Failure: FailureKind.Diverged, RetriedBy: null });
        if (Of(TrialState.Failed) > 0) parts.Add($"{Of(TrialState.Failed)} failed{(diverged > 0 ? $" ({diverged} diverged)" : "")}");
        if (Of(TrialState.Waiting) > 0) parts.Add($"{Of(TrialState.Waiting)} waiting");
        if (Of(TrialState.Running) > 0) parts.Add($"{Of(TrialState.Running)} running elsewhere");
        text.WriteLine($"Trials: {string.Join(", ", parts)}.");

        // The fit loop stores with each trial how many epochs it had and how many it used.
        var (used, saved) = (0L, 0L);
        foreach (var trial in trials)
        {
            // A trial that another one continued is counted with that one.
            if (trial.RetriedBy is not null) continue;
            if (trial.UserAttributes.GetValueOrDefault(FitLoop.Attributes.Epochs) is not long epochs
                || trial.UserAttributes.GetValueOrDefault(FitLoop.Attributes.EpochLimit) is not long limit)
            {
                continue;
            }

            used += epochs;
            if (trial.State == TrialState.Pruned) saved += limit - epochs;
        }

        if (used > 0) text.WriteLine($"Pruning saved {saved} of {used + saved} epochs.");
    }

    private static void WriteEnd(TextWriter text, Study study, RunReport report, IReadOnlyList<FrozenTrial> trials, int total, string where)
    {
        var took = $"This run took {Text.Duration(report.Elapsed)}.";
        switch (report.End)
        {
            case RunEnd.Cancelled:
                text.WriteLine(
                    $"{took} It was stopped; {Text.Count(report.Interrupted, "trial")} "
                    + $"{(report.Interrupted == 1 ? "was" : "were")} queued again. The same command goes on.");
                break;
            case RunEnd.TooManyFailures:
                var last = trials.LastOrDefault(t => t.State == TrialState.Failed);
                text.WriteLine($"{took} It was given up: too many trials in a row failed. The last reason: {last?.Reason}");
                break;
            case RunEnd.StopRule:
                text.WriteLine($"{took} It was ended by a rule: {report.StopReason}.");
                break;
            case RunEnd.SpaceExhausted:
                text.WriteLine($"{took} Everything in the space was evaluated.");
                // Whoever starts it once more may have changed the program, which no trial has shown.
                if (report is { Complete: 0, Pruned: 0, Failed: 0 })
                {
                    text.WriteLine(
                        "If the program's ranges are wider now, queue a trial of the wider space (Study.Enqueue), and run again.");
                }

                break;
            default:
                text.WriteLine(
                    $"{took} To go on: the same command with --trials {total * 2}. To look again: best{where}, trials{where}, "
                    + $"trials --format csv{where}. In a browser: optuna-dashboard {Shell.Quote(Address(study.Storage.Description))}");
                break;
        }
    }

    /// <summary>A storage as Optuna's programs name it.</summary>
    private static string Address(string description) =>
        description.Contains("://", StringComparison.Ordinal) ? description : $"sqlite:///{description}";
}
