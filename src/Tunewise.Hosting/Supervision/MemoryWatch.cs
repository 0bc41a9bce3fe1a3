using Tunewise.Hosting.Devices;
using Tunewise.Hosting.Processes;

namespace Tunewise.Hosting.Supervision;

/// <summary>What is known of the GPUs and of free memory: asked for now and then, answered as an event. Used by its loop alone.</summary>
internal sealed class MemoryWatch
{
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(2);

    /// <summary>How long a trial that has just begun may take to occupy its memory.</summary>
    private static readonly TimeSpan AllocationTime = TimeSpan.FromSeconds(15);

    private readonly SupervisionOptions _options;
    private readonly EventQueue _events;
    private readonly bool _usesGpus;
    private long _readAt = TimeProvider.System.GetTimestamp();
    private bool _asked;

    public MemoryWatch(IReadOnlyList<WorkerPlace> places, SupervisionOptions options, EventQueue events)
    {
        (_options, _events) = (options, events);
        Gpus = [.. places.Select(p => p.Gpu).OfType<Gpu>().Distinct()];
        _usesGpus = Gpus.Count > 0;
    }

    /// <summary>The GPUs as last seen.</summary>
    public IReadOnlyList<Gpu> Gpus { get; private set; }

    /// <summary>Why there was no answer last time, or null.</summary>
    public string? Trouble { get; private set; }

    /// <summary>Asks nvidia-smi when it is time.</summary>
    /// <param name="impatient">A worker waits for memory.</param>
    public void AskIfDue(bool impatient)
    {
        if (_usesGpus && Passed(_readAt, impatient && _options.GpuInterval > Fresh ? Fresh : _options.GpuInterval)) Ask();
    }

    /// <summary>Takes in an answer; true when it brings the first sign of trouble.</summary>
    public bool TakeIn(SupervisorEvent.GpusRead read)
    {
        (_asked, _readAt) = (false, TimeProvider.System.GetTimestamp());
        var isNews = read.Trouble is not null && Trouble is null;
        Trouble = read.Trouble;
        // Without an answer it is not known that a GPU is gone.
        if (Trouble is null) Gpus = read.Gpus;
        return isNews;
    }

    public Gpu? Find(Gpu gpu) => Gpus.FirstOrDefault(g => g.Uuid == gpu.Uuid);

    /// <summary>Whether it is known how much memory is free at a place; if not, it is asked for.</summary>
    public bool IsFresh(WorkerSlot slot)
    {
        if (slot.Place.Gpu is null || !Passed(_readAt, Fresh)) return true;
        Ask();
        return false;
    }

    /// <summary>Whether as much is free at a place as a trial needs.</summary>
    public bool HasRoom(WorkerSlot slot, IEnumerable<WorkerSlot> all)
    {
        if (_options.FreeMemory is not { } needed || FreeAt(slot) is not { } free) return true;
        // Trials that have just begun there will take theirs, too.
        var promised = all.Count(s => s != slot && s.Place.Gpu?.Uuid == slot.Place.Gpu?.Uuid
            && (s.State == SlotState.Starting || (s.Trial is { } trial && !Passed(trial.StartedAt, AllocationTime))));
        return free - promised * needed >= needed;
    }

    /// <summary>The free memory at a place, in bytes, or null when it is not known.</summary>
    public long? FreeAt(WorkerSlot slot) => slot.Place.Gpu is { } gpu ? Find(gpu)?.FreeBytes : ProcessTools.Current.FreeMemory();

    private void Ask()
    {
        if (_asked) return;
        _asked = true;
        _ = Task.Run(async () =>
        {
            var (gpus, trouble) = await GpuInventory.ReadAsync(CancellationToken.None).ConfigureAwait(false);
            _events.Add(new SupervisorEvent.GpusRead(gpus, trouble));
        });
    }

    private static bool Passed(long since, TimeSpan time) => TimeProvider.System.GetElapsedTime(since) >= time;
}
