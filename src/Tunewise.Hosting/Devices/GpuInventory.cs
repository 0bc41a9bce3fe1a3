using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;

namespace Tunewise.Hosting.Devices;

/// <summary>Asks nvidia-smi, so that the supervisor needs neither CUDA nor torch. A machine without it has no GPUs.</summary>
internal static class GpuInventory
{
    private const long Mebibyte = 1024 * 1024;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>The GPUs in order of their indices; trouble says why there is no answer.</summary>
    public static async Task<(IReadOnlyList<Gpu> Gpus, string? Trouble)> ReadAsync(CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo("nvidia-smi") { RedirectStandardOutput = true, RedirectStandardError = true };
        start.ArgumentList.Add("--query-gpu=index,uuid,name,memory.total,memory.free,utilization.gpu");
        start.ArgumentList.Add("--format=csv,noheader,nounits");
        Process process;
        try
        {
            process = Process.Start(start)!;
        }
        catch (Win32Exception)
        {
            return ([], "nvidia-smi is not installed");
        }

        using (process)
        using (var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken))
        {
            timeout.CancelAfter(Patience);
            try
            {
                var error = process.StandardError.ReadToEndAsync(timeout.Token);
                var output = await process.StandardOutput.ReadToEndAsync(timeout.Token).ConfigureAwait(false);
                await process.WaitForExitAsync(timeout.Token).ConfigureAwait(false);
                if (process.ExitCode == 0) return (Parse(output), null);
                var said = (output + await error.ConfigureAwait(false)).Trim();
                return ([], $"nvidia-smi failed with exit code {process.ExitCode}: {said}");
            }
            catch (OperationCanceledException)
            {
                process.Kill(entireProcessTree: true);
                cancellationToken.ThrowIfCancellationRequested();
                return ([], $"nvidia-smi gave no answer within {Patience.TotalSeconds} s");
            }
        }
    }

    /// <summary>Reads the lines of its table. A GPU that fell off the bus has a line without numbers, and is left out.</summary>
    internal static IReadOnlyList<Gpu> Parse(string table)
    {
        var gpus = new List<Gpu>();
        foreach (var line in table.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var cells = line.Split(',', StringSplitOptions.TrimEntries);
            if (cells.Length < 6 || !int.TryParse(cells[0], NumberStyles.None, CultureInfo.InvariantCulture, out var index)) continue;
            // A name may hold a comma.
            var name = string.Join(", ", cells[2..^3]);
            if (!Number(cells[^3], out var total) || !Number(cells[^2], out var free)) continue;
            gpus.Add(new Gpu(
                index, cells[1], name, (long)total * Mebibyte, (long)free * Mebibyte, Number(cells[^1], out var used) ? used / 100 : null));
        }

        return [.. gpus.OrderBy(g => g.Index)];
    }

    private static bool Number(string text, out double value) =>
        double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out value);
}
