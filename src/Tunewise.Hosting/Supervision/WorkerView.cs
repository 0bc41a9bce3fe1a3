namespace Tunewise.Hosting.Supervision;

/// <summary>A worker as the terminal shows it.</summary>
/// <param name="Device">Where it runs.</param>
/// <param name="State">What it does, in words.</param>
/// <param name="IsTrouble">Something is wrong there.</param>
/// <param name="Trial">The trial that runs, or null.</param>
/// <param name="Step">Its latest step.</param>
/// <param name="Values">Its latest reports.</param>
/// <param name="Memory">What the process occupies, and how much of its GPU's memory is used.</param>
/// <param name="Parameters">The trial's parameters, in words.</param>
internal sealed record WorkerView(
    string Device, string State, bool IsTrouble, int? Trial, long? Step, IReadOnlyList<double> Values, string Memory, string Parameters)
{
    /// <summary>How a place looks now.</summary>
    public static WorkerView Of(WorkerSlot slot, MemoryWatch watch)
    {
        var state = slot switch
        {
            { Killed: not null } => "being killed",
            { Trial.Stopping: not null } => "asked to stop",
            { Trial: not null } => "running",
            { WaitsFor: { } what } => (slot.State == SlotState.GivenUp ? "given up: " : "waits ") + what,
            { State: SlotState.Starting } => "starting",
            { State: SlotState.Leaving } => "leaving",
            { State: SlotState.Finished } => "finished",
            _ => "idle",
        };
        var memory = slot.Memory > 0 ? Quantities.Size(slot.Memory) : "";
        if (slot.Place.Gpu is { } own && watch.Find(own) is { } gpu)
        {
            memory += $"{(memory.Length > 0 ? ", " : "")}gpu "
                + $"{Quantities.Size(gpu.TotalBytes - gpu.FreeBytes)}{(gpu.Utilization is { } used ? $" {used:P0}" : "")}";
        }

        return new WorkerView(
            slot.Place.Name,
            state,
            slot.Killed is not null || slot.State == SlotState.GivenUp,
            slot.Trial?.Number,
            slot.Trial?.Step,
            [.. slot.Trial?.Values ?? []],
            memory,
            slot.Trial?.Parameters ?? "");
    }
}
