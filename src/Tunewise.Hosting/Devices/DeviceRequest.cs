using System.Globalization;

namespace Tunewise.Hosting.Devices;

/// <summary>What <c>--devices</c> asks for.</summary>
/// <param name="AllGpus">Every GPU that nobody else has leased.</param>
/// <param name="Gpus">GPUs by index or by UUID.</param>
/// <param name="Cpus">How many workers without a GPU.</param>
internal sealed record DeviceRequest(bool AllGpus, IReadOnlyList<string> Gpus, int Cpus)
{
    private const string Forms = "write all (every GPU), indices or UUIDs of GPUs such as 0,2, or cpu:4 for four workers without a GPU";

    /// <exception cref="ArgumentException">It is no list of devices.</exception>
    public static DeviceRequest Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var (all, gpus, cpus) = (false, new List<string>(), 0);
        foreach (var part in text.Split(',', StringSplitOptions.TrimEntries))
        {
            if (part == "all")
            {
                all = true;
            }
            else if (part == "cpu")
            {
                cpus++;
            }
            else if (part.StartsWith("cpu:", StringComparison.Ordinal)
                && int.TryParse(part.AsSpan(4), NumberStyles.None, CultureInfo.InvariantCulture, out var count)
                && count is >= 1 and <= 1024)
            {
                cpus += count;
            }
            else if (int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out _)
                || part.StartsWith("GPU-", StringComparison.OrdinalIgnoreCase))
            {
                if (gpus.Contains(part))
                    throw new ArgumentException($"--devices names {part} twice; --slots 2 lets two trials share every GPU");
                gpus.Add(part);
            }
            else
            {
                throw new ArgumentException($"--devices: '{part}' is no device; {Forms}");
            }
        }

        if (all && gpus.Count > 0) throw new ArgumentException("--devices: all has every GPU in it already; name some, or all");
        return new DeviceRequest(all, gpus, cpus);
    }
}
