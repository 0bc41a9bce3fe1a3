using System.Globalization;
using Tunewise.Pruners;

namespace Tunewise.Hosting.Progress;

/// <summary>One line per finished trial, for files and pipes.</summary>
internal sealed class PlainProgress(ProgressState state, TextWriter output) : IRunObserver
{
    private readonly Lock _lock = new();

    public void Started(Trial trial) => state.Start(trial);

    public void Reported(Trial trial, TrialReport report, ReportDecision decision) => state.Report(trial, report);

    public void Finished(FrozenTrial trial)
    {
        lock (_lock)
        {
            var best = state.Finish(trial);
            var values = trial.Values.Count == 0 ? "" : " " + string.Join(" ", trial.Values.Select(Text.Number));
            var line = string.Create(CultureInfo.InvariantCulture, $"[{state.Done}/{state.Total}] trial {trial.Number} {Text.State(trial)}{values}  {Text.Parameters(trial)}");
            if (trial.Reason is not null) line += $"  ({trial.Reason})";
            if (best) line += "  best so far";
            output.WriteLine(line);
            output.Flush();
        }
    }
}
