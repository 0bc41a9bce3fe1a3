namespace Tunewise.Hosting.Devices;

/// <summary>
/// The right of one supervisor of this machine to a GPU: a locked file named after the GPU's UUID. The system gives the lock back when the
/// process ends, however it ends.
/// </summary>
internal sealed class GpuLease : IDisposable
{
    private readonly FileStream _file;

    private GpuLease(FileStream file) => _file = file;

    /// <summary>Takes the lease; null when another supervisor has it, who is then named.</summary>
    /// <exception cref="TunewiseException">The folder of the leases cannot be written.</exception>
    public static GpuLease? TryTake(string folder, Gpu gpu, string owner, out string? holder)
    {
        holder = null;
        var (path, names) = (Path.Combine(folder, gpu.Uuid + ".lease"), Path.Combine(folder, gpu.Uuid + ".holder"));
        try
        {
            CreateForEverybody(folder);
            if (Open(path) is not { } file)
            {
                holder = File.Exists(names) ? File.ReadAllText(names) : "another process";
                return null;
            }

            File.Delete(names);
            File.WriteAllText(names, owner);
            return new GpuLease(file);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new TunewiseException($"the lease of GPU {gpu.Index} cannot be written to '{folder}': {error.Message}", error);
        }
    }

    public void Dispose() => _file.Dispose();

    /// <summary>
    /// The locked file, or null when somebody else holds it. On Unix the runtime turns the refusal to share into a lock (flock).
    /// </summary>
    private static FileStream? Open(string path)
    {
        try
        {
            var options = new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.ReadWrite, Share = FileShare.None };
            if (!OperatingSystem.IsWindows()) options.UnixCreateMode = (UnixFileMode)0b110_110_110;
            return new FileStream(path, options);
        }
        catch (IOException) when (File.Exists(path))
        {
            return null;
        }
    }

    private static void CreateForEverybody(string folder)
    {
        if (Directory.Exists(folder)) return;
        Directory.CreateDirectory(folder);
        // Every user of the machine takes leases.
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(folder, (UnixFileMode)0b111_111_111);
    }
}
