using Tunewise.Hosting.Processes;

namespace Tunewise.Hosting.Supervision;

/// <summary>What the end of a worker process means for the trial that it ran.</summary>
internal static class WorkerExit
{
    private const int Lines = 20;

    // What runtimes write when memory is at an end and they give up: .NET, the C++ library, libtorch.
    private static readonly string[] MemoryWords =
        ["OutOfMemoryException", "Out of memory.", "std::bad_alloc", "CUDA out of memory", "DefaultCPUAllocator"];

    // Words in the reasons of failures after which CUDA's state in a process is not to be trusted.
    private static readonly string[] DeviceErrors = ["CUDA", "cuDNN", "CUBLAS", "NCCL"];

    /// <summary>Why a worker should not run another trial after this one, or null when it may.</summary>
    public static string? WhyReplace(FrozenTrial trial) => trial.Failure is null ? null
        : trial.Failure == FailureKind.OutOfMemory ? "its trial ran out of memory"
        : Array.Exists(DeviceErrors, e => trial.Reason?.Contains(e, StringComparison.Ordinal) == true) ? "its trial met a device error"
        : null;

    /// <summary>How the trial failed.</summary>
    /// <param name="exitCode">The exit code.</param>
    /// <param name="killed">Why the supervisor killed it, or null.</param>
    /// <param name="starved">The system killed processes for want of memory while it ran.</param>
    /// <param name="lastWords">The end of what it wrote.</param>
    public static TrialEnding Explain(int exitCode, (FailureKind Kind, string Reason)? killed, bool starved, string lastWords)
    {
        var (kind, reason) = killed ?? Explain(exitCode, starved, lastWords);
        return new TrialEnding(TrialState.Failed, [])
        {
            Failure = kind,
            Reason = reason,
            Detail = lastWords.Length == 0 ? null : lastWords,
        };
    }

    /// <summary>The last lines that a worker wrote.</summary>
    public static string LastWords(WorkerProcess worker) => worker.LastWords(Lines);

    /// <summary>How a process ended, in words.</summary>
    public static string InWords(int exitCode) => ProcessTools.Current.DescribeExit(exitCode) ?? $"exit code {exitCode}";

    private static (FailureKind Kind, string Reason) Explain(int exitCode, bool starved, string lastWords)
    {
        if (exitCode == 0) return (FailureKind.Crash, "the worker ended in mid-trial with exit code 0");
        if (exitCode == WorkerLink.LineLost) return (FailureKind.Crash, "the worker closed its line to the supervisor");
        const int KilledOnUnix = 137;
        if (starved && exitCode == KilledOnUnix)
            return (FailureKind.OutOfMemory, "the system killed the worker for want of memory (SIGKILL)");
        var words = ProcessTools.Current.DescribeExit(exitCode);
        if (words is not null && Array.Exists(MemoryWords, w => lastWords.Contains(w, StringComparison.Ordinal)))
            return (FailureKind.OutOfMemory, $"the worker ran out of memory and crashed: {words}");
        if (exitCode == StudyHost.Failure && lastWords.Contains($"error: {nameof(OutOfMemoryException)}", StringComparison.Ordinal))
            return (FailureKind.OutOfMemory, "the worker ran out of memory and ended");
        return (
            FailureKind.Crash, words is null ? $"the worker ended in mid-trial with exit code {exitCode}" : $"the worker crashed: {words}");
    }
}
