using System.Diagnostics;
using Tunewise.Hosting.Progress;

namespace Tunewise.Hosting.Supervision;

/// <summary>What a supervisor tells of its workers: to whoever follows the run, and with its measurements.</summary>
internal sealed class SupervisionLog(SupervisedRun run)
{
    /// <summary>Says that something happened, at a worker's place or to the run as a whole.</summary>
    public void Tell(RunEventKind kind, WorkerSlot? slot, string? message = null, int? trial = null) =>
        run.Log.Write(new RunEvent(kind) { Device = slot?.Place.Name, Process = slot?.Worker?.Id, Message = message, Trial = trial });

    /// <summary>Passes on what a trial reported.</summary>
    public void Report(WorkerSlot slot, WorkerMessage message) => run.Log.Write(new RunEvent(RunEventKind.Report)
    {
        Device = slot.Place.Name,
        Trial = message.Trial,
        Step = message.Step,
        Value = message.Values?[^1],
        Parameters = message.Text,
    });

    /// <summary>The tags of measurements at a worker's place.</summary>
    public TagList TagsOf(WorkerSlot slot)
    {
        var tags = Telemetry.TagsOf(run.Study.Name);
        tags.Add("tunewise.device", slot.Place.Name);
        return tags;
    }
}
