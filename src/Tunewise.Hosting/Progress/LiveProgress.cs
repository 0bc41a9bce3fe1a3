using System.Globalization;
using Spectre.Console;
using Spectre.Console.Rendering;
using Tunewise.Pruners;
using Cell = Spectre.Console.Text;

namespace Tunewise.Hosting.Progress;

/// <summary>A table in the terminal that is drawn over as the run goes: totals, the trials that run, and those that finished last.</summary>
internal sealed class LiveProgress(ProgressState state) : IRunObserver
{
    private const string Bars = "▁▂▃▄▅▆▇█";
    private const int SparklineWidth = 24;
    private static readonly TimeSpan Refresh = TimeSpan.FromMilliseconds(200);

    public static async Task<RunReport> RunAsync(ProgressState state, Func<IRunObserver, Task<RunReport>> run)
    {
        var progress = new LiveProgress(state);
        return await AnsiConsole.Live(progress.Render()).StartAsync(async live =>
        {
            var running = run(progress);
            using var timer = new PeriodicTimer(Refresh);
            while (!running.IsCompleted)
            {
                await Task.WhenAny(running, timer.WaitForNextTickAsync().AsTask()).ConfigureAwait(false);
                live.UpdateTarget(progress.Render());
            }

            return await running.ConfigureAwait(false);
        }).ConfigureAwait(false);
    }

    public void Started(Trial trial) => state.Start(trial);

    public void Reported(Trial trial, TrialReport report, ReportDecision decision) => state.Report(trial, report);

    public void Finished(FrozenTrial trial) => state.Finish(trial);

    private IRenderable Render()
    {
        var (running, recent) = state.Snapshot();
        var table = new Table().Border(TableBorder.Simple).Expand();
        foreach (var column in new[] { "trial", "state", "step", "value", "reports" }) table.AddColumn(new TableColumn(column).NoWrap());
        table.AddColumn(new TableColumn("parameters"));
        foreach (var trial in recent)
        {
            table.AddRow(
                new Cell(trial.Number.ToString(CultureInfo.InvariantCulture)),
                State(trial),
                new Cell(trial.LastStep?.ToString(CultureInfo.InvariantCulture) ?? ""),
                new Cell(string.Join(" ", trial.Values.Select(Text.Number))),
                new Cell(Sparkline([.. trial.Reports.Select(r => r.Value)])),
                new Cell(Text.Parameters(trial), Dim).Ellipsis());
        }

        foreach (var trial in running)
        {
            table.AddRow(
                new Cell(trial.Number.ToString(CultureInfo.InvariantCulture)),
                new Cell("running", new Style(Color.Aqua)),
                new Cell(trial.Step?.ToString(CultureInfo.InvariantCulture) ?? ""),
                new Cell(trial.Values.Count == 0 ? "" : Text.Number(trial.Values[^1])),
                new Cell(Sparkline(trial.Values)),
                new Cell(trial.Parameters, Dim).Ellipsis());
        }

        return new Rows(new Cell(Totals(running.Length)), table);
    }

    private static Style Dim { get; } = new(decoration: Decoration.Dim);

    private static Cell State(FrozenTrial trial) => trial.State switch
    {
        TrialState.Complete => new Cell("complete", new Style(Color.Green)),
        TrialState.Pruned => new Cell("pruned", new Style(Color.Yellow)),
        _ => new Cell(Text.State(trial), new Style(Color.Red)),
    };

    private string Totals(int running)
    {
        var text = $"{state.Done} of {state.Total} trials, {running} running, {Text.Duration(state.Elapsed)}";
        if (state.Best is { Value: { } value } best) text += $"; best {Text.Name(state.Study.Objectives[0], 0)} {Text.Number(value)} (trial {best.Number})";
        return text;
    }

    /// <summary>The latest values as bars between the smallest and the largest of them.</summary>
    private static string Sparkline(IReadOnlyList<double> values)
    {
        var shown = values.Where(double.IsFinite).TakeLast(SparklineWidth).ToArray();
        if (shown.Length == 0) return "";
        var (low, high) = (shown.Min(), shown.Max());
        return string.Concat(shown.Select(v => Bars[high > low ? (int)Math.Round((v - low) / (high - low) * (Bars.Length - 1)) : 0]));
    }
}
