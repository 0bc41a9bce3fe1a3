namespace Tunewise.Hosting.Devices;

/// <summary>The places for workers that a request gives on this machine, with the leases of their GPUs.</summary>
internal sealed class WorkerPlaces : IDisposable
{
    private readonly List<GpuLease> _leases = [];

    private WorkerPlaces()
    {
    }

    public IReadOnlyList<WorkerPlace> Places { get; private set; } = [];

    /// <summary>What the user should know: GPUs that others have.</summary>
    public List<string> Notes { get; } = [];

    /// <summary>
    /// Where supervisors of this machine leave their leases: one folder for all users, whatever their own temporary folders are.
    /// </summary>
    public static string LeaseFolder =>
        Environment.GetEnvironmentVariable("TUNEWISE_LEASES") is { Length: > 0 } folder
            ? folder
            : OperatingSystem.IsWindows()
                ? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.CommonApplicationData), "Tunewise", "leases")
                : "/tmp/tunewise-leases";

    /// <summary>Finds the GPUs and takes their leases.</summary>
    /// <exception cref="TunewiseException">A GPU that was asked for is not there or is taken, or there is none at all.</exception>
    public static async Task<WorkerPlaces> TakeAsync(DeviceRequest request, int slots, string owner, CancellationToken cancellationToken)
    {
        var taken = new WorkerPlaces();
        try
        {
            var gpus = request.AllGpus || request.Gpus.Count > 0
                ? await taken.LeaseAsync(request, owner, cancellationToken).ConfigureAwait(false)
                : [];
            var names = gpus.SelectMany(g => Enumerable.Range(0, slots)
                    .Select(s => (Name: slots == 1 ? $"gpu {g.Index}" : $"gpu {g.Index} slot {s}", Gpu: (Gpu?)g)))
                .Concat(Enumerable.Range(0, request.Cpus).Select(i => (Name: request.Cpus == 1 ? "cpu" : $"cpu {i}", Gpu: (Gpu?)null)))
                .ToArray();
            var threads = Math.Max(1, Environment.ProcessorCount / names.Length);
            taken.Places = [.. names.Select((n, i) => new WorkerPlace(i, n.Name, n.Gpu, threads))];
            return taken;
        }
        catch
        {
            taken.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        foreach (var lease in _leases) lease.Dispose();
        _leases.Clear();
    }

    private async Task<List<Gpu>> LeaseAsync(DeviceRequest request, string owner, CancellationToken cancellationToken)
    {
        var (gpus, trouble) = await GpuInventory.ReadAsync(cancellationToken).ConfigureAwait(false);
        if (gpus.Count == 0)
        {
            throw new TunewiseException(
                $"there is no GPU to run on: {trouble ?? "nvidia-smi lists none"}; --devices cpu:4 runs four workers without one");
        }

        var wanted = request.AllGpus ? gpus : [.. request.Gpus.Select(name => Find(gpus, name))];
        var leased = new List<Gpu>();
        foreach (var gpu in wanted.DistinctBy(g => g.Uuid))
        {
            if (GpuLease.TryTake(LeaseFolder, gpu, owner, out var holder) is { } lease)
            {
                _leases.Add(lease);
                leased.Add(gpu);
            }
            else
            {
                var note = $"GPU {gpu.Index} ({gpu.Name}) is leased by {holder}";
                if (!request.AllGpus) throw new TunewiseException($"{note}; wait for it, or ask for other devices");
                Notes.Add(note);
            }
        }

        if (leased.Count == 0) throw new TunewiseException($"every GPU is taken: {string.Join("; ", Notes)}");
        return leased;
    }

    private static Gpu Find(IReadOnlyList<Gpu> gpus, string name) =>
        gpus.FirstOrDefault(g => g.Uuid.Equals(name, StringComparison.OrdinalIgnoreCase)
            || g.Index.ToString(System.Globalization.CultureInfo.InvariantCulture) == name)
        ?? throw new TunewiseException(
            $"there is no GPU {name}; this machine has {string.Join(", ", gpus.Select(g => $"{g.Index} ({g.Name}, {g.Uuid})"))}");
}
