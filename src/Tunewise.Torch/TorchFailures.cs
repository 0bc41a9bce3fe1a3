using System.Runtime.InteropServices;

namespace Tunewise.Torch;

/// <summary>Tells TorchSharp's errors apart.</summary>
public static class TorchFailures
{
    /// <summary>
    /// Recognises running out of device or host memory, which libtorch reports as a general native error with a message of its own. Give it
    /// to <see cref="RunOptions.ClassifyFailure"/>.
    /// </summary>
    /// <param name="error">What the objective threw.</param>
    /// <returns><see cref="FailureKind.OutOfMemory"/>, or null for anything else.</returns>
    public static FailureKind? Classify(Exception error)
    {
        for (var e = error; e is not null; e = e.InnerException)
        {
            if (e is OutOfMemoryException) return FailureKind.OutOfMemory;
            if (e is ExternalException && IsOutOfMemory(e.Message)) return FailureKind.OutOfMemory;
        }

        return null;
    }

    // "CUDA out of memory. Tried to allocate …" (c10/cuda/CUDACachingAllocator.cpp), "CUDA error: out of memory" (the driver),
    // "… DefaultCPUAllocator: can't allocate memory …" and "not enough memory" (c10/core/impl/alloc_cpu.cpp),
    // CUBLAS_STATUS_ALLOC_FAILED (cuBLAS).
    private static bool IsOutOfMemory(string message) =>
        message.Contains("out of memory", StringComparison.OrdinalIgnoreCase)
        || message.Contains("DefaultCPUAllocator", StringComparison.Ordinal)
        || message.Contains("ALLOC_FAILED", StringComparison.Ordinal);
}
