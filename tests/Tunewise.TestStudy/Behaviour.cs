using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using Tunewise.Hosting;
using Tunewise.Training.Fitting;

namespace Tunewise.TestStudy;

/// <summary>What trials and workers do.</summary>
internal static partial class Behaviour
{
    private static readonly string[] Kinds =
    [
        "good", "segfault", "abort", "endless", "stubborn", "greedy", "throw", "exit", "chatter", "close", "fork",
        "oom", "cuda", "once", "wait", "train", "managed-oom", "nan", "twice", "thread", "print", "mutter",
    ];

    private static readonly string[] Kept = ["CUDA_VISIBLE_DEVICES", "CUDA_DEVICE_ORDER", "OMP_NUM_THREADS", "DOTNET_PROCESSOR_COUNT"];

    /// <summary>How the program comes up.</summary>
    public static void Start(string how)
    {
        switch (how)
        {
            case "refuse": throw new ArgumentException("--start refuse was asked for");
            case "usage": throw new UsageException("--start usage needs another option");
            case "timeout": throw new TaskCanceledException("The request was canceled due to the configured timeout");
            case "storage": throw new StorageException("there is no database 'earlier.db'\nanywhere") { IsTemporary = true };
            case "range":
                ArgumentOutOfRangeException.ThrowIfNegative(-1, "height");
                break;
            case "fail": throw new TypeInitializationException("Data", new FileNotFoundException("there is no file 'images.bin'\nat all"));
            case "crash":
                Console.Error.WriteLine("could not load the data");
                Environment.Exit(3);
                break;
        }
    }

    public static TrialResult Run(StudyContext context, Trial trial, CancellationToken cancellation)
    {
        var kind = trial.SuggestCategorical("kind", Kinds);
        trial.SetUserAttribute("process", Environment.ProcessId);
        trial.SetUserAttribute("device", context.Device);
        foreach (var name in Kept) trial.SetUserAttribute(name, Environment.GetEnvironmentVariable(name));
        switch (kind)
        {
            case "segfault": Length(0x10); break;
            case "abort": Abort(); break;
            case "endless":
                while (true) Thread.SpinWait(1000);
            case "stubborn":
                for (var step = 0; ; step++)
                {
                    try
                    {
                        trial.Report(step, step);
                        Thread.Sleep(20);
                    }
                    catch (OperationCanceledException)
                    {
                        // On purpose.
                    }
                }

            case "greedy":
                // As tensors do: beside the collector, which would notice that the end is near.
                while (true)
                {
                    Fill(Allocate(20_000_000), 1, 20_000_000);
                    Thread.Sleep(10);
                }

            case "throw": throw new InvalidOperationException("on purpose");
            case "exit": Environment.Exit(0); break;
            case "chatter":
                var line = new string('x', 999);
                for (var i = 0; i < 20_000; i++)
                {
                    Console.Out.WriteLine(line);
                    Console.Error.WriteLine(line);
                }

                break;
            case "close":
                for (var descriptor = 0; descriptor < 3; descriptor++) _ = Close(descriptor);
                foreach (var descriptor in Sockets()) _ = Close(descriptor);
                trial.Report(0, 0);
                Thread.Sleep(Timeout.Infinite);
                break;
            case "fork":
                // One in the worker's process group, one that leaves it.
                Process.Start("sleep", ["1000"]).Dispose();
                Process.Start("setsid", ["sleep", "1000"]).Dispose();
                if (!trial.UserAttributes.ContainsKey("file")) break;
                trial.Report(1000, 0);
                Wait(trial, cancellation);
                break;
            case "oom": throw new InsufficientMemoryException("CUDA out of memory. Tried to allocate 20.00 GiB");
            case "thread":
                var thread = new Thread(() => throw new InvalidOperationException("on a thread of its own"));
                thread.Start();
                thread.Join();
                break;
            case "print":
                for (var i = 0; i < 100; i++) Console.WriteLine("the objective speaks");
                break;
            case "mutter":
                for (var i = 0; i < 100; i++) Console.Error.WriteLine("the objective mutters");
                break;
            case "managed-oom": throw new OutOfMemoryException();
            case "cuda":
                throw new ExternalException(
                    "CUDA error: device-side assert triggered\n"
                    + "Exception raised from c10_cuda_check_implementation at CUDAException.cpp:44\nframe #0: c10::Error::Error");
            case "nan":
                trial.Report(0, 0.75);
                return double.NaN;
            case "twice":
                for (var i = 0; i < 3; i++) trial.Report(7, i);
                return 1;
            case "once" when trial.Attempts == 0: Abort(); break;
            case "wait":
                trial.Report(1000, 0);
                Wait(trial, cancellation);
                break;
            case "train":
                using (var session = new SlowSession(trial))
                {
                    return FitLoop.Run(
                        session,
                        new FitOptions { Epochs = 30, Metric = "loss", Direction = Direction.Maximize, Checkpoints = context.Checkpoints },
                        trial,
                        cancellation).ToTrialResult();
                }
        }

        for (var step = 0; step < 3; step++) trial.Report(step, step);
        return trial.Number;
    }

    /// <summary>Waits for a file that the test creates; its name was queued as a user attribute.</summary>
    internal static void Wait(Trial trial, CancellationToken cancellation)
    {
        var file = (string)trial.UserAttributes["file"]!;
        while (!File.Exists(file))
        {
            cancellation.WaitHandle.WaitOne(20);
            cancellation.ThrowIfCancellationRequested();
        }
    }

    private static IEnumerable<int> Sockets() => Directory.GetFiles("/proc/self/fd")
        .Where(f => File.ResolveLinkTarget(f, returnFinalTarget: false)?.Name.StartsWith("socket:", StringComparison.Ordinal) == true)
        .Select(f => int.Parse(Path.GetFileName(f), CultureInfo.InvariantCulture));

    [LibraryImport("libc", EntryPoint = "strlen")]
    private static partial nint Length(nint address);

    [LibraryImport("libc", EntryPoint = "malloc")]
    private static partial nint Allocate(nint size);

    [LibraryImport("libc", EntryPoint = "memset")]
    private static partial nint Fill(nint address, int value, nint size);

    [LibraryImport("libc", EntryPoint = "abort")]
    private static partial void Abort();

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int descriptor);
}
