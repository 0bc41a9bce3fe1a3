using System.ComponentModel;
using Tunewise.Hosting.Devices;
using Tunewise.Hosting.Progress;

namespace Tunewise.Hosting.Supervision;

/// <summary>Starts workers in their places, again after failures and as far as there is memory, and gives places up.</summary>
internal sealed class WorkerStarter(
    SupervisedRun run, IReadOnlyList<WorkerSlot> slots, MemoryWatch memory, EventQueue events, SupervisionLog log)
{
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(1);

    private readonly TimeProvider _time = TimeProvider.System;

    /// <summary>Why the run cannot go on, when every place was given up; else null.</summary>
    public TunewiseException? NoneIsLeft { get; private set; }

    /// <summary>That a GPU is not there any more, in words.</summary>
    public static string Gone(Gpu gpu) => $"GPU {gpu.Index} ({gpu.Uuid}) is gone";

    /// <summary>A worker did not come up: the next try is after a pause that grows, and after too many the place is given up.</summary>
    public void FailStart(WorkerSlot slot, string words, string? lastWords)
    {
        if (++slot.FailedStarts < run.Options.StartTries)
        {
            var pause = TimeSpan.FromTicks(
                Math.Min(LongestPause.Ticks, run.Options.StartPause.Ticks << Math.Min(slot.FailedStarts - 1, 20)));
            slot.StartAt = Now + (long)(pause.TotalSeconds * _time.TimestampFrequency);
            slot.WaitsFor = $"to be started again in {Text.Duration(pause)}";
            return;
        }

        GiveUp(
            slot,
            $"a worker failed to start {Text.Count(slot.FailedStarts, "time")} in a row: "
                + $"{words}{(lastWords is null ? "" : "\n" + lastWords)}");
    }

    private void GiveUp(WorkerSlot slot, string reason)
    {
        slot.State = SlotState.GivenUp;
        slot.WaitsFor = reason.Split('\n')[0];
        run.Logger.WorkerGivenUp(slot.Place.Name, reason);
        log.Tell(RunEventKind.WorkerGivenUp, slot, reason);
        if (slots.All(s => s.State == SlotState.GivenUp)) NoneIsLeft ??= new TunewiseException($"no worker is left: {reason}");
    }

    /// <summary>Starts a worker where there is none, unless it has to wait: for its pause to end, or for memory.</summary>
    public void StartIfDue(WorkerSlot slot)
    {
        if (slot.Place.Gpu is { } own && memory.Find(own) is null)
        {
            GiveUp(slot, Gone(own));
            return;
        }

        if (Now < slot.StartAt) return;
        if (run.Options.FreeMemory is { } needed && (!memory.IsFresh(slot) || !memory.HasRoom(slot, slots)))
        {
            if (slot.WaitsFor is null && memory.IsFresh(slot))
            {
                slot.WaitsFor = $"for {Quantities.Size(needed)} of free memory; there are {Quantities.Size(memory.FreeAt(slot) ?? 0)}";
                log.Tell(RunEventKind.WorkerWaiting, slot, slot.WaitsFor);
            }

            return;
        }

        (slot.WaitsFor, slot.Refusal) = (null, null);
        try
        {
            slot.Worker = WorkerProcess.Start(run.Command, run.Arguments, slot.Place, run.Options.StopGrace, events, run.Logs);
            slot.State = SlotState.Starting;
            Telemetry.WorkersStarted.Add(1, log.TagsOf(slot));
            run.Logger.WorkerStarted(slot.Place.Name, slot.Worker.Id);
            log.Tell(RunEventKind.WorkerStarted, slot);
        }
        catch (Exception error) when (error is Win32Exception or IOException)
        {
            FailStart(slot, error.Message, null);
        }
    }

    private long Now => _time.GetTimestamp();
}
