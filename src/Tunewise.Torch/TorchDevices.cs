using System.Globalization;
using TorchSharp;

namespace Tunewise.Torch;

/// <summary>Finds devices by name or index.</summary>
public static class TorchDevices
{
    /// <summary>The device of a name.</summary>
    /// <param name="name">"cpu", "cuda" (the first one) or "cuda:1".</param>
    /// <exception cref="ArgumentException">There is no such device on this machine; the message says what there is.</exception>
    public static torch.Device Get(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (name == "cpu") return torch.CPU;
        if (name == "cuda") return Get(0);
        return name.StartsWith("cuda:", StringComparison.Ordinal)
                && int.TryParse(name.AsSpan(5), NumberStyles.None, CultureInfo.InvariantCulture, out var index)
            ? Get(index)
            : throw new ArgumentException($"'{name}' names no device; choose from cpu, cuda, cuda:0, cuda:1 and so on");
    }

    /// <summary>
    /// A CUDA device by its index. It is always given explicitly, because TorchSharp's <c>torch.CUDA</c> means whichever device is current.
    /// </summary>
    /// <param name="index">From 0, within the devices that this process may see.</param>
    /// <exception cref="ArgumentException">There is no such device.</exception>
    public static torch.Device Get(int index)
    {
        var count = torch.cuda.is_available() ? torch.cuda.device_count() : 0;
        if (index >= 0 && index < count) return torch.device(DeviceType.CUDA, index);
        throw new ArgumentException(count == 0
            ? $"cuda:{index} is not available: this machine, or the TorchSharp backend package of this program, has no CUDA; "
                + "use cpu or another backend package"
            : $"there is no cuda:{index}; this process sees {count} CUDA device(s), counted from 0");
    }
}
