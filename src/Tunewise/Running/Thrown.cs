using Tunewise.Numerics;
using Tunewise.Pruners;
using Tunewise.Samplers;

namespace Tunewise.Running;

/// <summary>What samplers and pruners throw.</summary>
internal static class Thrown
{
    /// <summary>
    /// Whether it is a fault of theirs, and so of the program; the storage may fail under them, and a trial may be stopped or taken away.
    /// </summary>
    public static bool IsFault(Exception error) =>
        error is not (SamplerException or PrunerException or StorageException or TrialLostException or OperationCanceledException);

    /// <summary>A fault in words.</summary>
    /// <param name="part">The sampler or the pruner.</param>
    /// <param name="error">What it threw.</param>
    /// <param name="where">For what: "for parameter 'x'".</param>
    public static string InWords(object part, Exception error, string where) =>
        $"{part.GetType().Name} threw {error.GetType().Name} {where}: {Words.FirstLine(error.Message)}";
}
