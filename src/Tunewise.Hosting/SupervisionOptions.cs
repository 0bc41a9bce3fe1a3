namespace Tunewise.Hosting;

/// <summary>How worker processes are watched, where a program's command line does not say otherwise.</summary>
public sealed record SupervisionOptions
{
    /// <summary>
    /// The devices that trials run on, as <c>--devices</c> names them ("all", "0,2", "cpu:4"); null runs trials on
    /// threads of the program itself.
    /// </summary>
    /// <value>The default is null.</value>
    public string? Devices { get; init; }

    /// <summary>How many trials share a GPU, each in a process of its own.</summary>
    /// <value>At least 1. The default is 1.</value>
    public int Slots { get; init; } = 1;

    /// <summary>
    /// Start a trial only where this much memory is free, of the GPU or, without one, of the machine; null starts it anyway. In bytes.
    /// </summary>
    /// <value>The default is null.</value>
    public long? FreeMemory { get; init; }

    /// <summary>
    /// The most memory of the host that a worker may occupy, in bytes: above it, its trial fails as out of memory; between trials, a worker
    /// that occupies more than half of it is replaced. Null leaves that to the system.
    /// </summary>
    /// <value>The default is null.</value>
    public long? WorkerMemory { get; init; }

    /// <summary>
    /// Keep all that workers print, a file per trial beside the checkpoints, up to 64 MiB each
    /// (<see cref="Training.Checkpoints.StudyCheckpoints.FindLog"/>).
    /// </summary>
    /// <value>The default is false.</value>
    public bool KeepLogs { get; init; }

    /// <summary>Replace a worker after this many trials, before what native libraries leak adds up.</summary>
    /// <value>At least 1. The default is 1,000.</value>
    public int TrialsPerWorker { get; init; } = 1000;

    /// <summary>How long a trial may run before it is stopped, or null for ever.</summary>
    /// <value>Above zero. The default is null.</value>
    public TimeSpan? TrialTimeLimit { get; init; }

    /// <summary>
    /// How long a trial may report nothing before it is stopped, or null for ever. Its first report counts from its start.
    /// </summary>
    /// <value>Above zero. The default is null.</value>
    public TimeSpan? SilenceLimit { get; init; }

    /// <summary>
    /// How long a trial that was asked to stop may take before its process is killed, and a worker whose supervisor is gone.
    /// </summary>
    /// <value>At least zero. The default is 10 seconds.</value>
    public TimeSpan StopGrace { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a worker may take from its start until it is ready for its first trial.</summary>
    /// <value>Above zero. The default is 10 minutes.</value>
    public TimeSpan StartLimit { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>How often in a row a worker may fail to start before its place is given up.</summary>
    /// <value>At least 1. The default is 5.</value>
    public int StartTries { get; init; } = 5;

    /// <summary>The pause before the second try to start a worker; each further one is twice as long, up to a minute.</summary>
    /// <value>At least zero. The default is one second.</value>
    public TimeSpan StartPause { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How often nvidia-smi is asked while GPUs are in use.</summary>
    /// <value>Above zero. The default is 10 seconds.</value>
    public TimeSpan GpuInterval { get; init; } = TimeSpan.FromSeconds(10);

    internal IEnumerable<string> Validate()
    {
        if (Slots < 1) yield return $"Slots must be at least 1, got {Slots}";
        if (FreeMemory < 1) yield return $"FreeMemory must be above zero, got {FreeMemory}";
        if (WorkerMemory < 1) yield return $"WorkerMemory must be above zero, got {WorkerMemory}";
        if (TrialsPerWorker < 1) yield return $"TrialsPerWorker must be at least 1, got {TrialsPerWorker}";
        if (TrialTimeLimit <= TimeSpan.Zero) yield return $"TrialTimeLimit must be above zero, got {TrialTimeLimit}";
        if (SilenceLimit <= TimeSpan.Zero) yield return $"SilenceLimit must be above zero, got {SilenceLimit}";
        if (StopGrace < TimeSpan.Zero) yield return $"StopGrace must not be negative, got {StopGrace}";
        if (StartLimit <= TimeSpan.Zero) yield return $"StartLimit must be above zero, got {StartLimit}";
        if (StartTries < 1) yield return $"StartTries must be at least 1, got {StartTries}";
        if (StartPause < TimeSpan.Zero) yield return $"StartPause must not be negative, got {StartPause}";
        if (GpuInterval <= TimeSpan.Zero) yield return $"GpuInterval must be above zero, got {GpuInterval}";
    }
}
