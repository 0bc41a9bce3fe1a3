using System.Diagnostics;
using System.Globalization;
using Tunewise.Hosting;

namespace Tunewise.Benchmarks.Storage;

/// <summary>Processes that write trials into one study as fast as they can.</summary>
internal static class ManyWriters
{
    private const int WarmUp = 1500;

    /// <summary>Trials per second of all processes together.</summary>
    public static double Throughput(string url, int processes, int trials)
    {
        using (var storage = StorageUrl.Open(url)) Study.Open(storage, "warm");
        var workers = Enumerable.Range(0, processes)
            .Select(_ => Start("storage-writer", url, (trials / processes).ToString(CultureInfo.InvariantCulture)))
            .ToArray();
        foreach (var worker in workers) worker.StandardOutput.ReadLine();
        var clock = Stopwatch.StartNew();
        foreach (var worker in workers) worker.StandardInput.WriteLine();
        foreach (var worker in workers)
        {
            worker.WaitForExit();
            if (worker.ExitCode != 0) throw new InvalidOperationException("a writer failed");
            worker.Dispose();
        }

        return trials / processes * processes / clock.Elapsed.TotalSeconds;
    }

    /// <summary>One of the processes: says when it is ready, and begins at a line.</summary>
    public static void Work(string url, int trials)
    {
        using var storage = StorageUrl.Open(url);
        SingleWriter.Trials(storage, "warm", WarmUp, 0);
        Console.WriteLine("ready");
        Console.ReadLine();
        SingleWriter.Trials(storage, "many", trials, 0);
    }

    /// <summary>Starts this program again with other arguments.</summary>
    public static Process Start(params string[] arguments)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardOutput = true, RedirectStandardInput = true };
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet")
            start.ArgumentList.Add(typeof(ManyWriters).Assembly.Location);
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        return Process.Start(start)!;
    }
}
