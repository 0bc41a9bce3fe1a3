namespace Tunewise.Hosting.Devices;

/// <summary>Where one worker runs.</summary>
/// <param name="Number">From 0.</param>
/// <param name="Name">For people: "gpu 0", "gpu 0 slot 1", "cpu 2".</param>
/// <param name="Gpu">The GPU, or null.</param>
/// <param name="Threads">How many threads it may compute with.</param>
internal sealed record WorkerPlace(int Number, string Name, Gpu? Gpu, int Threads)
{
    /// <summary>Sets what the worker sees of the machine: its GPU alone, as <c>cuda:0</c>, and its share of the cores.</summary>
    public void Apply(IDictionary<string, string?> environment)
    {
        environment["CUDA_DEVICE_ORDER"] = "PCI_BUS_ID";
        environment["CUDA_VISIBLE_DEVICES"] = Gpu?.Uuid ?? "";
        environment[StudyContext.DeviceVariable] = Gpu is null ? StudyContext.Cpu : StudyContext.FirstGpu;
        // The libraries under torch, and .NET's own pool and collector. What the user set stays.
        foreach (var name in new[] { "OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "DOTNET_PROCESSOR_COUNT" })
            environment.TryAdd(name, Threads.ToString(System.Globalization.CultureInfo.InvariantCulture));
    }
}
