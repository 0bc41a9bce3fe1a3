using System.Globalization;

namespace Tunewise.Hosting.Progress;

/// <summary>Lines for files and pipes: one per finished trial, and one for whatever goes wrong.</summary>
internal sealed class PlainLog(ProgressState state, TextWriter output) : IRunLog
{
    private readonly Lock _lock = new();

    public void Write(RunEvent happened)
    {
        lock (_lock)
        {
            var line = happened switch
            {
                { Kind: RunEventKind.TrialEnded, Ended: { } trial } => LineOf(trial, happened.Device),
                { Kind: RunEventKind.RunStarted or RunEventKind.RunEnded } => happened.Message,
                { Kind: RunEventKind.WorkerFailed } => $"{happened.Device}: the worker failed: {happened.Message}",
                { Kind: RunEventKind.WorkerGivenUp } => $"{happened.Device}: given up: {happened.Message}",
                { Kind: RunEventKind.WorkerWaiting } => $"{happened.Device}: waits {happened.Message}",
                { Kind: RunEventKind.WorkerEnded, Message: { } why } => $"{happened.Device}: the worker is replaced: {why}",
                { Kind: RunEventKind.TrialStopped } => $"{happened.Device}: trial {happened.Trial} is stopped: {happened.Message}",
                { Kind: RunEventKind.Warning } => $"warning: {(happened.Device is null ? "" : happened.Device + ": ")}{happened.Message}",
                _ => null,
            };
            if (line is null) return;
            output.WriteLine(line);
            output.Flush();
        }
    }

    private string LineOf(FrozenTrial trial, string? device)
    {
        var best = state.Finish(trial);
        var values = trial.Values.Count == 0 ? "" : " " + string.Join(" ", trial.Values.Select(Text.Number));
        var line = string.Create(
            CultureInfo.InvariantCulture,
            $"[{state.Done}/{state.Total}] trial {trial.Number} {Text.State(trial)}{values}  {Text.Parameters(trial)}");
        if (trial.Reason is not null) line += $"  ({trial.Reason})";
        if (device is not null) line += $"  on {device}";
        return best ? line + "  best so far" : line;
    }
}
