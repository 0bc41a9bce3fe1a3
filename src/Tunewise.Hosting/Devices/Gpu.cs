namespace Tunewise.Hosting.Devices;

/// <summary>A GPU of this machine, as nvidia-smi describes it.</summary>
/// <param name="Index">Its index in PCI bus order.</param>
/// <param name="Uuid">Its UUID, which stays the same whatever happens to the others.</param>
/// <param name="Name">Its model.</param>
/// <param name="TotalBytes">Its memory.</param>
/// <param name="FreeBytes">How much of it nobody uses.</param>
/// <param name="Utilization">How busy it was lately, from 0 to 1, or null when it does not say.</param>
internal sealed record Gpu(int Index, string Uuid, string Name, long TotalBytes, long FreeBytes, double? Utilization);
