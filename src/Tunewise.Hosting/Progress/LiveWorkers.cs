using System.Globalization;
using Spectre.Console;
using Spectre.Console.Rendering;
using Tunewise.Hosting.Supervision;
using Cell = Spectre.Console.Text;

namespace Tunewise.Hosting.Progress;

/// <summary>
/// A table in the terminal that is drawn over as the run goes: one line per worker, the totals, the trials that finished
/// last, and what went wrong.
/// </summary>
internal sealed class LiveWorkers(ProgressState state) : IRunLog
{
    private const int Troubles = 3;
    private const int Bars = 16;
    private const int StateWidth = 40;
    private const int TrialWidth = 6;
    private const int StepWidth = 6;
    private const int ValueWidth = 12;
    private static readonly TimeSpan Refresh = TimeSpan.FromMilliseconds(500);
    private readonly Lock _lock = new();
    private readonly Queue<string> _troubles = new();

    public void Write(RunEvent happened)
    {
        lock (_lock)
        {
            switch (happened.Kind)
            {
                case RunEventKind.TrialEnded:
                    state.Finish(happened.Ended!);
                    break;
                case RunEventKind.WorkerFailed or RunEventKind.WorkerGivenUp or RunEventKind.TrialStopped or RunEventKind.Warning:
                    _troubles.Enqueue($"{happened.Device} {happened.Message?.Split('\n')[0]}".Trim());
                    if (_troubles.Count > Troubles) _troubles.Dequeue();
                    break;
            }
        }
    }

    /// <summary>Draws until the run is over.</summary>
    public async Task ShowAsync(Supervisor supervisor, Task running) =>
        await AnsiConsole.Live(Render(supervisor)).StartAsync(async live =>
        {
            using var timer = new PeriodicTimer(Refresh);
            while (!running.IsCompleted)
            {
                await Task.WhenAny(running, timer.WaitForNextTickAsync().AsTask()).ConfigureAwait(false);
                live.UpdateTarget(Render(supervisor));
            }
        }).ConfigureAwait(false);

    private IRenderable Render(Supervisor supervisor)
    {
        var views = supervisor.Look();
        var table = new Table().Border(TableBorder.Simple);
        foreach (var column in new[] { "device", "state", "trial", "step", "value", "reports", "memory", "parameters" })
            table.AddColumn(new TableColumn(column).NoWrap());
        // What is left of the line goes to the parameters; every column has two blanks around it.
        var room = AnsiConsole.Profile.Width - 2 - 16 - TrialWidth - StepWidth - ValueWidth - Bars
            - views.Select(v => v.Device.Length).Append(6).Max()
            - views.Select(v => Math.Min(v.State.Length, StateWidth)).Append(5).Max()
            - views.Select(v => v.Memory.Length).Append(6).Max();
        foreach (var view in views) AddRow(table, view, room);
        var rows = new List<IRenderable> { new Cell(Totals(views.Count(v => v.Trial is not null), views.Count)), table };
        lock (_lock)
        {
            foreach (var trial in state.Snapshot().Recent.TakeLast(4))
                rows.Add(new Cell(Line(trial), new Style(trial.State == TrialState.Failed ? Color.Red : null, decoration: Decoration.Dim)));
            rows.AddRange(_troubles.Select(t => new Cell(Drawing.Crop(t, AnsiConsole.Profile.Width - 1), new Style(Color.Yellow))));
        }

        return new Rows(rows);
    }

    private static void AddRow(Table table, WorkerView view, int room)
    {
        table.AddRow(
            new Cell(view.Device),
            new Cell(
                Drawing.Crop(view.State, StateWidth), new Style(view.IsTrouble ? Color.Red : view.Trial is null ? Color.Grey : Color.Aqua)),
            new Cell(view.Trial?.ToString(CultureInfo.InvariantCulture) ?? ""),
            new Cell(view.Step?.ToString(CultureInfo.InvariantCulture) ?? ""),
            new Cell(view.Values.Count == 0 ? "" : Text.Number(view.Values[^1])),
            new Cell(Drawing.Sparkline(view.Values, Bars)),
            new Cell(view.Memory),
            new Cell(Drawing.Crop(view.Parameters, room), new Style(decoration: Decoration.Dim)));
    }

    private string Totals(int running, int workers)
    {
        var text =
            $"{state.Done} of {state.Total} trials, {running} running on {Text.Count(workers, "worker")}, {Text.Duration(state.Elapsed)}";
        if (state.Left is { } left) text += $", about {Text.Duration(left)} left";
        if (state.Best is { Value: { } value } best)
            text += $"; best {Text.Name(state.Study.Objectives[0], 0)} {Text.Number(value)} (trial {best.Number})";
        return Drawing.Crop(text, AnsiConsole.Profile.Width - 1);
    }

    private static string Line(FrozenTrial trial)
    {
        var values = string.Join(" ", trial.Values.Select(Text.Number));
        return Drawing.Crop(
            $"  trial {trial.Number} {Text.State(trial)} {values} {(trial.Reason is null ? Text.Parameters(trial) : $"({trial.Reason})")}",
            AnsiConsole.Profile.Width - 1);
    }
}
