using System.Globalization;
using Spectre.Console;
using Spectre.Console.Rendering;
using Tunewise.Pruners;
using Cell = Spectre.Console.Text;

namespace Tunewise.Hosting.Progress;

/// <summary>
/// A table in the terminal that is drawn over as the run goes: totals, the trials that run, and those that finished last.
/// </summary>
internal sealed class LiveProgress(ProgressState state) : IRunObserver
{
    private const int SparklineWidth = 24;
    private const int StateWidth = 18;
    private const int ValueWidth = 14;
    private const int WideTerminal = 110;

    // Trial, state, step and value with the gaps of the table.
    private const int OtherColumns = 6 + StateWidth + 5 + 9 + 17;
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

            // What came while the last frame was drawn.
            live.UpdateTarget(progress.Render());
            return await running.ConfigureAwait(false);
        }).ConfigureAwait(false);
    }

    public void Started(Trial trial) => state.Start(trial);

    public void Reported(Trial trial, TrialReport report, ReportDecision decision) => state.Report(trial, report);

    public void Finished(FrozenTrial trial) => state.Finish(trial);

    private IRenderable Render()
    {
        var (running, recent) = state.Snapshot();
        var table = new Table().Border(TableBorder.Simple);
        foreach (var column in new[] { "trial", "state", "step", "value", "reports", "parameters" })
            table.AddColumn(new TableColumn(column).NoWrap());
        foreach (var trial in recent)
        {
            AddRow(
                table,
                trial.Number,
                StateOf(trial),
                trial.LastStep,
                trial.Values,
                [.. trial.Reports.Select(r => r.Value)],
                Text.Parameters(trial));
        }

        foreach (var trial in running)
            AddRow(table, trial.Number, ("running", Color.Aqua), trial.Step, trial.Values.TakeLast(1), trial.Values, trial.Parameters);
        return new Rows(new Cell(Totals(running.Length)), table);
    }

    private static void AddRow(
        Table table,
        int number,
        (string Text, Color Color) trialState,
        long? step,
        IEnumerable<double> values,
        IReadOnlyList<double> reports,
        string parameters)
    {
        // What is left of the line goes to the parameters; one that is too narrow for them shows fewer.
        var width = AnsiConsole.Profile.Width;
        var bars = width < WideTerminal ? SparklineWidth / 2 : SparklineWidth;
        var room = Math.Max(0, width - bars - OtherColumns);
        table.AddRow(
            new Cell(number.ToString(CultureInfo.InvariantCulture)),
            new Cell(Drawing.Crop(trialState.Text, StateWidth), new Style(trialState.Color)),
            new Cell(step?.ToString(CultureInfo.InvariantCulture) ?? ""),
            new Cell(Drawing.Crop(string.Join(" ", values.Select(Text.Number)), ValueWidth)),
            new Cell(Drawing.Sparkline(reports, bars)),
            new Cell(Drawing.Crop(parameters, room), Dim));
    }

    private static Style Dim { get; } = new(decoration: Decoration.Dim);

    private static (string Text, Color Color) StateOf(FrozenTrial trial) => (Text.State(trial), trial.State switch
    {
        TrialState.Complete => Color.Green,
        TrialState.Pruned => Color.Yellow,
        _ => Color.Red,
    });

    private string Totals(int running)
    {
        var text = $"{state.Done} of {state.Total} trials, {running} running, {Text.Duration(state.Elapsed)}";
        if (state.Best is { Value: { } value } best)
            text += $"; best {Text.Name(state.Study.Objectives[0], 0)} {Text.Number(value)} (trial {best.Number})";
        return text;
    }
}
